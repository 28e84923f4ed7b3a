"""Boxes drawn by hand: from the browser's pixels to the picture's, and what is no box."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec import Photo

PHOTO = Photo(np.zeros((600, 800, 3), np.uint8), 1.0, 800, 600)


@pytest.fixture(scope="module")
def boxes() -> ModuleType:
    """The module: its canvas can be imported only where Streamlit runs."""

    def script() -> None:
        import digitrec.ui.boxes  # noqa: F401

    assert not AppTest.from_function(script, default_timeout=60).run().exception
    return importlib.import_module("digitrec.ui.boxes")


def state(objects: object) -> dict[str, object]:
    """What the canvas keeps in the session."""
    return {"drawing": {"raw": {"objects": objects}}}


def test_a_cutout_has_room_around_what_was_found_within_the_picture(boxes: ModuleType) -> None:
    cutout = boxes.cutout_of(PHOTO, [(10, 100, 30, 50), (60, 120, 20, 40)])
    assert (cutout.left, cutout.top) == (0, 50)
    assert (cutout.left + cutout.width, cutout.top + cutout.height) == (130, 210)
    assert max(cutout.size[0] / 860, cutout.size[1] / 420) == 1  # as large as the page has room for


def test_a_cutout_is_as_wide_as_there_is_room(
    boxes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitrec.ui.browser.room", lambda: 288)
    assert boxes.cutout_of(PHOTO, [(10, 100, 30, 50), (600, 120, 20, 40)]).size[0] == 288


def test_boxes_come_back_in_the_picture_s_pixels_whatever_the_zoom(boxes: ModuleType) -> None:
    cutout = boxes.Cutout(left=100, top=50, width=200, height=100, zoom=2.5)
    box = {"type": "LabeledRect", "label": "7", "left": 50, "top": 25, "width": 30, "height": 100}
    assert boxes.drawn(state([box]), cutout) == [((120, 60, 12, 40), "7")]
    stretched = {**box, "width": 15, "scaleX": 2}
    assert boxes.drawn(state([stretched]), cutout) == boxes.drawn(state([box]), cutout)


@pytest.mark.parametrize(
    "kept",
    [
        *(None, {}, {"drawing": None}, state(7), state([7])),
        *(state([{"type": "LabeledRect", "left": left}]) for left in ("x", float("nan"), 1e400)),
    ],
)
def test_what_makes_no_sense_is_no_box(boxes: ModuleType, kept: object) -> None:
    assert boxes.drawn(kept, boxes.Cutout(0, 0, 100, 100, 1.0)) == []
