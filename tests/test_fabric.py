"""The canvas's strokes, as the browser tells them, and what it might tell instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from digitrec.ui.fabric import MOST, strokes

PATH = [["M", 10, 20], ["Q", 20, 20, 25, 30], ["L", 40, 60]]


def path(points: Any = PATH, width: Any = 12) -> dict[str, Any]:
    return {"type": "Path", "path": points, "strokeWidth": width}


def test_a_stroke_runs_along_its_curve() -> None:
    (stroke,) = strokes([path()])
    assert stroke.width == 12
    assert stroke.points[0] == pytest.approx((10, 20))
    assert stroke.points[-1] == pytest.approx((40, 60))
    middle = stroke.points[np.abs(stroke.points - (25, 30)).sum(1).argmin()]
    assert middle == pytest.approx((25, 30))
    bend = stroke.points[1:3]  # of the curve, at a third and two thirds
    assert bend == pytest.approx(np.array([(145 / 9, 190 / 9), (190 / 9, 220 / 9)]), abs=0.5)


def test_strokes_come_in_the_order_of_drawing() -> None:
    found = strokes([path([["M", x, 0], ["L", x, 9]]) for x in (5, 3, 8)])
    assert [stroke.points[0][0] for stroke in found] == [5, 3, 8]


def test_a_tap_is_a_stroke() -> None:
    (stroke,) = strokes([path([["M", 5, 6], ["L", 5.001, 6]])])
    assert stroke.points[0] == pytest.approx((5, 6))


def test_an_empty_canvas_has_none() -> None:
    assert strokes([]) == []


@pytest.mark.parametrize(
    "sent",
    [
        7,
        None,
        "stroke",
        {},
        {"type": "Rect", "left": 1},
        path(None),
        path([]),
        path(7),
        path("M"),
        path([["M"]]),
        path([["M", 1]]),
        path([["M", 1, 2], ["L", "a", "b"]]),
        path([["M", 1, 2], 7]),
        path([["M", 1, 2], ["Q", 1, 2, 3]]),
        path([["M", float("nan"), 2]]),
        path([["M", float("inf"), 2]]),
        path([["M", 1e300, 2]]),
        path([["M", 10**400, 2]]),
        path([["M", [1], 2]]),
        path(width=None),
        path(width=0),
        path(width=-1),
        path(width=float("nan")),
        path(width=10**400),
        path(width="wide"),
    ],
)
def test_what_makes_no_sense_is_no_stroke(sent: Any) -> None:
    assert strokes([path(), sent]) == []


def test_too_many_are_none() -> None:
    assert strokes([path()] * (MOST + 1)) == []
