from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec.preprocess import stroke_width
from digitrec.slashes import slashes

PEN = 5
Stroke = list[tuple[int, int]]
SLASH: Stroke = [(218, 52), (182, 148)]


def drawn(*strokes: Stroke) -> np.ndarray:
    mask = np.zeros((200, 400), np.uint8)
    lines = [np.array(stroke) for stroke in strokes]
    return cv2.polylines(mask, lines, isClosed=False, color=1, thickness=PEN)


def found_in(mask: np.ndarray) -> np.ndarray:
    return slashes(mask, stroke_width(mask.astype(np.float32)))


def seven(x: int) -> Stroke:
    return [(x - 20, 65), (x + 20, 65), (x - 5, 135)]


def test_a_slash_between_digits_is_found_and_the_digits_are_not() -> None:
    slash, digits = drawn(SLASH), drawn(seven(150), seven(250))
    found = found_in(slash | digits)
    assert found[slash > 0].all()
    assert not found[digits > 0].any()


@pytest.mark.parametrize(
    "digits",
    [(seven(20), seven(380)), ([(130, 85), (160, 85), (140, 122)], seven(250))],
    ids=["far", "one of them low"],
)
def test_a_slash_that_is_clear_is_found_wherever_it_is(digits: tuple[Stroke, ...]) -> None:
    slash = drawn(SLASH)
    assert found_in(slash | drawn(*digits))[slash > 0].all()


@pytest.mark.parametrize(
    "strokes",
    [
        (seven(150), [(213, 65), (187, 135)], seven(250)),  # a 1
        (seven(150), [(202, 52), (198, 148)], seven(250)),
        (seven(150), [(182, 52), (218, 148)], seven(250)),
        (seven(150), SLASH),
        (SLASH, seven(250)),
        (seven(-10), SLASH, seven(410)),
        ([(140, 100), (165, 100)], [(152, 85), (152, 115)], SLASH, seven(250)),  # after a +
    ],
    ids=["as tall", "upright", "to the left", "at the end", "at the start", "far", "after a sign"],
)
def test_what_is_no_slash_is_left(strokes: tuple[Stroke, ...]) -> None:
    assert not found_in(drawn(*strokes)).any()
