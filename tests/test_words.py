"""Words beside numbers, and numbers far apart on one line."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks import synthetic_pages
from benchmarks.synthetic_pages import Camera, page, random_page
from digitrec import reader
from digitrec.classifier import in_service
from digitrec.lattice import Step, lattices
from digitrec.line_reader import network
from digitrec.pieces import Line, Piece
from digitrec.reader import read
from digitrec.reading import A_WORD, NOT_DIGIT, Reading, Refusal
from digitrec.segment import find_lines
from digitrec.ui.words import refusal
from digitrec.words import apart, without_units

CLEAN = Camera(shadow=0)
FORM = [["407", "39"], ["5126", ""], ["83", "7"]]


def bars(*lefts: int, width: int = 8) -> Line:
    """Upright strokes 40 pixels high: ones, or what else they are taken for."""
    ink = np.zeros((44, width + 4), np.float32)
    ink[2:-2, 2:-2] = 1
    marks = tuple(Piece((left, 0, width + 4, 44), ink) for left in lefts)
    return Line(marks, 44.0, tuple(range(len(marks))))


def printed() -> list[Line]:
    """A word and nothing else."""
    written = page([[""]], 3, form="labels", camera=CLEAN)
    ink = (255 - written.pixels.min(2)).astype(np.float32) / 255
    return find_lines(np.where(ink > 0.3, ink, 0))


def inked(lines: list[Line]) -> np.ndarray:
    """The picture of the lines' marks."""
    depth = np.zeros((400, 800), np.float32)
    for x, y, w, h, ink in ((*mark.box, mark.ink) for line in lines for mark in line.marks):
        depth[y : y + h, x : x + w] = np.maximum(depth[y : y + h, x : x + w], ink)
    return depth


def told(lines: list[Line], form: np.ndarray) -> tuple[list[Line], list[Piece]]:
    found, words = apart(lattices(lines, in_service()), inked(lines), form, in_service(), network())
    return [lattice.line for lattice in found], words


def nowhere(line: Line) -> np.ndarray:
    return np.zeros((44, line.marks[-1].right), np.uint8)


@pytest.mark.parametrize("seed", [1, 2, 10, 29, 36])
def test_printed_words_are_left_out_of_a_form(seed: int) -> None:
    written = random_page(seed, "labels")
    reading = read(written.pixels)
    assert reading.text == written.text
    assert A_WORD in {shape.reason for shape in reading.refused}


@pytest.mark.parametrize("seed", [5, 8, 9])
def test_a_word_in_brackets_is_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_pages, "LABELS", ("Mass (kg)",))
    written = random_page(seed, "labels")
    assert read(written.pixels).text == written.text


def test_a_form_on_its_side_is_turned_whatever_words_are_on_it() -> None:
    written = page(FORM, 5, form="labels", camera=CLEAN)
    reading = read(np.rot90(written.pixels))
    assert (reading.text, reading.turned) == (written.text, 270)


@pytest.mark.parametrize(("many", "times"), [(reader.MANY, 1), (100, 4)])
def test_a_form_full_of_words_is_not_tried_turned_where_its_digits_read_well(
    many: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = page([[digit] for digit in "472905361847"], 5, form="labels", camera=CLEAN)
    seen: list[object] = []

    def counted(*given: object) -> object:
        seen.append(given)
        return read_page(*given)

    read_page = reader._read
    monkeypatch.setattr(reader, "_read", counted)
    monkeypatch.setattr(reader, "MANY", many)
    assert read(written.pixels).text == written.text
    assert len(seen) == times


def test_a_word_is_one_shape_at_its_place() -> None:
    written = page(FORM, 5, form="labels", camera=CLEAN)
    reading = read(written.pixels)
    assert len(reading.refused) == len(FORM)
    first = min(number.box[0] for number in reading.numbers)
    for shape in reading.refused:
        x, _, w, h = shape.box
        assert x + w < first
        assert w > h
        assert shape.ink.shape == (28, 28)


@pytest.mark.parametrize("seed", [0, 1])
def test_in_a_close_crop_a_word_is_not_read_as_part_of_the_number(seed: int) -> None:
    written = page([["4071"]], seed, form="labels", camera=CLEAN).pixels
    rows, columns = np.nonzero(written.min(2) < 120)
    reading = read(written[rows.min() - 6 : rows.max() + 6, columns.min() - 6 : columns.max() + 6])
    assert reading.text == "4071"


def test_numbers_far_apart_are_lines_of_their_own() -> None:
    line = bars(0, 20, 200, 220)
    parts, words = told([line], nowhere(line))
    assert [[mark.left for mark in part.marks] for part in parts] == [[0, 20], [200, 220]]
    assert words == []


def test_numbers_that_are_near_stay_one_line() -> None:
    line = bars(0, 20, 70, 90)
    assert told([line], nowhere(line)) == ([line], [])


@pytest.mark.parametrize("boxed", [False, True])
def test_where_boxes_were_nothing_is_a_word(boxed: bool) -> None:
    lines = printed()
    form = np.full((400, 800), boxed, np.uint8)
    parts, words = told(lines, form)
    assert (len(parts), len(words)) == ((1, 0) if boxed else (0, 1))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("45 ?9", "45 ??"),  # kg
        ("?0 12", "?? 12"),  # No
        ("45?9", "45?9"),
        ("?9", "?9"),
        ("4 ?9 12", "4 ?9 12"),
        ("45 ?", "45 ?"),
        ("45 ?99", "45 ?99"),
    ],
)
def test_a_digit_with_letters_alone_beside_a_number_is_a_letter(said: str, left: str) -> None:
    p, seen = np.zeros(11, np.float32), np.zeros((28, 28), np.float32)
    steps = [
        Step(bars(40 * i).marks[0], seen, p, int(sign) if sign.isdigit() else None)
        for i, sign in enumerate(said)
        if sign != " "
    ]
    found = iter(without_units(steps, 80.0))
    told = {None: "?"} | {digit: str(digit) for digit in range(10)}
    assert "".join(sign if sign == " " else told[next(found).digit] for sign in said) == left


def test_a_drawing_stays_as_it_is() -> None:
    lines = printed()
    drawn = [replace(line, strokes=line.division) for line in lines]
    nothing = np.zeros((400, 800), np.uint8)
    assert told(lines, nothing)[1]
    assert told(drawn, nothing) == (drawn, [])


def test_without_the_line_network_nothing_is_a_word() -> None:
    lines = printed()
    found = lattices(lines, in_service())
    nothing = np.zeros((400, 800), np.uint8)
    assert apart(found, inked(lines), nothing, in_service(), None) == (found, [])


def test_words_left_out_are_counted_in_a_sentence() -> None:
    word = Refusal((0, 0, 40, 12), A_WORD, np.zeros((28, 28), np.float32))
    (number,) = read(page([["4"]], 1, camera=CLEAN).pixels).numbers
    assert refusal(Reading((number,), (word,), 0.0)) == "One word is left out."
    assert refusal(Reading((number,), (word, word), 0.0)) == "2 words are left out."
    assert refusal(Reading((), (word,), 0.0)) == "One word is left out."  # as its row in the CSV
    letter = replace(word, reason=NOT_DIGIT)
    assert refusal(Reading((), (letter,), 0.0)) == "This is not a digit."


def test_letters_by_themselves_are_no_words() -> None:
    paper = np.full((300, 860, 3), 255, np.uint8)
    for letter, x in (("A", 60), ("K", 600)):
        cv2.putText(paper, letter, (x, 220), cv2.FONT_HERSHEY_SIMPLEX, 7, (51, 34, 28), 12)
    reading = read(paper)
    assert [shape.reason for shape in reading.refused] == [NOT_DIGIT] * 2
