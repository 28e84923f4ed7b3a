"""A digit that somebody has labelled, before and after it is kept, and a choice of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitrec.language import _

DIGITS = 10
NOT_A_DIGIT = DIGITS  # the label after those of the digits, and a network's eleventh class
NOT_A_DIGIT_NAME = "not_a_digit"  # what folders and files call that
LABELS = range(NOT_A_DIGIT + 1)
MARKS = ".,-–'/"  # that people put into numbers


def named(label: int) -> str:
    """A label in words: a digit, or "not a digit"."""
    return _("not a digit") if label == NOT_A_DIGIT else str(label)


def unmarked(text: str) -> str:
    """What a person wrote without spaces and `MARKS`, which are no part of a label.

    >>> unmarked("3.14"), unmarked("06-12 34")
    ('314', '061234')
    """
    return "".join(letter for letter in text if not letter.isspace() and letter not in MARKS)


@dataclass(frozen=True, eq=False)
class New:
    """A labelled digit to keep.

    ink: (28, 28) uint8, bright on dark, as the network saw it. crop: the place in the picture, as
    PNG. label, read: 0 to 9, or `NOT_A_DIGIT`; read is None where nothing was read. created: unix
    seconds, or None for one that is new.
    """

    ink: NDArray[np.uint8]
    crop: bytes
    label: int
    source: str  # "drawn", "uploaded", "camera", "imported"
    read: int | None = None
    version: str | None = None
    confidence: float | None = None
    writer: str | None = None
    created: float | None = None


@dataclass(frozen=True)
class Example:
    """A kept one; its crop is fetched by `examples.crop`. created, deleted: unix seconds."""

    id: int
    label: int
    read: int | None
    confidence: float | None
    version: str | None
    source: str
    writer: str | None
    created: float
    deleted: float | None
    ink: NDArray[np.uint8] = field(compare=False)


@dataclass(frozen=True)
class Which:
    """A choice of examples; what is left empty does not narrow it. since, until: unix seconds."""

    labels: tuple[int, ...] = ()
    read: tuple[int, ...] = ()
    right: bool | None = None  # whether what was read is the label
    since: float | None = None
    until: float | None = None
    writer: str | None = None
    ids: tuple[int, ...] = ()
    binned: bool = False  # the deleted ones, and no others
