from __future__ import annotations

import numpy as np
import pytest

from digitrec.changes import PATCH, smallest_change
from digitrec.classifier import in_service
from digitrec.datasets import as_input, mnist


@pytest.fixture(scope="module")
def digits() -> dict[int, np.ndarray]:
    """The first test image of each digit, (28, 28)."""
    data = mnist()
    inks = as_input(data.x_test[:100])[..., 0]
    return {d: inks[int(np.flatnonzero(data.y_test[:100] == d)[0])] for d in range(10)}


@pytest.mark.parametrize(("digit", "target"), [(7, 9), (4, 9), (1, 7), (0, 6)])
def test_after_the_change_it_is_read_so(digits, digit, target):
    change = smallest_change(in_service(), digits[digit], target, digits[target][None])
    assert change is not None
    p = in_service().probabilities(change.ink[None, ..., None])[0]
    assert p.argmax() == target
    assert change.confidence == pytest.approx(p[target], abs=1e-5)
    whole = np.abs(digits[target] - digits[digit]).sum() / digits[digit].sum()
    assert 0 < change.share < whole  # less than all was exchanged
    assert change.share == pytest.approx(
        np.abs(change.ink - digits[digit]).sum() / digits[digit].sum(), rel=1e-4
    )


def test_nothing_in_the_change_is_needless(digits):
    change = smallest_change(in_service(), digits[7], 9, digits[9][None])
    assert change is not None
    for y in range(0, 28, PATCH):
        for x in range(0, 28, PATCH):
            square = np.s_[y : y + PATCH, x : x + PATCH]
            if (change.ink[square] != digits[7][square]).any():
                less = change.ink.copy()
                less[square] = digits[7][square]
                assert in_service().probabilities(less[None, ..., None]).argmax() != 9


def test_of_several_models_the_one_that_costs_least_is_taken(digits):
    both = np.stack([digits[4], digits[9]])
    change = smallest_change(in_service(), digits[7], 9, both)
    alone = smallest_change(in_service(), digits[7], 9, digits[9][None])
    assert change is not None
    assert alone is not None
    assert change.share <= alone.share


def test_what_is_read_so_already_is_left_alone(digits):
    change = smallest_change(in_service(), digits[3], 3, digits[3][None])
    assert change is not None
    assert change.share == 0


def test_where_the_model_itself_is_not_read_so_there_is_none(digits):
    assert smallest_change(in_service(), digits[1], 8, digits[1][None]) is None


def test_nothing_can_be_turned_into_a_digit(digits):
    change = smallest_change(in_service(), np.zeros((28, 28), np.float32), 1, digits[1][None])
    assert change is not None
    assert change.ink.max() > 0
