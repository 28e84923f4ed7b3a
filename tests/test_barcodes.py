from __future__ import annotations

import numpy as np
import pytest

from digitrec.barcodes import barcodes
from digitrec.pieces import Piece

Bar = tuple[int, int, int, int]  # x, y, w, h


def marks(*boxes: Bar) -> list[Piece]:
    return [Piece(box, np.ones((box[3], box[2]), np.float32)) for box in boxes]


CODE: list[Bar] = [(10 + 9 * i, 40, 2 + i % 3, 60) for i in range(12)]
DIGIT: Bar = (10, 130, 40, 60)


def test_the_bars_of_a_code_are_found_and_a_digit_is_not() -> None:
    assert barcodes(marks(DIGIT, *CODE[::-1])) == set(range(1, 13))


def test_two_codes_above_each_other_are_found() -> None:
    below = [(x, y + 61, w, h) for x, y, w, h in CODE]
    assert barcodes(marks(*CODE, *below)) == set(range(24))


@pytest.mark.parametrize(
    "boxes",
    [
        CODE[:7],
        [(x, y + 3 * (i % 2), w, h) for i, (x, y, w, h) in enumerate(CODE)],
        [(x, y, w, h + 3 * (i % 2)) for i, (x, y, w, h) in enumerate(CODE)],
        [(3 * x, y, w, h) for x, y, w, h in CODE],
        [(3 * x, y, 20, h) for x, y, _, h in CODE],
    ],
    ids=["few", "tops", "feet", "far", "wide"],
)
def test_what_is_no_code_is_left(boxes: list[Bar]) -> None:
    assert barcodes(marks(*boxes)) == set()
