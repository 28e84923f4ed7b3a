"""A training run as it stands, for whoever looks at it from outside."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from typing import Self

from digitrec.language import _
from digitrec.recipes import Plan
from digitrec.runs import FINAL, UNDER_WAY, Part, Run


@dataclass(frozen=True)
class Snapshot:
    """A run as it stands. Shares and accuracies from 0 to 1, times in seconds."""

    id: str
    plan: Plan
    state: str  # starting, running; done, failed, cancelled; interrupted: its process has vanished
    progress: float
    seconds: float  # worked so far
    seconds_left: float | None
    parts: tuple[Part, ...]
    message: str
    load: float  # of the machine a core; 1.0 is busy
    started: float  # unix time
    ended: float | None
    version: str | None
    resumed: int  # times
    dismissed: bool  # what it came to has been seen

    @classmethod
    def of(cls, run: Run, holder: str | None) -> Self:
        """What a run's events say, and whether its process is there to go on.

        holder: the id of the run that holds the folder's lock, or None.
        """
        state, message = run.state, str(run.message)
        if state in UNDER_WAY and holder != run.id:
            run.follow()  # it may have ended between the two looks
            state, message = run.state, str(run.message)
        if state in UNDER_WAY and holder != run.id:
            state = "interrupted"
            message = _(
                "Its process ended without a word; it can go on from the last finished epoch."
            )
            if (run.folder / "cancel").exists():  # it was asked to, and died before it did
                state, message = "cancelled", _("Cancelled.")
        under_way = state in UNDER_WAY
        return cls(
            id=run.id,
            plan=run.plan,
            state=state,
            progress=run.progress,
            seconds=run.worked + (time.time() if under_way else run.last) - run.began,
            seconds_left=run.seconds_left() if under_way else None,
            parts=tuple(run.parts.values()),
            message=message,
            load=os.getloadavg()[0] / (os.cpu_count() or 1),
            started=run.started,
            ended=None if under_way else run.last,
            version=run.version,
            resumed=run.resumed,
            dismissed=(run.folder / "dismissed").exists(),
        )

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def resumable(self) -> bool:
        return self.state in ("failed", "interrupted")

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Of the finished folds."""
        folds = (part for part in self.parts if part.name != FINAL and part.state == "done")
        return tuple(part.accuracy for part in folds if part.accuracy is not None)

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.accuracies) if self.accuracies else None

    @property
    def std(self) -> float | None:
        """The population's, as the tutorial's numpy gives it."""
        return statistics.pstdev(self.accuracies) if self.accuracies else None
