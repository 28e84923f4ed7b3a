from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from digitrec.sheet import find_sheet

CORNERS = [(110, 60), (500, 90), (480, 330), (95, 310)]  # of a sheet photographed from the side


def photo(desk: int, paper: int, *, written: bool = True) -> np.ndarray:
    """A sheet on a desk, (400, 600, 3) uint8, with a line of digits on it."""
    pixels = np.full((400, 600, 3), desk, np.uint8)
    cv2.fillPoly(pixels, [np.array(CORNERS)], (paper,) * 3)
    if written:
        ink = (paper - 110 if paper > 128 else paper + 110,) * 3
        cv2.putText(pixels, "4071", (200, 210), cv2.FONT_HERSHEY_SIMPLEX, 2, ink, 5)
    return pixels


@pytest.mark.parametrize(("desk", "paper"), [(40, 240), (150, 240), (240, 190), (230, 30)])
def test_a_sheet_is_found_on_a_darker_and_on_a_lighter_desk(desk: int, paper: int) -> None:
    sheet = find_sheet(photo(desk, paper))
    assert sheet is not None
    assert sheet.box == pytest.approx((95, 60, 405, 270), abs=20)
    cut = sheet.of(photo(desk, paper))
    assert cut.shape[:2] == sheet.inside.shape == sheet.box[:1:-1]
    edges = [cut[0], cut[-1], cut[:, 0], cut[:, -1]]
    assert all((edge == paper).all() for edge in edges)


@pytest.mark.parametrize("desk", [(30, 30, 34), (92, 66, 46), (176, 140, 98)])
@pytest.mark.parametrize("colour", [(250, 248, 244), (246, 226, 140)])
def test_a_sheet_half_in_a_hard_shadow_is_found_whole(
    desk: tuple[int, int, int], colour: tuple[int, int, int]
) -> None:
    pixels = photo(0, 240)
    paper = pixels[..., 0] > 200
    pixels = np.where((pixels == 0).all(2)[..., None], np.uint8(desk), pixels)
    pixels[paper] = colour
    dark = np.arange(600) + np.arange(400)[:, None] > 500
    pixels = np.where(dark[..., None], pixels * 0.55, pixels).astype(np.uint8)
    sheet = find_sheet(pixels)
    assert sheet is not None
    assert sheet.box == pytest.approx((95, 60, 405, 270), abs=20)
    cut = sheet.of(pixels)
    lit, shaded = (np.round(np.multiply(colour, light)) for light in (1, 0.55))
    assert cut[0, 0] == pytest.approx(lit, abs=2)  # the desk's corners, too
    assert cut[-1, -1] == pytest.approx(shaded, abs=2)


def test_a_sheet_in_shadow_is_found_on_a_desk_as_dark_in_the_light() -> None:
    pixels = photo(132, 240)
    pixels[:, 330:] = pixels[:, 330:] * 0.55
    sheet = find_sheet(pixels)
    assert sheet is not None
    assert sheet.box == pytest.approx((95, 60, 405, 270), abs=20)


@pytest.mark.parametrize("rows", [slice(None), slice(80, None), slice(None, -80)])
@pytest.mark.parametrize("columns", [slice(110, None), slice(None, -130)])
def test_a_sheet_that_the_frame_cuts_is_told_from_the_desk(rows: slice, columns: slice) -> None:
    pixels = np.ascontiguousarray(photo(60, 240)[rows, columns])
    sheet = find_sheet(pixels)
    assert sheet is not None
    paper = np.zeros(pixels.shape[:2], np.uint8)
    x, y, w, h = sheet.box
    paper[y : y + h, x : x + w] = sheet.inside
    assert paper[pixels[..., 0] > 60].mean() > 0.85
    assert paper[pixels[..., 0] == 60].mean() < 0.01


def test_a_shadow_along_two_sides_is_no_desk() -> None:
    pixels = photo(140, 240)[:260, :450]
    assert find_sheet(pixels) is None
    assert find_sheet(np.where(pixels == 140, np.uint8((140, 110, 80)), pixels)) is not None


def test_a_stroke_along_the_frame_is_no_desk() -> None:
    one = photo(240, 240)
    one[:, :30] = 60
    assert find_sheet(one) is None
    one[:, 30:60] = 60  # and a wide one, with paper to both sides
    one[:, :15] = 240
    assert find_sheet(one) is None


def test_without_a_desk_there_is_no_sheet() -> None:
    paper = photo(240, 240)
    assert find_sheet(paper) is None
    paper[:, 350:] //= 2  # a shadow
    assert find_sheet(paper) is None


def test_a_cell_is_no_sheet_or_one_in_the_light_and_in_the_shadow() -> None:
    cell = photo(240, 240)
    cell[:, 320:] //= 2  # a shadow
    for side in (np.s_[:5], np.s_[-5:], np.s_[:, :5], np.s_[:, -5:]):
        cell[side] //= 2  # the cell's lines
    sheet = find_sheet(cell)
    assert sheet is None or sheet.box == pytest.approx((0, 0, 600, 400), abs=30)


def test_a_bar_with_nothing_on_it_may_be_a_one() -> None:
    assert find_sheet(photo(240, 30, written=False)) is None


def cornered(desk: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A photo of a sheet and its desk in two corners, and where these are."""
    corners = np.zeros((400, 600), np.uint8)
    for corner in ([(0, 0), (120, 0), (0, 399)], [(599, 399), (599, 150), (520, 399)]):
        cv2.fillPoly(corners, [np.array(corner)], 1)
    return np.where(corners[..., None], np.uint8(desk), photo(240, 240)), corners


@pytest.mark.parametrize("desk", [(30, 30, 34), (176, 140, 98)])
def test_a_desk_in_the_corners_is_told_from_the_paper(desk: tuple[int, int, int]) -> None:
    pixels, corners = cornered(desk)
    sheet = find_sheet(pixels)
    assert sheet is not None
    x, y, w, h = sheet.box
    inside = np.zeros_like(corners)
    inside[y : y + h, x : x + w] = sheet.inside
    assert not inside[corners > 0].any()
    assert inside[corners == 0].mean() > 0.95
    assert inside[pixels[..., 0] == 130].all()
    assert (sheet.of(pixels)[..., 0] == 240).mean() > 0.95


def test_a_shadow_in_the_corners_is_on_the_paper() -> None:
    assert find_sheet(cornered((140, 140, 140))[0]) is None


def test_a_corner_that_is_written_in_is_paper() -> None:
    pixels, _ = cornered((30, 30, 34))
    cv2.putText(pixels, "7", (10, 90), cv2.FONT_HERSHEY_SIMPLEX, 2, (140, 140, 144), 5)
    sheet = find_sheet(pixels)
    assert sheet is not None
    assert sheet.inside[80, 20]


def test_a_slanting_one_across_a_close_crop_leaves_no_corners() -> None:
    pixels = np.full((300, 260, 3), 230, np.uint8)
    cv2.line(pixels, (60, 320), (200, -20), (60,) * 3, 30, cv2.LINE_AA)
    assert find_sheet(pixels) is None


def test_a_soft_light_in_the_middle_is_no_sheet() -> None:
    light = cv2.GaussianBlur(photo(60, 240, written=False), (0, 0), 40)
    cv2.putText(light, "4071", (200, 210), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 5)
    assert find_sheet(light) is None


def test_the_box_around_a_number_is_no_sheet() -> None:
    boxed = photo(240, 240)
    cv2.polylines(boxed, [np.array(CORNERS)], isClosed=True, color=(40, 40, 40), thickness=4)
    assert find_sheet(boxed) is None


def test_a_wide_frame_is_no_sheet_whatever_is_written_around_it() -> None:
    page = photo(240, 240)
    cv2.rectangle(page, (60, 100), (560, 380), (40, 40, 40), 8)
    cv2.putText(page, "2358", (60, 70), cv2.FONT_HERSHEY_SIMPLEX, 2, (40, 40, 40), 5)
    assert find_sheet(page) is None


def test_a_panel_of_a_form_that_is_written_around_is_no_sheet() -> None:
    form = cv2.resize(photo(240, 120), (300, 200))
    page = np.full((400, 600, 3), 240, np.uint8)
    page[150:350, 200:500] = form
    assert find_sheet(page) is not None
    cv2.putText(page, "2358", (30, 100), cv2.FONT_HERSHEY_SIMPLEX, 3, (40, 40, 40), 7)
    assert find_sheet(page) is None


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_picture_may_be_searched(pixels: np.ndarray) -> None:
    sheet = find_sheet(pixels)
    assert sheet is None or sheet.of(pixels).size
