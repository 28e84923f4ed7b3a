"""A line read by its parts and as a whole: the text that both together find likeliest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from digitrec.classifier import Classifier
from digitrec.example import NOT_A_DIGIT
from digitrec.lattice import Lattice, Step
from digitrec.line_reader import Spelling
from digitrec.pieces import Line, Piece, join
from digitrec.preprocess import Ink, normalise
from digitrec.segment import SOLID

TRUST = 1.5  # in the reading as a whole, against that by parts
TRUST_BESIDE_STROKES = 1.0  # the same where the pen's strokes are known, which make better parts
RELUCTANCE = 8.0  # log-probability that a text costs at most for not being among the cuts


@dataclass(frozen=True)
class Text:
    """What a line may say.

    score: by parts. heard: mean log-probability as a whole. steps: None where no cuts of the line
    read so, or only very unlikely ones.
    """

    score: float
    heard: float
    steps: list[Step] | None


def texts(lattice: Lattice, spellings: Sequence[Spelling]) -> dict[str, Text]:
    """What the line may say, the likeliest by parts first."""
    best, steps = lattice.best
    said = "".join(str(step.digit) for step in steps if step.digit is not None)
    by_parts: dict[str, tuple[float, list[Step] | None]] = {said: (best, steps)}
    least = best - RELUCTANCE
    for text in (text for spelling in spellings for text in spelling.likeliest()):
        if text not in by_parts:
            score, steps = lattice.reading(text)
            by_parts[text] = (score, steps) if score > least else (least, None)
    whole = np.mean([spelling.log_probabilities(list(by_parts)) for spelling in spellings], axis=0)
    return {
        text: Text(score, float(heard), steps)
        for (text, (score, steps)), heard in zip(by_parts.items(), whole, strict=True)
    }


def decide(
    line: Line, lattice: Lattice, spellings: Sequence[Spelling], classifier: Classifier
) -> tuple[list[Step], float]:
    """The steps of the text for which the scores of both readings together are best.

    And how likely that text is against the others looked at, from 0 to 1. spellings: of the line
    as it is, first, and of it stretched.
    """
    trust = TRUST if line.strokes is None else TRUST_BESIDE_STROKES
    found = texts(lattice, spellings)
    totals = {text: each.score + trust * each.heard for text, each in found.items()}
    text = max(totals, key=totals.__getitem__)
    sure = 1 / sum(math.exp(total - totals[text]) for total in totals.values())
    steps = found[text].steps
    if steps is lattice.best[1]:
        return steps, sure
    places = spellings[0].places(text)
    if steps is None:
        return _cut(line, text, spellings[0], places, classifier), sure
    heard = iter(sure_of for _, sure_of in places)
    steps = [step if step.digit is None else _led(step, next(heard)) for step in steps]
    return steps, sure


def _led(step: Step, sure: float) -> Step:
    """A digit that by its own ink would rather be another: as sure as the line is of it."""
    if step.digit is None or step.p[:NOT_A_DIGIT].argmax() == step.digit:
        return step
    return replace(step, p=_with(step.p, step.digit, sure))


def _cut(
    line: Line,
    text: str,
    spelling: Spelling,
    places: Sequence[tuple[float, float]],
    classifier: Classifier,
) -> list[Step]:
    """The line's ink parted half-way between the places where the digits of `text` are."""
    if not text:
        return []
    middles = [spelling.column(place) for place, _ in places]
    edges = [-math.inf, *((a + b) / 2 for a, b in pairwise(middles)), math.inf]
    whole = join(line.marks)
    parts = [_between(whole, a, b) for a, b in pairwise(edges)]
    seen = np.stack([normalise(part.ink) for part in parts])
    p = classifier.probabilities(seen[..., None])
    return [
        Step(part, ink, _with(row, int(digit), sure), int(digit))
        for part, ink, row, digit, (_, sure) in zip(parts, seen, p, text, places, strict=True)
    ]


def _between(piece: Piece, left: float, right: float) -> Piece:
    """The part of a piece between two columns of the picture, at least a pixel wide."""
    x, y, w, h = piece.box
    a = int(min(max(left - x, 0), w - 1))
    b = int(min(max(right - x, a + 1), w))
    ink = piece.ink[:, a:b]
    rows = np.flatnonzero((ink > SOLID / 2).any(1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, h)
    return Piece((x + a, y + top, b - a, bottom - top), ink[top:bottom])


def _with(p: Ink, digit: int, sure: float) -> Ink:
    """The probabilities of a badly cut digit, led by what the whole line says it is."""
    rest = p.copy()
    rest[digit] = 0
    led: Ink = rest * (1 - sure) / max(float(rest.sum()), 1e-6)
    led[digit] = sure
    return led
