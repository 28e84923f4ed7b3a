"""A second look at the digits that a network is not sure of."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec import looks
from digitrec.datasets import as_input, mnist

SURE = np.array([0.99, 0.01] + [0] * 9, np.float32)
TORN = np.array([0.5, 0.4, 0.1] + [0] * 8, np.float32)
ONE = np.array([0, 1] + [0] * 9, np.float32)


@pytest.fixture(scope="module")
def inks() -> np.ndarray:
    return as_input(mnist().x_test[:5])


def never(_: np.ndarray) -> np.ndarray:
    raise AssertionError("looked again")


@pytest.mark.parametrize("width", [1.1, 0.9, 1.0])
def test_a_digit_is_stretched_as_opencv_does_it(inks, width):
    about = np.array([[1 / width, 0, 13.5 - 13.5 / width], [0, 1, 0]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    theirs = [cv2.warpAffine(ink, about, (28, 28), flags=how) for ink in inks[..., 0]]
    ours = looks.stretched(inks, width)
    assert ours.dtype == np.float32
    # OpenCV takes positions to a thirty-second of a pixel
    assert np.abs(ours[..., 0] - theirs).max() < 1 / 32


def test_only_what_is_unsure_is_looked_at_again(inks):
    seen = []

    def network(shown: np.ndarray) -> np.ndarray:
        seen.append(shown)
        return np.stack([ONE] * len(shown))

    first = np.stack([SURE, TORN, SURE, TORN, SURE])
    settled = looks.again(network, inks, first, 1.0)
    assert [shown.shape for shown in seen] == [(2, 28, 28, 1)] * 2
    assert np.array_equal(seen[0], looks.stretched(inks[[1, 3]], looks.WIDTHS[0]))
    assert np.array_equal(settled[[0, 2, 4]], first[[0, 2, 4]])
    assert settled[[1, 3]] == pytest.approx(np.stack([(TORN + 2 * ONE) / 3] * 2))
    assert first[1] == pytest.approx(TORN)  # what came in is as it was


def test_whether_it_is_sure_is_asked_after_calibration(inks):
    first = np.stack([np.array([0.9, 0.1] + [0] * 9, np.float32)] * len(inks))
    assert looks.unsure(first, 1.0).all()
    assert looks.again(never, inks, first, 0.5) is first


def test_a_network_of_ten_classes_looks_once(inks):
    first = np.full((len(inks), 10), 0.1, np.float32)
    assert looks.again(never, inks, first, 1.0) is first


def test_a_temperature_leaves_what_is_likeliest():
    p = np.stack([SURE, TORN])
    assert looks.tempered(p, 1.0) == pytest.approx(p, abs=1e-6)
    flat, sharp = looks.tempered(p, 2.0), looks.tempered(p, 0.5)
    assert (flat[:, 0] < p[:, 0]).all()
    assert (sharp[:, 0] > p[:, 0]).all()
    assert flat.sum(1) == pytest.approx(1)
