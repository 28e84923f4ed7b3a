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
from digitrec.ui import browser, fabric, fit
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
    state.setdefault("size", _size())
    strokes = _strokes()
    easel = browser.easel(strokes)
    size = _size()
    if easel.mounted != state.get("mounted"):  # a reload, a return to this page, a new canvas
        state.mounted = easel.mounted
        strokes = easel.kept if strokes is None else strokes
        if strokes:
            _redraw(strokes, fit.scale(strokes, size))
    elif strokes and size != state.size and (scale := fit.scale(strokes, size)) != _scale():
        _redraw(strokes, scale)
    state.size = size
    with st.container(key="paper", gap=None):
        hint = _("Write a number here")
        st.html(f'<p class="hint{" gone" if strokes else ""}">{hint}</p>')
        image, problem = _canvas(size)
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
        with st.container(horizontal=True, width="content", key="back"):  # they stay together
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
    try:
        result = _read(image, drawn, strokes or [])
    except (ImageError, ModelError) as error:
        return Result(problems=(str(error),))
    state.drawing = result
    return result


def _read(image: bytes, drawn: list[Any], strokes: list[Any]) -> Result:
    """The reading of what the canvas holds. drawn: its strokes there. strokes: in their own pixels.

    A drawing that the page put on the canvas anew, larger, smaller or with more paper, is another
    picture and the same drawing: it keeps its reading, and what a person is saying of it.
    """
    state, classifier = st.session_state, in_service()
    key = hashlib.sha256(image).hexdigest()
    asked = (key, drawn, classifier)
    drawing = (strokes, fit.cut(strokes, _scale(), state.size), classifier)
    turn = state.get("revision", 0)
    before: tuple[int, Any] | None = state.get("read")
    redrawn = before is not None and before[0] != turn and before[1] == drawing
    if state.get("asked") != asked:  # each click beside the drawing comes here, too
        if not redrawn:
            reading = read(image, classifier, strokes=fabric.strokes(drawn))
            state.reading = (reading, key, partial(load, image))
        state.asked, state.read = asked, (turn, drawing)
    reading, key, photo = state.reading
    return Result(reading, _("drawing"), key, photo)


def _canvas(size: tuple[int, int]) -> tuple[bytes | None, str | None]:
    """The canvas; what it holds as PNG bytes, or what is wrong with it."""
    state = st.session_state
    try:
        canvas = st_canvas(
            stroke_width=PENS[state.get("pen", "Medium")],
            stroke_color=INK,
            background_color=_paper(),
            initial_drawing=state.get("start"),
            width=size[0],
            height=size[1],
            return_image_data=True,
            key="canvas",
        )
        image: bytes | None = canvas.image_bytes
    except (AttributeError, TypeError, ValueError):  # it is the browser's word, and may be anything
        return None, _(NOT_WHOLE)
    return image, None


def _size() -> tuple[int, int]:
    """Width and height of the canvas, in CSS pixels: for one line, or for several."""
    width = browser.room()
    if st.session_state.get("taller"):
        return width, 600
    return width, 300 if width > 500 else 260


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
    """The strokes of the drawing, in its own pixels; None before there was any.

    The canvas adds to what it was given. Those are kept as they were, and not as they come back,
    so that a drawing that was made smaller and larger again is what it was.
    """
    state = st.session_state
    sent = _sent()
    if sent is not None:
        known = state.get("strokes") or []
        new = fit.kept(sent[len(known) :], _scale(), state.size)
        state.strokes = [*known[: len(sent)], *new]
    return state.get("strokes")


def _scale() -> float:
    """Pixels of the canvas for one of the drawing."""
    scale: float = st.session_state.get("scale", 1.0)
    return scale


def _redraw(strokes: list[Any], scale: float) -> None:
    """Put these strokes, and no others, on the canvas.

    The canvas redraws when what it starts from changes, and its paper does: it stays mounted, and
    the page does not flicker as it would with a new key.
    """
    state = st.session_state
    state.strokes = strokes
    state.scale = scale
    state.revision = state.get("revision", 0) + 1
    state.start = {"objects": fit.shown(strokes, scale)}
    state.canvas = {"drawing": {"raw": state.start, "data": None}}


def _redraw_all() -> None:
    """After a change of height: the browser sends what is seen now only when it draws anew."""
    _redraw(_strokes() or [], _scale())


def _undo() -> None:
    """Take back the last stroke, or the clearing.

    What is left of a drawing stays as large as it is, so that there is room to write on.
    """
    state = st.session_state
    strokes = _strokes()
    left = strokes[:-1] if strokes else state.pop("cleared", [])
    _redraw(left, _scale() if strokes and left else fit.scale(left, state.size))


def _clear() -> None:
    st.session_state.cleared = _strokes() or []
    _redraw([], 1.0)
