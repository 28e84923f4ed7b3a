"""Lines parted where nothing is written, and printed words in them left out.

A form's label would otherwise be read as digits, and the number beside it be lost with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import NOT_A_DIGIT
from digitrec.lattice import Lattice
from digitrec.pieces import Line, Piece, join
from digitrec.segment import WIDEST_IN_LINE, typical_height

# Gaps, of the line's height:
GAP = 0.4  # ends a word; the parts of a digit are nearer to each other
FAR = 2.0  # parts a line: what is beyond neither levels nor scales what is before
FAR_BESIDE_PRINT = 0.9  # the same where there are words: a number keeps its digits together

LETTERS = 4  # marks that tell a word from a digit or two in pieces
PRINTED = -0.6  # log-probability a mark, below which so many marks are a word
LIKELY_PRINTED = -0.4  # the same of any marks, where there are words in the picture
LEAST = 1e-3  # probability of not being a digit

Form = NDArray[np.uint8]


@dataclass(frozen=True)
class _Group:
    """Marks of a line that stand together.

    places: of its pieces in the line. gap: before it, of the line's height. count: of its tall
    marks, uncut. letters: the mean log-probability that such a mark is not a digit. likely: that of
    the best division into digits and other marks, a piece. boxed: whether a box was taken out here.
    """

    places: range
    gap: float
    count: int
    letters: float
    likely: float
    boxed: bool

    @property
    def is_print(self) -> bool:
        """Whether this is a word, whatever else there is in the picture.

        Digits run together or in pieces divide as badly, but not many of them look like letters.
        """
        surely = self.likely - 0.05 * self.letters < PRINTED
        return self.count >= LETTERS and surely and not self.boxed

    @property
    def is_likely_print(self) -> bool:
        return self.likely < LIKELY_PRINTED and not self.boxed


def apart(
    lines: Sequence[Line], found: Sequence[Lattice], form: Form
) -> tuple[list[Line], list[Piece]]:
    """The lines parted at their widest gaps, without the printed words, and the words.

    found: the lattice of each line. form: (h, w), 1 where boxes were taken out: there are digits,
    however much is left of the boxes. A line whose pen's strokes are known is a drawing, and stays
    as it is.
    """
    groups = [list(_groups(*each, form)) for each in zip(lines, found, strict=True)]
    printed = _has_print([group for row in groups for group in row])
    numbers, words = [], []
    for line, row in zip(lines, groups, strict=True):
        runs: list[list[int]] = [[]]
        for group in row:
            if printed and (group.is_print or group.is_likely_print):
                words.append(join([line.marks[i] for i in group.places]))
                runs.append([])
            elif group.gap > (FAR_BESIDE_PRINT if printed else FAR) and not group.boxed:
                runs.append([*group.places])
            else:
                runs[-1] += group.places
        numbers += [line] if len(runs) == 1 else [_part(line, run) for run in runs if run]
    return numbers, words


def _has_print(groups: Sequence[_Group]) -> bool:
    """Whether there are words: one that is nothing else, or several that are likely ones."""
    likely = [group for group in groups if group.is_likely_print and group.count >= LETTERS]
    return len(likely) > 1 or any(group.is_print for group in groups)


def _groups(line: Line, lattice: Lattice, form: Form) -> Iterator[_Group]:
    if line.strokes is not None:
        return
    first, gap, right = 0, 0.0, line.marks[0].right
    for i, mark in enumerate(line.marks):
        if mark.left - right > GAP * line.height:
            yield _group(line, lattice, form, range(first, i), gap)
            first, gap = i, (mark.left - right) / line.height
        right = max(right, mark.right)
    yield _group(line, lattice, form, range(first, len(line.marks)), gap)


def _group(line: Line, lattice: Lattice, form: Form, places: range, gap: float) -> _Group:
    uncut = [each for each in line.division.uncut() if places.start <= each.start < places.stop]
    height = typical_height([each.piece for each in uncut])
    tall = [each for each in uncut if each.piece.box[3] > 0.45 * height]
    narrow = [each for each in tall if each.piece.box[2] < WIDEST_IN_LINE * height]
    letters = [float(lattice.probabilities(each)[NOT_A_DIGIT]) for each in narrow] or [LEAST]
    likely, _ = lattice.between(places.start, places.stop)
    x, y, w, h = join([line.marks[i] for i in places]).box
    return _Group(
        places=places,
        gap=gap,
        count=len(tall),
        letters=float(np.log(np.maximum(letters, LEAST)).mean()),
        likely=likely / len(places),
        boxed=bool(form[y : y + h, x : x + w].any()),
    )


def _part(line: Line, places: Sequence[int]) -> Line:
    """Some of a line's marks as a line of their own."""
    marks = tuple(line.marks[i] for i in places)
    whole = tuple(line.whole[i] for i in places)
    uncut = [join([m for m, w in zip(marks, whole, strict=True) if w == k]) for k in set(whole)]
    return Line(marks, typical_height(uncut), whole)
