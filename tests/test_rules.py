from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from digitrec.brackets import brackets
from digitrec.masks import Mask
from digitrec.rings import rings
from digitrec.rules import without_rules
from digitrec.segment import find_lines
from digitrec.slashes import slashes


def page(*lines: tuple[tuple[int, int], tuple[int, int]], digit: bool = True) -> np.ndarray:
    ink = np.zeros((200, 400), np.float32)
    if digit:
        cv2.ellipse(ink, (200, 100), (24, 40), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    for start, stop in lines:
        cv2.line(ink, start, stop, 1.0, 3, cv2.LINE_AA)
    return ink


@pytest.mark.parametrize("rise", [0, 6, -8, 30, -60])
def test_ruled_lines_are_taken_out(rise: int) -> None:
    ruled = page(*(((0, y - rise // 2), (399, y + rise // 2)) for y in (35, 165)))
    assert np.abs(without_rules(ruled)[0] - page()).sum() < 0.02 * ruled.sum()


def test_rules_of_a_page_that_does_not_lie_flat_are_taken_out() -> None:
    x = np.arange(800)
    ruled, digit = np.zeros((2, 300, 800), np.float32)
    cv2.ellipse(digit, (400, 180), (24, 40), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    for y in (110, 290):
        bowed = np.stack([x, y - 60 * np.sin(np.pi * x / 800)], 1).astype(np.int32)
        cv2.polylines(ruled, [bowed], isClosed=False, color=1.0, thickness=2)
    cleaned = without_rules(np.maximum(ruled, digit))[0]
    assert np.abs(cleaned - digit).sum() < 0.02 * ruled.sum()


@pytest.mark.parametrize("slope", [0.1, -0.14])
def test_the_rules_of_squared_paper_at_a_slope_are_taken_out(slope: float) -> None:
    squared, digits = np.zeros((2, 300, 600), np.float32)
    for x in (150, 250, 350, 450):  # so large that few squares are left whole
        cv2.ellipse(digits, (x, 160), (30, 45), 0, 0, 360, 1.0, 7, cv2.LINE_AA)
    for at in range(-90, 700, 50):
        rise = round(300 * slope)
        cv2.line(squared, (0, at + rise), (599, at - rise), 1.0, 2)
        cv2.line(squared, (at - rise // 2, 0), (at + rise // 2, 299), 1.0, 2)
    cleaned = without_rules(np.maximum(squared, digits))[0]
    assert cleaned[digits > 0.5].mean() > 0.95
    stats = cv2.connectedComponentsWithStats((cleaned > 0.3).astype(np.uint8))[2]
    assert stats[1:, cv2.CC_STAT_HEIGHT].max() < 120


@pytest.mark.parametrize("slope", [0.12, -0.15])
def test_the_lines_of_a_tilted_cell_that_the_frame_cuts_are_taken_out(slope: float) -> None:
    cell = page()
    for x, y, along, up in ((200, 30, 1, slope), (200, 170, 1, slope), (90, 100, -slope, 1)):
        ends = [(round(x + t * along), round(y + t * up)) for t in (-400, 400)]
        cv2.line(cell, *ends, 1.0, 3, cv2.LINE_AA)
    cleaned, form, _ = without_rules(cell)
    assert cleaned[page() > 0.5].mean() > 0.95
    stats = cv2.connectedComponentsWithStats((cleaned > 0.3).astype(np.uint8))[2]
    assert np.count_nonzero(stats[1:, cv2.CC_STAT_HEIGHT] > 20) == 1
    assert form[(cell > 0.5) & (page() == 0)].mean() > 0.9


def test_the_strokes_that_cross_a_rule_stay() -> None:
    cleaned = without_rules(page(((0, 100), (399, 100))))[0]
    assert cleaned[:, :170].sum() == 0
    assert cleaned[:, 230:].sum() == 0
    assert cleaned.sum() > 0.95 * page().sum()


def test_a_box_is_taken_out() -> None:
    sides = [((0, 20), (399, 20)), ((0, 180), (399, 180)), ((120, 20), (120, 180))]
    boxed = page(*sides, ((280, 20), (280, 180)))
    cleaned = without_rules(boxed)[0]
    assert cleaned[:, :160].sum() < 0.02 * boxed.sum()
    assert cleaned[60:140, 170:230].sum() > 0.9 * page().sum()


def test_the_rules_of_a_large_picture_are_found_in_a_smaller_one() -> None:
    sides = [((0, 20), (399, 20)), ((0, 180), (399, 180)), ((120, 20), (120, 180))]
    boxed, digit = (
        cv2.resize(small, None, fx=10, fy=10, interpolation=cv2.INTER_CUBIC).clip(0, 1)
        for small in (page(*sides, ((280, 20), (280, 180))), page())
    )
    cleaned, form, _ = without_rules(boxed)
    assert form.shape == boxed.shape
    assert cleaned[:, :1600].sum() < 0.02 * boxed.sum()
    assert np.array_equal(cleaned[500:1500, 1600:2400], digit[500:1500, 1600:2400])
    assert np.array_equal(without_rules(digit)[0], digit)


@pytest.mark.parametrize("lean", [0, 3, 6])
def test_nothing_is_left_of_a_table_of_any_slope(lean: int) -> None:
    table = page()
    for y in (20, 100, 180):
        cv2.line(table, (20, y + lean), (380, y - lean), 1.0, 3, cv2.LINE_AA)
    for x in (20, 140, 380):
        slope = lean * (200 - x) // 180
        cv2.line(table, (x - lean // 2, 20 + slope), (x + lean // 2, 180 + slope), 1.0, 3)
    cleaned = without_rules(table)[0]
    assert (cleaned[:, :170] > 0.4).sum() + (cleaned[:, 230:] > 0.4).sum() < 20


def test_the_outer_line_of_a_double_box_is_taken_out_too() -> None:
    near, far = [(120, 20), (280, 20), (280, 180), (120, 180)], (9, 9)
    boxed = page()
    for away in ((0, 0), far):
        corners = np.add(near, away)
        cv2.polylines(boxed, [corners], isClosed=True, color=1.0, thickness=3)
    cleaned = without_rules(boxed)[0]
    assert cleaned[:, :160].sum() + cleaned[:, 240:].sum() < 0.02 * boxed.sum()
    assert cleaned[60:140, 170:230].sum() > 0.9 * page().sum()


@pytest.mark.parametrize("middle", [(150, 72), (158, 72), (150, 100)])
def test_a_double_box_whose_corners_are_open_is_taken_out(middle: tuple[int, int]) -> None:
    digit, boxed = np.zeros((2, 200, 400), np.float32)
    cv2.ellipse(digit, middle, (38, 45), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    for away in (0, 7):
        for x in (110 + away, 220 + away):
            cv2.line(boxed, (x, 20), (x, 180), 1.0, 3)
        for y in (20 + away, 180 + away):
            cv2.line(boxed, (110, y), (220, y), 1.0, 3)
    cleaned = without_rules(np.maximum(digit, boxed))[0]
    assert cleaned[digit > 0.5].mean() > 0.85
    assert cleaned[:, 205:].sum() + cleaned[155:].sum() < 0.01 * boxed.sum()


def test_boxes_with_a_gap_in_a_rule_are_taken_out() -> None:
    digit, boxed = np.zeros((2, 200, 400), np.float32)
    cv2.ellipse(digit, (160, 100), (40, 45), 0, 0, 360, 1.0, 7, cv2.LINE_AA)
    for left in (119, 200):
        cv2.rectangle(boxed, (left, 20), (left + 81, 180), 1.0, 3)
    boxed[:40, 220:242] = 0
    cleaned = without_rules(np.maximum(digit, boxed))[0]
    assert cleaned[digit > 0.5].mean() > 0.9
    assert cleaned[:, 210:].sum() + cleaned[:45].sum() < 0.01 * boxed.sum()


def test_a_digit_across_the_edge_of_its_box_stays_whole() -> None:
    digit = np.zeros((200, 400), np.float32)
    cv2.ellipse(digit, (240, 100), (24, 40), 0, 0, 360, 1.0, 9, cv2.LINE_AA)
    boxes = np.zeros_like(digit)
    for left in (60, 160, 260):
        cv2.rectangle(boxes, (left, 40), (left + 100, 160), 1.0, 2)
    cleaned = without_rules(np.maximum(digit, boxes))[0]
    assert cleaned[digit > 0.5].mean() > 0.95
    assert (cleaned[digit == 0] > 0).mean() < 0.002


@pytest.mark.parametrize("slope", [0.07, -0.14, 0.2])
def test_a_sloping_box_whose_walls_a_digit_touches_is_taken_out(slope: float) -> None:
    digit = np.zeros((240, 400), np.float32)
    cv2.ellipse(digit, (200, 120), (40, 78), 0, 0, 360, 1.0, 7, cv2.LINE_AA)
    boxed, turn = digit.copy(), np.array([(1, slope), (-slope, 1)])
    for x in (-119, -41, 41):
        box = np.array([(x, -80), (x + 78, -80), (x + 78, 80), (x, 80)])
        corners = np.rint(box @ turn + (200, 120)).astype(int)
        cv2.polylines(boxed, [corners], isClosed=True, color=1.0, thickness=2)
    cleaned = without_rules(boxed)[0]
    assert cleaned[digit > 0.5].mean() > 0.9
    assert cleaned[:, :150].sum() + cleaned[:, 250:].sum() < 0.01 * boxed.sum()


def test_the_base_of_a_two_that_lies_on_a_rule_stays() -> None:
    two = np.zeros((300, 600), np.float32)
    points = np.add([(8, 30), (30, 6), (66, 20), (50, 60), (2, 110), (78, 110)], (250, 100))
    cv2.polylines(two, [points], isClosed=False, color=1.0, thickness=8)
    ruled = two.copy()
    for level in (110, 210):
        cv2.line(ruled, (0, level), (599, level), 1.0, 2)
    cleaned = without_rules(ruled)[0]
    assert cleaned[two > 0.5].mean() > 0.95
    assert cleaned[:, :240].sum() == cleaned[:, 345:].sum() == 0


def test_the_rules_along_a_crop_are_taken_out() -> None:
    cropped = page(((0, 0), (399, 0)), ((0, 198), (399, 198)))
    assert np.abs(without_rules(cropped)[0] - page()).sum() < 0.02 * cropped.sum()


@pytest.mark.parametrize("x", [250, 205])
def test_a_fold_from_edge_to_edge_is_taken_out_beside_and_across_a_digit(x: int) -> None:
    folded = page(((x, 0), (x + 4, 199)))
    cleaned = without_rules(folded)[0]
    rows = np.r_[0:50, 150:200]
    assert cleaned[rows].sum() < 0.05 * folded[rows].sum()
    assert cleaned[50:150, 170:230].sum() > 0.9 * page().sum()


def test_a_one_from_edge_to_edge_beside_another_digit_is_no_fold() -> None:
    ink = page(((200, 0), (203, 199)), digit=False)[:, 150:350]
    cv2.ellipse(ink, (130, 100), (40, 94), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    np.testing.assert_array_equal(without_rules(ink)[0], ink)


def test_a_one_is_not_a_rule() -> None:
    one = page(((200, 4), (200, 196)), digit=False)
    assert np.array_equal(without_rules(one)[0], one)
    close = one[4:196, 190:210]
    assert np.array_equal(without_rules(close)[0], close)


def test_the_base_of_a_two_in_a_close_crop_is_not_a_rule() -> None:
    two = np.zeros((120, 80), np.float32)
    points = [(8, 30), (30, 6), (66, 20), (50, 60), (2, 112), (78, 112)]
    cv2.polylines(two, [np.array(points)], isClosed=False, color=1.0, thickness=7)
    assert without_rules(two)[0][105:118].sum() > 0.95 * two[105:118].sum()


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 50), st.integers(1, 50)),
        elements=st.floats(0, 1, width=16),
    )
)
def test_only_ink_is_taken_out(ink: np.ndarray) -> None:
    assert (without_rules(ink)[0] <= ink).all()


def ring(mask: Mask) -> None:
    cv2.ellipse(mask, (150, 100), (110, 70), 0, 0, 360, 1, 5)


def pair_of_brackets(mask: Mask) -> None:
    for x, angle in ((75, 180), (225, 0)):
        cv2.ellipse(mask, (x, 100), (18, 50), angle, -90, 90, 1, 5)


def slash(mask: Mask) -> None:
    cv2.line(mask, (168, 50), (134, 150), 1, 5)


@pytest.mark.parametrize(
    ("draw", "place"),
    [(ring, (40, 100)), (pair_of_brackets, (57, 100)), (slash, (151, 100))],
    ids=["ring", "brackets", "slash"],
)
def test_what_is_around_numbers_is_no_mark_of_a_line(
    draw: Callable[[Mask], None], place: tuple[int, int]
) -> None:
    mask = np.zeros((200, 300), np.uint8)
    for x in (105, 195):
        cv2.ellipse(mask, (x, 100), (20, 35), 0, 0, 360, 1, 5)
    digits = mask.copy()
    draw(mask)
    ink, _, around = without_rules(mask.astype(np.float32))
    (line,) = find_lines(ink)
    assert len(line.marks) == 2
    assert (ink[digits > 0] > 0).mean() > 0.98
    assert around[place[1], place[0]]  # what reads a line whole does not see it either


@pytest.mark.parametrize("find", [rings, brackets, slashes])
@given(mask=hnp.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60)),
                       elements=st.integers(0, 1)), stroke=st.floats(0.5, 8))  # fmt: skip
def test_what_is_around_numbers_may_be_looked_for_in_any_mask(
    find: Callable[[Mask, float], Mask], mask: Mask, stroke: float
) -> None:
    found = find(mask, stroke)
    assert found.shape == mask.shape
    assert set(np.unique(found)) <= {0, 1}
