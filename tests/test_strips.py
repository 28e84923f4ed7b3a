from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from digitrec import strips
from digitrec.datasets import mnist
from digitrec.line_input import HEIGHT, SYMBOLS, clean


@cache
def digits() -> list[np.ndarray]:
    data = mnist()
    return [data.x_test[data.y_test == d] for d in range(10)]


def test_the_same_seed_gives_the_same_strip() -> None:
    first, again, other = (strips.strip(digits(), np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert first[1] != other[1] or first[0].shape != other[0].shape


def test_strips_are_what_the_network_takes() -> None:
    rng = np.random.default_rng(0)
    drawn = [strips.strip(digits(), rng) for _ in range(150)]
    for ink, symbols in drawn:
        assert ink.dtype == np.float32
        assert ink.shape[0] == HEIGHT
        assert 16 <= ink.shape[1] <= strips.WIDEST
        assert ink.min() >= 0
        assert ink.max() <= 1
        assert all(1 <= symbol <= len(SYMBOLS) for symbol in symbols)
        # A place of the network's for each symbol and for what parts two that are the same.
        twins = sum(a == b for a, b in pairwise(symbols))
        assert len(symbols) + twins <= ink.shape[1] // 2 - 4
    said = {SYMBOLS[symbol - 1] for _, symbols in drawn for symbol in symbols}
    assert said == set(SYMBOLS)
    assert any(not symbols for _, symbols in drawn)  # some hold no number


def test_cleaning_leaves_paper_at_0_and_ink_at_1() -> None:
    depth = np.full((32, 100), 0.1, np.float32)
    depth[8:24, 20:40] = 0.5
    cleaned = clean(depth)
    assert cleaned[0, 0] == 0
    assert cleaned[16, 30] == 1
    assert clean(np.zeros((32, 50), np.float32)).max() == 0
