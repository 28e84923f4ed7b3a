"""*Adapt now*: the version in service learns the examples, as a process of its own.

``start`` is what the page calls; ``python -m digitrec adapt`` does the same in the foreground. How
far it is stands in ``models/.adapt/status.json``; the lock beside it is the kernel's, so a killed
adaptation is told from one under way.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitrec import collected, registry, runs, storage
from digitrec.language import N_, Sentence, said
from digitrec.runtime import quietly

FOLDER, LOCK, STATUS = ".adapt", "lock", "status.json"
NEWEST = 2_000  # examples at most: with more, a training run is the better way
FEWEST = 3
FOLDS = 3
UNDER_WAY = N_("An adaptation is under way; wait until it ends.")
Tell = Callable[[Sentence, float], None]  # what is being done, and the share that is done


class AdaptationError(RuntimeError):
    """The adaptation cannot start or came to nothing; the message says why."""


@dataclass(frozen=True)
class Status:
    """state: "running", "done", "failed", "interrupted". progress: from 0 to 1.

    The message is a `Sentence`, or a string where the words came from elsewhere.
    """

    state: str
    message: Sentence | str
    progress: float = 0.0
    version: str | None = None


def start(models: Path | None = None) -> None:
    """Begin in a child process of lower priority. Raises `AdaptationError`."""
    store = runs.store_of(models)
    lock = _take_lock(store)
    try:
        _say(store, Status("running", Sentence(N_("Starting."))))
        command = ["nice", sys.executable, "-m", "digitrec.adaptation", str(store)]
        with (store / FOLDER / "log.txt").open("wb") as log:
            # It inherits the lock: nobody can come between, and only its death sets it free.
            runs.spawn(command, log, runs.quiet(os.cpu_count() or 1), [lock])
    except OSError as error:
        raise AdaptationError(
            Sentence(N_("It cannot be started: {why}"), {"why": storage.refusal(error)})
        ) from error
    finally:
        os.close(lock)


def _take_lock(store: Path) -> int:
    """Its descriptor. Raises `AdaptationError`."""
    try:
        (store / FOLDER).mkdir(parents=True, exist_ok=True)
        lock = storage.lock(store / FOLDER / LOCK)
    except OSError as error:
        raise AdaptationError(_unwritten(error)) from error
    if lock is None:
        raise AdaptationError(Sentence(UNDER_WAY))
    return lock


def seen(models: Path | None = None) -> Status | None:
    """The adaptation under way or the last one; None where there was none. Any process may ask."""
    folder = runs.store_of(models) / FOLDER
    try:
        values = json.loads((folder / STATUS).read_text())
        status = Status(**{**values, "message": Sentence.from_json(values["message"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if status.state != "running" or storage.is_locked(folder / LOCK):
        return status
    said = Sentence(N_("Its process ended without a word; start it again."))
    return Status("interrupted", said)


def carry_out(
    models: Path | None = None, *, serve: bool = False, tell: Tell | None = None
) -> dict[str, Any]:
    """Adapt, write the version, and return its report. Raises `AdaptationError`."""
    store = runs.store_of(models)
    lock = _take_lock(store)
    try:
        return _carry_out(store, serve, tell)
    finally:
        os.close(lock)


def _carry_out(store: Path, serve: bool = False, tell: Tell | None = None) -> dict[str, Any]:
    """For whoever holds the lock."""

    def say(message: Sentence, progress: float) -> None:
        _say(store, Status("running", message, progress))
        if tell is not None:
            tell(message, progress)

    try:
        report = _adapted(store, say)
        name = str(report["name"])
        if serve:
            registry.serve(name, store)
        _say(store, Status("done", _outcome(report), 1.0, name))
    except (OSError, RuntimeError, ValueError) as error:
        why = _why(error)
        _clear(store)  # on a full disk it makes room for the last word
        with suppress(OSError):
            _say(store, Status("failed", why))
        raise AdaptationError(why) from error
    finally:
        _clear(store)
    return report


def _clear(store: Path) -> None:
    """Remove what has not become a version."""
    shutil.rmtree(store / FOLDER / "version", ignore_errors=True)


def _adapted(store: Path, say: Tell) -> dict[str, Any]:
    say(Sentence(N_("Looking for examples.")), 0.02)
    found = collected.collected(NEWEST)
    check_count(len(found))
    base = registry.version(registry.in_service(store), store)
    if base.damaged is not None:
        raise AdaptationError(base.damaged)
    with quietly():  # TensorFlow's seconds are spent when there is work
        from digitrec.adapt import adapted

    began = time.perf_counter()
    report = adapted(base, found, store / FOLDER / "version", say)
    name = time.strftime("adapted-%Y%m%d-%H%M%S")
    report |= {"seconds": round(time.perf_counter() - began, 1)}
    folder = registry.publish(store / FOLDER / "version", name, report, store)
    return report | {"name": folder.name}


def check_count(count: int) -> None:
    """Raises `AdaptationError` where so many examples are too few to learn from."""
    if count < FEWEST:
        raise AdaptationError(
            Sentence(
                N_(
                    "It takes at least {fewest} examples to learn from ({count} so far): correct "
                    "some readings first."
                ),
                {"count": count, "fewest": FEWEST},
            )
        )


def _outcome(report: dict[str, Any]) -> Sentence:
    on, test = report["examples"], report["comparison"]
    return Sentence(
        N_(
            "Held-out examples read right: {before:.1%} before, {after:.1%} now. "
            "MNIST's test digits: {test_before:.2%} before, {test_after:.2%} now."
        ),
        {
            "before": on["before"],
            "after": on["after"],
            "test_before": test["other_accuracy"],
            "test_after": test["accuracy"],
        },
    )


def _why(error: Exception) -> Sentence | str:
    """The sentence that an exception was raised with, or else its words."""
    return _unwritten(error) if isinstance(error, OSError) else said(error)


def _unwritten(error: OSError) -> Sentence:
    return Sentence(N_("It cannot be written: {why}"), {"why": storage.refusal(error)})


def _say(store: Path, status: Status) -> None:
    storage.write(store / FOLDER / STATUS, json.dumps(vars(status), default=Sentence.to_json))


if __name__ == "__main__":  # as `start` begins it: it inherits the lock
    try:
        _carry_out(Path(sys.argv[1]))
    except AdaptationError as ended:
        sys.exit(str(ended))
