"""Digits that touch, told apart by the strokes of the pen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec.pieces import join
from digitrec.reader import read
from digitrec.segment import find_lines
from digitrec.strokes import Stroke, inked
from digitrec.styles import STYLES, curve

PEN, SIZE = 12, 160  # pixels: the canvas's default pen, a digit's height
INK, PAPER = np.array((28, 34, 51)), 255


def digit(style: str, left: float, top: float = 70, size: float = SIZE) -> list[Stroke]:
    """A digit in one of our styles, which are 60 wide and 100 high."""
    strokes = []
    for stroke in style.split("|"):
        points = np.array([point.split(",") for point in stroke.lstrip("~").split()], float)
        points = curve(points) if stroke.startswith("~") else points
        strokes.append(Stroke(points * size / 100 + (left, top), PEN))
    return strokes


def covered(strokes: list[Stroke], shape: tuple[int, int] = (300, 860)) -> np.ndarray:
    """How much of each pixel the pen covers, in [0, 1]."""
    cover = np.zeros(shape, np.uint8)
    for stroke in strokes:
        fixed = np.round((stroke.points - 0.5) * 16).astype(np.int32)
        cv2.polylines(cover, [fixed], False, 255, PEN, cv2.LINE_AA, shift=4)  # noqa: FBT003
    return (cover / 255).astype(np.float32)


def picture(strokes: list[Stroke]) -> np.ndarray:
    cover = covered(strokes)[..., None]
    return np.rint(PAPER + cover * (INK - PAPER)).astype(np.uint8)


ZERO, ONE, PLAIN_SEVEN, SEVEN = STYLES[0][0], STYLES[1][0], STYLES[7][0], STYLES[7][1]
FOUR, EIGHT, FIVE = STYLES[4][0], STYLES[8][1], STYLES[5][0]
TOUCHING = {
    "10": digit(ONE, 60) + digit(ZERO, 113),
    "47": digit(FOUR, 60) + digit(SEVEN, 120),
    "44": digit(FOUR, 60) + digit(FOUR, 135),
    "80": digit(EIGHT, 60) + digit(ZERO, 130),
    "57": digit(FIVE, 60) + digit(SEVEN, 125),
}
APART = {
    "4": digit(FOUR, 60),
    "8": digit(EIGHT, 60),
    "57": digit(FIVE, 60) + digit(SEVEN, 200),
    "1047": digit(ONE, 40) + digit(ZERO, 130) + digit(FOUR, 280) + digit(SEVEN, 420),
}


@pytest.mark.parametrize("text", TOUCHING)
def test_digits_that_touch_are_told_apart_by_their_strokes(text: str) -> None:
    strokes = TOUCHING[text]
    assert read(picture(strokes)).text != text  # or the strokes are worth nothing here
    reading = read(picture(strokes), strokes=strokes)
    assert reading.text == text
    assert not reading.refused


@pytest.mark.parametrize("text", APART)
def test_digits_apart_are_read_as_before(text: str) -> None:
    strokes = APART[text]
    alone, known = read(picture(strokes)), read(picture(strokes), strokes=strokes)
    assert alone.text == known.text == text
    boxes = [[d.box for n in reading.numbers for d in n.digits] for reading in (alone, known)]
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize("share", [0.44, 0.46, 0.48, 0.5, 0.52, 0.54])
def test_no_stroke_of_a_digit_is_left_out_for_another_to_read_well(share: float) -> None:
    """A 4 whose top is half closed by a third stroke, without which its stem alone is a 1."""
    parts = [
        [(10, 5), (5, 40), (50, 45)],
        [(45, 2), (50, 100)],
        [(10, 5), (10 + 35 * share, 5 - 3 * share)],
    ]
    strokes = [Stroke(np.array(part) * (1.5, 1.75) + (150, 40), PEN) for part in parts]
    assert read(picture(strokes), strokes=strokes).text in {"4", "9"}


def test_the_order_of_strokes_need_not_be_the_order_of_digits() -> None:
    """The bars of the sevens last, and the second digit before the first."""
    (body, bar), zero = digit(SEVEN, 60), digit(ZERO, 130)
    strokes = [*zero, body, bar]
    assert read(picture(strokes), strokes=strokes).text == "70"
    strokes = [body, *zero, bar]
    assert read(picture(strokes), strokes=strokes).text == "70"


@pytest.mark.parametrize(
    "others",
    [
        digit(ZERO, 500),
        digit(ONE, 90) + digit(ONE, 120),
        [Stroke(np.array([(-500.0, -500.0), (-400.0, -400.0)]), PEN)],
        [Stroke(np.array([(1e4, 1e4)]), PEN)],
    ],
    ids=["elsewhere", "across", "outside", "far away"],
)
def test_strokes_of_another_picture_change_nothing(others: list[Stroke]) -> None:
    pixels = picture(TOUCHING["47"])
    alone, told = read(pixels), read(pixels, strokes=others)
    assert alone.text == told.text
    assert [n.box for n in alone.numbers] == [n.box for n in told.numbers]


def test_some_of_the_strokes_change_nothing() -> None:
    """As where one was drawn since, or taken back, and the picture is from before."""
    pixels = picture(TOUCHING["47"])
    assert read(pixels, strokes=TOUCHING["47"][:-2]).text == read(pixels).text


def test_each_stroke_has_its_ink() -> None:
    strokes = digit(FOUR, 60)
    ink = covered(strokes)
    pieces = inked(strokes, ink)
    assert len(pieces) == 2
    assert join(pieces).ink.sum() == pytest.approx(ink.sum(), rel=0.01)
    for piece, stroke in zip(pieces, strokes, strict=True):
        alone = covered([stroke])
        assert piece.ink.sum() == pytest.approx(alone.sum(), rel=0.1)
        assert piece.ink.shape == (piece.box[3], piece.box[2])


def test_a_dot_has_its_ink() -> None:
    dot = [Stroke(np.array([(40.0, 50.0)]), PEN)]
    (piece,) = inked(dot, covered([Stroke(np.repeat(dot[0].points, 2, axis=0), PEN)]))
    assert piece.box == pytest.approx((34, 44, 12, 12), abs=2)


def test_marks_of_a_stroke_each_are_divided_no_further() -> None:
    strokes = digit(ONE, 60) + digit(ZERO, 200)
    ink = covered(strokes)
    (line,) = find_lines(ink, inked(strokes, ink))
    assert line.strokes is None


def test_a_division_by_strokes_shares_the_places_between_marks() -> None:
    """A 1, then a 4 and a 7 that touch: the strokes divide the second mark alone."""
    strokes = digit(ONE, 60) + digit(FOUR, 180) + digit(PLAIN_SEVEN, 240)
    ink = covered(strokes)
    (line,) = find_lines(ink, inked(strokes, ink))
    found = line.strokes
    assert found is not None
    assert [piece.middle for piece in found.pieces] == sorted(p.middle for p in found.pieces)
    assert len(found.pieces) == 4
    assert found.places[:2] == (0.0, 1.0)
    assert found.places[-1] == len(line.marks)
    assert all(1 < place < 2 for place in found.places[2:-1])
    assert sum(found.weights) == pytest.approx(sum(map(line.weight, line.marks)))
    by_marks = line.division.candidates(line.height)
    known = {(each.start, each.end) for each in by_marks}
    assert len(line.candidates()) == len({(c.start, c.end) for c in line.candidates()})
    assert known < {(c.start, c.end) for c in line.candidates()}
