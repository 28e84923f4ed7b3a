"""What a person says a reading should have been -> labelled examples.

Digits are matched to their crops one by one; where the count differs nothing is guessed, and the
person is asked for the boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import Classifier
from digitrec.example import NOT_A_DIGIT, New, unmarked
from digitrec.images import Photo
from digitrec.language import _
from digitrec.masks import smaller
from digitrec.preprocess import Ink, ink_map, normalise
from digitrec.reading import Box, Number, Refusal
from digitrec.rules import without_rules

NOT_A_DIGIT_LETTER = "x"  # what is typed for a shape that is not a digit
MARGIN = 0.15  # of a crop's longer side, around the box
CROP_SIDE = 192  # pixels: of the longer side, at most
LONGEST = 400  # digits in one correction


class CorrectionError(ValueError):
    """It cannot be kept as it was given; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A crop to be labelled. box: pixels of the upright picture. read: 0 to 9 or `NOT_A_DIGIT`."""

    box: Box
    ink: Ink
    read: int
    confidence: float | None


def shapes(numbers: Sequence[Number]) -> list[Shape]:
    """The digits of numbers, in reading order."""
    digits = [digit for number in numbers for digit in number.digits]
    return [Shape(digit.box, digit.ink, digit.digit, digit.confidence) for digit in digits]


def labels(text: str) -> list[int]:
    """The labels in what a person typed: digits, and x, or a phone's *, for what is not one.

    Spaces and the marks that people put into numbers do not count. Raises `CorrectionError`.

    >>> labels("1 0x4"), labels("*7")
    ([1, 0, 10, 4], [10, 7])
    """
    found = []
    for letter in unmarked(text.lower()):
        if letter.isdecimal():
            found.append(int(letter))
        elif letter in {NOT_A_DIGIT_LETTER, "*"}:
            found.append(NOT_A_DIGIT)
        else:
            raise CorrectionError(
                _(
                    "Type the digits, and {other} for a shape that is not one; {letter} is neither."
                ).format(other=NOT_A_DIGIT_LETTER, letter=repr(letter))
            )
    if not found:
        raise CorrectionError(_("Type the right number first."))
    if len(found) > LONGEST:
        raise CorrectionError(
            _("At most {count} digits can be corrected at once.").format(count=LONGEST)
        )
    return found


def written(text: str) -> str:
    """What a person typed, as a number is written: its digits, the points and commas among them.

    >>> written("3,1x4."), written("06 12-34"), written("xx")
    ('3,14', '06 1234', '')
    """
    kept = "".join(
        str(int(letter)) if letter.isdecimal() else letter
        for letter in text
        if letter.isdecimal() or letter in "., "
    )
    return " ".join(kept.split()).strip("., ")


def matched(
    wanted: Sequence[int], numbers: Sequence[Number], refused: Sequence[Refusal]
) -> list[tuple[Shape, int]] | None:
    """Each label with its shape, or None where it cannot be told which is which.

    The shapes that were refused count where the labels are as many as all shapes together, and
    all stand on one line.
    """
    digits = shapes(numbers)
    if len(wanted) == len(digits):
        return list(zip(digits, wanted, strict=True))
    everything = [*digits, *(Shape(r.box, r.ink, NOT_A_DIGIT, None) for r in refused)]
    if len(wanted) != len(everything) or not _on_one_line([shape.box for shape in everything]):
        return None
    everything.sort(key=lambda shape: shape.box[0] + shape.box[2] / 2)
    return list(zip(everything, wanted, strict=True))


def agreed(wanted: Sequence[int], numbers: Sequence[Number]) -> list[tuple[int, Shape]]:
    """Places in `wanted` whose shapes are sure although the count differs.

    They lie in a run that was read as it should be, and not beside the place where a digit is
    missing or too many: a shape there may hold two digits, or half of one.
    """
    found = shapes(numbers)
    read = [shape.read for shape in found]
    sure: list[tuple[int, Shape]] = []
    for run in SequenceMatcher(None, read, list(wanted), autojunk=False).get_matching_blocks():
        first, end = run.a, run.a + run.size
        first += (first, run.b) != (0, 0)
        end -= (end, run.b + run.size) != (len(read), len(wanted))
        sure += [(run.b + i - run.a, found[i]) for i in range(first, end)]
    return sure


def _on_one_line(boxes: Sequence[Box]) -> bool:
    """Whether a level line runs through all of them."""
    return max(y for _, y, _, _ in boxes) < min(y + h for _, y, _, h in boxes)


def boxed(photo: Photo, boxes: Sequence[Box], classifier: Classifier) -> list[Shape]:
    """What stands in boxes that a person drew, in pixels of the upright picture, read again.

    Raises `CorrectionError` for a box without ink.
    """
    ink = without_rules(ink_map(photo.pixels))[0]
    inks = []
    for place, box in enumerate(boxes, 1):
        x, y, w, h = _within(photo, box)
        part = ink[y : y + h, x : x + w]
        if not part.size or part.max() < 0.2:
            raise CorrectionError(
                _("There is no ink in box {number}: draw it round a digit.").format(number=place)
            )
        inks.append(normalise(part))
    answers = classifier.probabilities(np.stack(inks)[..., None])
    return [
        Shape(box, seen, int(p.argmax()), float(p.max()))
        for box, seen, p in zip(boxes, inks, answers, strict=True)
    ]


def examples_of(
    photo: Photo,
    pairs: Sequence[tuple[Shape, int]],
    *,
    version: str,
    source: str,
    writer: str | None = None,
) -> list[New]:
    """Labelled shapes, with their crops cut out of the picture, ready for `examples.add`."""
    return [
        New(
            ink=as_bytes(shape.ink),
            crop=_crop(photo, shape.box),
            label=label,
            source=source,
            read=shape.read,
            version=version,
            confidence=shape.confidence,
            writer=writer,
        )
        for shape, label in pairs
    ]


def as_bytes(ink: Ink) -> NDArray[np.uint8]:
    """(28, 28) in [0, 1] -> 0 to 255."""
    return np.rint(ink * 255).astype(np.uint8)


def _crop(photo: Photo, box: Box) -> bytes:
    """The box's place with a margin, as PNG."""
    _, _, w, h = box
    around = round(MARGIN * max(w, h))
    x, y, w, h = _within(photo, (box[0] - around, box[1] - around, w + 2 * around, h + 2 * around))
    pixels = photo.pixels[y : y + h, x : x + w]
    pixels = smaller(pixels, max(1.0, max(w, h) / CROP_SIDE))
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def _within(photo: Photo, box: Box) -> Box:
    """A box of the original in pixels of `photo.pixels`, cut off at the edges."""
    height, width = photo.pixels.shape[:2]
    left, top = (max(0, int(v / photo.scale)) for v in box[:2])
    right, bottom = (round((box[i] + box[i + 2]) / photo.scale) for i in (0, 1))
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(1, min(right, width) - left), max(1, min(bottom, height) - top)
