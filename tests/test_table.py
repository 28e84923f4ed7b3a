"""Readings as rows."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

import digitrec
from benchmarks import synthetic
from digitrec import Reading
from digitrec.reading import Mark, Refusal
from digitrec.ui import table


@pytest.fixture(scope="module")
def reading() -> Reading:
    """One number, 1250, and a shape that was refused."""
    found = digitrec.read(synthetic.sheet("1250", 1, shadow=0, ink="black").pixels)
    assert found.text == "1250"
    ink = found.numbers[0].digits[0].ink
    return replace(found, refused=(Refusal((1, 2, 30, 40), "not a digit", ink),))


def parsed(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_one_row_a_number_and_a_refused_shape(reading: Reading) -> None:
    two = replace(reading, numbers=reading.numbers * 2)
    rows = parsed(table.to_csv([("a.jpg", two), ("b, c.png", "This file is empty.")]))
    assert [(row["file"], row["number"]) for row in rows] == [
        *(("a.jpg", "1250"), ("a.jpg", "1250"), ("a.jpg", ""), ("b, c.png", "")),
    ]
    assert [int(part) for part in rows[0]["box"].split()] == list(reading.numbers[0].box)
    assert 0.9 < float(rows[0]["confidence"]) <= 1
    assert (rows[2]["box"], rows[2]["note"]) == ("1 2 30 40", "not a digit, left out")
    assert rows[3]["note"] == "This file is empty."


def test_a_picture_with_nothing_in_it_has_a_row() -> None:
    (row,) = parsed(table.to_csv([("a.jpg", Reading((), (), 0.1))]))
    assert (row["number"], row["note"]) == ("", "nothing found")


def test_excel_is_told_that_it_is_utf_8() -> None:
    content = table.to_csv([("été.jpg", "Illisible.")])
    assert content.startswith(b"\xef\xbb\xbffile,")
    assert "été.jpg".encode() in content


def test_no_name_is_a_formula_in_a_spreadsheet(reading: Reading) -> None:
    names = ["=HYPERLINK(1).png", "+1.png", "-1.png", "@a.png", "\tb.png", "a=1.png"]
    rows = parsed(table.to_csv([(name, Reading((), (), 0.1)) for name in names]))
    assert [row["file"] for row in rows] == [*(f"'{name}" for name in names[:-1]), names[-1]]
    (_, shape) = parsed(table.to_csv([("=1.png", reading)]))
    assert shape["file"] == "'=1.png"
    (row,) = parsed(table.to_csv([("=1.png", "=2")]))
    assert (row["file"], row["note"]) == ("'=1.png", "'=2")


def test_json_tells_what_the_command_line_tells(reading: Reading) -> None:
    read, failed = json.loads(table.to_json([("a.jpg", reading), ("b.png", "It is empty.")]))
    assert read == {"file": "a.jpg"} | json.loads(json.dumps(reading.to_dict()))
    assert failed == {"file": "b.png", "error": "It is empty."}


def test_a_number_has_its_points_and_commas(reading: Reading) -> None:
    (number,) = reading.numbers
    marked = replace(number, marks=(Mark(",", (0, 0, 1, 1), 1), Mark(".", (0, 0, 1, 1), 3)))
    assert [row["number"] for row in table.rows([marked, number])] == ["1,25.0", "1250"]
    (row,) = parsed(table.to_csv([("a.jpg", Reading((marked,), (), 0.1))]))
    assert (row["number"], row["note"]) == ("1,25.0", "")


def test_a_doubtful_digit_says_what_it_may_be(reading: Reading) -> None:
    (number,) = reading.numbers
    doubtful = replace(
        number.digits[1], confidence=0.6, alternatives=((2, 0.6), (7, 0.3), (1, 0.05))
    )
    digits = (number.digits[0], doubtful, *number.digits[2:])
    (row,) = table.rows([replace(number, digits=digits, confidence=0.6)])
    assert row["note"] == "the 2 may be a 7"
    assert (row["number"], row["sure"], row["tone"]) == ("1250", "Doubtful, 60 %", "doubt")
