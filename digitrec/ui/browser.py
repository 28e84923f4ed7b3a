"""The parts that only a browser can do: keep a drawing, copy, click a number, fit a frame.

And to scroll, and to see that the page is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from digitrec.language import _

HERE = Path(__file__).resolve().parent

_easel = st.components.v2.component("digitrec_easel", js=(HERE / "easel.js").read_text())
_refill = st.components.v2.component("digitrec_refill", js=(HERE / "refill.js").read_text())
_focus = st.components.v2.component("digitrec_focus", js=(HERE / "focus.js").read_text())
_reveal = st.components.v2.component("digitrec_reveal", js=(HERE / "reveal.js").read_text())
_copy = st.components.v2.component(
    "digitrec_copy",
    html='<button type="button"></button><span role="status"></span>',
    css=(HERE / "copy.css").read_text(),
    js=(HERE / "copy.js").read_text(),
)
_photo = st.components.v2.component(
    "digitrec_photo",
    html='<div class="bar" hidden><p><span class="hint"></span> <span class="keys"></span></p>'
    '<button type="button" class="apply"></button><button type="button" class="cancel"></button>'
    '</div><figure class="picture"><img class="photo"><div class="ink"></div>'
    '<div class="boxes"></div><div class="veil" hidden>'
    '<div class="frame" tabindex="0" role="group"><i></i><i></i><i></i><i></i></div>'
    "</div></figure>",
    css=(HERE / "photo.css").read_text(),
    js=(HERE / "photo.js").read_text(),
)
_numbers = st.components.v2.component(
    "digitrec_numbers",
    html='<div class="list"><table><thead><tr></tr></thead><tbody></tbody></table></div>',
    css=(HERE / "numbers.css").read_text(),
    js=(HERE / "numbers.js").read_text(),
)


def is_phone() -> bool:
    """Whether the browser says that it is a phone's."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def room() -> int:
    """The room across, in CSS pixels: as the easel measured it; until then a guess."""
    try:
        width = st.session_state["easel"]["width"]
    except (KeyError, TypeError):
        width = None
    usable = isinstance(width, int) and 100 <= width <= 4000
    return width if usable else 340 if is_phone() else 860


@dataclass(frozen=True)
class Easel:
    """mounted: when the browser made the canvas.

    kept: the strokes that this tab kept from before a reload.
    """

    mounted: float | None
    kept: list[Any]


def easel(strokes: list[Any] | None) -> Easel:
    """What the browser knows of the canvas; it keeps `strokes` over a reload."""
    state = _easel(
        key="easel",
        data={
            "strokes": strokes,
            "label": _("Drawing area: write a number with the mouse, a pen or a finger"),
        },
        default={"width": None, "mounted": None},
        on_width_change=lambda: None,
        on_mounted_change=lambda: None,
    )
    mounted = state.mounted if isinstance(state.mounted, dict) else {}
    kept = mounted.get("kept")
    return Easel(mounted=mounted.get("at"), kept=kept if isinstance(kept, list) else [])


def refill() -> None:
    """Have the page drawn again when the browser has been left with an empty one."""
    _refill(key="refill", height=1, on_blank_change=lambda: None)


def focus(text: str, keys: Literal["tel", "text"]) -> None:
    """Put the cursor into the first field of the form that this is in.

    text: what the field starts with. keys: of a phone; its telephone's are digits, and the * of
    what is none.
    """
    _focus(key="focus", data={"text": text, "keys": keys}, height=1)


def reveal(what: str, part: str, block: Literal["start", "nearest"]) -> None:
    """Scroll the part of the page with this key, in which this is called, into sight.

    One that is read from its start has the keyboard's place, too, at its title.

    what: names what there is to see, which is done once for each; "": there is nothing to see.
    """
    _reveal(key=f"reveal-{part}", data={"what": what, "part": part, "block": block}, height=1)


def copy_button(text: str) -> None:
    """A button that puts `text` on the clipboard."""
    words = {
        "copy": _("Copy"),
        "done": _("Copied"),
        "failed": _("Not copied"),
        "why": _("The browser does not allow it: select the number instead."),
    }
    _copy(key="copy", data={"text": text, "words": words}, width="content")


def photo(
    data: dict[str, Any],
    pick: Callable[[int], None],
    crop: Callable[[tuple[float, float, float, float] | None], None],
) -> None:
    """A picture with a button over each of its numbers, or with a frame to fit.

    data: what photo.js draws. pick: told which number was clicked. crop: told the frame as x, y,
    width and height in shares of the picture, or None when it was given up.
    """

    def cropped() -> None:
        sent = st.session_state["photo-picture"].cropped
        if isinstance(sent, dict):
            crop(_frame(sent.get("part")))

    words = {
        "frame": _("Frame: arrows move it, Shift and arrows size it, Enter crops, Escape stops"),
        "hint": _("Fit the frame to the numbers."),
        "keys": _("With the keyboard: arrows, Shift, Enter."),
        "apply": _("Apply"),
        "cancel": _("Cancel"),
        "ink": _("What counts as ink, tinted"),
    }
    _photo(
        key="photo-picture",
        data={**data, "words": words},
        on_picked_change=lambda: _pick("photo-picture", len(data["numbers"]), pick),
        on_cropped_change=cropped,
    )


def numbers(rows: list[dict[str, str]], chosen: int | None, pick: Callable[[int], None]) -> None:
    """A table of numbers; `pick` is told which was clicked."""
    _numbers(
        key="numbers-table",
        data={"head": [_("Number"), _("How sure"), _("Note")], "rows": rows, "chosen": chosen},
        on_picked_change=lambda: _pick("numbers-table", len(rows), pick),
    )


def _pick(key: str, count: int, pick: Callable[[int], None]) -> None:
    index = st.session_state[key].picked
    if isinstance(index, int) and 0 <= index < count:
        pick(index)


def _frame(sent: Any) -> tuple[float, float, float, float] | None:
    """The frame that a browser sent; None for what is none, for it may send anything."""
    try:
        sides = [float(value) for value in sent]
    except (OverflowError, TypeError, ValueError):
        return None
    if len(sides) != 4 or not all(map(isfinite, sides)):
        return None
    x, y, w, h = (min(max(side, 0.0), 1.0) for side in sides)
    w, h = min(w, 1 - x), min(h, 1 - y)
    return (x, y, w, h) if w > 0 and h > 0 else None
