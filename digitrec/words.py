"""Lines parted where nothing is written, and printed words in them left out.

A form's label would otherwise be read as digits, and the number beside it be lost with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from digitrec.classifier import Classifier
from digitrec.lattice import Lattice, Step, lattices
from digitrec.line_reader import LineNetwork, Spelling, strip_of
from digitrec.masks import Mask
from digitrec.pieces import Line, Piece, join
from digitrec.preprocess import Ink
from digitrec.segment import WIDEST_IN_LINE, typical_height

# Gaps, of the line's height:
GAP = 0.4  # ends a word; the parts of a digit are nearer to each other
FAR = 2.0  # parts a line: what is beyond neither levels nor scales what is before
FAR_BESIDE_PRINT = 0.9  # the same where there are words: a number keeps its digits together

PRINTED = 4.0  # logit of there being no number, above which marks are a word
LIKELY_PRINTED = 0.0  # the same, where there are words in the picture
READS_WELL = -0.1  # log-probability a mark as digits, above which marks are not asked about

SMALL = 0.45  # of the line's height: a mark lower than this is no digit of its own
LETTERS = 4  # tall marks without a digit among them: a word
HEARD = 0.5  # probability from which a line's digits are believed that by its parts is a word


@dataclass(frozen=True)
class _Group:
    """Marks of a line that stand together.

    places: of its pieces in the line. gap: before it, of the line's height. absent: the logit of
    there being no number. boxed: whether a box was taken out here.
    """

    places: range
    gap: float
    absent: float
    boxed: bool


def apart(
    found: Sequence[Lattice],
    depth: Ink,
    form: Mask,
    classifier: Classifier,
    whole: LineNetwork | None,
) -> tuple[list[Lattice], list[Piece]]:
    """The lines parted at their widest gaps, without the printed words, and the words.

    found: a line each. depth: (h, w) of `preprocess.depth_map`. form: (h, w), 1 where boxes were
    taken out: there are digits, however much is left of the boxes. whole: tells words from numbers;
    without it there are no words. A line whose pen's strokes are known is a drawing, and stays as
    it is.
    """
    rows = [lattice.line for lattice in found]
    groups = [list(_groups(lattice, depth, rows, form, whole)) for lattice in found]
    printed = any(group.absent > PRINTED for row in groups for group in row)
    lines, words = [], []
    for line, row in zip((lattice.line for lattice in found), groups, strict=True):
        runs: list[list[int]] = [[]]
        for group in row:
            if printed and group.absent > LIKELY_PRINTED:
                words.append(join([line.marks[i] for i in group.places]))
                runs.append([])
            elif group.gap > (FAR_BESIDE_PRINT if printed else FAR) and not group.boxed:
                runs.append([*group.places])
            else:
                runs[-1] += group.places
        lines += [line] if len(runs) == 1 else [_part(line, run) for run in runs if run]
    known = {id(lattice.line): lattice for lattice in found}
    new = iter(lattices([line for line in lines if id(line) not in known], classifier))
    return [known.get(id(line)) or next(new) for line in lines], words


def _groups(
    lattice: Lattice, depth: Ink, rows: Sequence[Line], form: Mask, whole: LineNetwork | None
) -> Iterator[_Group]:
    line = lattice.line
    if line.strokes is not None:
        return
    beside = [mark for row in rows if row is not line for mark in row.marks]

    def group(places: range, gap: float) -> _Group:
        part = _part(line, places)
        x, y, w, h = join(part.marks).box
        boxed = bool(form[y : y + h, x : x + w].any())
        likely, _ = lattice.between(places.start, places.stop)
        if whole is None or boxed or likely > READS_WELL * len(places):
            return _Group(places, gap, -math.inf, boxed)
        others = [*beside, *line.marks[: places.start], *line.marks[places.stop :]]
        return _Group(places, gap, whole(strip_of(depth, part, others)[0])[1], boxed)

    for places, gap in _together(line.marks, line.height):
        yield group(places, gap / line.height)


def _together(pieces: Sequence[Piece], height: float) -> Iterator[tuple[range, int]]:
    """The places of pieces that stand together, and how far that is from what is before, pixels."""
    rights = list(accumulate((piece.right for piece in pieces), max))
    gaps = [0, *(after.left - right for right, after in zip(rights, pieces[1:], strict=False))]
    starts = [0, *(i for i, gap in enumerate(gaps) if gap > GAP * height)]
    for start, stop in pairwise([*starts, len(pieces)]):
        yield range(start, stop), gaps[start]


def _part(line: Line, places: Sequence[int]) -> Line:
    """Some of a line's marks as a line of their own."""
    marks = tuple(line.marks[i] for i in places)
    whole = tuple(line.whole[i] for i in places)
    uncut = [join([m for m, w in zip(marks, whole, strict=True) if w == k]) for k in set(whole)]
    return Line(marks, typical_height(uncut), whole)


def without_units(steps: Sequence[Step], height: float) -> list[Step]:
    """A line's steps, without the digit that is a letter of a short word, as of a unit: 45 kg.

    It stands with letters alone, first or last, apart from others that are all digits.
    """
    signs = [s for s in steps if s.digit is not None or s.piece.box[3] > SMALL * height]
    together = _together([step.piece for step in signs], height)
    runs = [[signs[i] for i in places] for places, _ in together]
    digits = [sum(step.digit is not None for step in run) for run in runs]
    if not any(count == len(run) for count, run in zip(digits, runs, strict=True)):
        return list(steps)
    ends = {0, len(runs) - 1}
    units = [runs[i] for i in ends if digits[i] == 1 < len(runs[i])]
    letters = {id(step) for run in units for step in run}
    return [replace(step, digit=None) if id(step) in letters else step for step in steps]


def is_word(steps: Sequence[Step], height: float) -> bool:
    """Whether most of a line is refused, and not for being digits run together.

    The one digit among letters is then a letter too. Several marks of which none holds a digit are
    words.
    """
    tall = [step for step in steps if step.piece.box[3] > SMALL * height]
    letters = [s for s in tall if s.digit is None and s.piece.box[2] < WIDEST_IN_LINE * height]
    digits = sum(step.digit is not None for step in tall)
    return len(letters) > 2 * digits or (not digits and len(tall) >= LETTERS)


def is_heard(spellings: Sequence[Spelling]) -> bool:
    """Whether every reading of a line as a whole is of the same digits, two at least, and sure."""
    texts = {spelling.likeliest()[0] for spelling in spellings}
    if len(texts) != 1 or len(text := texts.pop()) < 2:
        return False
    return all(spelling.log_probabilities([text])[0] > math.log(HEARD) for spelling in spellings)
