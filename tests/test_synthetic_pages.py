from __future__ import annotations

import numpy as np
import pytest

from benchmarks import synthetic_pages
from benchmarks.synthetic_pages import Camera, Hand, page, random_page


@pytest.mark.parametrize("form", synthetic_pages.FORMS)
def test_the_same_seed_gives_the_same_page(form: str) -> None:
    first, again, other = (random_page(seed, form) for seed in (5, 5, 6))
    assert first.numbers == again.numbers
    assert np.array_equal(first.pixels, again.pixels)
    assert first.numbers != other.numbers


def test_numbers_come_in_reading_order_with_their_marks() -> None:
    written = page([["12.5", "1,234.5"], ["", "8"]], 1, form="table")
    assert written.text == "125 12345 8"
    assert [number.marks for number in written.numbers] == [((".", 2),), ((",", 1), (".", 4)), ()]


@pytest.mark.parametrize("camera", [Camera(), Camera(tilt=4), Camera(desk="oak", tilt=-3)])
def test_the_boxes_hold_the_ink_and_outside_them_is_paper(camera: Camera) -> None:
    hand = Hand(ink="black", slant=0.2, slope=2)
    written = page([["407", "39"], ["5", "61"]], 3, hand=hand, camera=camera)
    ink = np.zeros(written.pixels.shape[:2], bool)
    for x, y, w, h in (box for number in written.numbers for box in number.boxes):
        assert written.pixels[y : y + h, x : x + w].min() < 70
        ink[y - 3 : y + h + 3, x - 3 : x + w + 3] = True
    if not camera.desk:
        assert written.pixels[~ink].min() > 120


def test_digits_touch_where_they_are_asked_to() -> None:
    ((_, (left, right)),) = [
        (n.text, n.boxes) for n in page([["88"]], 1, hand=Hand(gap=-0.1)).numbers
    ]
    assert left[0] + left[2] > right[0]


@pytest.mark.parametrize("rule", synthetic_pages.RULES)
@pytest.mark.parametrize("form", ["table", "boxes", "cell"])
def test_a_form_has_rules_where_nothing_is_written(form: str, rule: str) -> None:
    empty = page([["", ""]], 1, form=form, rule=rule, camera=Camera(shadow=0))
    assert empty.numbers == ()
    assert empty.pixels.min() < 150
    assert page([["", ""]], 1, camera=Camera(shadow=0)).pixels.min() > 200


def test_a_hard_shadow_has_an_edge() -> None:
    steps = [
        np.abs(
            np.diff(
                page([[""]], 2, camera=Camera(shadow=0.5, hard=hard, blur=1.2))
                .pixels[..., 1]
                .astype(float),
                axis=axis,
            )
        ).max()
        for hard in (False, True)
        for axis in (0, 1)
    ]
    assert max(steps[2:]) > max(steps[:2]) + 10
