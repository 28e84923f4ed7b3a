"""The versions under ``models/``: list, serve, roll back, rename, note, delete.

Each change happens whole or not at all, also when two processes make one at once. One exception:
renaming the version in service takes two steps, and a process killed between them leaves `default`
in service. The file ``in_service`` names the version that reads; `default` is the shipped one and
always there. What a version's own folder holds is read by `digitrec.versions`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digitrec import storage
from digitrec.language import N_, Sentence, _
from digitrec.recipes import NAME, PlanError, check_name
from digitrec.runtime import REPORT
from digitrec.settings import settings
from digitrec.storage import refusal
from digitrec.versions import (
    DEFAULT,
    SERVED,
    Version,
    damage,
    file_facts,
    read_report,
    read_version,
)

POINTER = "in_service"
BEFORE = ".before.json"  # the versions that served before, the latest last
LOCK = ".registry.lock"
NOTE_LENGTH = 500
TAKEN = N_("The version {version} exists already; choose another name.")


class RegistryError(RuntimeError):
    """A version cannot be changed or used as asked; the message says why."""


def versions(models: Path | None = None) -> list[Version]:
    """All of them: the one in service first, then the newest."""
    store = _store(models)
    serving = in_service(store)
    try:
        folders = [f for f in store.iterdir() if f.is_dir() and not f.name.startswith(".")]
    except OSError:
        return []
    found = [read_version(f, in_service=f.name == serving) for f in folders]
    found.sort(key=lambda v: (v.created or "", v.name), reverse=True)
    return sorted(found, key=lambda v: not v.in_service)


def version(name: str, models: Path | None = None) -> Version:
    """Raises `RegistryError` when there is none of that name."""
    store = _store(models)
    return read_version(_folder(store, name), in_service=name == in_service(store))


def report(name: str, models: Path | None = None) -> dict[str, Any]:
    """What ``report.json`` says. Raises `RegistryError` when it is missing or damaged."""
    folder = _folder(_store(models), name)
    found = read_report(folder)
    if found is None:
        file = str(folder / REPORT)
        raise RegistryError(Sentence(N_("{file} is missing or damaged."), {"file": file}))
    return found


def of_runs(models: Path | None = None) -> dict[str, str]:
    """What the version that a run made is called now, by the run's id."""
    return {version.run: version.name for version in versions(models) if version.run}


def in_service(models: Path | None = None) -> str:
    """The version that reads: the one pointed to, or `default` where that one cannot."""
    store = _store(models)
    name = pointed_to(store)
    return name if damage(store / name, SERVED) is None else DEFAULT


def pointed_to(models: Path | None = None) -> str:
    """The version last put in service, whether or not it can read; `default` before the first."""
    try:
        name = (_store(models) / POINTER).read_text().strip()
    except (OSError, ValueError):
        return DEFAULT
    return name if NAME.fullmatch(name) else DEFAULT


def serve(name: str, models: Path | None = None) -> None:
    """Put a version in service. Raises `RegistryError` when any file of it is missing or damaged.

    One that is in service already goes on without the files that reading does not need.
    """
    store = _store(models)
    with _changing(store):
        _usable(store, name)
        now = pointed_to(store)
        if name == now:
            return
        _write_before(store, [*_before(store), now])
        storage.write(store / POINTER, name + "\n")


def previous(models: Path | None = None) -> str | None:
    """What `rollback` would put in service: the last that served before and still can."""
    store = _store(models)
    stack = _rolled_back(store)
    return stack[-1] if stack else None


def rollback(models: Path | None = None) -> str:
    """Put the version that served before back in service, and return its name.

    Raises `RegistryError` when there is none.
    """
    store = _store(models)
    with _changing(store):
        stack = _rolled_back(store)
        if not stack:
            raise RegistryError(_("No version served before this one."))
        # The pointer goes first: names at the end of the stack that serve now are passed over.
        storage.write(store / POINTER, stack[-1] + "\n")
        _write_before(store, stack[:-1])
        return stack[-1]


def rename(old: str, new: str, models: Path | None = None) -> None:
    """Raises `RegistryError` for `default`, a taken name and a name that cannot be a folder."""
    store = _store(models)
    with _changing(store):
        folder = _folder(store, old)
        if old == DEFAULT:
            raise RegistryError(_("The shipped version keeps its name."))
        try:
            check_name(new)
        except PlanError as error:
            raise RegistryError(str(error)) from error
        if os.path.lexists(store / new):
            raise RegistryError(_(TAKEN).format(version=new))
        serving = pointed_to(store) == old
        folder.rename(store / new)
        if serving:  # between the two `default` reads
            storage.write(store / POINTER, new + "\n")
        _write_before(store, [new if name == old else name for name in _before(store)])
        storage.sync_folder(store)


def annotate(name: str, note: str, models: Path | None = None) -> None:
    """Keep a person's words with a version; none removes them.

    Raises `RegistryError` for `default` and for more than `NOTE_LENGTH` characters.
    """
    store = _store(models)
    with _changing(store):
        folder = _folder(store, name)
        if name == DEFAULT:
            raise RegistryError(_("The shipped version takes no note."))
        note = storage.plain(note)
        if len(note) > NOTE_LENGTH:
            raise RegistryError(
                _("A note has at most {count} characters.").format(count=NOTE_LENGTH)
            )
        storage.write(folder / "note.txt", note)


def delete(name: str, models: Path | None = None) -> None:
    """Raises `RegistryError` for the version in service and for `default`."""
    store = _store(models)
    with _changing(store):
        folder = _folder(store, name)
        if name == DEFAULT:
            raise RegistryError(_("The shipped version cannot be deleted."))
        if name == in_service(store):
            raise RegistryError(
                _("The version {version} is in service; put another one in service.").format(
                    version=name
                )
            )
        if name == pointed_to(store):
            storage.write(store / POINTER, DEFAULT + "\n")
        # Gone at once and whole, however long the rest takes.
        folder.rename(store / f".deleted-{secrets.token_hex(8)}")
        storage.sync_folder(store)
        for left in store.glob(".deleted-*"):  # by whoever was killed at this, too
            shutil.rmtree(left, ignore_errors=True)
        _write_before(store, [other for other in _before(store) if other != name])


def publish(work: Path, name: str, report: dict[str, Any], models: Path | None = None) -> Path:
    """Make a version of a folder with a run's model files, and move it into place whole.

    Returns the version's folder: NAME-2, say, where others have taken the name since the run began,
    as nothing that was trained is to be lost. Raises `RegistryError` and ``OSError``.
    """
    store = _store(models)
    whole = {**report, "files": file_facts(work)}
    storage.write(work / REPORT, json.dumps(whole, indent=1) + "\n")
    storage.sync_files(work)
    with _changing(store):
        folder = _free(store, name)
        work.rename(folder)
        storage.sync_folder(store)
    return folder


def _store(models: Path | None) -> Path:
    return models or settings().models


def _folder(store: Path, name: str) -> Path:
    folder = store / name
    if not NAME.fullmatch(name) or not os.path.isdir(folder):  # noqa: PTH112  Path's own may raise
        raise RegistryError(Sentence(N_("There is no version {version}."), {"version": name}))
    return folder


def _free(store: Path, name: str) -> Path:
    """A new version's folder: of this name, or the first of NAME-2, NAME-3 … that is not taken."""
    folder, count = store / name, 1
    while os.path.lexists(folder):  # nor can a link that leads nowhere be replaced by a folder
        count += 1
        folder = store / f"{name[:60]}-{count}"  # a name has 64 letters at most
    return folder


def _usable(store: Path, name: str) -> None:
    if damaged := damage(_folder(store, name)):
        raise RegistryError(str(damaged) + " " + _("It cannot be put in service."))


@contextmanager
def _changing(store: Path) -> Iterator[None]:
    """One change at a time, and the system's refusals in words."""
    try:
        with storage.locked(store / LOCK):
            yield
    except TimeoutError as error:
        busy = Sentence(N_("Another change to the versions is under way; try again."))
        raise RegistryError(busy) from error
    except OSError as error:
        raise RegistryError(
            Sentence(N_("The versions cannot be changed: {why}"), {"why": refusal(error)})
        ) from error


def _before(store: Path) -> list[str]:
    try:
        names = json.loads((store / BEFORE).read_text())
    except (OSError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _write_before(store: Path, names: list[str]) -> None:
    if names != _before(store):
        storage.write(store / BEFORE, json.dumps(names) + "\n")


def _rolled_back(store: Path) -> list[str]:
    """Those that served before, without the ones at the end that serve now or no longer can."""
    stack, now = _before(store), pointed_to(store)
    if not stack and now != DEFAULT:
        stack = [DEFAULT]
    while stack and (stack[-1] == now or damage(store / stack[-1]) is not None):
        stack.pop()
    return stack
