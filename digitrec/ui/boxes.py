"""Boxes that a person draws round digits, on the part of a picture where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import CanvasResult, boxes_to_drawing, st_canvas

from digitrec.images import Photo
from digitrec.reading import Box
from digitrec.ui import browser

COLOUR = "#2f6bff"


@dataclass(frozen=True)
class Cutout:
    """The part of a picture that boxes are drawn on.

    left, top, width, height: in pixels of the upright picture. zoom: pixels shown for each.
    """

    left: int
    top: int
    width: int
    height: int
    zoom: float

    @property
    def size(self) -> tuple[int, int]:
        return max(1, round(self.width * self.zoom)), max(1, round(self.height * self.zoom))


def cutout_of(photo: Photo, found: Sequence[Box]) -> Cutout:
    """The part with everything that was found, and room around it for what was not."""
    room = max(max(w, h) for _, _, w, h in found)
    left, top = (max(0, min(box[i] for box in found) - room) for i in (0, 1))
    right = min(photo.width, max(x + w for x, _, w, _ in found) + room)
    bottom = min(photo.height, max(y + h for _, y, _, h in found) + room)
    zoom = min(browser.room() / (right - left), 420 / (bottom - top))
    return Cutout(left, top, right - left, bottom - top, zoom)


def canvas(
    photo: Photo, cutout: Cutout, label: str, given: Sequence[tuple[Box, str]], key: str
) -> None:
    """The part with the labelled boxes it starts from, on which another is drawn for `label`."""
    x, y = round(cutout.left / photo.scale), round(cutout.top / photo.scale)
    right = round((cutout.left + cutout.width) / photo.scale)
    bottom = round((cutout.top + cutout.height) / photo.scale)
    picture = Image.fromarray(photo.pixels[y:bottom, x:right]).resize(cutout.size)
    width, height = cutout.size
    start = _start(cutout, given, key)
    st_canvas(
        drawing_mode="labeled_rect",
        label=label,
        initial_drawing=start,
        stroke_width=2,
        stroke_color=COLOUR,
        fill_color="rgba(0, 0, 0, 0)",
        background_image=picture,
        width=width,
        height=height,
        font_size=16,
        key=key,
    )


def _start(cutout: Cutout, given: Sequence[tuple[Box, str]], key: str) -> dict[str, Any]:
    """What the canvas starts from: the given boxes, or after a change of its size all there are."""
    state = st.session_state
    of = (key, given, replace(cutout, zoom=1.0))
    last, before, boxes = state.get("boxes-start", (None, cutout, given))
    if last != of:
        boxes = given
    elif before != cutout:
        boxes = drawn(state.get(key), before) or boxes
        state[key] = {"drawing": {"raw": _drawing(boxes, cutout), "data": None}}
    state["boxes-start"] = (of, cutout, boxes)
    return _drawing(boxes, cutout)


def _drawing(boxes: Sequence[tuple[Box, str]], cutout: Cutout) -> dict[str, Any]:
    """Boxes of the picture as the canvas draws them."""
    shown = [
        {
            "label": text,
            "left": (x - cutout.left) * cutout.zoom,
            "top": (y - cutout.top) * cutout.zoom,
            "width": w * cutout.zoom,
            "height": h * cutout.zoom,
        }
        for (x, y, w, h), text in boxes
    ]
    found: dict[str, Any] = boxes_to_drawing(shown, stroke_color=COLOUR, stroke_width=2)
    return found


def drawn(state: Any, cutout: Cutout) -> list[tuple[Box, str]]:
    """The boxes drawn so far, in pixels of the upright picture, and their labels.

    state: what the session keeps under the canvas's key. It is the browser's word: what makes no
    sense is no box.
    """
    try:
        found = CanvasResult(state["drawing"]["raw"], None, return_image_data=False).boxes
        return [
            (
                (
                    cutout.left + round(box["left"] / cutout.zoom),
                    cutout.top + round(box["top"] / cutout.zoom),
                    round(box["width"] / cutout.zoom),
                    round(box["height"] / cutout.zoom),
                ),
                str(box["label"]),
            )
            for box in found
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return []
