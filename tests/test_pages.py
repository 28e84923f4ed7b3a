"""Whole pages through the reader: what is written on them, and nothing of what is printed."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pytest

from digitrec.reader import read
from digitrec.reading import Reading
from digitrec.synthetic_pages import Camera, Hand, page

ROWS = [["407", "2358"], ["61", "9"], ["3720", "84"]]
EVEN = Camera(shadow=0.1)


def agreement(read_text: str, written: str) -> float:
    """The share of the characters in common, as `difflib` matches them."""
    return SequenceMatcher(None, read_text, written, autojunk=False).ratio()


@pytest.mark.parametrize(
    ("form", "rule", "paper"),
    [
        ("lines", "solid", "ruled"),
        ("table", "solid", "white"),
        ("table", "dashed", "white"),
        ("boxes", "solid", "white"),
    ],
)
def test_most_of_a_page_is_read(form: str, rule: str, paper: str) -> None:
    shares = []
    for seed in (1, 2):
        written = page(ROWS, seed, form=form, rule=rule, paper=paper, camera=Camera(tilt=seed))
        shares.append(agreement(read(written.pixels).text, written.text))
    assert np.mean(shares) > 0.9


@pytest.mark.parametrize("rule", ["solid", "dashed", "double"])
@pytest.mark.parametrize("form", ["table", "boxes", "cell"])
def test_an_empty_form_reads_as_nothing(form: str, rule: str) -> None:
    assert read(page([["", ""], ["", ""]], 1, form=form, rule=rule, camera=EVEN).pixels).text == ""


@pytest.mark.parametrize("paper", ["ruled", "squared"])
def test_paper_with_nothing_written_reads_as_nothing(paper: str) -> None:
    assert read(page([["", ""], ["", ""]], 1, paper=paper, camera=EVEN).pixels).text == ""


@pytest.mark.parametrize("form", ["boxes", "cell"])
def test_a_lone_one_in_a_box_is_a_one_and_the_box_is_not(form: str) -> None:
    for seed in (1, 2, 3):
        assert read(page([["1"]], seed, form=form, camera=EVEN).pixels).text == "1"


def marks_of(reading: Reading) -> list[list[tuple[str, int]]]:
    return [[(mark.text, mark.after) for mark in number.marks] for number in reading.numbers]


def test_points_inside_a_number_are_its_marks() -> None:
    written = page([["12.5"], ["40.75"]], 2, hand=Hand(gap=0.3), camera=EVEN)
    reading = read(written.pixels)
    assert reading.text == written.text
    assert marks_of(reading) == [[(".", 2)], [(".", 2)]]
