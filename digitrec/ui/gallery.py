"""A page of examples as tiles, some of which are chosen."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import cv2
import streamlit as st

from digitrec.examples import NOT_A_DIGIT, Example
from digitrec.ui.words import moment

HERE = Path(__file__).resolve().parent
NAMES = {digit: str(digit) for digit in range(10)} | {NOT_A_DIGIT: "not a digit"}
SHORT = {**NAMES, NOT_A_DIGIT: "×"}

_tiles = st.components.v2.component(
    "digitrec_gallery",
    html='<button type="button" class="all">Choose all, or none</button><div class="grid"></div>',
    css=(HERE / "gallery.css").read_text(),
    js=(HERE / "gallery.js").read_text(),
)


def choose(found: list[Example]) -> list[int]:
    """Draw the examples; the ids of those that the person has chosen."""
    tiles = [
        {
            "id": example.id,
            "image": _png(example),
            "caption": _caption(example),
            "title": title(example),
            "wrong": example.read not in (None, example.label),
        }
        for example in found
    ]
    state = _tiles(
        key="tiles", data={"tiles": tiles}, default={"chosen": []}, on_chosen_change=lambda: None
    )
    chosen = state.chosen if isinstance(state.chosen, list) else []
    return [example.id for example in found if example.id in chosen]


def title(example: Example) -> str:
    """One example in words."""
    read = "unknown" if example.read is None else NAMES[example.read]
    when = moment(datetime.fromtimestamp(example.created, UTC))
    by = f", by {example.writer}" if example.writer else ""
    return f"{NAMES[example.label]}, read as {read}{by}; {example.source}, {when}"


def _caption(example: Example) -> str:
    """What was read, where that is not the label, and the label."""
    label = SHORT[example.label]
    if example.read in (None, example.label):
        return label
    return f"{SHORT[example.read]} → {label}"


def _png(example: Example) -> str:
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    png = cv2.imencode(".png", example.ink, fast)[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
