"""What a person has said of each reading, for as long as the session lasts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

import streamlit as st

from digitrec import Number, Reading
from digitrec.examples import Kept
from digitrec.reading import Box


@dataclass(frozen=True)
class Said:
    """What was kept of a reading, or of one number of several.

    what: for `examples.undo`. labels: in the order that they were typed. right: whether all were
    read so. written: the number instead; None where it was read so. digits: the boxes of them all.
    """

    what: Kept
    labels: tuple[int, ...]
    right: bool
    written: str | None
    digits: tuple[Box, ...]


def said() -> dict[str, Said]:
    """All of it, by the `name` of what it was said of."""
    found: dict[str, Said] = st.session_state.setdefault("kept", {})
    return found


def name(reading: Reading, key: str) -> str:
    """Tells what a person is asked about from all else. key: tells the picture from others."""
    whole = f"{key} {reading.text} {boxes_of(reading)}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def boxes_of(reading: Reading) -> list[Box]:
    """Of everything that was found."""
    digits = [digit.box for number in reading.numbers for digit in number.digits]
    return [*digits, *(shape.box for shape in reading.refused)]


def alone(number: Number) -> Reading:
    """One number of several, as a person is asked about it."""
    return Reading((number,), (), 0.0)


def left(reading: Reading, key: str) -> Reading:
    """Of several numbers those of which nothing has been said yet; else the whole reading."""
    if len(reading.numbers) < 2:
        return reading
    numbers = tuple(one for one in reading.numbers if name(alone(one), key) not in said())
    return reading if len(numbers) == len(reading.numbers) else Reading(numbers, (), 0.0)


def corrected(reading: Reading, key: str) -> Reading:
    """The reading with what has been corrected in it."""
    if len(reading.numbers) > 1:
        numbers = tuple(
            _corrected(one, said().get(name(alone(one), key))) for one in reading.numbers
        )
        return replace(reading, numbers=numbers)
    it = said().get(name(reading, key))
    if it is None or it.written is None:
        return reading
    numbers = reading.numbers or (Number("", 0.0, _around(it.digits), ()),)
    refused = tuple(shape for shape in reading.refused if not _within(shape.box, it.digits))
    return replace(reading, numbers=(_corrected(numbers[0], it),), refused=refused)


def _corrected(number: Number, it: Said | None) -> Number:
    return number if it is None else replace(number, corrected=it.written)


def _around(boxes: Collection[Box]) -> Box:
    left, top = (min(box[i] for box in boxes) for i in (0, 1))
    right, bottom = (max(box[i] + box[i + 2] for box in boxes) for i in (0, 1))
    return left, top, right - left, bottom - top


def _within(box: Box, others: Collection[Box]) -> bool:
    """Whether its middle is in one of the others."""
    across, down = box[0] + box[2] / 2, box[1] + box[3] / 2
    return any(x <= across <= x + w and y <= down <= y + h for x, y, w, h in others)
