from __future__ import annotations

import numpy as np
import pytest

from digitrec.classifier import in_service
from digitrec.combine import decide, texts
from digitrec.lattice import Lattice, Step
from digitrec.line_reader import OFFSET, STEP, Spelling
from digitrec.pieces import Line, Piece


def row(digit: int, sure: float) -> np.ndarray:
    p = np.full(11, (1 - sure) / 10, np.float32)
    p[digit] = sure
    return p


def spelling(text: str, sure: float = 0.99) -> Spelling:
    """A network that hears `text`, its digits 20 pixels apart."""
    p = np.full((5 * len(text) + 3, 11), (1 - sure) / 10)
    p[:, 0] = sure
    for i, digit in enumerate(text):
        p[5 * i + 2, :] = row(1 + int(digit), sure)
    return Spelling(np.log(p), (), np.array([[1.0, 0, 0], [0, 1, 0]]))


def one_mark(digit: int, sure: float) -> tuple[Line, Lattice]:
    """A single mark that cannot be cut, wide enough for two digits."""
    mark = Piece((0, 0, 60, 32), np.ones((32, 60), np.float32))
    line = Line((mark,), 32.0, (0,))
    seen = [np.zeros((28, 28), np.float32)]
    return line, Lattice(line, line.candidates(), seen, row(digit, sure)[None])


def test_where_both_agree_the_cuts_are_kept() -> None:
    line, lattice = one_mark(7, 0.9)
    steps, sure = decide(line, lattice, [spelling("7")], in_service())
    assert [step.digit for step in steps] == [7]
    assert steps[0].piece is line.marks[0]
    assert sure > 0.95


def test_a_sure_reading_as_a_whole_outweighs_a_doubtful_one_by_parts() -> None:
    line, lattice = one_mark(7, 0.3)
    steps, sure = decide(line, lattice, [spelling("4")], in_service())
    assert [step.digit for step in steps] == [4]
    assert 0 < sure <= 1


def test_digits_run_together_are_parted_between_their_places() -> None:
    line, lattice = one_mark(10, 0.99)  # the parts say: not a digit
    steps, _ = decide(line, lattice, [spelling("00")], in_service())
    assert [step.digit for step in steps] == [0, 0]
    middles = [STEP * 2 + OFFSET, STEP * 7 + OFFSET]
    assert steps[0].piece.right == steps[1].piece.left == pytest.approx(sum(middles) / 2, abs=1)
    assert all(step.p[0] > 0.9 and step.p.sum() == pytest.approx(1, abs=1e-3) for step in steps)


def test_the_texts_looked_at_hold_both_readings() -> None:
    _, lattice = one_mark(7, 0.9)
    found = texts(lattice, [spelling("44")])
    assert {"7", "44"} <= set(found)
    assert found["7"].score > found["44"].score
    assert found["7"].heard < found["44"].heard


def test_each_text_is_looked_for_among_the_cuts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    line, lattice = one_mark(7, 0.3)
    asked: list[str] = []
    reading = Lattice.reading

    def counted(lattice: Lattice, text: str) -> tuple[float, list[Step]]:
        asked.append(text)
        return reading(lattice, text)

    monkeypatch.setattr(Lattice, "reading", counted)
    decide(line, lattice, [spelling("4"), spelling("44")], in_service())
    assert {"4", "44"} <= set(asked)
    assert len(asked) == len(set(asked))
