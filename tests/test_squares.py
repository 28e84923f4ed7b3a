"""The lines of squared paper, told from what is written on them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.synthetic_pages import Hand, page
from digitrec.masks import Mask
from digitrec.reader import read
from digitrec.squares import squares

PEN, LINE = 9, 3  # pixels
HEIGHT, WIDTH = 200, 260


def lined(pitch: int, slope: float = 0.0, ways: str = "level upright") -> Mask:
    """Paper with lines that fall by `slope` a column, and nothing written on it."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    away = {"level": y - slope * x, "upright": x + slope * y}
    lines = [np.mod(away[way] + pitch / 3, pitch) < LINE for way in ways.split()]
    return np.any(lines, axis=0).astype(np.uint8)


def stroke(mask: Mask, *points: tuple[int, int]) -> Mask:
    drawn = mask.copy()
    cv2.polylines(drawn, [np.array(points)], isClosed=False, color=1, thickness=PEN)
    return drawn


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.09])
def test_lines_are_found_whatever_is_written_on_them(slope: float) -> None:
    paper = lined(60, slope)
    written = stroke(paper, (100, 40), (160, 40), (106, 160))  # a 7, a line right beneath its bar
    found = squares(written, LINE, (slope, -slope))
    assert found
    rest = found.without(written, LINE)
    digit = stroke(np.zeros_like(paper), (100, 40), (160, 40), (106, 160))
    assert rest[digit > 0].mean() > 0.95
    assert rest[digit == 0].sum() < 0.06 * paper.sum()


def test_one_line_each_way_is_enough_where_it_is_thinner_than_the_pen() -> None:
    paper = np.zeros((HEIGHT, WIDTH), np.uint8)
    paper[100 : 100 + LINE], paper[:, 130 : 130 + LINE] = 1, 1
    found = squares(stroke(paper, (100, 40), (160, 40), (106, 160)), LINE, (0.0, 0.0))
    assert found
    assert (len(found.level), len(found.upright)) == (1, 1)
    assert found.long == np.inf  # how far apart its lines are is not known


@pytest.mark.parametrize("way", ["level", "upright"])
def test_paper_with_lines_one_way_is_not_squared(way: str) -> None:
    written = stroke(lined(60, ways=way), (100, 40), (160, 40), (106, 160))
    assert squares(written, LINE, (0.0, 0.0)) is None


def test_a_four_that_fills_its_crop_is_no_line() -> None:
    blank = np.zeros((HEIGHT, WIDTH), np.uint8)
    bar, stem = [(0, 130), (WIDTH, 130)], [(170, 0), (170, HEIGHT)]
    four = stroke(stroke(stroke(blank, *bar), *stem), (100, 0), (0, 130))
    assert squares(four, PEN, (0.0, 0.0)) is None


def test_edges_of_a_cell_at_the_frame_are_left_to_others() -> None:
    cell = np.zeros((HEIGHT, WIDTH), np.uint8)
    cell[4 : 4 + LINE], cell[:, 6 : 6 + LINE] = 1, 1
    written = stroke(cell, (100, 40), (160, 40), (106, 160))
    assert squares(written, LINE, (0.0, 0.0)) is None


def squared_crop(text: str, seed: int) -> NDArray[np.uint8]:
    """A number on paper with strong lines, cropped so closely that they cross the picture."""
    written = page([[text]], seed, hand=Hand("black", gap=0.2), height=70)
    boxes = np.array(written.numbers[0].boxes)
    (left, top), (right, bottom) = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
    photo = written.pixels[top - 24 : bottom + 24, left - 24 : right + 24].astype(np.float32)
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]]
    lines = ((y + 0.03 * x + seed) % 47 < 2) | ((x - 0.03 * y + 2 * seed) % 47 < 2)
    photo[lines] *= (0.55, 0.65, 0.85)
    return cv2.GaussianBlur(photo, (0, 0), 0.7).astype(np.uint8)


@pytest.mark.parametrize(
    ("text", "seed"), [("6", 12), ("0", 1), ("9", 6), ("2", 3), ("1", 1), ("3", 3)]
)
def test_a_number_cropped_from_squared_paper_is_read(text: str, seed: int) -> None:
    assert read(squared_crop(text, seed)).text == text
