"""What people say -> labelled crops, and never a guess."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks import synthetic
from digitrec import corrections, load, read
from digitrec.classifier import in_service
from digitrec.corrections import CorrectionError
from digitrec.example import NOT_A_DIGIT
from digitrec.images import Photo
from digitrec.reading import Digit, Number, Refusal

BLANK = np.zeros((28, 28), np.float32)


@pytest.fixture(scope="module")
def photo() -> Photo:
    return load(synthetic.sheet("407", 1, ink="black", shadow=0).pixels)


@pytest.fixture(scope="module")
def numbers(photo: Photo) -> tuple[Number, ...]:
    found = read(photo)
    assert found.text == "407"
    return found.numbers


def test_a_confirmed_reading_gives_each_digit_its_own_label(numbers) -> None:
    pairs = corrections.matched([4, 0, 7], numbers, ())
    assert [(shape.read, label) for shape, label in pairs] == [(4, 4), (0, 0), (7, 7)]
    assert [shape.box for shape, _ in pairs] == [digit.box for digit in numbers[0].digits]


def test_a_correction_keeps_what_was_read_beside_the_label(numbers) -> None:
    pairs = corrections.matched(corrections.labels("1 0x"), numbers, ())
    assert [(s.read, label) for s, label in pairs] == [(4, 1), (0, 0), (7, NOT_A_DIGIT)]


@pytest.mark.parametrize("wanted", [[4, 0], [4, 0, 7, 7]])
def test_another_count_is_not_guessed_at(numbers, wanted: list[int]) -> None:
    assert corrections.matched(wanted, numbers, ()) is None


@pytest.mark.parametrize(
    ("read", "wanted", "sure"),
    [
        ("40", "400", [0]),  # which of the zeros was missed, or whether two are one, is not known
        ("1234567", "123567", [0, 1, 4, 5]),
        ("81234", "1234", [1, 2, 3]),
        ("123", "999999", []),
        ("", "12", []),
        ("12", "12", [0, 1]),
    ],
)
def test_shapes_away_from_where_the_count_differs_are_sure(read, wanted, sure) -> None:
    digits = tuple(Digit(int(d), 1, (10 * i, 0, 8, 20), (), BLANK) for i, d in enumerate(read))
    numbers = (Number(read, 1, (0, 0, 99, 20), digits),)
    found = corrections.agreed(corrections.labels(wanted), numbers)
    assert [place for place, _ in found] == sure
    assert all(shape.read == int(wanted[place]) for place, shape in found)


def test_refused_shapes_count_where_the_number_says_so(numbers) -> None:
    _, y, w, h = numbers[0].digits[1].box
    left_of_all = Refusal((0, y, w, h), "not a digit", BLANK)
    pairs = corrections.matched([9, 4, 0, 7], numbers, (left_of_all,))
    assert [(s.read, label) for s, label in pairs] == [(NOT_A_DIGIT, 9), (4, 4), (0, 0), (7, 7)]
    below = Refusal((0, y + 2 * h, w, h), "not a digit", BLANK)
    assert corrections.matched([9, 4, 0, 7], numbers, (below,)) is None


def test_a_lone_refusal_can_be_confirmed_or_named() -> None:
    refused = (Refusal((5, 5, 20, 20), "not a digit", BLANK),)
    assert corrections.matched([NOT_A_DIGIT], (), refused)[0][1] == NOT_A_DIGIT
    assert corrections.matched([3], (), refused)[0][1] == 3


def test_what_people_type_into_numbers_does_not_count() -> None:
    assert corrections.labels(" 1,234.50 X") == [1, 2, 3, 4, 5, 0, NOT_A_DIGIT]
    assert corrections.labels("٣") == [3]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Type the right"), ("4b", "'b' is neither"), ("1" * 401, "At most 400")],
)
def test_nonsense_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(CorrectionError, match=words):
        corrections.labels(text)


def test_boxes_drawn_by_hand_are_read_again(photo, numbers) -> None:
    boxes = [(x - 4, y - 4, w + 8, h + 8) for x, y, w, h in (d.box for d in numbers[0].digits)]
    found = corrections.boxed(photo, boxes, in_service())
    assert [shape.read for shape in found] == [4, 0, 7]
    for shape, digit in zip(found, numbers[0].digits, strict=True):
        assert np.abs(shape.ink - digit.ink).mean() < 0.02


@pytest.mark.parametrize("box", [(0, 0, 9, 9), (-50, -50, 10, 10), (10**6, 0, 5, 5)])
def test_a_box_without_ink_is_a_sentence(photo, box) -> None:
    with pytest.raises(CorrectionError, match="no ink in box 1"):
        corrections.boxed(photo, [box], in_service())


def test_crops_show_the_digit_with_a_margin(photo, numbers) -> None:
    pairs = corrections.matched([4, 0, 7], numbers, ())
    new = corrections.examples_of(photo, pairs, version="v", source="drawn", writer="Ada")
    assert [(e.label, e.read, e.version, e.source, e.writer) for e in new] == [
        (d, d, "v", "drawn", "Ada") for d in (4, 0, 7)
    ]
    for example, (shape, _) in zip(new, pairs, strict=True):
        crop = cv2.imdecode(np.frombuffer(example.crop, np.uint8), cv2.IMREAD_COLOR)
        assert shape.box[3] < max(crop.shape) or max(crop.shape) == corrections.CROP_SIDE
        assert read(crop).text == str(example.label)
        assert np.abs(example.ink / 255 - shape.ink).max() < 0.003


def test_a_crop_of_a_reduced_photo_is_the_same_place(numbers) -> None:
    large = synthetic.sheet("407", 1, ink="black", shadow=0).pixels
    large = cv2.resize(large, None, fx=4, fy=4, interpolation=cv2.INTER_AREA)
    photo = load(large)
    assert photo.scale > 1
    found = read(photo)
    pairs = corrections.matched([4, 0, 7], found.numbers, ())
    for example in corrections.examples_of(photo, pairs, version="v", source="uploaded"):
        crop = cv2.imdecode(np.frombuffer(example.crop, np.uint8), cv2.IMREAD_COLOR)
        assert max(crop.shape) <= corrections.CROP_SIDE
        assert read(crop).text == str(example.label)
