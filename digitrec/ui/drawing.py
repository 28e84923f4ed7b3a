"""Draw: a canvas that is read after every stroke."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from digitrec import ImageError, load, read
from digitrec.classifier import in_service
from digitrec.language import N_, _
from digitrec.runtime import ModelError
from digitrec.ui import browser, fabric
from digitrec.ui.answer import Result
from digitrec.ui.blank import blank

PENS = {N_("Fine"): 6, N_("Medium"): 12, N_("Broad"): 20}  # stroke widths in pixels
INK = "#1c2233"  # on white in both themes: a change of paper would empty the canvas
NOT_WHOLE = N_(
    "The drawing did not arrive whole: draw another stroke, or clear it and start again."
)


def draw() -> Result:
    """The canvas and its tools; the reading of what is drawn."""
    state = st.session_state
    strokes = _strokes()
    easel = browser.easel(strokes, width=_likely_width())
    if easel.mounted != state.get("mounted"):  # a reload, a return to this page, a new canvas
        state.mounted = easel.mounted
        strokes = easel.kept if strokes is None else strokes
        if strokes:
            _redraw(strokes)
    with st.container(key="paper", gap=None):
        hint = _("Write a number here")
        st.html(f'<p class="hint{" gone" if strokes else ""}">{hint}</p>')
        image, problem = _canvas(easel.width)
    with st.container(horizontal=True, vertical_alignment="center", key="tools"):
        st.segmented_control(
            _("Pen"),
            list(PENS),
            format_func=_,
            default="Medium",
            required=True,
            key="pen",
            persist_state="session",
            label_visibility="collapsed",
        )
        st.toggle(
            _("Taller"),
            help=_("Room for several lines"),
            key="taller",
            persist_state="session",
            on_change=_redraw_all,
        )
        undoable = bool(strokes or state.get("cleared"))
        st.button(_("Undo"), icon=":material/undo:", on_click=_undo, disabled=not undoable)
        st.button(_("Clear"), icon=":material/delete:", on_click=_clear, disabled=not strokes)
    if not strokes:
        st.caption(_("It is read each time you lift the pen."))
    else:
        blank()

    if problem:
        return Result(problems=(problem,))
    drawn = _sent()
    if image is None or drawn is None:  # the last reading stays until the browser has redrawn
        last: Result = state.get("drawing", Result())
        return last if strokes else Result()
    key = hashlib.sha256(image).hexdigest()
    try:
        classifier = in_service()
        asked = (key, drawn, classifier)
        if state.get("asked") != asked:  # each click beside the drawing comes here, too
            state.reading = read(image, classifier, strokes=fabric.strokes(drawn))
            state.asked = asked
    except (ImageError, ModelError) as error:
        return Result(problems=(str(error),))
    result = Result(state.reading, _("drawing"), key, partial(load, image))
    state.drawing = result
    return result


def _canvas(width: int) -> tuple[bytes | None, str | None]:
    """The canvas; what it holds as PNG bytes, or what is wrong with it."""
    state = st.session_state
    try:
        canvas = st_canvas(
            stroke_width=PENS[state.get("pen", "Medium")],
            stroke_color=INK,
            background_color=_paper(),
            initial_drawing=state.get("start"),
            width=width,
            height=_height(width),
            return_image_data=True,
            key="canvas",
        )
        image: bytes | None = canvas.image_bytes
    except (AttributeError, TypeError, ValueError):  # it is the browser's word, and may be anything
        return None, _(NOT_WHOLE)
    return image, None


def _height(width: int) -> int:
    """Of the canvas, in CSS pixels: for one line, or for several."""
    if st.session_state.get("taller"):
        return 600
    return 300 if width > 500 else 260


def _likely_width() -> int:
    """A first guess at the room for the canvas, in CSS pixels, until the browser has told."""
    return 340 if browser.is_phone() else 860


def _paper() -> str:
    """White, spelt differently after each redrawing: what the canvas sends names its paper.

    So a drawing from before Undo or Clear is told from one made since. An opacity above 1 is 1.
    """
    return f"rgba(255, 255, 255, {1 + st.session_state.get('revision', 0)})"


def _sent() -> list[Any] | None:
    """The strokes on the canvas, as Fabric.js objects; None until the browser has sent them."""
    try:
        drawing = st.session_state["canvas"]["drawing"]
        strokes = drawing["raw"]["objects"]
        current = (
            drawing["data"] is not None and drawing["raw"].get("background", _paper()) == _paper()
        )
    except (AttributeError, KeyError, TypeError):
        return None
    return strokes if current and isinstance(strokes, list) else None


def _strokes() -> list[Any] | None:
    """The strokes of the drawing; None before there was any."""
    sent = _sent()
    if sent is not None:
        st.session_state.strokes = sent
    return st.session_state.get("strokes")


def _redraw(strokes: list[Any]) -> None:
    """Put these strokes, and no others, on the canvas.

    The canvas redraws when what it starts from changes, and its paper does: it stays mounted, and
    the page does not flicker as it would with a new key.
    """
    state = st.session_state
    state.strokes = strokes
    state.revision = state.get("revision", 0) + 1
    state.start = {"objects": strokes}
    state.canvas = {"drawing": {"raw": {"objects": strokes}, "data": None}}


def _redraw_all() -> None:
    """After a change of size: the browser sends what now fits only when it draws anew."""
    _redraw(_strokes() or [])


def _undo() -> None:
    """Take back the last stroke, or the clearing."""
    strokes = _strokes()
    _redraw(strokes[:-1] if strokes else st.session_state.pop("cleared", []))


def _clear() -> None:
    st.session_state.cleared = _strokes() or []
    _redraw([])
