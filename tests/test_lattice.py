from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from digitrec import lattice as module
from digitrec import pieces
from digitrec.classifier import in_service
from digitrec.lattice import IMPOSSIBLE, Lattice, lattices
from digitrec.pieces import Candidate, Division, Line, Piece
from digitrec.segment import find_lines


def piece(left: int, width: int = 20, height: int = 40) -> Piece:
    return Piece((left, 0, width, height), np.ones((height, width), np.float32))


def p(digit: int, sure: float) -> np.ndarray:
    row = np.full(11, (1 - sure) / 10, np.float32)
    row[digit] = sure
    return row


def two_marks(first: float, second: float, both: float) -> Lattice:
    """Two parts of one mark: a 1 and a 7 with these probabilities, or together a 0."""
    marks = (piece(0), piece(20))
    line = Line(marks, 40.0, (0, 0))
    rows = np.stack([p(1, first), p(0, both), p(7, second)])
    return Lattice(line, line.candidates(), [np.zeros((28, 28), np.float32)] * 3, rows)


def text(lattice: Lattice) -> str:
    return "".join(str(step.digit) for step in lattice.best[1] if step.digit is not None)


def test_the_likelier_division_is_taken() -> None:
    assert text(two_marks(0.99, 0.99, 0.3)) == "17"
    assert text(two_marks(0.4, 0.99, 0.99)) == "0"


def test_a_given_text_is_found_and_scores_no_better_than_the_best() -> None:
    lattice = two_marks(0.99, 0.99, 0.3)
    best, _ = lattice.best
    score, steps = lattice.reading("17")
    assert score == pytest.approx(best)
    assert [step.digit for step in steps] == [1, 7]
    score, steps = lattice.reading("0")
    assert score < best
    assert [step.digit for step in steps] == [0]


def test_a_text_of_more_digits_than_marks_cannot_be() -> None:
    assert two_marks(0.9, 0.9, 0.9).reading("177") == (IMPOSSIBLE, [])


def test_on_a_crowded_page_the_marks_are_taken_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ink = np.zeros((200, 400), np.float32)
    for x in (60, 100, 250):  # the first two touch, and are cut
        cv2.ellipse(ink, (x, 100), (18, 28), 0, 0, 360, 1.0, 5, cv2.LINE_AA)
    lines = find_lines(ink)
    assert len(lines[0].marks) > 2
    monkeypatch.setattr(module, "MOST", 3)
    (crowded,) = lattices(lines, in_service())
    assert [step.piece.box[2] < 60 for step in crowded.best[1]] == [False, True]


def cut_into(pieces: int) -> Line:
    """A mark that is cut at every 10th of its columns."""
    return Line(tuple(piece(10 * i, 10) for i in range(pieces)), 40.0, (0,) * pieces)


def test_of_a_mark_cut_at_every_column_no_more_candidates_are_made_than_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[pieces.Candidate] = []

    def counted(*args: Any) -> pieces.Candidate:
        made.append(Candidate(*args))
        return made[-1]

    monkeypatch.setattr(pieces, "Candidate", counted)
    monkeypatch.setattr(module, "MOST", 30)
    (uncut,) = lattices([cut_into(100)], in_service())
    assert len(uncut.best[1]) == 1
    assert len(made) == 32  # the one too many, and the mark as it is


def test_strokes_are_not_tried_beyond_what_is_enough() -> None:
    line = cut_into(4)
    strokes = Division(line.marks, (0, 1, 2, 3), (0, 0.2, 0.4, 0.6, 4), (1,) * 4)
    both = replace(line, strokes=strokes)
    every = both.candidates()
    assert len(every) > len(line.candidates()) == 10
    for most in range(len(every) + 2):
        assert both.candidates(most) == every[:most]


def test_a_wide_marks_candidates_do_not_each_keep_its_ink() -> None:
    line = cut_into(60)
    tracemalloc.start()
    try:
        (lattice,) = lattices([line], in_service())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    seen = sum(each.seen.nbytes for found in lattice._from.values() for each in found)
    joined = sum(each.box[2] * each.box[3] * 4 for each in line.candidates())
    assert most < 5 * seen < joined / 2


def test_what_the_network_refuses_is_no_digit() -> None:
    lattice = two_marks(0.01, 0.01, 0.01)
    refused = np.zeros(11, np.float32)
    refused[10] = 1
    both = [each for each in lattice.line.candidates() if not each.lone]
    only = Lattice(lattice.line, both, [np.zeros((28, 28), np.float32)], refused[None])
    assert [step.digit for step in only.best[1]] == [None]
