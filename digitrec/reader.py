"""The pipeline: picture -> reading."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.classifier import NOT_A_DIGIT, Classifier, in_service
from digitrec.images import Photo, load
from digitrec.preprocess import Ink, ink_map, normalise
from digitrec.rules import without_rules
from digitrec.segment import Line, Piece, find_lines

Box = tuple[int, int, int, int]  # x, y, w, h in pixels of the upright original


@dataclass(frozen=True)
class Digit:
    """alternatives: the three likeliest digits, best first. ink: (28, 28), what the network saw."""

    digit: int
    confidence: float
    box: Box
    alternatives: tuple[tuple[int, float], ...]
    ink: Ink


@dataclass(frozen=True)
class Mark:
    """A decimal point or comma in a number, after its first `after` digits."""

    text: str
    box: Box
    after: int


@dataclass(frozen=True)
class Number:
    """confidence: the probability that every digit is right, taking them as independent."""

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Ink that is not a digit, with the reason in a few words."""

    box: Box
    reason: str
    ink: Ink


@dataclass(frozen=True)
class Reading:
    """What was read in a picture, in reading order.

    turned: degrees anticlockwise by which the picture was turned because it reads better that way;
    the boxes are in the turned picture.
    """

    numbers: tuple[Number, ...]
    refused: tuple[Refusal, ...]
    seconds: float
    notice: str | None = None
    turned: int = 0

    @property
    def text(self) -> str:
        """All numbers joined by a space; "" when nothing was read."""
        return " ".join(number.text for number in self.numbers)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        return {
            "text": self.text,
            "numbers": [
                {
                    "text": number.text,
                    "confidence": round(number.confidence, 4),
                    "box": list(number.box),
                    "digits": [
                        {
                            "digit": digit.digit,
                            "confidence": round(digit.confidence, 4),
                            "box": list(digit.box),
                            "alternatives": [[d, round(p, 4)] for d, p in digit.alternatives],
                        }
                        for digit in number.digits
                    ],
                }
                for number in self.numbers
            ],
            "refused": [{"box": list(r.box), "reason": r.reason} for r in self.refused],
            "seconds": round(self.seconds, 4),
        }


def read(
    source: Photo | bytes | str | Path | BinaryIO | NDArray[Any] | Image.Image,
    classifier: Classifier | None = None,
    *,
    turn: bool = True,  # noqa: ARG001
) -> Reading:
    """Read every number in a picture.

    turn: whether a picture that reads better sideways or upside down may be turned.

    Raises `digitrec.images.ImageError` for what is not a picture, and
    `digitrec.classifier.ModelError` when no model can be loaded.
    """
    start = time.perf_counter()
    photo = source if isinstance(source, Photo) else load(source)
    classifier = classifier or in_service()
    lines = find_lines(without_rules(ink_map(photo.pixels)))
    numbers: list[Number] = []
    refused: list[Refusal] = []
    for line, found in zip(lines, _best_paths(lines, classifier), strict=True):
        digits: list[Digit] = []
        for step in found:
            box = _original(step.piece, photo)
            if step.digit:
                best = np.argsort(step.p[:NOT_A_DIGIT])[::-1][:3]
                alternatives = tuple((int(d), float(step.p[d])) for d in best)
                digits.append(Digit(*alternatives[0], box, alternatives, step.seen))
            elif step.piece.box[3] > 0.5 * line.height:
                refused.append(Refusal(box, "not a digit", step.seen))
        numbers += [_number(group) for group in _groups(digits, line.height * photo.scale)]
    seconds = time.perf_counter() - start
    return Reading(tuple(numbers), tuple(refused), seconds, classifier.notice)


@dataclass(frozen=True)
class _Step:
    """A candidate on the best path. p: (11,) probabilities; seen: (28, 28)."""

    piece: Piece
    seen: Ink
    p: NDArray[np.float32]
    digit: bool


def _best_paths(lines: Sequence[Line], classifier: Classifier) -> list[list[_Step]]:
    """For each line the division into digits and other marks that the network finds likeliest.

    Dynamic programming over the runs of neighbouring marks. A run's log-probability counts once a
    mark it joins, so that joining does not win by adding fewer terms.
    """
    candidates = [line.candidates() for line in lines]
    inks = [normalise(c.piece.ink) for found in candidates for c in found]
    if not inks:
        return [[] for _ in lines]
    seen = np.stack(inks)
    probabilities = classifier.probabilities(seen[..., None])
    paths = []
    offset = 0
    for line, found in zip(lines, candidates, strict=True):
        best: list[tuple[float, tuple[_Step, ...]]] = [(0.0, ())]
        best += [(-math.inf, ())] * len(line.marks)
        for number, candidate in enumerate(found, offset):
            p = probabilities[number]
            tall = candidate.piece.box[3] / line.height
            as_digit = float(p[:NOT_A_DIGIT].max()) * (1 if tall > 0.45 else 0.1)
            as_other = float(p[NOT_A_DIGIT])
            if candidate.first == candidate.last and tall < 0.45:
                as_other = max(as_other, 0.85)  # a dot or a dash, unless it makes another whole
            elif tall > 0.7:  # most of what people write here are digits, the more so in a row
                as_other *= 0.4 if len(line.marks) > 2 else 0.5
            weight = sum(
                min(1.0, max(m.box[2], m.box[3]) / line.height)
                for m in line.marks[candidate.first : candidate.last + 1]
            )
            # A dot may be left out; more ink than that is rather explained.
            dot = max(candidate.piece.box[2:]) < 0.3 * line.height
            likely = max(as_digit, (1.0 if dot else 0.35) * as_other, 1e-12)
            score = best[candidate.first][0] + weight * math.log(likely)
            score -= 0.4 * line.unlikely_ends(candidate.first, candidate.last)
            if score > best[candidate.last + 1][0]:
                step = _Step(candidate.piece, seen[number], p, as_digit >= as_other)
                best[candidate.last + 1] = (score, (*best[candidate.first][1], step))
        offset += len(found)
        paths.append(list(best[-1][1]))
    return paths


def _groups(digits: list[Digit], height: float) -> list[list[Digit]]:
    """Digits of a line as numbers: a gap well beyond the usual one starts another number."""
    if not digits:
        return []
    gaps = [b.box[0] - a.box[0] - a.box[2] for a, b in pairwise(digits)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0
    groups = [[digits[0]]]
    for gap, digit in zip(gaps, digits[1:], strict=True):
        if gap > max(0.9 * height, min(2.2 * usual, 2.5 * height)):
            groups.append([])
        groups[-1].append(digit)
    return groups


def _number(digits: list[Digit]) -> Number:
    text = "".join(str(digit.digit) for digit in digits)
    confidence = math.prod(digit.confidence for digit in digits)
    return Number(text, confidence, _union([digit.box for digit in digits]), tuple(digits))


def _original(piece: Piece, photo: Photo) -> Box:
    x, y, w, h = (round(v * photo.scale) for v in piece.box)
    x, y = min(x, photo.width - 1), min(y, photo.height - 1)
    return x, y, max(1, min(w, photo.width - x)), max(1, min(h, photo.height - y))


def _union(boxes: list[Box]) -> Box:
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return left, top, right - left, bottom - top
