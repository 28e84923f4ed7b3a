from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchmarks import synthetic
from digitrec.datasets import mnist
from digitrec.preprocess import bounding_box, ink_map, normalise, stroke_width


def drawing(width: int = 12, ink: int = 0, ground: int = 255, side: int = 300) -> np.ndarray:
    """A 7 in the middle of an even ground, (side, side, 3) uint8."""
    page = np.full((side, side, 3), ground, np.uint8)
    points = np.array([(0.35, 0.3), (0.65, 0.3), (0.48, 0.75)]) * side
    cv2.polylines(
        page,
        [points.astype(np.int32)],
        isClosed=False,
        color=(ink,) * 3,
        thickness=width,
        lineType=cv2.LINE_AA,
    )
    return page


def test_mnist_is_framed_as_it_already_is() -> None:
    images = mnist().x_test[:500].astype(np.float32) / 255
    same = [np.abs(normalise(image) - image).max() < 0.2 for image in images]
    assert np.mean(same) > 0.97


@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60),
        elements=st.floats(0, 1, width=16),
    )
)
def test_any_ink_is_framed(ink: np.ndarray) -> None:
    seen = normalise(ink)
    assert seen.shape == (28, 28)
    assert seen.dtype == np.float32
    assert 0 <= seen.min() <= seen.max() <= 1.0001
    assert bool(seen.any()) == (bounding_box(ink) is not None)


@pytest.mark.parametrize("factor", [0.5, 2, 5])
def test_size_makes_no_difference(factor: float) -> None:
    ink = ink_map(drawing(side=400))
    large = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert np.abs(normalise(large) - normalise(ink)).mean() < 0.02


def test_a_fine_pen_does_not_vanish() -> None:
    fine = normalise(ink_map(drawing(width=1, side=1000)))
    thick = normalise(ink_map(drawing(width=40, side=1000)))
    assert (fine > 0.5).sum() > 0.4 * (thick > 0.5).sum()


@pytest.mark.parametrize("width", [2, 5, 10, 20])
def test_stroke_width_is_in_pixels(width: int) -> None:
    page = np.zeros((200, 200), np.float32)
    page[100 : 100 + width, 20:180] = 1
    assert stroke_width(page) == pytest.approx(width, rel=0.2)


def test_stroke_width_without_ink_is_nothing() -> None:
    assert stroke_width(np.zeros((5, 5), np.float32)) == 0


def test_both_polarities_give_the_same_ink() -> None:
    page = drawing()
    assert np.abs(ink_map(page) - ink_map(255 - page)).max() < 0.05


@pytest.mark.parametrize("colour", [(220, 30, 30), (30, 30, 200), (240, 220, 20), (20, 140, 60)])
def test_ink_of_any_colour_is_found(colour: tuple[int, int, int]) -> None:
    page = drawing()
    coloured = np.where(page < 128, np.array(colour, np.uint8), np.uint8(255))
    found = ink_map(coloured) > 0.5
    expected = page[..., 0] < 128
    assert (found == expected).mean() > 0.99


def test_faint_pencil_under_a_hard_shadow_is_found() -> None:
    rng = np.random.default_rng(0)
    page = drawing(width=6, ink=190, ground=225, side=500).astype(np.float32)
    strokes = page[..., 0] < 210
    page[:, 240:] *= 0.55  # half the page lies in shadow
    photo = np.clip(page + rng.normal(0, 2, page.shape), 0, 255).astype(np.uint8)
    found = ink_map(photo) > 0.5
    assert found[strokes].mean() > 0.8
    assert found[~cv2.dilate(strokes.astype(np.uint8), np.ones((9, 9))).astype(bool)].mean() < 0.005


@pytest.mark.parametrize(("width", "darkest"), [(20, 0.5), (60, 0.5), (80, 0.25)])
def test_a_thick_pen_in_uneven_light_is_ink(width: int, darkest: float) -> None:
    page = drawing(width=width, side=600)
    light = np.linspace(0.9, darkest, 600)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 3, page.shape)
    found = ink_map(np.clip(page * light + 20 * light + noise, 0, 255).astype(np.uint8)) > 0.5
    assert found[page[..., 0] < 128].mean() > 0.9
    assert found[page[..., 0] > 128].mean() < 0.02


@pytest.mark.parametrize(("channels", "size"), [(3, 0), (1, 3)], ids=["in colour", "enlarged"])
def test_grain_is_no_ink(channels: int, size: int) -> None:
    page = drawing(width=14, ink=110, ground=200, side=420)
    grain = np.random.default_rng(0).normal(0, 20, (420, 420, channels))
    if size:
        grain = 2 * size * cv2.GaussianBlur(grain, (0, 0), size)[..., None]
    found = ink_map(np.clip(page + grain, 0, 255).astype(np.uint8)) > 0.5
    strokes = page[..., 0] < 128
    assert found[strokes].mean() > 0.7
    assert found[~strokes].mean() < 0.02


@pytest.mark.parametrize(("ink", "printed"), [(20, 0.3), (20, 0.5), (60, 0.2), (110, 0.2)])
def test_a_line_of_digits_on_a_printed_ground_is_ink(ink: int, printed: float) -> None:
    cover = np.zeros((50, 150), np.uint8)
    for i, digit in enumerate("38592"):
        place = (6 + 28 * i, 42)
        cv2.putText(cover, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 3, cv2.LINE_AA)
    y, x = np.mgrid[:50, :150]
    waves = np.sin(2 * np.pi * (y + 3 * np.sin(x / 9)) / 4) > 0.3
    page = 200 * (1 - printed * waves)
    page += (ink - page) * (cover / 255) + np.random.default_rng(0).normal(0, 5, page.shape)
    photo = cv2.GaussianBlur(np.clip(page, 0, 255), (0, 0), 0.7)[..., None].repeat(3, 2)
    found = ink_map(photo.astype(np.uint8)) > 0.5
    assert found[cover > 127].mean() > 0.7
    assert found[cover < 127].mean() < 0.1


def test_a_mark_far_thicker_than_the_others_is_not_hollow() -> None:
    page = np.full((600, 1000, 3), (226, 222, 150), np.float32)
    for x in range(100, 700, 60):
        for y in (60, 190, 320):
            cv2.line(page, (x, y), (x + 20, y + 90), (112, 112, 112), 6, cv2.LINE_AA)
    cv2.ellipse(page, (800, 300), (14, 48), 0, 0, 360, (112, 112, 112), cv2.FILLED, cv2.LINE_AA)
    page *= np.linspace(0.6, 1, 1000)[None, :, None]
    grain = np.random.default_rng(0).normal(0, 2, page.shape)
    ink = ink_map(np.clip(page + grain, 0, 255).astype(np.uint8))
    assert ink[280:320, 792:808].min() > 0.7
    assert ink[:, 840:].max() == 0


@pytest.mark.parametrize(("desk", "ink"), [(60, 90), (120, 90), (245, 90), (245, 245), (20, 245)])
def test_ink_is_found_on_a_sheet_and_not_on_its_desk(desk: int, ink: int) -> None:
    grain = np.random.default_rng(0).normal(0, 6, (600, 800, 1))
    photo = np.clip(desk + grain, 0, 255).astype(np.uint8) * np.ones(3, np.uint8)
    sheet = drawing(width=8, ink=ink, ground=190 if ink < 128 else 60)
    photo[160:460, 270:570] = sheet
    found = ink_map(photo) > 0.5
    strokes = np.zeros_like(found)
    strokes[160:460, 270:570] = np.abs(sheet[..., 0].astype(int) - ink) < 30
    assert found[strokes].mean() > 0.9
    assert found[~strokes].mean() < 0.01


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(2, 2), (1, 50), (300, 200)])
def test_an_empty_page_has_no_ink(level: int, shape: tuple[int, int]) -> None:
    assert not ink_map(np.full((*shape, 3), level, np.uint8)).any()


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_picture_has_an_ink_map(pixels: np.ndarray) -> None:
    ink = ink_map(pixels)
    assert ink.shape == pixels.shape[:2]
    assert ink.dtype == np.float32
    assert 0 <= ink.min() <= ink.max() <= 1


@pytest.mark.parametrize("radius", [35, 50])
def test_the_rim_of_a_solid_area_is_no_ink(radius: int) -> None:
    page = synthetic.sheet("407", 1).pixels
    page = cv2.copyMakeBorder(page, 150, 0, 0, 0, cv2.BORDER_REPLICATE)
    cv2.circle(page, (90, 80), radius, (30, 110, 60), -1, cv2.LINE_AA)
    ink = ink_map(page)
    assert not (ink[:150] > 0.3).any()
    assert (ink[150:] > 0.3).sum() > 5000


def shaded(page: np.ndarray, top: int) -> np.ndarray:
    """A page that is in a hard shadow from a row on."""
    light = np.where(np.arange(len(page)) < top, 1.0, 0.45)[:, None, None]
    return (page * cv2.GaussianBlur(light, (0, 0), 1)[..., None]).astype(np.uint8)


@pytest.mark.parametrize("top", [174, 182])
def test_a_six_whose_loop_is_in_a_hard_shadow_is_no_solid_area(top: int) -> None:
    page = np.full((300, 200, 3), 240, np.uint8)
    cv2.ellipse(page, (100, 210), (45, 45), 0, 0, 360, (60,) * 3, 6, cv2.LINE_AA)
    cv2.line(page, (120, 20), (58, 195), (60,) * 3, 6, cv2.LINE_AA)
    ink = page[..., 0] < 100
    assert (ink_map(shaded(page, top)) > 0.3)[ink].mean() > 0.95


def test_a_shadow_in_a_cell_whose_lines_are_at_the_frame_does_not_make_light_ink() -> None:
    page = np.full((260, 200, 3), 240, np.uint8)
    cv2.polylines(page, [np.array([(70, 90), (130, 90), (95, 180)])], False, (60,) * 3, 8)  # noqa: FBT003
    ink = page[..., 0] < 100
    cv2.rectangle(page, (0, 0), (199, 259), (120,) * 3, 6)
    assert (ink_map(shaded(page, 120)) > 0.3)[ink].mean() > 0.95
