"""One training run on disk, and what its events say: ``models/.runs/ID/``.

``plan.json`` is written once; ``events.jsonl`` only grows, a line an event, written by the run and
its parts at once; ``log.txt`` is what the processes print; ``cancel`` asks the run to stop,
``dismissed`` has what it came to told no more; the checkpoints and results of its parts (a fold, or
the final fit) carry their names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from digitrec import storage
from digitrec.language import N_, Sentence, speaking
from digitrec.recipes import Plan
from digitrec.settings import ROOT, settings

FOLDER = ".runs"
FINAL = "final"
UNDER_WAY = ("starting", "running")
Event = dict[str, Any]


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data came to; accuracies from 0 to 1, on held-out images for val_."""

    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Part:
    """One fit: a fold, or the final one on all images."""

    name: str  # "fold 1" …, "final"
    epochs: int
    images: int  # trained on, an epoch
    state: str = "waiting"  # "running", "done"
    step: float = 0.0  # share of the epoch under way, 0 to 1
    history: tuple[Epoch, ...] = ()

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return len(self.history)

    @property
    def progress(self) -> float:
        """0 to 1."""
        return 1.0 if self.state == "done" else min(1.0, (self.epoch + self.step) / self.epochs)

    @property
    def accuracy(self) -> float | None:
        """The latest on its held-out images, or on the test set for the final fit."""
        return self.history[-1].val_accuracy if self.history else None

    @property
    def loss(self) -> float | None:
        return self.history[-1].val_loss if self.history else None


def store_of(models: Path | None) -> Path:
    """The folder of versions, by its absolute path; that of the settings where it is None."""
    # Not by Path.resolve: up to Python 3.12, links that lead in a circle end in a RuntimeError.
    return Path(os.path.realpath(models or settings().models))


def parts_of(plan: Plan) -> tuple[Part, ...]:
    """The folds in order, then the final fit."""
    folds = tuple(
        Part(f"fold {k + 1}", plan.epochs, plan.images - held_out(plan, k))
        for k in range(plan.folds)
    )
    return (*folds, Part(FINAL, plan.epochs, plan.images))


def part_name(name: str) -> Sentence:
    """What people call a part of a run."""
    if name == FINAL:
        return Sentence(N_("All images"))
    return Sentence(N_("Fold {number}"), {"number": name.split()[1]})


def held_out(plan: Plan, fold: int) -> int:
    """The images of one fold, as scikit-learn's KFold deals them."""
    return plan.images // plan.folds + (fold < plan.images % plan.folds)


def threads_of(plan: Plan, cores: int) -> dict[str, int]:
    """Threads for each part: one for each of as many folds as cores; what is left over shares.

    Two folds of one thread each have about 1.5 times the throughput of two threads in one fold.
    """
    left_over = plan.folds % cores
    threads = {FINAL: cores}
    for k in range(plan.folds):
        last = k >= plan.folds - left_over
        threads[f"fold {k + 1}"] = cores // left_over if last else 1
    return threads


def quiet(threads: int) -> dict[str, str]:
    """The environment of a process that learns.

    It speaks the language spoken now, TensorFlow's greetings are unsaid, libraries are at their
    threads, and a GPU is used only where the caller's environment names one.
    """
    return {
        **speaking(),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": str(threads),
        "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "-1"),
    }


def spawn(
    command: Sequence[str], log: IO[bytes], environment: dict[str, str], handles: Sequence[int] = ()
) -> threading.Thread:
    """Start a child process that goes on when this one ends; returns a thread that ends with it.

    log: what it prints goes there. handles: open files that it inherits. Raises ``OSError``.
    """
    child = subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # a Ctrl-C meant for the page does not reach it
        pass_fds=handles,
    )
    reaper = threading.Thread(target=child.wait, daemon=True)  # else it would stay as a zombie
    reaper.start()
    return reaper


@dataclass
class Run:
    """A run's folder and the state its events have led to so far."""

    folder: Path
    plan: Plan
    parts: dict[str, Part]
    started: float  # unix seconds
    state: str = "starting"
    message: Sentence | str = ""
    version: str | None = None
    resumed: int = 0
    estimate: float | None = None  # seconds, from before the start
    began: float = 0.0  # of this stretch of work, unix seconds
    last: float = 0.0  # event
    worked: float = 0.0  # seconds, in the stretches before
    pace: tuple[float, float] | None = None  # (unix seconds, progress) when this stretch took off
    _offset: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, folder: Path) -> Run:
        """Raises ``OSError``, ``ValueError`` or ``KeyError`` when its plan cannot be read."""
        plan = Plan.from_dict(json.loads((folder / "plan.json").read_text()))
        started = (folder / "plan.json").stat().st_mtime
        parts = {part.name: part for part in parts_of(plan)}
        return cls(folder, plan, parts, started, began=started, last=started)

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def progress(self) -> float:
        """0 to 1, by images gone through."""
        total = sum(part.images * part.epochs for part in self.parts.values())
        done = sum(part.images * part.epochs * part.progress for part in self.parts.values())
        return 1.0 if self.state == "done" else done / total

    def follow(self) -> Run:
        """Take in the events written since the last call."""
        with self._lock:
            try:
                with (self.folder / "events.jsonl").open("rb") as file:
                    file.seek(self._offset)
                    new = file.read()
            except FileNotFoundError:
                return self
            whole = new[: new.rfind(b"\n") + 1]
            self._offset += len(whole)
            for line in whole.splitlines():
                event = _parsed(line)
                if event is not None:
                    self._take(event)
            return self

    def _take(self, event: Event) -> None:
        at, kind = float(event["t"]), event["event"]
        if kind == "started":
            self.worked += self.last - self.began
            self.began, self.pace, self.state = at, None, "running"
            self.resumed, self.estimate = int(event["resumed"]), event.get("estimate")
        self.last = max(self.last, at)
        if message := event.get("message"):
            self.message = Sentence.from_json(message)
        if kind in ("done", "failed", "cancelled"):
            self.state = kind
            self.version = event.get("version")
        elif "part" in event:
            self._take_part(kind, event, at)

    def _take_part(self, kind: str, event: Event, at: float) -> None:
        part = self.parts[event["part"]]
        if kind == "part":  # its process has begun, perhaps again, after these epochs
            history = tuple(Epoch(**epoch) for epoch in event["history"])
            part = replace(part, state="running", step=0.0, history=history)
        elif kind == "step":
            part = replace(part, step=float(event["done"]))
        elif kind == "epoch":
            epoch = Epoch(**event["epoch"])
            part = replace(part, step=0.0, history=(*part.history, epoch))
        elif kind == "part done":
            part = replace(part, state="done", step=0.0)
        self.parts[part.name] = part
        if kind == "step" and self.pace is None:
            self.pace = (at, self.progress)

    def seconds_left(self) -> float | None:
        """By the pace of this stretch of work; before there is one, by the estimate."""
        if self.state not in UNDER_WAY:
            return None
        if self.pace is not None:
            spent, gained = time.time() - self.pace[0], self.progress - self.pace[1]
            if spent > 10 and gained > 0:
                return spent / gained * (1 - self.progress)
        return None if self.estimate is None else self.estimate * (1 - self.progress)

    def part_path(self, part: str, kind: str) -> Path:
        """Where a part keeps a file: "checkpoint.npz", "result.npz"."""
        return self.folder / f"{part.replace(' ', '-')}.{kind}"


def write_event(folder: Path, event: str, **values: Any) -> None:
    """It is of now, unless ``t`` says when. Raises ``OSError``.

    A message may be a `Sentence`: each reader sees it in their language.
    """
    told = {"t": round(time.time(), 3), "event": event, **values}
    line = json.dumps(told, default=Sentence.to_json)
    storage.append(folder / "events.jsonl", line)


def dismiss(folder: Path) -> None:
    """What a run came to is not told any more. Raises ``OSError``."""
    (folder / "dismissed").touch()


def discard(folder: Path) -> None:
    """Remove what only a run that goes on needs."""
    for pattern in ("*.npz", ".*.tmp"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(folder / "version", ignore_errors=True)


def _parsed(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:  # an empty line, or what a full disk left of one
        return None
    return event if isinstance(event, dict) and {"t", "event"} <= event.keys() else None
