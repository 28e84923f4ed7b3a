"""Turning and cropping: what is seen is the right part of the picture, the right way up."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from benchmarks import synthetic
from digitrec import Photo, load
from digitrec.ui.view import View, turned

QUADRANTS = np.kron(np.array([[10, 80], [150, 220]], np.uint8), np.ones((60, 90), np.uint8))


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def greys(photo: Photo) -> list[list[int]]:
    """The grey of each quadrant's middle."""
    h, w = photo.pixels.shape[:2]
    return [
        [int(photo.pixels[y, x, 0]) for x in (w // 4, 3 * w // 4)] for y in (h // 4, 3 * h // 4)
    ]


def test_the_whole_picture_is_what_load_gives() -> None:
    photo, loaded = View().of(png(QUADRANTS)), load(png(QUADRANTS))
    assert np.array_equal(photo.pixels, loaded.pixels)
    assert (photo.width, photo.height, photo.scale) == (180, 120, 1)


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [(1, [[80, 220], [10, 150]]), (2, [[220, 150], [80, 10]]), (-1, [[150, 10], [220, 80]])],
)
def test_a_quarter_is_anticlockwise(quarters: int, expected: list[list[int]]) -> None:
    photo = View().turned(quarters).of(png(QUADRANTS))
    assert greys(photo) == expected
    assert (photo.width, photo.height) == ((180, 120) if quarters == 2 else (120, 180))


def test_a_part_of_a_part() -> None:
    half = View().cropped((0.5, 0.0, 0.5, 1.0))
    assert greys(half.of(png(QUADRANTS))) == [[80, 80], [220, 220]]
    quarter = half.cropped((0.0, 0.5, 1.0, 0.5)).of(png(QUADRANTS))
    assert greys(quarter) == [[220, 220], [220, 220]]
    assert (quarter.width, quarter.height) == (90, 60)


@given(
    st.tuples(*[st.floats(0, 0.7)] * 2, *[st.floats(0.05, 0.3)] * 2),
    st.integers(-5, 5),
)
def test_turning_a_part_shows_the_same_part(
    part: tuple[float, float, float, float], quarters: int
) -> None:
    rng = np.random.default_rng(0)
    picture = png(rng.integers(0, 255, (100, 100), np.uint8))
    first = View().cropped(part).of(picture).pixels
    then = View().cropped(part).turned(quarters).of(picture).pixels
    again = np.rot90(first, quarters)
    assert np.abs(np.subtract(again.shape, then.shape)).max() <= 1  # an edge may be rounded off
    h, w = (min(pair) for pair in zip(again.shape[:2], then.shape[:2], strict=True))
    shifts = [
        np.array_equal(again[a : a + h - 1, b : b + w - 1], then[c : c + h - 1, d : d + w - 1])
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for d in (0, 1)
    ]
    assert any(shifts)


def test_four_quarters_are_none() -> None:
    view = View().cropped((0.1, 0.2, 0.3, 0.4))
    assert view.turned(4) == view
    assert view.turned(1).turned(-1).crop == pytest.approx(view.crop)


def test_a_small_part_has_more_detail_than_the_whole() -> None:
    large = np.asarray(Image.fromarray(synthetic.sheet("7", 1).pixels).resize((3200, 2400)))
    whole, part = (view.of(png(large)) for view in (View(), View().cropped((0.25, 0.25, 0.5, 0.5))))
    assert (whole.scale, part.scale) == (2, 1)
    assert part.pixels.shape[:2] == (1200, 1600)
    assert (part.width, part.height) == (1600, 1200)


@pytest.mark.parametrize("part", [(0.999, 0.999, 0.001, 0.001), (0.5, 0.0, 0.0001, 1.0)])
def test_a_sliver_is_a_pixel_at_least(part: tuple[float, float, float, float]) -> None:
    assert min(View().cropped(part).of(png(QUADRANTS)).pixels.shape) >= 1


def test_a_photo_is_turned_with_its_sides() -> None:
    photo = turned(load(png(QUADRANTS)), 90)
    assert greys(photo) == [[80, 220], [10, 150]]
    assert (photo.width, photo.height) == (120, 180)
    assert turned(photo, 0) is photo
