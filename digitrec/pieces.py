"""The pieces of a line of ink, and which of them, joined, could be one digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from digitrec.preprocess import Ink

MOST_JOINED = 4  # pieces, or uncut marks, that may make up one digit


@dataclass(frozen=True)
class Piece:
    """A mark, a part of one or several joined.

    box: x, y, w, h in the ink map. ink: (h, w) in [0, 1], with the neighbours' ink left out.
    """

    box: tuple[int, int, int, int]
    ink: Ink

    @property
    def left(self) -> int:
        return self.box[0]

    @property
    def right(self) -> int:
        return self.box[0] + self.box[2]

    @property
    def top(self) -> int:
        return self.box[1]

    @property
    def bottom(self) -> int:
        return self.box[1] + self.box[3]

    @property
    def middle(self) -> float:
        """Of its columns."""
        return self.box[0] + self.box[2] / 2


@dataclass(frozen=True)
class Candidate:
    """Neighbouring pieces of a line taken as one digit.

    start, end: the places of the line between which they are. weight: how many pieces they are, a
    small one counting less. unlikely: how many of their ends are an unlikely place to part digits.
    """

    start: float
    end: float
    pieces: tuple[Piece, ...]
    weight: float
    unlikely: int

    @property
    def lone(self) -> bool:
        """Whether it is a single piece."""
        return len(self.pieces) == 1

    @property
    def box(self) -> tuple[int, int, int, int]:
        return box_of(self.pieces)

    @property
    def piece(self) -> Piece:
        """Joined anew each time: the candidates of a wide mark hold its ink a thousand times."""
        return join(self.pieces)


@dataclass(frozen=True)
class Division:
    """A line's ink in pieces, in reading order.

    whole: for each piece, which uncut one it is a part of. places: one before each piece and one
    after the last, rising; two divisions of a line share a place where both part the same ink.
    weights: what each piece counts for.
    """

    pieces: tuple[Piece, ...]
    whole: tuple[int, ...]
    places: tuple[float, ...]
    weights: tuple[float, ...]

    def candidates(self, height: float) -> Iterator[Candidate]:
        """Every run of neighbouring pieces that could be one digit, in a line of that height.

        In a run of several uncut marks' pieces there are few pieces, or all of those of few marks.
        """
        parts = Counter(self.whole)
        for first, start in enumerate(self.pieces):
            left, right = start.left, start.right
            joined: Counter[int] = Counter()
            for last in range(first, len(self.pieces)):
                piece = self.pieces[last]
                joined[self.whole[last]] += 1
                if len(joined) > MOST_JOINED:
                    break
                left = min(left, piece.left)
                if len(joined) > 1:
                    wide = max(right, piece.right) - left
                    if piece.left - right > 0.3 * height or wide > 1.5 * height:
                        break
                right = max(right, piece.right)
                uncut = all(parts[mark] == count for mark, count in joined.items())
                many = len(joined) if uncut else last - first + 1
                if len(joined) > 1 and many > MOST_JOINED:
                    continue
                yield self._run(first, last)

    def uncut(self) -> Iterator[Candidate]:
        """The runs of pieces of the same mark, which follow each other: for a digit each."""
        first = 0
        for _, pieces in groupby(self.whole):
            last = first + len(list(pieces)) - 1
            yield self._run(first, last)
            first = last + 1

    def _run(self, first: int, last: int) -> Candidate:
        return Candidate(
            self.places[first],
            self.places[last + 1],
            self.pieces[first : last + 1],
            sum(self.weights[first : last + 1]),
            self._hangs_together(first - 1) + self._hangs_together(last),
        )

    def _hangs_together(self, i: int) -> bool:
        """Whether the place after a piece is an unlikely one to part digits.

        Such is a cut through an uncut piece, and a place between two that stand on each other.
        """
        if not 0 <= i < len(self.pieces) - 1:
            return False
        a, b = self.pieces[i], self.pieces[i + 1]
        overlap = min(a.right, b.right) - max(a.left, b.left)
        stacked = min(a.bottom, b.bottom) <= max(a.top, b.top)
        return self.whole[i] == self.whole[i + 1] or (
            stacked and overlap > 0.5 * min(a.box[2], b.box[2])
        )


@dataclass(frozen=True)
class Line:
    """Marks from left to right, with the typical height of their digits in pixels.

    whole: for each mark, which uncut mark it is a part of. strokes: the same ink as the strokes of
    a pen made it, where they are known and divide it otherwise.
    """

    marks: tuple[Piece, ...]
    height: float
    whole: tuple[int, ...]
    strokes: Division | None = None

    @property
    def division(self) -> Division:
        """By the marks."""
        weights = tuple(self.weight(mark) for mark in self.marks)
        places = tuple(float(i) for i in range(len(self.marks) + 1))
        return Division(self.marks, self.whole, places, weights)

    def weight(self, piece: Piece) -> float:
        """What a piece counts for: 1, and less for a small one."""
        return min(1.0, max(piece.box[2:]) / self.height)

    def candidates(self, most: int | None = None) -> list[Candidate]:
        """Every run of neighbouring marks that could be one digit, and every such run of strokes.

        most: how many are enough; a mark cut a thousand times has half a million. What runs from a
        place of the marks to another is the same ink by either, and is given once.
        """
        found = list(islice(self.division.candidates(self.height), most))
        if self.strokes is not None:
            known = {(each.start, each.end) for each in found}
            by_stroke = self.strokes.candidates(self.height)
            new = (each for each in by_stroke if (each.start, each.end) not in known)
            found += islice(new, None if most is None else most - len(found))
        return found


def box_of(pieces: Sequence[Piece]) -> tuple[int, int, int, int]:
    """Of several pieces together: x, y, w, h in the ink map."""
    left, top = min(p.left for p in pieces), min(p.top for p in pieces)
    right, bottom = max(p.right for p in pieces), max(p.bottom for p in pieces)
    return left, top, right - left, bottom - top


def join(pieces: Sequence[Piece]) -> Piece:
    """Several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    left, top, width, height = box = box_of(pieces)
    ink = np.zeros((height, width), np.float32)
    for p in pieces:
        place = ink[p.top - top : p.bottom - top, p.left - left : p.right - left]
        np.maximum(place, p.ink, out=place)
    return Piece(box, ink)
