"""The parts that only a browser can do: measure, keep a drawing over a reload, copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).resolve().parent

_easel = st.components.v2.component("digitrec_easel", js=(HERE / "easel.js").read_text())
_copy = st.components.v2.component(
    "digitrec_copy",
    html='<button type="button"></button><span role="status"></span>',
    css=(HERE / "copy.css").read_text(),
    js=(HERE / "copy.js").read_text(),
)


@dataclass(frozen=True)
class Easel:
    """width: the room for the canvas in CSS pixels. mounted: when the browser made the canvas.

    kept: the strokes that this tab kept from before a reload.
    """

    width: int
    mounted: float | None
    kept: list[Any]


def easel(strokes: list[Any] | None, width: int) -> Easel:
    """What the browser knows of the canvas; it keeps `strokes` over a reload.

    width: what to assume until the browser has answered.
    """
    state = _easel(
        key="easel",
        data={"strokes": strokes},
        default={"width": width, "mounted": None},
        on_width_change=lambda: None,
        on_mounted_change=lambda: None,
    )
    usable = isinstance(state.width, int) and 100 <= state.width <= 4000
    mounted = state.mounted if isinstance(state.mounted, dict) else {}
    kept = mounted.get("kept")
    return Easel(
        width=state.width if usable else width,
        mounted=mounted.get("at"),
        kept=kept if isinstance(kept, list) else [],
    )


def copy_button(text: str) -> None:
    """A button that puts `text` on the clipboard."""
    _copy(key="copy", data={"text": text}, width="content")
