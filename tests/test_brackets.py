from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec.brackets import brackets

PEN = 5


def bow(x: int, swing: int, tall: int = 90) -> np.ndarray:
    """A stroke whose middle is `swing` pixels to the right of its ends, on a mask."""
    rows = np.linspace(-1, 1, 30)
    points = np.stack([x + swing * (1 - rows**2), 100 + rows * tall / 2], axis=1)
    mask = np.zeros((200, 400), np.uint8)
    cv2.polylines(mask, [np.rint(points).astype(int)], isClosed=False, color=1, thickness=PEN)
    return mask


def number() -> np.ndarray:
    """A 7 and a 0."""
    mask = np.zeros((200, 400), np.uint8)
    cv2.polylines(mask, [np.array([(140, 65), (180, 65), (155, 135)])], isClosed=False, color=1,
                  thickness=PEN)  # fmt: skip
    return cv2.ellipse(mask, (225, 100), (22, 34), 0, 0, 360, 1, PEN)


def test_a_pair_around_a_number_is_found_and_the_number_is_not() -> None:
    pair = bow(115, -18) | bow(265, 18)
    found = brackets(pair | number(), PEN)
    assert found[pair > 0].all()
    assert not found[number() > 0].any()


@pytest.mark.parametrize(
    "others",
    [
        bow(115, -18),  # one alone
        bow(115, 18) | bow(265, -18),  # bent towards each other
        bow(115, -18) | bow(265, -18),
        bow(115, -2) | bow(265, 2),  # ones
        bow(115, -12, 55) | bow(265, 12, 55),  # lower than the number
    ],
    ids=["one", "inwards", "alike", "ones", "low"],
)
def test_what_is_no_pair_of_brackets_is_left(others: np.ndarray) -> None:
    assert not brackets(others | number(), PEN).any()


def test_a_pair_with_nothing_between_is_left() -> None:
    assert not brackets(bow(115, -18) | bow(265, 18), PEN).any()
