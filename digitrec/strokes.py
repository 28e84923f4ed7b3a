"""The strokes of a pen, where they are known: other ways to divide the ink that they left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.pieces import Division, Line, Piece, join
from digitrec.preprocess import Ink, bounding_box

LEAST = 0.4  # of the ink's strength, somewhere in what a stroke left
EXPLAINED = 0.9  # of a mark's ink that its strokes must have left, for them to divide it
LOW = 0.45  # of the line's height: a stroke as low as that is not cut
ASIDE = 0.2  # of a piece's width: what has its middle left of that comes before the piece


@dataclass(frozen=True, eq=False)
class Stroke:
    """What a pen drew without being lifted.

    points: (n, 2), n >= 1, x and y in pixels of the picture, in the order of drawing. width: of
    the pen, in the same pixels.
    """

    points: NDArray[np.float64]
    width: float


def inked(strokes: Sequence[Stroke], ink: Ink) -> list[Piece]:
    """The ink that each stroke left, in the order of writing; of one that left none, nothing.

    ink: (h, w) in [0, 1]. Where strokes cross, each has the ink.
    """
    pieces = (_inked(stroke.points, stroke.width, ink) for stroke in strokes)
    return [piece for piece in pieces if piece is not None]


def _inked(points: NDArray[np.float64], width: float, ink: Ink) -> Piece | None:
    reach = width / 2 + 2
    left, top = (max(0, int(v - reach)) for v in points.min(0))
    right, bottom = (
        min(side, int(v + reach) + 1)
        for v, side in zip(points.max(0), reversed(ink.shape), strict=True)
    )
    if left >= right or top >= bottom:
        return None
    drawn = np.zeros((bottom - top, right - left), np.uint8)
    # Pixel 0 is from 0 to 1 for the pen, about 0 for OpenCV; four bits are fractions.
    path = np.round((points - (left + 0.5, top + 0.5)) * 16).astype(np.int32)
    wide = max(1, round(width)) + 2  # with the grey edge of the stroke
    cv2.polylines(drawn, [np.vstack([path, path[-1:]])], False, 1, wide, shift=4)  # noqa: FBT003
    left_there = np.where(drawn, ink[top:bottom, left:right], np.float32(0))
    found = bounding_box(left_there)
    if found is None or left_there.max() < LEAST:
        return None
    x, y, w, h = found
    return Piece((left + x, top + y, w, h), left_there[y : y + h, x : x + w])


@dataclass(frozen=True)
class _Part:
    """A stroke, or a part of one. stroke: its number. of: the uncut mark that its ink belongs to.

    mark: the number of the line's mark that it is, if it is one.
    """

    piece: Piece
    stroke: int
    of: int
    mark: int | None = None


def divided(
    line: Line,
    uncut: Sequence[Piece],
    strokes: Sequence[Piece],
    cut: Callable[[Piece], Sequence[Piece]],
) -> Division | None:
    """A line's ink by the strokes that made it, where these divide a mark of it.

    uncut: the marks that `line.whole` numbers. strokes: of the whole picture, in the order of
    writing. cut: parts a stroke that may hold several digits. None where every mark is one stroke,
    and where the strokes do not explain the ink: then they are not of this picture.
    """
    owners = [_owner(stroke, uncut) for stroke in strokes]
    own = [
        [stroke for stroke, owner in zip(strokes, owners, strict=True) if owner == i]
        for i in range(len(uncut))
    ]
    if max(map(len, own)) < 2:
        return None
    if not all(_explained(mark, found) for mark, found in zip(uncut, own, strict=True)):
        return None
    parts: list[_Part] = []
    for number, (stroke, owner) in enumerate(zip(strokes, owners, strict=True)):
        if owner is None:
            continue
        if len(own[owner]) > 1:
            low = stroke.box[3] < LOW * line.height  # a bar, with no thin place to tell where
            new = [_Part(piece, number, owner) for piece in ([stroke] if low else cut(stroke))]
        else:
            marks = [i for i, whole in enumerate(line.whole) if whole == owner]
            new = [_Part(line.marks[i], number, owner, i) for i in marks]
        for part in new:
            parts.insert(_place(part.piece, parts), part)
    places = _places(line, parts)
    return Division(
        tuple(part.piece for part in parts),
        tuple(part.stroke for part in parts),
        tuple(places),
        tuple(_weights(line, parts, places)),
    )


def _owner(stroke: Piece, uncut: Sequence[Piece]) -> int | None:
    """The mark that most of a stroke's ink belongs to."""
    shared = [_shared(stroke, mark) for mark in uncut]
    most = int(np.argmax(shared))
    return most if shared[most] > 0.5 * float(stroke.ink.sum()) else None


def _explained(mark: Piece, strokes: Sequence[Piece]) -> bool:
    return bool(strokes) and _shared(mark, join(strokes)) > EXPLAINED * float(mark.ink.sum())


def _shared(a: Piece, b: Piece) -> float:
    """How much ink is in both."""
    left, right = max(a.left, b.left), min(a.right, b.right)
    top, bottom = max(a.top, b.top), min(a.bottom, b.bottom)
    if left >= right or top >= bottom:
        return 0.0
    inks = [p.ink[top - p.top : bottom - p.top, left - p.left : right - p.left] for p in (a, b)]
    return float(np.minimum(*inks).sum())


def _place(piece: Piece, parts: Sequence[_Part]) -> int:
    """Where a piece comes among those written before: after them, but for those to its right.

    So strokes that overlap stay in the order of writing, which mostly keeps those of a digit
    together, and the bar of a 7 that is added in the end still comes to its 7.
    """
    place = len(parts)
    while place:
        before = parts[place - 1].piece
        if piece.middle > before.left + ASIDE * before.box[2]:
            break
        place -= 1
    return place


def _places(line: Line, parts: Sequence[_Part]) -> list[float]:
    """The line's places before, between and after the parts.

    Where the ink before a place is that of the first few marks, it is the place after these; the
    others are fractions.
    """
    waiting = Counter(part.of for part in parts if part.mark is None)
    begun: set[int] = set()
    passed: set[int] = set()
    places = [0.0]
    for part in parts:
        if part.mark is not None:
            passed.add(part.mark)
        else:
            begun.add(part.of)
            waiting[part.of] -= 1
            if not waiting[part.of]:
                begun.remove(part.of)
                passed |= {i for i, whole in enumerate(line.whole) if whole == part.of}
        if not begun and passed == set(range(len(passed))):
            places.append(float(len(passed)))
        else:
            places.append(places[-1] + 1 / (len(parts) + 1))
    return places


def _weights(line: Line, parts: Sequence[_Part], places: Sequence[float]) -> list[float]:
    """What each part counts for: between two places of the line as much as the marks there."""
    weights = [line.weight(part.piece) for part in parts]
    for a, b in pairwise(i for i, place in enumerate(places) if place.is_integer()):
        marks = line.marks[int(places[a]) : int(places[b])]
        share = sum(map(line.weight, marks)) / sum(weights[a:b])
        weights[a:b] = [share * weight for weight in weights[a:b]]
    return weights
