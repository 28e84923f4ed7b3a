"""The parts that only a browser can do: measure, keep a drawing over a reload, copy."""

from __future__ import annotations

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


def easel(objects: list[Any] | None, width: int) -> tuple[int, list[Any]]:
    """Measure the room for the canvas, and keep its drawing in the browser's tab.

    objects: the drawing to keep, or None when there is none yet. width: what to assume until the
    browser has answered. Returns the width available in CSS pixels and the drawing that this tab
    kept from before a reload ([] when there is none).
    """
    state = _easel(
        key="easel",
        data={"objects": objects},
        default={"width": width, "kept": []},
        on_width_change=lambda: None,
        on_kept_change=lambda: None,
    )
    kept = state.kept if isinstance(state.kept, list) else []
    usable = isinstance(state.width, int) and 100 <= state.width <= 4000
    return (state.width if usable else width), kept


def copy_button(text: str) -> None:
    """A button that puts `text` on the clipboard."""
    _copy(key="copy", data={"text": text}, width="content")
