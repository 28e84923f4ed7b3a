"""Training runs seen from outside: start one as a child process, follow it, cancel, resume.

One run at a time on a machine, held to by a lock that the kernel drops when its holder dies.
Everything else is read from the run's folder, so any process can follow any run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from digitrec import locks, runs, speed, storage
from digitrec.language import N_, Sentence, _, speaking
from digitrec.locks import Lock
from digitrec.recipes import Plan
from digitrec.registry import TAKEN
from digitrec.runs import Run
from digitrec.snapshot import Snapshot
from digitrec.storage import reason

RESUMED_AT_MOST = 3  # times by itself: what kills a run each time is not to kill it for ever
LOG_BYTES = 65_536
BUSY = N_("A training run is under way; wait until it ends, or cancel it.")


class JobError(RuntimeError):
    """The run cannot be started or found; the message says why."""


class BusyError(JobError):
    """Another run is under way."""


_followed: dict[Path, Run] = {}  # so that a look a second reads only what is new


def runs_folder(models: Path | None = None) -> Path:
    """Where a models folder's runs are kept, as an absolute path; it need not be there yet."""
    return runs.store_of(models) / runs.FOLDER


def start(plan: Plan, models: Path | None = None) -> str:
    """Begin a run in a child process of lower priority, and return its id.

    It goes on when this process ends. Raises `BusyError` while another one is under way, and
    `JobError` when the folder cannot be used.
    """
    folder, lock = prepare(plan, models)
    _spawn(folder, lock)
    return folder.name


def prepare(plan: Plan, models: Path | None = None) -> tuple[Path, Lock]:
    """A new run's folder, and the lock it holds. Raises as `start` does."""
    store = runs_folder(models)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    if plan.name is None:
        plan = replace(plan, name=f"{plan.recipe}-{plan.schedule}-{stamp}")
    if os.path.lexists(store.parent / str(plan.name)):
        raise JobError(_(TAKEN).format(version=plan.name))
    run = f"{stamp}-{secrets.token_hex(2)}"
    lock = _take_lock(store, run)
    try:
        folder = store / run
        folder.mkdir()
        storage.write(folder / "plan.json", json.dumps(plan.to_dict(), indent=1) + "\n")
    except OSError as error:
        lock.close()
        raise JobError(_("The run cannot be written: {why}").format(why=reason(error))) from error
    except BaseException:
        lock.close()
        raise
    return folder, lock


def _take_lock(store: Path, run: str) -> Lock:
    try:
        store.mkdir(parents=True, exist_ok=True)
        taken = locks.take_lock(store, run)
    except OSError as error:
        raise JobError(_("The run cannot be written: {why}").format(why=reason(error))) from error
    if isinstance(taken, Lock):
        return taken
    if taken == store:
        raise BusyError(_(BUSY))
    raise BusyError(
        _(
            "Another training run is under way on this machine, in {folder}; wait until it ends, "
            "or cancel it there."
        ).format(folder=taken.parent)
    )


def _spawn(folder: Path, lock: Lock) -> None:
    """The child inherits the lock: nobody can come between, and only its death sets it free."""
    command = [sys.executable, "-m", "digitrec.crossval", str(folder)]
    try:
        with (folder / "log.txt").open("ab") as log:
            runs.spawn(command, log, speaking(), lock.handles)
    except OSError as error:
        raise JobError(_("The run cannot be started: {why}").format(why=reason(error))) from error
    finally:
        lock.close()


def snapshot(run: str, models: Path | None = None) -> Snapshot:
    """Any run as it stands now. Raises `JobError` when there is none of that id."""
    store = runs_folder(models)
    return Snapshot.of(_follow(store / Path(run).name), locks.holder(store))


def current(models: Path | None = None) -> Snapshot | None:
    """The run under way, if there is one; well under a millisecond."""
    store = runs_folder(models)
    holder = locks.holder(store)
    if holder is None:
        return None
    try:
        seen = Snapshot.of(_follow(store / Path(holder).name), holder)
    except JobError:  # its folder is being made
        return None
    return seen if seen.under_way else None


def history(models: Path | None = None) -> list[Snapshot]:
    """All runs, the newest first; a folder that is no run is left out."""
    store = runs_folder(models)
    holder = locks.holder(store)
    found = []
    for folder in sorted(store.glob("[!.]*/"), reverse=True):
        try:
            found.append(Snapshot.of(_follow(folder), holder))
        except JobError:
            continue
    return found


def _follow(folder: Path) -> Run:
    try:
        if not (folder / "plan.json").is_file():
            raise FileNotFoundError(folder)  # removed: `follow` would take it for a new one
        if folder not in _followed:
            _followed[folder] = Run.load(folder)
        return _followed[folder].follow()
    except (OSError, ValueError, KeyError, TypeError) as error:
        _followed.pop(folder, None)
        raise JobError(_("There is no training run {name}.").format(name=folder.name)) from error


@contextmanager
def _alone_with(run: str, models: Path | None) -> Iterator[Path]:
    """A run's folder, while nobody else goes on with the run, cancels or removes it.

    Raises `JobError` when there is none of that id, and ``OSError``.
    """
    folder = runs_folder(models) / Path(run).name
    plan = folder / "plan.json"
    if not plan.is_file():
        raise JobError(_("There is no training run {name}.").format(name=folder.name))
    try:
        with storage.locked(plan):  # no file of its own: a full disk has no room for one
            yield folder
    except TimeoutError as error:
        raise BusyError(_(BUSY)) from error


def _is_held(folder: Path) -> bool:
    """Whether a run's process is there: one that goes on after a failure has not said so yet."""
    return locks.holder(folder.parent) == folder.name


def cancel(run: str, models: Path | None = None) -> None:
    """Ask a run to stop; it does within a second. One that has ended stays as it is.

    Raises `JobError` when there is none of that id, or it cannot be told.
    """
    try:
        with _alone_with(run, models) as folder:
            if _is_held(folder):
                (folder / "cancel").touch()
                return
            seen = snapshot(run, models)
            if seen.state == "interrupted":  # it ended with its last event
                said = Sentence(N_("Cancelled."))
                runs.write_event(folder, "cancelled", t=seen.ended, message=said)
                runs.discard(folder)
    except OSError as error:
        raise JobError(_("The run cannot be cancelled: {why}").format(why=reason(error))) from error


def resume(run: str, models: Path | None = None) -> None:
    """Let a failed or interrupted run go on from its last finished epoch.

    Raises `BusyError`, or `JobError` when it is neither.
    """
    _spawn(*reopen(run, models))


def reopen(run: str, models: Path | None = None) -> tuple[Path, Lock]:
    """The folder of a run that can go on, and the lock it holds. Raises as `resume` does."""
    try:
        with _alone_with(run, models) as folder:
            lock = _take_lock(folder.parent, folder.name)
            try:
                seen = Snapshot.of(_follow(folder), None)
                if seen.resumable:
                    (folder / "cancel").unlink(missing_ok=True)
            except BaseException:
                lock.close()
                raise
    except OSError as error:
        raise JobError(_("The run cannot be written: {why}").format(why=reason(error))) from error
    if not seen.resumable:
        lock.close()
        raise JobError(
            _(
                "The run {name} has nothing to go on with: it is under way, done or cancelled."
            ).format(name=folder.name)
        )
    return folder, lock


def recover(models: Path | None = None) -> str | None:
    """Resume the newest run if its process has vanished (kill -9, a reboot), and return its id.

    For the page to call once a session. A run that vanished three times stays where it is.
    """
    for seen in history(models)[:1]:
        if seen.state == "interrupted" and seen.resumed < RESUMED_AT_MOST:
            try:
                resume(seen.id, models)
            except JobError:  # another session was quicker, or the folder is read-only
                return None
            return seen.id
    return None


def estimate_known(plan: Plan, models: Path | None = None) -> float | None:
    """Seconds the whole plan needs, or None where no step of its kind was measured here yet."""
    return speed.known(plan, runs_folder(models))


def estimate(plan: Plan, models: Path | None = None) -> float:
    """The same, measured first where need be: a quarter of a minute. Raises `JobError`."""
    seconds = estimate_known(plan, models)
    if seconds is not None:
        return seconds
    try:
        return speed.measure(plan, runs_folder(models))
    except OSError as error:
        raise JobError(
            _("The time cannot be estimated: {why}").format(why=reason(error))
        ) from error
    except (subprocess.SubprocessError, ValueError) as error:
        raise JobError(_("The time cannot be estimated: the measurement failed.")) from error


def forget(run: str, models: Path | None = None) -> None:
    """Remove a run from the history. Raises `JobError` for one under way or not ours to remove."""
    try:
        with _alone_with(run, models) as folder:
            if _is_held(folder):
                raise JobError(_("This run is under way; cancel it first."))
            hidden = folder.with_name(f".removed-{folder.name}")
            folder.rename(hidden)  # gone at once and whole, or not at all
    except OSError as error:
        raise JobError(_("The run cannot be removed: {why}").format(why=reason(error))) from error
    _followed.pop(folder, None)
    for left in hidden.parent.glob(".removed-*"):  # by whoever was killed at this, too
        shutil.rmtree(left, ignore_errors=True)


def log(run: str, models: Path | None = None) -> str:
    """The end of what the run's processes printed, 64 kB at most."""
    try:
        with (runs_folder(models) / Path(run).name / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
