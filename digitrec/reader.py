"""The pipeline: picture -> reading."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.classifier import Classifier, in_service
from digitrec.combine import decide
from digitrec.example import NOT_A_DIGIT
from digitrec.images import Photo, load
from digitrec.language import _
from digitrec.lattice import Step, lattices
from digitrec.line_reader import FOLDER, LineNetwork, Spelling, network, spell
from digitrec.masks import Mask, square
from digitrec.pieces import Line, Piece, join
from digitrec.preprocess import Ink, depth_map, marks, normalise
from digitrec.reading import A_WORD, NOT_DIGIT, Box, Digit, Mark, Number, Reading, Refusal
from digitrec.rules import without_rules
from digitrec.runtime import ModelError
from digitrec.segment import find_lines
from digitrec.strokes import Stroke, inked
from digitrec.words import LETTERS, SMALL, apart, is_heard, is_word, without_units

ONE_DIGIT = 0.8  # probability from which marks that make up one digit are not read as a line
STRETCHES = (1.0, 1.2)  # of a line's width: read twice, it is misread less often
ENOUGH = 6  # digits that must read well for a page to be turned: a short word upside down may too
MANY = 12  # digits that hardly read well by chance
DOUBTFUL, WELL = 0.88, 0.9  # mean confidence of a page that is tried turned, and of one turned
WHOLE = 0.95  # probability of a digit that is in pieces
PARTED = 0.15  # of the height, up and down from the middle: what is there between digits parts them
CLEARLY = 0.05  # the least gain in it
SEEN = 0.3  # ink from which a part of a word counts as one


def read(
    source: Photo | bytes | str | Path | BinaryIO | NDArray[Any] | Image.Image,
    classifier: Classifier | None = None,
    *,
    turn: bool = True,
    strokes: Sequence[Stroke] = (),
) -> Reading:
    """Read every number in a picture.

    turn: whether a picture that reads badly may be tried on its sides and upside down. strokes: of
    the pen that drew it, in the order of writing, where they are known: digits that touch are told
    apart by them, too. Strokes that are not of this picture change nothing. Raises
    `digitrec.images.ImageError` for what is not a picture, `digitrec.runtime.ModelError` when no
    model can be loaded, and ``ValueError`` for a setting that cannot be understood.
    """
    start = time.perf_counter()
    photo = source if isinstance(source, Photo) else load(source)
    classifier = classifier or in_service()
    whole, notice = _line_network()
    depth, floor = depth_map(photo.pixels)
    ink = marks(depth, floor)
    reduced = [Stroke(each.points / photo.scale, each.width / photo.scale) for each in strokes]
    page, quarters = _read(depth, ink, classifier, whole, reduced), 0
    if turn and page.is_doubtful():
        for k in (1, 3, 2):
            turned = [np.ascontiguousarray(np.rot90(side, k)) for side in (depth, ink)]
            other = _read(turned[0], turned[1], classifier, whole)
            if other.count() >= ENOUGH and other.is_clearer(page):
                page, quarters = other, k
    if quarters % 2:
        photo = replace(photo, width=photo.height, height=photo.width)
    numbers = tuple(number for line in page.lines for number in line.numbers(photo))
    letters = page.refused()
    refused = (
        *(Refusal(_original(step.piece, photo), NOT_DIGIT, step.seen) for step in letters),
        *(Refusal(_original(word, photo), _kind(word), normalise(word.ink)) for word in page.words),
    )
    seconds = time.perf_counter() - start
    return Reading(numbers, refused, seconds, classifier.notice or notice, 90 * quarters)


def line_notice() -> str | None:
    """A sentence where what reads lines whole is missing or damaged: parts alone are read then."""
    return _line_network()[1]


def _line_network() -> tuple[LineNetwork | None, str | None]:
    try:
        return network(), None
    except ModelError:  # whose advice, to put another version in service, would not help
        said = _("The network that reads lines whole is missing or damaged: restore {folder}.")
        meanwhile = _("Digits that touch are read less well meanwhile.")
        return None, f"{said.format(folder=FOLDER)} {meanwhile}"


@dataclass(frozen=True)
class _ReadLine:
    """A line with its steps, from left to right.

    spelling: None if it was not read whole. around: (h, w) of the page, 1 where there is something
    around numbers or between them.
    """

    line: Line
    steps: list[Step]
    sure: float
    spelling: Spelling | None
    around: Mask

    @property
    def digits(self) -> list[Step]:
        return [step for step in self.steps if step.digit is not None]

    @property
    def refused(self) -> list[Step]:
        return _refused(self.steps, self.line.height)

    def numbers(self, photo: Photo) -> list[Number]:
        return [self._number(group, photo) for group in self._groups()]

    def _groups(self) -> Iterator[list[Step]]:
        """A number's steps each: a gap well beyond the usual one starts another number.

        So does what stands between two digits, as a slash or a bracket.
        """
        gaps = [b.piece.left - a.piece.right for a, b in pairwise(self.digits)]
        usual = sorted(gaps)[len(gaps) // 2] if gaps else 0
        wide = max(0.9 * self.line.height, min(2.2 * usual, 2.5 * self.line.height))
        group = self.digits[:1]
        for gap, (before, step) in zip(gaps, pairwise(self.digits), strict=True):
            if gap > wide or self._is_parted(before.piece, step.piece):
                yield group
                group = []
            group.append(step)
        if group:
            yield group

    def _is_parted(self, before: Piece, after: Piece) -> bool:
        middle = (before.top + before.bottom + after.top + after.bottom) // 4
        reach = max(1, round(PARTED * self.line.height))  # a ring is above and below its number
        rows = slice(max(0, middle - reach), middle + reach)
        return bool(self.around[rows, round(before.middle) : round(after.middle)].any())

    def _number(self, steps: Sequence[Step], photo: Photo) -> Number:
        digits = tuple(_digit(step, photo) for step in steps)
        text = "".join(str(digit.digit) for digit in digits)
        confidence = math.prod(digit.confidence for digit in digits) * self.sure
        box = _original(join([step.piece for step in steps]), photo)
        return Number(text, confidence, box, digits, tuple(self._marks(steps, photo)))

    def _marks(self, steps: Sequence[Step], photo: Photo) -> list[Mark]:
        """Points and commas between the first and the last of these digits."""
        if self.spelling is None:
            return []
        middles = [step.piece.middle for step in steps]
        found = []
        for text, place in self.spelling.marks:
            column = self.spelling.column(place)
            after = sum(middle < column for middle in middles)
            if 0 < after < len(middles):
                found.append(Mark(text, _original(self._mark_at(column), photo), after))
        return found

    def _mark_at(self, column: float) -> Piece:
        """The small mark nearest to a column, or where one would stand."""
        height = self.line.height
        small = [m for m in self.line.marks if max(m.box[2:]) < SMALL * height]
        near = [m for m in small if abs(m.middle - column) < 0.3 * height]
        if near:
            return min(near, key=lambda m: abs(m.middle - column))
        side = max(1, round(0.15 * height))
        bottom = max(step.piece.bottom for step in self.digits)
        box = (max(0, round(column - side / 2)), max(0, bottom - side), side, side)
        return Piece(box, np.zeros((side, side), np.float32))


@dataclass(frozen=True)
class _Page:
    """words: what is one as a whole; they say nothing of how well the rest reads."""

    lines: list[_ReadLine]
    words: list[Piece]

    def refused(self) -> list[Step]:
        """What is no digit and no word; a flat stroke too where there is nothing else."""
        refused = [step for line in self.lines for step in line.refused]
        if refused or self.words or self.count():
            return refused
        return [
            step for each in self.lines for step in each.steps if _is_large(step, each.line.height)
        ]

    def quality(self) -> float:
        """The mean confidence over digits and what was refused, 0 for the latter."""
        sure = [float(step.p[:NOT_A_DIGIT].max()) for line in self.lines for step in line.digits]
        others = sum(len(line.refused) for line in self.lines)
        return sum(sure) / max(1, len(sure) + others)

    def is_doubtful(self) -> bool:
        """Whether it may be on its side or upside down.

        Where most of it is taken for words, the few digits in it may read well all the same.
        """
        if self.quality() < DOUBTFUL:
            return True
        few = self.count() < MANY or self.quality() < 1 - CLEARLY
        return few and len(self.words) >= self.count()

    def is_clearer(self, other: _Page) -> bool:
        """Whether this is how the page was written, and not how the other is turned."""
        better = self.quality() > other.quality() + CLEARLY
        more = bool(other.words) and self.count() >= 2 * other.count()
        return self.quality() > WELL and (better or more)

    def count(self) -> int:
        return sum(len(line.digits) for line in self.lines)


def _read(
    depth: Ink,
    ink: Ink,
    classifier: Classifier,
    whole: LineNetwork | None,
    strokes: Sequence[Stroke] = (),
) -> _Page:
    ink, form, around = without_rules(ink)
    taken = form | around
    if taken.any():  # the line network would take a box's edges for digits
        depth = np.where(cv2.dilate(taken, square(3)) & (ink < 0.05), 0, depth)
    rows = find_lines(ink, inked(strokes, ink))
    found, words = apart(lattices(rows, classifier), depth, form, classifier, whole)
    lines = [lattice.line for lattice in found]
    read = []
    for line, lattice in zip(lines, found, strict=True):
        steps, sure = lattice.best[1], 1.0
        spellings: list[Spelling] = []
        several = len(line.marks) > 1 or line.strokes is not None
        if whole is not None and several and not _is_one_digit(steps, line.height):
            others = [*words, *(m for other in lines if other is not line for m in other.marks)]
            spellings = [spell(whole, depth, line, others, stretch) for stretch in STRETCHES]
        if is_word(steps, line.height) and not is_heard(spellings):
            steps, spellings = [replace(step, digit=None) for step in steps], []
        elif spellings:
            steps, sure = decide(line, lattice, spellings, classifier)
        steps = without_units(steps, line.height)
        each = _ReadLine(line, steps, sure, spellings[0] if spellings else None, around)
        if line.strokes is None and not each.digits and len(each.refused) >= LETTERS:
            words.append(join(line.marks))
        else:
            read.append(each)
    page = _Page(read, words)
    return page if page.count() else _in_pieces(rows, classifier, around) or page


def _in_pieces(lines: Sequence[Line], classifier: Classifier, around: Mask) -> _Page | None:
    """All marks as the one digit that they surely make up, as where a pen is dry or a print worn.

    The pieces of such a digit may stand above each other, as two lines do.
    """
    marks = [mark for line in lines for mark in line.marks]
    if len(marks) < 2:
        return None
    whole = join(marks)
    seen = normalise(whole.ink)
    p = classifier.probabilities(seen[None, ..., None])[0]
    digit = int(p.argmax())
    if digit == NOT_A_DIGIT or p[digit] < WHOLE:
        return None
    line = Line((whole,), whole.box[3], (0,))
    return _Page([_ReadLine(line, [Step(whole, seen, p, digit)], 1.0, None, around)], [])


def _is_one_digit(steps: Sequence[Step], height: float) -> bool:
    """Whether a line's marks surely make up one digit: the line network is for more.

    Tall ink beside it, read as nothing, may be another.
    """
    digits = [step for step in steps if step.digit is not None]
    if len(digits) != 1 or _refused(steps, height):
        return False
    return float(digits[0].p[digits[0].digit]) > ONE_DIGIT


def _refused(steps: Sequence[Step], height: float) -> list[Step]:
    """What is no digit, but tall enough to have been meant as something."""
    return [step for step in steps if step.digit is None and step.piece.box[3] > 0.5 * height]


def _is_large(step: Step, height: float) -> bool:
    """Whether a mark of a line is no speck, as `segment.typical_height` measures it."""
    return max(step.piece.box[3], 0.5 * step.piece.box[2]) > 0.5 * height


def _digit(step: Step, photo: Photo) -> Digit:
    ranked = [int(d) for d in np.argsort(step.p[:NOT_A_DIGIT])[::-1]]
    best = sorted(ranked, key=lambda d: d != step.digit)[:3]  # the one it is taken for first
    alternatives = tuple((int(d), float(step.p[d])) for d in best)
    return Digit(*alternatives[0], _original(step.piece, photo), alternatives, step.seen)


def _kind(word: Piece) -> str:
    """Why it is left out: a letter by itself, or a stroke, is no word."""
    parts = cv2.connectedComponents((word.ink > SEEN).astype(np.uint8))[0]
    w, h = word.box[2:]
    return A_WORD if parts > 2 and w > h else NOT_DIGIT  # the paper is the first part


def _original(piece: Piece, photo: Photo) -> Box:
    x, y, w, h = (round(v * photo.scale) for v in piece.box)
    x, y = min(x, photo.width - 1), min(y, photo.height - 1)
    return x, y, max(1, min(w, photo.width - x)), max(1, min(h, photo.height - y))
