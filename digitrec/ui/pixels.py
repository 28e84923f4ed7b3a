"""Pictures of a few pixels, drawn crisp and in the theme's own colours."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
PALETTE = (HERE / "palette.js").read_text()

_pixels = st.components.v2.component(
    "digitrec_pixels",
    html='<div class="pixels"></div>',
    css=(HERE / "pixels.css").read_text(),
    js=PALETTE + (HERE / "pixels.js").read_text(),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """ink: (h, w) in [0, 1], 0 the paper. alt: what it shows, for who cannot see it.

    tint: (h, w) in [-1, 1], laid over it: orange below 0, the theme's first colour above. faint: by
    how much the ink is weakened, where the tint is what matters. tone: "", "chosen" or "other".
    """

    ink: NDArray[Any]
    alt: str
    title: str = ""
    words: str = ""
    tint: NDArray[Any] | None = None
    faint: float = 1
    tone: Literal["", "chosen", "other"] = ""


def show(pictures: Sequence[Picture], key: str, side: str = "7rem", layout: str = "") -> None:
    """Pictures side by side, at least `side` wide; with the layout "row" at most that.

    With "four" at most that too, and four of them in one row, or in two where it is narrow.
    """
    _pixels(key=key, data=_data(pictures, side, layout, choose=False))


def choose(pictures: Sequence[Picture], key: str, side: str = "3.5rem") -> int | None:
    """The same as buttons; the index of the one just pressed, else None."""
    pressed = _pixels(
        key=key,
        data=_data(pictures, side, "row", choose=True),
        on_chosen_change=lambda: None,
    ).chosen
    return pressed if isinstance(pressed, int) and 0 <= pressed < len(pictures) else None


def in_bytes(values: NDArray[Any]) -> str:
    """Values in [0, 1] as base64 of a byte each."""
    return base64.b64encode(
        np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8).tobytes()
    ).decode()


def signed_bytes(values: NDArray[Any]) -> str:
    """Values in [-1, 1] as base64 of a signed byte each, -127 to 127."""
    signed = np.rint(np.clip(values, -1, 1) * 127).astype(np.int8)
    return base64.b64encode(signed.tobytes()).decode()


def _data(pictures: Sequence[Picture], side: str, layout: str, *, choose: bool) -> dict[str, Any]:
    return {
        "side": side,
        "layout": layout,
        "choose": choose,
        "pictures": [
            {
                "width": picture.ink.shape[1],
                "height": picture.ink.shape[0],
                "ink": in_bytes(picture.ink),
                "tint": None if picture.tint is None else signed_bytes(picture.tint),
                "faint": picture.faint,
                "alt": picture.alt,
                "title": picture.title,
                "words": picture.words,
                "tone": picture.tone,
            }
            for picture in pictures
        ],
    }
