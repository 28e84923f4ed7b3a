"""One picture's answer, and the figures that many answers come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import Sample
from benchmarks.tables import percent
from digitrec.evaluation import Score, character_accuracy

FOLDER_HEAD = ("folder", "images", "exact", "characters", "no answer", "wrong", "s / image")
CURVE_HEAD = ("surest answers", "answered", "exact among them", "wrong")


@dataclass(frozen=True)
class Answer:
    """What was read in one picture; text "" is no answer."""

    sample: Sample
    text: str
    confidence: float
    score: Score

    @property
    def wrong(self) -> bool:
        """Answered, and not right: worse than no answer."""
        return bool(self.text) and not self.score.exact


def exact(answers: list[Answer]) -> str:
    return percent(sum(a.score.exact for a in answers), len(answers))


def unanswered(answers: list[Answer]) -> str:
    return percent(sum(not a.text for a in answers), len(answers))


def folder_row(name: str, answers: list[Answer]) -> tuple[object, ...]:
    """One line under `FOLDER_HEAD`."""
    scores = [a.score for a in answers]
    return (
        name,
        len(answers),
        exact(answers),
        f"{100 * (character_accuracy(scores) or 0):.2f} %",
        unanswered(answers),
        sum(a.wrong for a in answers),
        f"{np.median([score.seconds for score in scores]):.3f}",
    )


def curve_rows(name: str, answers: list[Answer]) -> Iterator[tuple[object, ...]]:
    """Exact match among the surest answers, at growing shares of the pictures answered."""
    surest = sorted((a for a in answers if a.text), key=lambda a: -a.confidence)
    for share in (50, 80, 90, 95, 100):
        kept = surest[: round(share / 100 * len(answers))]
        answered = percent(len(kept), len(answers))
        yield f"{name}, {share} %", answered, exact(kept), sum(a.wrong for a in kept)


def auroc(positive: NDArray[Any], negative: NDArray[Any]) -> float:
    """The chance that a positive scores above a negative, ties counting half."""
    negative = np.sort(negative)
    below = np.searchsorted(negative, positive, "left")
    upto = np.searchsorted(negative, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))
