"""One run from its plan to its version: the parts side by side, then the report.

This process holds the machine's lock and no network: each part is a child (`worker`), so that
whatever ends one, the run can say so. Where the children run is the engine's business: on this
machine (`OnThisMachine`), or on a Ray cluster (`cluster_training.OnRay`).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from digitrec import registry, runs, speed, storage
from digitrec.language import N_, Sentence, said
from digitrec.results import report_of, this_device
from digitrec.runs import Run, part_name
from digitrec.settings import ROOT
from digitrec.worker import REASON, keep_examples

POLL_SECONDS = 0.2
WORKER = (sys.executable, "-m", "digitrec.worker")


class RunError(RuntimeError):
    """The run ended without a version; the message says why."""

    def __init__(self, why: Sentence | str) -> None:
        super().__init__(why)
        self.why = why


class CancelledError(RunError):
    """Somebody asked it to stop."""


class Part(Protocol):
    """A part of a run under way somewhere: it writes its events and files to the run's folder."""

    def finished(self) -> bool:
        """Whether it is done. Raises `RunError` when it failed."""

    def kill(self) -> None:
        """End it now, if it has not ended."""


class Engine(Protocol):
    """Where parts run."""

    here: bool  # on this machine, whose pace is learnt and told
    cores: int  # that one part may have
    at_once: float  # threads that may be at work at once, over all parts
    device: str  # for the report

    def start(self, run: Run, part: str, threads: int) -> Part: ...


def carry_out(
    folder: Path, tell: Callable[[Run], None] | None = None, engine: Engine | None = None
) -> str:
    """Do what a run's plan says, or go on with it, and return the version's name.

    The caller holds the machine's lock. tell is called a few times a second. The engine is this
    machine unless another is given. Raises `RunError`, and ``BrokenPipeError`` where tell does; the
    run's events then say the same. Checkpoints stay for a later `jobs.resume`, except after a
    cancel.
    """
    run = Run.load(folder).follow()
    try:
        return _carry_out(run, tell, engine or OnThisMachine())
    except CancelledError:
        runs.discard(folder)
        _last_words(folder, "cancelled", Sentence(N_("Cancelled.")))
        raise
    except KeyboardInterrupt:
        _last_words(folder, "failed", Sentence(N_("Stopped from the keyboard; it can go on.")))
        raise
    except BrokenPipeError:  # of what `tell` prints to
        gone = Sentence(N_("Stopped, as nobody reads its output any more; it can go on."))
        _last_words(folder, "failed", gone)
        raise
    except RunError as error:
        _last_words(folder, "failed", error.why)
        raise
    except OSError as error:
        refused = Sentence(N_("The run cannot be written: {why}"), {"why": storage.refusal(error)})
        _last_words(folder, "failed", refused)
        raise RunError(refused) from error
    except Exception as error:
        why = said(error)
        _last_words(folder, "failed", why)
        raise RunError(why) from error


def _last_words(folder: Path, event: str, message: Sentence | str) -> None:
    with contextlib.suppress(OSError):  # a full disk; the run is then seen as interrupted
        runs.write_event(folder, event, message=message)


def _carry_out(run: Run, tell: Callable[[Run], None] | None, engine: Engine) -> str:
    again = run.state != "starting"
    runs.write_event(
        run.folder,
        "started",
        resumed=run.resumed + again,
        estimate=speed.known(run.plan, run.folder.parent) if engine.here else None,
        message=_opening(run, again),
    )
    began = time.perf_counter()
    keep_examples(run, partial(_stop_if_asked, run))
    _stop_if_asked(run)
    _Parts(run, engine).finish(tell)
    runs.write_event(
        run.folder, "message", message=Sentence(N_("Measuring and writing the report."))
    )
    worked = run.follow().worked + time.perf_counter() - began
    return _publish(run, worked, engine)


def _stop_if_asked(run: Run) -> None:
    if (run.folder / "cancel").exists():
        raise CancelledError(Sentence(N_("Cancelled.")))


def _opening(run: Run, again: bool) -> Sentence:
    if again:
        epochs = sum(part.epoch for part in run.parts.values())
        said = N_("Resumed, with all finished epochs ({count}); only the one under way was lost.")
        return Sentence(said, {"count": epochs})
    if run.plan.folds:
        return Sentence(N_("Training: {count} folds."), {"count": run.plan.folds})
    return Sentence(N_("Training: on all images."))


class _Parts:
    """The parts of a run: as many at once as their threads fit on the engine's cores."""

    def __init__(self, run: Run, engine: Engine) -> None:
        self.run, self.engine = run, engine
        self.threads = runs.threads_of(run.plan, engine.cores)
        self.waiting = [name for name in run.parts if not _is_done(run, name)]
        self.running: dict[str, Part] = {}

    def finish(self, tell: Callable[[Run], None] | None) -> None:
        """Until all are done. Raises `RunError`, with none left running."""
        try:
            while self.waiting or self.running:
                self._start_what_fits()
                time.sleep(POLL_SECONDS)
                _stop_if_asked(self.run)
                for name, part in list(self.running.items()):
                    if part.finished():
                        del self.running[name]
                self.run.follow()
                if tell is not None:
                    tell(self.run)
        finally:
            for part in self.running.values():
                part.kill()

    def _start_what_fits(self) -> None:
        while self.waiting:
            name = self.waiting[0]
            used = sum(self.threads[other] for other in self.running)
            if self.running and used + self.threads[name] > self.engine.at_once:
                return
            self.waiting.pop(0)
            self.running[name] = self.engine.start(self.run, name, self.threads[name])


class OnThisMachine:
    """Each part in a process of its own, on the cores that there are."""

    here = True

    def __init__(self) -> None:
        self.cores = os.cpu_count() or 1
        self.at_once: float = self.cores
        self.device = this_device()

    def start(self, run: Run, part: str, threads: int) -> Part:
        return _Process(run, part, threads)


class _Process:
    def __init__(self, run: Run, part: str, threads: int) -> None:
        self.part = part
        with (run.folder / "log.txt").open("ab") as log:
            self.process = start_worker(run.folder, part, threads, log)

    def finished(self) -> bool:
        if self.process.poll() is None:
            return False
        output, _ = self.process.communicate()
        check(self.part, self.process.returncode, output)
        return True

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def start_worker(folder: Path, part: str, threads: int, log: IO[bytes]) -> subprocess.Popen[str]:
    """The process that fits one part of the run in a folder; it does not outlive this one."""
    return subprocess.Popen(  # noqa: S603
        [*WORKER, folder, part, str(threads)],
        cwd=ROOT,
        env=runs.quiet(threads),
        stdin=subprocess.PIPE,  # closed by our death, whatever its cause
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def check(part: str, status: int, output: str) -> None:
    """Raises `RunError` with the reason for a worker's exit status other than 0."""
    if status == 0:
        return
    for line in reversed(output.splitlines()):
        if line.startswith(REASON):
            why = Sentence.from_json(json.loads(line.removeprefix(REASON)))
            raise RunError(Sentence(N_("{part}: {why}"), {"part": part_name(part), "why": why}))
    said = N_("{part}: ended with status {number}; the log says why.")
    if status < 0:
        said = N_(
            "{part}: killed by the system (signal {number}), perhaps for want of memory; "
            "it can go on from its last finished epoch."
        )
    raise RunError(Sentence(said, {"part": part_name(part), "number": abs(status)}))


def _publish(run: Run, worked: float, engine: Engine) -> str:
    """Write the report and move the version into place, whole; put it in service if asked."""
    models = run.folder.parent.parent
    # The version of this very run, where it died before it could say that there is one.
    name = registry.of_runs(models).get(run.id)
    if name is None:
        results = {part: _result(run, part) for part in run.parts}
        report = report_of(run, results, worked, models, engine.device)
        _stop_if_asked(run)
        name = registry.publish(run.folder / "version", str(run.plan.name), report, models).name
    said = N_("Done: the version {version} is written.")
    if run.plan.serve:
        registry.serve(name, models)
        said = N_("Done: the version {version} is in service.")
    runs.write_event(run.folder, "done", version=name, message=Sentence(said, {"version": name}))
    if engine.here:
        with contextlib.suppress(OSError):  # a convenience for the next estimate
            speed.learn(run)
    runs.discard(run.folder)
    return name


def _result(run: Run, part: str) -> tuple[dict[str, Any], Any]:
    found = storage.arrays(run.part_path(part, "result.npz"))
    return json.loads(str(found["result"])), found["probabilities"]


def _is_done(run: Run, part: str) -> bool:
    """One whose result is damaged goes on from its checkpoint, as one that was never done."""
    try:
        _result(run, part)
    except (OSError, ValueError, KeyError):
        return False
    return True


if __name__ == "__main__":  # as `jobs` starts it: it inherits the lock
    try:
        carry_out(Path(sys.argv[1]))
    except RunError as ended:
        sys.exit(str(ended))
