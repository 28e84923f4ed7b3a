"""Whole pages through the reader: what is written on them, and nothing of what is printed."""

from __future__ import annotations

from difflib import SequenceMatcher

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic_pages import Camera, Hand, page, random_page
from digitrec.reader import read
from digitrec.reading import Box, Reading

ROWS = [["407", "2358"], ["61", "9"], ["3720", "84"]]
EVEN = Camera(shadow=0.1)


def overlap(a: Box, b: Box) -> float:
    """The area that two boxes have in common, of the area that they take together."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, wide) * max(0, tall)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def agreement(read_text: str, written: str) -> float:
    """The share of the characters in common, as `difflib` matches them."""
    return SequenceMatcher(None, read_text, written, autojunk=False).ratio()


@pytest.mark.parametrize(
    ("form", "rule", "paper"),
    [
        ("lines", "solid", "ruled"),
        ("table", "solid", "white"),
        ("table", "dashed", "white"),
        ("table", "double", "white"),
        ("boxes", "solid", "white"),
    ],
)
def test_most_of_a_page_is_read(form: str, rule: str, paper: str) -> None:
    shares = []
    for seed in (1, 2):
        written = page(ROWS, seed, form=form, rule=rule, paper=paper, camera=Camera(tilt=seed))
        shares.append(agreement(read(written.pixels).text, written.text))
    assert np.mean(shares) > 0.9


def test_the_dashes_of_boxes_that_are_small_for_the_pen_are_taken_out() -> None:
    written = random_page(2051, "boxes")
    assert agreement(read(written.pixels).text, written.text) > 0.85


def test_what_is_left_of_boxes_does_not_make_two_rows_one() -> None:
    written = random_page(2040, "boxes")
    assert agreement(read(written.pixels).text, written.text) > 0.9


def test_digits_that_are_small_on_a_wide_page() -> None:
    rows = [[str(100 + 61 * row + 7 * column) for column in range(15)] for row in range(6)]
    written = page(rows, 1, form="table", height=20)
    assert agreement(read(written.pixels, turn=False).text, written.text) > 0.9


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(
    ("desk", "paper"),
    [("walnut", "white"), ("black", "ruled"), ("grey", "white"), ("white", "kraft")],
)
def test_a_page_is_read_on_any_desk(desk: str, paper: str, inverted: bool) -> None:
    camera = Camera(shadow=0.1, tilt=3, desk=desk)
    written = page(ROWS, 1, paper=paper, camera=camera)
    pixels = 255 - written.pixels if inverted else written.pixels
    assert agreement(read(pixels).text, written.text) > 0.9


@pytest.mark.parametrize("desk", ["oak", "black", "white"])
def test_a_desk_with_an_empty_sheet_on_it_reads_as_nothing(desk: str) -> None:
    empty = page([["", ""], ["", ""]], 1, camera=Camera(shadow=0.1, tilt=-2, desk=desk))
    assert read(empty.pixels).text == ""


def seen(pixels: np.ndarray, turn: float, scale: float, shade: float) -> np.ndarray:
    """A page turned by degrees, at another scale, and darker by `shade` at one side."""
    height, width = pixels.shape[:2]
    size = (round(width * scale), round(height * scale))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    turned = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    scaled = cv2.resize(
        turned, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    light = np.linspace(1, 1 - shade, size[0])[:, None]
    return np.clip(scaled * light, 0, 255).astype(np.uint8)


@settings(max_examples=12, derandomize=True)
@given(
    turn=st.floats(-5, 5),
    scale=st.floats(0.5, 3),
    shade=st.floats(0, 0.5),
    inverted=st.booleans(),
)
def test_a_number_survives_the_camera(
    turn: float, scale: float, shade: float, inverted: bool
) -> None:
    written = page([["4072", "358"]], 4, hand=Hand(ink="black"), camera=EVEN, height=48)
    pixels = seen(written.pixels, turn, scale, shade)
    assert read(255 - pixels if inverted else pixels).text == written.text


@settings(max_examples=6, derandomize=True)
@given(seed=st.integers(0, 2**16), turn=st.floats(-5, 5))
def test_every_digit_is_read_where_it_is_written(seed: int, turn: float) -> None:
    written = page([["407", "2358"], ["61", "9"]], seed, camera=Camera(shadow=0.1, tilt=turn))
    wanted = [box for number in written.numbers for box in number.boxes]
    found = [digit.box for number in read(written.pixels).numbers for digit in number.digits]
    near = [any(overlap(box, other) > 0.7 for other in found) for box in wanted]
    assert np.mean(near) > 0.85


@pytest.mark.parametrize("rule", ["solid", "dashed", "double"])
@pytest.mark.parametrize("form", ["table", "boxes", "cell"])
def test_an_empty_form_reads_as_nothing(form: str, rule: str) -> None:
    assert read(page([["", ""], ["", ""]], 1, form=form, rule=rule, camera=EVEN).pixels).text == ""


@pytest.mark.parametrize("paper", ["ruled", "squared"])
def test_paper_with_nothing_written_reads_as_nothing(paper: str) -> None:
    assert read(page([["", ""], ["", ""]], 1, paper=paper, camera=EVEN).pixels).text == ""


@pytest.mark.parametrize("first", [0, 7, 22])
def test_squares_that_the_picture_cuts_read_as_nothing(first: int) -> None:
    picture = np.full((450, 545, 3), (249, 249, 246), np.uint8)
    for width in range(3):
        picture[first + width :: 45] = picture[:, first + width :: 45] = (214, 226, 238)
    grain = np.random.default_rng(0).normal(0, 2, picture.shape)
    reading = read(np.clip(picture + grain, 0, 255).astype(np.uint8))
    assert reading.text == ""
    assert not reading.refused


@pytest.mark.parametrize(("desk", "seed"), [("walnut", 2), ("grey", 2), ("black", 6), ("oak", 2)])
def test_a_sheet_on_a_desk_is_read_through_a_hard_shadow(desk: str, seed: int) -> None:
    camera = Camera(shadow=0.45, hard=True, desk=desk)
    assert read(page([["23", "461"]], seed, camera=camera).pixels).text == "23 461"


@pytest.mark.parametrize("paper", ["white", "yellow", "kraft"])
def test_shadows_on_paper_with_nothing_written_are_not_even_refused(paper: str) -> None:
    camera = Camera(shadow=0.4, hard=True)
    reading = read(page([["", "", ""]] * 6, 1, paper=paper, camera=camera, height=100).pixels)
    assert reading.text == ""
    assert not reading.refused


@pytest.mark.parametrize("seed", [103, 203, 234, 245, 249, 258])
def test_boxes_whose_walls_the_digits_touch(seed: int) -> None:
    written = random_page(seed, "boxes")
    assert read(written.pixels).text == written.text


@pytest.mark.parametrize("form", ["boxes", "cell"])
def test_a_lone_one_in_a_box_is_a_one_and_the_box_is_not(form: str) -> None:
    for seed in (1, 2, 3):
        assert read(page([["1"]], seed, form=form, camera=EVEN).pixels).text == "1"


def marks_of(reading: Reading) -> list[list[tuple[str, int]]]:
    return [[(mark.text, mark.after) for mark in number.marks] for number in reading.numbers]


def test_points_inside_a_number_are_its_marks() -> None:
    written = page([["12.5"], ["40.75"]], 2, hand=Hand(gap=0.3), camera=EVEN)
    reading = read(written.pixels)
    assert reading.text == written.text
    assert marks_of(reading) == [[(".", 2)], [(".", 2)]]
