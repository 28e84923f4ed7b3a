"""A drawing on a smaller canvas: how much smaller it is shown, and that nothing of it changes."""

from __future__ import annotations

from typing import Any

import pytest

from digitrec.ui import fit

WIDE, NARROW = (860, 300), (340, 260)


def stroke(right: float, bottom: float = 200, **more: Any) -> dict[str, Any]:
    """From (100, 50), with a pen of 10 pixels, as Fabric.js tells it."""
    return {
        "type": "Path",
        "path": [["M", 100, 50], ["Q", 100, 50, 100, bottom], ["L", right, bottom]],
        "left": 95,
        "top": 45,
        "width": right - 100,
        "height": bottom - 50,
        "strokeWidth": 10,
        **more,
    }


def test_a_drawing_that_fits_is_shown_as_it_was_drawn() -> None:
    strokes = [stroke(300), stroke(200)]
    assert fit.scale(strokes, NARROW) == fit.scale([], NARROW) == 1
    assert fit.shown(strokes, 1) == strokes


def test_a_drawing_that_does_not_is_scaled_until_it_fits_both_ways() -> None:
    strokes = [stroke(300), stroke(670)]
    assert fit.scale(strokes, NARROW) == 340 / 680
    assert fit.scale([stroke(300, 510)], NARROW) == 260 / 520
    (_, small) = fit.shown(strokes, 0.5)
    assert small["path"] == [["M", 50, 25], ["Q", 50, 25, 50, 100], ["L", 335, 100]]
    assert [small[length] for length in fit.LENGTHS] == [47.5, 22.5, 285, 75, 5]
    assert strokes[1] == stroke(670)


def test_a_stroke_made_on_a_scaled_drawing_is_in_the_drawing_s_pixels() -> None:
    (new,) = fit.kept(fit.shown([stroke(600)], 0.5), 0.5, NARROW)
    assert new == {**stroke(600), "seen": [680, 520]}


def test_what_went_past_the_edge_of_the_canvas_need_not_fit() -> None:
    strokes = fit.kept([stroke(2000)], 1, WIDE)
    assert fit.scale(strokes, WIDE) == 1
    assert fit.scale(strokes, NARROW) == 340 / 860


def test_a_canvas_cuts_what_goes_past_its_right_and_bottom_edge() -> None:
    inside, past = stroke(300), stroke(2000)
    assert fit.cut([inside], 1, WIDE) == fit.cut([], 1, WIDE) == (0, 0)
    assert fit.cut([inside, past], 1, WIDE) == (860, 0)
    assert fit.cut([inside, past], 340 / 860, NARROW) == (860, 0)  # the same is seen of it
    assert fit.cut([stroke(300, 900), {"path": 7}], 0.5, WIDE) == (0, 600)


@pytest.mark.parametrize("seen", [None, 7, "ab", [1], [1, 2, 3], ["a", 2], [float("nan")] * 2])
def test_what_makes_no_sense_of_what_was_seen_is_no_bound(seen: Any) -> None:
    assert fit.scale([stroke(670, seen=seen)], NARROW) == 340 / 680


@pytest.mark.parametrize("sent", [7, None, {}, {"path": [["M", 1]]}, {"path": [["M", 1, 2]]}])
def test_what_is_no_stroke_is_left_as_it_is(sent: Any) -> None:
    assert fit.scale([sent, stroke(670)], NARROW) == 340 / 680
    assert fit.shown([sent], 0.5) == [sent]
    (same,) = fit.kept([sent], 0.5, NARROW)
    assert same == (sent if sent is None or sent == 7 else {**sent, "seen": [680, 520]})


def test_a_stroke_with_a_length_that_makes_no_sense_is_scaled_without_it() -> None:
    (small,) = fit.shown([stroke(600, left=None, top="a")], 0.5)
    assert (small["left"], small["top"], small["width"]) == (None, "a", 250)
