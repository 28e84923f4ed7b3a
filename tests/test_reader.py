from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import synthetic
from digitrec import reader
from digitrec.datasets import mnist
from digitrec.images import load
from digitrec.reader import read
from digitrec.reading import NOT_DIGIT, Mark, Reading, Refusal
from digitrec.runtime import ModelError
from digitrec.strokes import Stroke
from digitrec.styles import IN_LINES, draw, written


def seven(side: int = 400) -> np.ndarray:
    strokes = [np.array([(0.35, 0.3), (0.65, 0.3), (0.48, 0.75)]) * side]
    ink = draw(strokes, max(2, side // 33), side)
    return np.repeat((255 - 255 * ink).astype(np.uint8)[..., None], 3, axis=2)


def test_a_drawn_digit() -> None:
    reading = read(seven())
    assert reading.text == "7"
    (number,) = reading.numbers
    (digit,) = number.digits
    assert digit.confidence > 0.9
    assert digit.alternatives[0] == (7, digit.confidence)
    assert len(digit.alternatives) == 3
    assert digit.ink.shape == (28, 28)
    assert digit.box == pytest.approx((134, 114, 132, 192), abs=8)


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("side", [28, 600])
def test_an_empty_page_has_no_answer(value: int, side: int) -> None:
    reading = read(np.full((side, side, 3), value, np.uint8))
    assert reading.text == ""
    assert reading.numbers == reading.refused == ()


def test_what_is_not_a_digit_is_refused() -> None:
    strokes = [np.array([(60, 200), (340, 200)]), np.array([(200, 60), (200, 340)])]
    page = np.repeat((255 - 255 * draw(strokes, 14, 400)).astype(np.uint8)[..., None], 3, axis=2)
    reading = read(page)
    assert reading.text == ""
    (refusal,) = reading.refused
    assert refusal.reason == "not a digit"
    assert refusal.box == pytest.approx((52, 52, 296, 296), abs=8)


def test_a_dash_by_itself_is_refused_and_left_out_beside_a_number() -> None:
    paper = np.full((300, 860, 3), 255, np.uint8)
    cv2.line(paper, (400, 150), (800, 155), (28, 34, 50), 12, cv2.LINE_AA)
    alone = read(paper)
    assert not alone.numbers
    assert len(alone.refused) == 1
    cv2.line(paper, (200, 50), (190, 250), (28, 34, 50), 12, cv2.LINE_AA)
    beside = read(paper)
    assert beside.text == "1"
    assert not beside.refused


@pytest.mark.parametrize("font", [cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SIMPLEX])
@pytest.mark.parametrize("words", ["Number of pages", "Maths and Science", "the quick brown fox"])
def test_printed_words_are_no_numbers(words: str, font: int) -> None:
    (width, height), below = cv2.getTextSize(words, font, 1.5, 2)
    page = np.full((height + below + 60, width + 60, 3), 240, np.uint8)
    cv2.putText(page, words, (30, height + 30), font, 1.5, (40, 40, 50), 2, cv2.LINE_AA)
    reading = read(page)
    assert reading.text == ""
    assert reading.refused


@pytest.mark.parametrize(("text", "seed"), [("57", 0), ("59", 6), ("50", 217), ("94", 238)])
def test_a_shape_refused_by_itself_is_read_beside_a_sure_digit(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = np.hstack([written(int(digit), rng, 64, IN_LINES) for digit in text])
    page = (255 - 200 * np.pad(ink, 24)).astype(np.uint8)
    assert read(np.repeat(page[..., None], 3, axis=2)).text == text


def test_boxes_are_in_pixels_of_the_original() -> None:
    large = cv2.resize(seven(), (4000, 4000), interpolation=cv2.INTER_LINEAR)
    photo = load(large)
    assert photo.scale > 1
    (number,) = read(photo).numbers
    assert number.box == pytest.approx((1340, 1140, 1320, 1920), abs=80)


def test_mnist_as_pictures() -> None:
    data = mnist()
    right = [
        read(255 - np.repeat(np.pad(x, 10)[..., None], 3, axis=2)).text == str(y)
        for x, y in zip(data.x_test[:300], data.y_test[:300], strict=True)
    ]
    assert np.mean(right) > 0.96


def right(picture: np.ndarray, text: str) -> bool:
    return read(picture).text == text


def test_numbers_on_paper() -> None:
    sheets = [synthetic.random_sheet(seed) for seed in range(40)]
    assert np.mean([right(s.pixels, s.text.replace("_", " ")) for s in sheets]) > 0.85


@settings(max_examples=25)
@given(
    angle=st.floats(-5, 5),
    factor=st.floats(0.5, 3),
    inverted=st.booleans(),
    gradient=st.floats(0, 0.4),
)
@example(angle=0, factor=1, inverted=True, gradient=0.4)
@example(angle=5, factor=0.5, inverted=True, gradient=0.4)
@example(angle=-5, factor=0.5, inverted=False, gradient=0.4)
@example(angle=-5, factor=3, inverted=True, gradient=0)
@example(angle=5, factor=3, inverted=False, gradient=0.4)
def test_a_number_survives_the_camera(
    angle: float, factor: float, inverted: bool, gradient: float
) -> None:
    page = synthetic.sheet("3047", 3, shadow=0).pixels
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    page = cv2.warpAffine(page, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    page = cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    light = np.linspace(1 - gradient, 1, page.shape[1])[None, :, None]
    page = (page * light).astype(np.uint8)
    assert right(255 - page if inverted else page, "3047")


def test_a_wide_gap_starts_another_number() -> None:
    pages = [synthetic.sheet(text, 4, ink="black", shadow=0).pixels for text in ("12", "345")]
    height = max(p.shape[0] for p in pages)
    padded = [
        cv2.copyMakeBorder(p, 0, height - p.shape[0], 40, 40, cv2.BORDER_REPLICATE) for p in pages
    ]
    assert [n.text for n in read(np.hstack(padded)).numbers] == ["12", "345"]


def test_a_slash_parts_a_date_into_numbers() -> None:
    page = synthetic.sheet("2405", 4, ink="black", shadow=0)
    boxes = [np.array(box) for box in page.boxes]
    gap = round(0.6 * boxes[1][3])
    middle = (boxes[1][0] + boxes[1][2] + boxes[2][0]) // 2
    halves = np.split(page.pixels, [middle], axis=1)
    between = np.repeat(halves[1][:, :1], gap, axis=1)
    top, bottom = boxes[1][1], boxes[1][1] + boxes[1][3]
    rise = (bottom - top) // 5
    cv2.line(between, (gap - 8, top - rise), (8, bottom + rise), synthetic.INKS["black"], 8,
             cv2.LINE_AA)  # fmt: skip
    dated = np.hstack([halves[0], between, halves[1]])
    assert read(dated).text == "24 05"


def test_a_reading_as_json() -> None:
    reading = read(synthetic.sheet("42", 5).pixels)
    plain = json.loads(json.dumps(reading.to_dict()))
    assert plain["text"] == reading.text
    assert set(plain) == {"text", "written", "numbers", "refused", "turned", "seconds"}
    told = {"text", "written", "confidence", "box", "digits", "marks"}
    assert set(plain["numbers"][0]) == told
    assert set(plain["numbers"][0]["digits"][0]) == {"digit", "confidence", "box", "alternatives"}


def test_numbers_are_joined_by_a_space() -> None:
    numbers = tuple(read(seven()).numbers) * 2
    assert Reading(numbers, (), 0.0).text == "7 7"


def test_points_and_commas_are_written_where_they_stand_and_are_not_in_the_text() -> None:
    (number,) = read(synthetic.sheet("314", 1, ink="black", shadow=0).pixels).numbers
    box = (0, 0, 1, 1)
    point = replace(number, marks=(Mark(".", box, 1),))
    both = replace(number, marks=(Mark(".", box, 2), Mark(",", box, 1), Mark(".", box, 1)))
    assert [n.written for n in (number, point, both)] == ["314", "3.14", "3,.1.4"]
    reading = Reading((point, number), (), 0.0)
    assert (reading.text, reading.written) == ("314 314", "3.14 314")
    told = reading.to_dict()
    assert (told["text"], told["written"]) == ("314 314", "3.14 314")
    assert (told["numbers"][0]["text"], told["numbers"][0]["written"]) == ("314", "3.14")


def test_readings_of_the_same_picture_are_equal_and_of_others_are_not() -> None:
    first, again, other = (
        read(synthetic.sheet(text, 5, ink="black", shadow=0).pixels) for text in ("42", "42", "47")
    )
    shape = Refusal((0, 0, 1, 1), NOT_DIGIT, first.numbers[0].digits[0].ink)
    same = replace(again, seconds=first.seconds + 1)
    assert replace(first, refused=(shape,)) == replace(
        same, refused=(replace(shape, ink=1 - shape.ink),)
    )
    assert hash(first) == hash(same)
    assert first not in (other, replace(first, refused=(shape,)))


def test_a_photo_and_a_stroke_are_equal_to_themselves_alone() -> None:
    photo, stroke = load(seven()), Stroke(np.zeros((2, 2)), 3.0)
    assert [photo, stroke] == [photo, stroke]
    assert photo not in (load(seven()), stroke)
    assert stroke != Stroke(np.zeros((2, 2)), 3.0)


@given(st.integers(8, 60), st.integers(8, 60), st.integers(0, 2**32 - 1))
def test_noise_is_read_without_an_error(width: int, height: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for digit in (d for n in read(noise).numbers for d in n.digits):
        x, y, w, h = digit.box
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height


def test_without_the_line_network_the_parts_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelError("The model file line is missing.")

    monkeypatch.setattr(reader, "network", missing)
    reading = read(synthetic.sheet("3047", 3, shadow=0).pixels)
    assert reading.text == "3047"
    assert reading.notice
    assert reading.notice == reader.line_notice()
    assert "read less well" in reading.notice
    assert "another version" not in reading.notice  # it would not help


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_page_on_its_side_is_turned(quarters: int) -> None:
    page = synthetic.sheet("23574962", 8, ink="black", shadow=0).pixels
    turned = read(np.ascontiguousarray(np.rot90(page, -quarters)))
    assert turned.text == "23574962"
    assert turned.turned == 90 * quarters
    x, y, w, h = turned.numbers[0].box
    assert x + w <= page.shape[1]
    assert y + h <= page.shape[0]
    as_it_is = read(np.ascontiguousarray(np.rot90(page, -quarters)), turn=False)
    assert as_it_is.turned == 0


@pytest.mark.parametrize("index", [0, 24, 32, 52])
def test_a_digit_in_pieces_above_each_other(index: int) -> None:
    """Worn print: each piece alone is not a digit, and they are no lines of numbers."""
    data = mnist()
    ink = cv2.resize(data.x_test[index], None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    rows = np.flatnonzero(ink.any(1))
    for gap in np.linspace(rows[0], rows[-1], 6)[1:-1].round().astype(int):
        ink[gap - 6 : gap + 6] = 0
    assert read(255 - np.repeat(ink[..., None], 3, axis=2)).text == str(data.y_test[index])
