from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec import rings
from digitrec.preprocess import stroke_width

PEN = 5


def found_in(mask: np.ndarray) -> np.ndarray:
    return rings.rings(mask, stroke_width(mask.astype(np.float32)))


def written(*strokes: list[tuple[int, int]], shape: tuple[int, int] = (200, 300)) -> np.ndarray:
    """Strokes on a mask, 1 on ink."""
    mask = np.zeros(shape, np.uint8)
    cv2.polylines(mask, [np.array(stroke) for stroke in strokes], isClosed=False, color=1,
                  thickness=PEN)  # fmt: skip
    return mask


def ring(mask: np.ndarray, wide: int = 110, tall: int = 70, stop: int = 360) -> np.ndarray:
    """The same with a ring around the middle."""
    return cv2.ellipse(mask.copy(), (150, 100), (wide, tall), 0, 0, stop, 1, PEN)


FOUR = [(130, 75), (110, 110), (145, 110)], [(138, 90), (136, 130)]
SEVEN = [(160, 75), (190, 75), (172, 130)]
NUMBER = written(*FOUR, SEVEN)


@pytest.mark.parametrize("stop", [360, 354])
def test_a_ring_around_a_number_is_found_and_the_number_is_not(stop: int) -> None:
    found = found_in(ring(NUMBER, stop=stop))
    assert found[ring(np.zeros_like(NUMBER), stop=stop) > 0].mean() > 0.98
    assert not found[NUMBER > 0].any()


def test_a_number_that_touches_its_ring_keeps_what_is_inside() -> None:
    number = written(*FOUR, [(160, 75), (190, 75), (172, 172)])
    circled = ring(number)
    left = circled & (1 - found_in(circled))
    assert left[number > 0].mean() > 0.85
    assert not left[ring(np.zeros_like(number)) & (1 - number) > 0].any()


def test_the_loose_end_of_a_ring_goes_with_it() -> None:
    loose = written([(259, 90), (287, 60)])
    found = found_in(ring(NUMBER) | loose)
    assert found[loose > 0].all()


@pytest.mark.parametrize(
    "drawn",
    [
        ring(np.zeros_like(NUMBER), 75),
        ring(written([(110, 150), (190, 50)]), 75),  # a slashed 0
        ring(written([(110, 140), (185, 60)]), 75),
        ring(np.zeros_like(NUMBER), 75, 40) | np.roll(ring(np.zeros_like(NUMBER), 60, 36), -76, 0),
        written([(60, 40), (240, 40), (240, 160), (60, 160)]) | NUMBER,  # no side at the left
        ring(written([(130, 32), (126, 120)]), 75),  # a 0 with a loose end
        NUMBER,
    ],
    ids=["0", "slashed 0", "a slash inside", "8", "an open frame", "loose end", "47"],
)
def test_what_is_no_ring_is_left(drawn: np.ndarray) -> None:
    assert not found_in(drawn).any()


def test_a_one_with_a_ring_is_a_one() -> None:
    one = written([(150, 70), (148, 130)])
    left = ring(one, 70) & (1 - found_in(ring(one, 70)))
    np.testing.assert_array_equal(left, one)


def test_rings_that_touch_each_other_are_found() -> None:
    tall = np.pad(ring(NUMBER), ((0, 137), (0, 0))) | np.pad(ring(NUMBER), ((137, 0), (0, 0)))
    left = tall & (1 - found_in(tall))
    numbers = np.pad(NUMBER, ((0, 137), (0, 0))) | np.pad(NUMBER, ((137, 0), (0, 0)))
    np.testing.assert_array_equal(left, numbers)
