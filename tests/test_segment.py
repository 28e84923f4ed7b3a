from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from digitrec import segment
from digitrec.pieces import MOST_JOINED, Piece, join
from digitrec.segment import find_lines


def rings(*centres: tuple[int, int], shape: tuple[int, int] = (300, 500)) -> np.ndarray:
    ink = np.zeros(shape, np.float32)
    for centre in centres:
        cv2.ellipse(ink, centre, (18, 28), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    return ink


def test_no_ink_has_no_lines() -> None:
    assert find_lines(np.zeros((40, 40), np.float32)) == []


def test_marks_come_from_left_to_right() -> None:
    (line,) = find_lines(rings((300, 100), (80, 104), (190, 96)))
    assert [round(m.left + m.box[2] / 2) for m in line.marks] == pytest.approx(
        [80, 190, 300], abs=2
    )
    assert line.height == pytest.approx(62, abs=6)


def test_lines_come_from_top_to_bottom() -> None:
    lines = find_lines(rings((80, 230), (160, 226), (90, 70), (170, 76), (250, 80)))
    assert [len(line.marks) for line in lines] == [3, 2]


def test_a_slanting_line_is_one_line() -> None:
    (line,) = find_lines(rings(*((60 + 80 * i, 60 + 18 * i) for i in range(5))))
    assert len(line.marks) == 5


@pytest.mark.parametrize("degrees", [-12, -7, 7, 12])
def test_lines_of_numbers_far_apart_on_a_turned_page(degrees: int) -> None:
    level = [(x, y) for y in (200, 290, 380) for x in (60, 110, 420, 470, 800)]
    turn = cv2.getRotationMatrix2D((430, 290), -degrees, 1.0)
    places = np.rint(np.array(level) @ turn[:, :2].T + turn[:, 2]).astype(int)
    lines = find_lines(rings(*map(tuple, places.tolist()), shape=(580, 860)))
    found = [[(m.left + m.right) / 2 for m in line.marks] for line in lines]
    expected = [sorted(places[i : i + 5, 0].tolist()) for i in (0, 5, 10)]
    for row, columns in zip(found, expected, strict=True):
        assert row == pytest.approx(columns, abs=2)


def test_specks_are_not_marks() -> None:
    ink = rings((200, 150))
    ink[20:23, 30:33] = 1
    (line,) = find_lines(ink)
    assert len(line.marks) == 1


def test_a_small_mark_between_two_lines_is_of_the_nearer_alone() -> None:
    ink = np.zeros((200, 300), np.float32)
    for x in (60, 100, 140):
        ink[20:80, x : x + 20] = 1
        ink[108:168, x : x + 20] = 1
    ink[92:102, 85:95] = 1  # within reach of both, 12 below the one and 6 above the other
    upper, lower = find_lines(ink)
    assert [len(line.marks) for line in (upper, lower)] == [3, 4]


def test_marks_are_compared_with_all_others_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ink = np.zeros((400, 600), np.float32)
    for y in range(10, 390, 20):
        for x in range(10, 590, 16):
            ink[y : y + 12, x : x + 5] = 1
            ink[y : y + 3, x + 9 : x + 12] = 1
    compared: list[int] = []
    apart = segment._apart

    def counted(mark: Any, others: Any) -> Any:
        found = apart(mark, others)
        compared.append(np.size(found))
        return found

    monkeypatch.setattr(segment, "_apart", counted)
    lines = find_lines(ink)
    marks = sum(len(line.marks) for line in lines)
    assert marks > 1000
    assert len(compared) < 3 * marks
    assert max(compared) <= marks


@given(st.lists(st.tuples(*[st.integers(0, 150)] * 2, *[st.integers(3, 30)] * 2), max_size=25))
def test_the_rows_are_those_that_comparing_one_by_one_gives(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    marks = [Piece(box, np.ones(box[:1:-1], np.float32)) for box in boxes]
    at_once = segment._rows(marks, 20.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "AT_ONCE", 1)
        assert segment._rows(marks, 20.0) == at_once


def test_the_page_edge_is_not_a_mark() -> None:
    ink = rings((200, 150))
    ink[:, :6] = 1
    (line,) = find_lines(ink)
    assert len(line.marks) == 1


def test_what_the_frame_leaves_of_a_rule_is_not_a_mark_and_a_one_at_the_frame_is() -> None:
    rule, one = np.zeros((2, 60, 60), np.float32)
    for ink in (rule, one):
        cv2.ellipse(ink, (25, 30), (6, 10), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    cv2.line(rule, (55, 20), (59, 33), 1.0, 1, cv2.LINE_AA)
    cv2.line(one, (57, 20), (50, 40), 1.0, 4, cv2.LINE_AA)
    assert [len(line.marks) for line in find_lines(rule)] == [1]
    assert [len(line.marks) for line in find_lines(one)] == [2]


def test_the_edge_of_a_desk_across_the_picture_is_not_a_mark() -> None:
    ink = rings((100, 60), (180, 60), (100, 160), (180, 160), (260, 160))
    cv2.line(ink, (499, 0), (380, 299), 1.0, 3, cv2.LINE_AA)
    lines = find_lines(ink)
    assert [len(line.marks) for line in lines] == [2, 3]


def test_the_edge_of_a_sheet_does_not_make_one_line_of_its_lines() -> None:
    ink = rings((100, 60), (180, 60), (100, 160), (180, 160), (260, 160))
    cv2.line(ink, (40, 290), (44, 20), 1.0, 3)
    assert [len(line.marks) for line in find_lines(ink)] == [2, 3]
    lone = rings((100, 60), (180, 60))
    cv2.line(lone, (300, 20), (300, 280), 1.0, 5)
    assert sum(len(line.marks) for line in find_lines(lone)) == 3  # among so few it may be a one


def test_a_digit_far_taller_than_many_is_a_line_of_its_own() -> None:
    ink = rings((60, 60), (130, 60), (60, 160), (130, 160), (60, 260), (130, 260))
    cv2.ellipse(ink, (300, 160), (60, 110), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    assert [len(line.marks) for line in find_lines(ink)] == [2, 2, 1, 2]


def test_a_digit_that_fills_the_picture_is_a_mark() -> None:
    ink = rings((22, 32), shape=(64, 44))
    (line,) = find_lines(ink)
    assert line.marks[0].box[2] > 36


def test_stripes_across_the_picture_are_no_marks() -> None:
    ink = np.zeros((300, 500), np.float32)
    for x in range(20, 500, 25):
        cv2.line(ink, (x, 0), (x + 180, 300), 1.0, 6, cv2.LINE_AA)
    marks = [mark for line in find_lines(ink) for mark in line.marks]
    assert all(mark.box[2] * mark.box[3] < 0.12 * ink.size for mark in marks)


def test_a_row_of_tall_ones_is_not_stripes() -> None:
    ink = np.zeros((300, 320), np.float32)
    for x in range(20, 320, 30):
        cv2.line(ink, (x, 40 + x % 12), (x, 260 - x % 16), 1.0, 6, cv2.LINE_AA)
    (line,) = find_lines(ink)
    assert len(line.marks) == 10


def test_a_mark_near_another_may_belong_to_it() -> None:
    ink = np.zeros((200, 200), np.float32)
    cv2.polylines(
        ink,
        [np.array([(80, 70), (78, 100), (110, 120), (80, 150)])],
        isClosed=False,
        color=1.0,
        thickness=6,
    )
    cv2.line(ink, (92, 56), (130, 52), 1.0, 6)
    (line,) = find_lines(ink)
    spans = {(c.start, c.end) for c in line.candidates()}
    assert (0, len(line.marks)) in spans


def test_touching_digits_are_cut_and_stay_whole_as_well() -> None:
    (line,) = find_lines(rings((100, 100), (140, 100)))
    assert len(line.marks) > 1
    found = {(c.start, c.end): c for c in line.candidates()}
    whole = found[0, len(line.marks)]
    assert whole.piece.box[2] > 70
    assert whole.unlikely == 0
    assert found[0, 1].unlikely == 1


def test_a_mark_cut_into_many_pieces_may_belong_to_another_as_a_whole() -> None:
    ink = np.zeros((200, 300), np.float32)
    top = np.array([(150, 50), (110, 50), (108, 88)])
    cv2.polylines(ink, [top], isClosed=False, color=1.0, thickness=6)
    base = np.array([(85, 130), (110, 110), (140, 128), (165, 110), (190, 130)])
    cv2.polylines(ink, [base], isClosed=False, color=1.0, thickness=6)
    (line,) = find_lines(ink)
    pieces = len(line.marks)
    assert pieces > MOST_JOINED + 1
    spans = {(c.start, c.end) for c in line.candidates()}
    assert (0, pieces) in spans
    several = {(a, b) for a, b in spans if len(set(line.whole[int(a) : int(b)])) > 1}
    assert all(b - a <= MOST_JOINED for a, b in several - {(0, pieces)})


def test_joined_pieces_keep_their_ink() -> None:
    (line,) = find_lines(rings((100, 100), (200, 110)))
    both = join(line.marks)
    assert both.ink.sum() == pytest.approx(sum(m.ink.sum() for m in line.marks))


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        elements=st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0]),
    )
)
def test_every_mark_lies_in_the_picture(ink: np.ndarray) -> None:
    for line in find_lines(ink):
        assert line.candidates()
        for mark in line.marks:
            assert mark.ink.shape == (mark.box[3], mark.box[2])
            assert 0 <= mark.left < mark.right <= ink.shape[1]
            assert 0 <= mark.top < mark.bottom <= ink.shape[0]
