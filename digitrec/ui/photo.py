"""A picture on the page: turned, cropped, read, and shown with its numbers boxed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from digitrec import ImageError, Number, Photo, Reading, read
from digitrec.classifier import Classifier, in_service
from digitrec.language import _
from digitrec.masks import smaller
from digitrec.preprocess import ink_map
from digitrec.reading import Box
from digitrec.rules import without_rules
from digitrec.runtime import ModelError
from digitrec.ui import browser, memory, table
from digitrec.ui.data_urls import data_url
from digitrec.ui.view import Share, View, turned
from digitrec.ui.words import certainty, tone, tone_of

SHOWN_SIDE = 1000  # pixels: what a page shows of a picture
TINT = (226, 0, 122)  # of the ink laid over the photo: no pen has it
CELL = 1.1  # of the table: its width by its height
LEVELS = 16  # of the tint's strength: as many as an eye tells apart
_BY_VERSION: dict[str | type[Any], Callable[[Any], Any]] = {
    Classifier: lambda classifier: (classifier.name, classifier.sha256)
}


@dataclass(frozen=True)
class Source:
    """A picture that a person gave. key: told from every other one of this session.

    content: gives its bytes, which stay where they are kept until somebody needs them.
    """

    key: str
    name: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Look:
    """A picture as it was read. preview: JPEG, thumbnail: WebP. width, height: of its original."""

    reading: Reading
    preview: bytes
    thumbnail: bytes
    width: int
    height: int


def view_of(source: Source) -> View:
    """How this picture is held."""
    view: View = _views().get(source.key, View())
    return view


def look_at(source: Source) -> Look | str:
    """The picture read as it is held, or the sentence that says why it was not."""
    try:
        return _look(source.key, view_of(source), in_service(), source.content)
    except (ImageError, ModelError) as error:
        return str(error)


def seen(source: Source, view: View, degrees: int) -> Photo:
    """The pixels that the boxes of a reading refer to."""
    return turned(view.of(source.content()), degrees)


def show(source: Source, look: Look, chosen: int | None, pick: Callable[[int], None]) -> None:
    """The picture with its tools. chosen: the number that is looked at; `pick` takes another."""
    held = view_of(source).turned(look.reading.turned // 90)
    cropping = st.session_state.get("cropping") == source.key
    ink = _tools(source, held, cropping)
    if look.reading.turned:
        _say_turned(source, held, look.reading.turned)

    def crop(part: Share | None) -> None:
        st.session_state.cropping = None
        if part is not None:
            _hold(source, held.cropped(part))

    numbers, digits = look.reading.numbers, [d for n in look.reading.numbers for d in n.digits]
    as_read = " ".join(number.read for number in numbers if number.read)
    alt = _("{file}, read as {text}") if as_read else _("{file}, in which nothing was read")
    browser.photo(
        {
            "url": data_url(look.preview, "jpeg"),
            "alt": alt.format(file=source.name, text=as_read),
            "width": look.width,
            "height": look.height,
            "numbers": [
                {
                    "text": number.written or "–",
                    "said": _said(number),
                    "tone": tone_of(number),
                    "box": _share(number.box, look),
                }
                for number in numbers
            ],
            "digits": [
                {"tone": tone(digit.confidence), "box": _share(digit.box, look)} for digit in digits
            ],
            "refused": [_share(shape.box, look) for shape in look.reading.refused],
            "chosen": chosen,
            "cropping": cropping,
            "ink": _ink(source.key, held, source.content) if ink else None,
        },
        pick,
        crop,
    )


def _tools(source: Source, held: View, cropping: bool) -> bool:
    """Turn, crop, reset; whether the ink is to be shown."""
    turn = partial(replace, settled=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="photo-tools"):
        for name, label, quarters in (
            ("left", _("Turn left"), 1),
            ("right", _("Turn right"), -1),
        ):
            st.button(
                label,
                icon=f":material/rotate_90_degrees_{'ccw' if quarters > 0 else 'cw'}:",
                on_click=_hold,
                args=(source, turn(held.turned(quarters))),
                key=f"turn-{name}",
            )
        st.button(
            _("Crop"),
            icon=":material/crop:",
            on_click=st.session_state.__setitem__,
            args=("cropping", source.key),
            disabled=cropping,
            key="crop",
        )
        st.button(
            _("Reset"),
            icon=":material/restart_alt:",
            help=_("The whole picture again, as it came"),
            on_click=_hold,
            args=(source, View()),
            disabled=view_of(source) == View(),
            key="reset",
        )
        return st.toggle(
            _("Show the ink"),
            help=_("Tints what counts as ink: what is not tinted is not read."),
            key="ink",
            persist_state="session",
        )


def _say_turned(source: Source, held: View, degrees: int) -> None:
    said = _("Read sideways: turned by {degrees}°.")
    if degrees % 360 == 180:
        said = _("Read upside down: turned by {degrees}°.")
    st.info(said.format(degrees=degrees % 360), icon=":material/screen_rotation_alt:")
    settled = partial(replace, settled=True)
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Turn it for good"), on_click=_hold, args=(source, settled(held)), key="turn-it"
        )
        kept = settled(view_of(source))
        st.button(_("Keep it as it was"), on_click=_hold, args=(source, kept), key="keep-it")


def _views() -> dict[str, View]:
    views: dict[str, View] = st.session_state.setdefault("views", {})
    return views


def _hold(source: Source, view: View) -> None:
    _views()[source.key] = view
    st.session_state.cropping = None


@st.cache_resource(scope="session", max_entries=512, show_spinner=False, hash_funcs=_BY_VERSION)
def _look(key: str, view: View, classifier: Classifier, _content: Callable[[], bytes]) -> Look:  # noqa: ARG001  the key stands for the content
    """Kept for as long as the session: every click runs the page again."""
    photo = view.of(_content())
    reading = read(photo, classifier, turn=not view.settled)
    photo = turned(photo, reading.turned)
    picture = Image.fromarray(photo.pixels)
    picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    preview = jpeg(picture)
    look = Look(reading, preview, _thumbnail(picture), photo.width, photo.height)
    del photo, picture
    memory.give_back()
    return look


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _ink(key: str, view: View, _content: Callable[[], bytes]) -> str:  # noqa: ARG001  the same
    """What counts as ink, as the URL of a see-through PNG that fits over the preview."""
    ink = without_rules(ink_map(view.of(_content()).pixels))[0]
    small = smaller(ink, max(1.0, max(ink.shape) / SHOWN_SIDE))
    tinted = Image.fromarray(np.rint(small * (LEVELS - 1)).astype(np.uint8), "P")
    tinted.putpalette(TINT * LEVELS)
    file = io.BytesIO()
    strengths = np.linspace(0, 235, LEVELS).astype(np.uint8)
    tinted.save(file, "PNG", transparency=strengths.tobytes())
    return data_url(file.getvalue(), "png")


def _said(number: Number) -> str:
    """A number as it is read out."""
    if number.corrected is not None:
        return f"{number.written}, {table.note(number)}"
    return f"{number.written}, {certainty(number.confidence).lower()}"


def _share(box: Box, look: Look) -> Share:
    x, y, w, h = box
    return x / look.width, y / look.height, w / look.width, h / look.height


def _thumbnail(picture: Image.Image) -> bytes:
    """Whole in a cell of the table, which cuts off what is wider than the cell is high."""
    picture.thumbnail((160, 160))
    height = max(picture.height, round(picture.width / CELL))
    whole = Image.new("RGBA", (picture.width, height))
    whole.paste(picture, (0, (height - picture.height) // 2))
    file = io.BytesIO()
    whole.save(file, "WEBP", quality=82)
    return file.getvalue()


def jpeg(picture: Image.Image) -> bytes:
    """A picture's bytes, small enough for a page."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return file.getvalue()
