"""What a person has said of each reading, for as long as the session lasts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from digitrec import Number, Reading
from digitrec.examples import Kept
from digitrec.reading import Box


@dataclass(frozen=True)
class Said:
    """What was kept of a reading, or of one number of several.

    what: for `examples.undo`. labels: in the order that they were typed. right: whether all were
    read so.
    """

    what: Kept
    labels: tuple[int, ...]
    right: bool


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
