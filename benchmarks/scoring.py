"""One picture's answer, and the figures that many answers come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import Sample
from benchmarks.tables import percent

FOLDER_HEAD = ("folder", "images", "exact", "characters", "no answer", "wrong", "s / image")
CURVE_HEAD = ("surest answers", "answered", "exact among them", "wrong")


def edit_distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def comparable(label: str, source: str) -> str:
    tokens = label.replace("_", " ").split()
    return "".join(sorted(tokens) if source.endswith("_scatter") else tokens)


@dataclass(frozen=True)
class Answer:
    """What was read in one picture; text "" is no answer."""

    sample: Sample
    text: str
    confidence: float
    seconds: float

    @property
    def wrong_digits(self) -> int:
        """How many digits differ, are missing or too many."""
        source = self.sample.source
        return edit_distance(comparable(self.text, source), comparable(self.sample.label, source))

    @property
    def right(self) -> bool:
        return self.wrong_digits == 0


def exact(answers: list[Answer]) -> str:
    return percent(sum(a.right for a in answers), len(answers))


def unanswered(answers: list[Answer]) -> str:
    return percent(sum(not a.text for a in answers), len(answers))


def folder_row(name: str, answers: list[Answer]) -> tuple[object, ...]:
    """One line under `FOLDER_HEAD`; "wrong" counts the pictures answered wrongly."""
    digits = sum(len(a.sample.label.replace("_", "")) for a in answers)
    right = max(0, digits - sum(a.wrong_digits for a in answers))
    return (
        name,
        len(answers),
        exact(answers),
        percent(right, digits),
        unanswered(answers),
        sum(bool(a.text) and not a.right for a in answers),
        f"{np.median([a.seconds for a in answers]):.3f}",
    )


def curve_rows(name: str, answers: list[Answer]) -> Iterator[tuple[object, ...]]:
    """Exact match among the surest answers, at growing shares of the pictures answered."""
    surest = sorted((a for a in answers if a.text), key=lambda a: -a.confidence)
    for share in (50, 80, 90, 95, 100):
        kept = surest[: round(share / 100 * len(answers))]
        wrong = sum(not a.right for a in kept)
        yield (
            f"{name}, {share} %",
            percent(len(kept), len(answers)),
            percent(len(kept) - wrong, len(kept)),
            wrong,
        )


def auroc(positive: NDArray[Any], negative: NDArray[Any]) -> float:
    """The chance that a positive scores above a negative, ties counting half."""
    negative = np.sort(negative)
    below = np.searchsorted(negative, positive, "left")
    upto = np.searchsorted(negative, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))
