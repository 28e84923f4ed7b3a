"""Spellings are checked against every path written out."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec.line_input import SYMBOLS
from digitrec.line_reader import FOLDER, OFFSET, STEP, LineNetwork, Spelling, network, strip_of
from digitrec.runtime import ModelError
from digitrec.segment import find_lines

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def spelling(p: np.ndarray) -> Spelling:
    return Spelling(np.log(p / p.sum(1, keepdims=True)), (), IDENTITY)


def random_spelling(seed: int, places: int = 5) -> Spelling:
    """Of the digits 0 and 1 only, for all paths to be few."""
    p = np.full((places, 11), 1e-12)
    p[:, :3] = np.random.default_rng(seed).uniform(0.05, 1, (places, 3))
    return spelling(p)


def every_text(spelled: Spelling) -> dict[str, float]:
    """The probability of each text, from every path."""
    found: dict[str, float] = {}
    for path in itertools.product(range(3), repeat=len(spelled.p)):
        text = "".join(str(s - 1) for s, _ in itertools.groupby(path) if s)
        p = float(np.exp(sum(spelled.p[t, s] for t, s in enumerate(path))))
        found[text] = found.get(text, 0) + p
    return found


@given(st.integers(0, 10_000))
def test_a_text_is_as_likely_as_all_its_paths(seed: int) -> None:
    spelled = random_spelling(seed)
    texts = every_text(spelled)
    found = np.exp(spelled.log_probabilities(list(texts)))
    assert found == pytest.approx(list(texts.values()), rel=1e-6)


@given(st.integers(0, 10_000))
def test_the_likeliest_text_comes_first(seed: int) -> None:
    spelled = random_spelling(seed)
    texts = every_text(spelled)
    first = spelled.likeliest()[0]
    assert texts[first] == pytest.approx(max(texts.values()), rel=0.2)  # a beam may miss one


def test_digits_are_where_they_are_likely() -> None:
    p = np.full((8, 11), 0.01)
    p[:, 0] = 1
    p[2, 1 + 7], p[5, 1 + 7] = 20, 20
    places = spelling(p).places("77")
    assert [x for x, _ in places] == [2 * STEP + OFFSET, 5 * STEP + OFFSET]
    assert all(sure > 0.9 for _, sure in places)


def test_more_digits_than_places_cannot_be() -> None:
    assert random_spelling(0, places=2).log_probabilities(["000"]) == [-np.inf]


def test_the_network_gives_log_probabilities_for_any_width() -> None:
    for width in (16, 100, 333):
        p, _ = network()(np.zeros((32, width), np.float32))
        assert p.shape[1] == 1 + len(SYMBOLS)
        assert STEP * len(p) + OFFSET >= width - STEP
        assert np.allclose(np.exp(p).sum(1), 1, atol=1e-4)


def test_a_sloping_line_is_levelled_and_the_way_back_known() -> None:
    ink = np.zeros((300, 600), np.float32)
    boxes = [(50 + 90 * i, 60 + 18 * i) for i in range(6)]
    for x, y in boxes:
        ink[y : y + 60, x : x + 30] = 1
    (line,) = find_lines(ink)
    strip, back = strip_of(ink, line, [])
    rows = [np.flatnonzero(column > 0.5) for column in strip.T if (column > 0.5).any()]
    assert np.ptp([np.mean(r) for r in rows]) < 4
    for x, y in boxes:
        (u, v) = np.linalg.solve(back[:, :2], np.array([x + 15, y + 30]) - back[:, 2])
        assert strip[round(v), round(u)] > 0.9


def test_other_lines_are_left_out_of_a_strip() -> None:
    upper, lower = np.zeros((2, 200, 400), np.float32)
    for x in range(40, 340, 60):
        upper[30:80, x : x + 20] = 1
        lower[82:130, x + 10 : x + 30] = 1  # reaches into the upper line's strip
    (first,), (second,) = find_lines(upper), find_lines(lower)
    both = np.maximum(upper, lower)
    alone, _ = strip_of(upper, first, second.marks)
    assert np.abs(strip_of(both, first, second.marks)[0] - alone).max() < 0.05
    assert np.abs(strip_of(both, first, [])[0] - alone).max() > 0.5


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"report\.json is missing"):
        LineNetwork(tmp_path)
    for file in FOLDER.iterdir():
        shutil.copy(file, tmp_path)
    with (tmp_path / "model.tflite").open("r+b") as model:
        model.truncate(1000)
    with pytest.raises(ModelError, match=r"model\.tflite is damaged"):
        LineNetwork(tmp_path)
