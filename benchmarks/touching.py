"""Numbers drawn on the page's canvas: what knowing the pen's strokes is worth where digits touch.

Each number is read from its picture alone, and with its strokes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from benchmarks.tables import conditions, percent, table
from digitrec.classifier import in_service
from digitrec.reader import read
from digitrec.strokes import Stroke
from digitrec.styles import STYLES, curve

Points = NDArray[np.float64]
Random = np.random.Generator
Hand = Callable[[int, Random], list[Points]]  # a digit's strokes, y down, at any size

GAPS = {  # between neighbours, in heights of a digit; below 0 they overlap
    "well apart": (0.2, 0.4),
    "close": (-0.02, 0.12),
    "touching": (-0.15, -0.05),
    "overlapping": (-0.3, -0.15),
}
HEAD = ("exact match", "numbers", "the picture alone", "with its strokes", "time, ratio")


@dataclass(frozen=True)
class Drawing:
    text: str
    pixels: NDArray[np.uint8]
    strokes: list[Stroke]


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the table as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.touching", description=__doc__)
    parser.add_argument("--numbers", type=int, default=200, help="numbers a row (200)")
    chosen = parser.parse_args(arguments)
    root = corpus.folder()
    hands: dict[str, Hand] = {"our styles": styled}
    rows: list[Sequence[object]] = []
    if root is not None:
        hands |= {
            name: partial(_dealt, _by_digit(corpus.trajectories(root, name)))
            for name in corpus.STROKES
        }
    for hand, write in hands.items():
        for gap, span in GAPS.items():
            rng = np.random.default_rng(1)
            drawings = [drawing(write, rng, span) for _ in range(chosen.numbers)]
            rows.append((f"{hand}, {gap}", *_row(drawings)))
    missing = "" if root else corpus.missing("pen strokes of others") + "\n\n"
    return f"{missing}{table(HEAD, rows)}\n\n{conditions(in_service())}"


def _row(drawings: Sequence[Drawing]) -> tuple[object, ...]:
    right, ratios = [0, 0], []
    for each in drawings:
        taken = []
        for i, strokes in enumerate(([], each.strokes)):
            began = time.perf_counter()
            right[i] += read(each.pixels, strokes=strokes).text == each.text
            taken.append(time.perf_counter() - began)
        ratios.append(taken[1] / taken[0])
    count = len(drawings)
    return count, *(percent(n, count) for n in right), f"{median(ratios):.2f}"


def drawing(write: Hand, rng: Random, gaps: tuple[float, float]) -> Drawing:
    """A number of two to four digits by a hand, with gaps as given in heights of a digit."""
    text = "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(2, 5)))
    paths: list[Points] = []
    height, right = rng.uniform(110, 150), 40.0
    for place, digit in enumerate(text):
        strokes = write(int(digit), rng)
        low, high = (np.concatenate(strokes).min(0), np.concatenate(strokes).max(0))
        zoom = height * rng.uniform(0.92, 1.08) / max(*(high - low), 1e-6)
        left = right + (height * rng.uniform(*gaps) if place else 0)
        top = (corpus.HEIGHT - zoom * (high - low)[1]) / 2 + rng.normal(0, 0.03 * height)
        paths += [(stroke - low) * zoom + (left, top) for stroke in strokes]
        right = left + zoom * (high - low)[0]
    curves = [corpus.pencil(path) for path in paths]
    return Drawing(text, corpus.drawn(curves), [Stroke(each, corpus.PEN) for each in curves])


def styled(digit: int, rng: Random) -> list[Points]:
    """One of our styles by an unsteady hand."""
    style = STYLES[digit][rng.integers(len(STYLES[digit]))]
    slant, narrow = rng.normal(0.08, 0.12), np.exp(rng.normal(-0.05, 0.15))
    strokes = []
    for stroke in style.split("|"):
        points = np.array([point.split(",") for point in stroke.lstrip("~").split()], float)
        points += rng.normal(0, 2, points.shape) + rng.normal(0, 1.5, 2)
        points = curve(points) if stroke.startswith("~") else points
        strokes.append(_reported(points @ np.array([[narrow, 0], [-slant, 1]])))
    return strokes


def _reported(points: Points) -> Points:
    """What a pointer that moves along would report: a point at least every few pixels."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.r_[0, np.cumsum(lengths)]
    steps = np.linspace(0, along[-1], max(2, round(along[-1] / 4)))
    return np.stack([np.interp(steps, along, side) for side in points.T], axis=1)


def _by_digit(samples: Sequence[tuple[int, corpus.Trajectories]]) -> dict[int, list[list[Points]]]:
    found: dict[int, list[list[Points]]] = {digit: [] for digit in range(10)}
    for label, strokes in samples:
        found[label].append([np.asarray(stroke, float) * (1, -1) for stroke in strokes])
    return found


def _dealt(known: dict[int, list[list[Points]]], digit: int, rng: Random) -> list[Points]:
    return known[digit][rng.integers(len(known[digit]))]


if __name__ == "__main__":
    print(main())
