from __future__ import annotations

import numpy as np
import pytest

from digitrec import augment, not_digits, styles
from digitrec.datasets import mnist


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    data = mnist()
    return data.x_train[:300], data.y_train[:300]


def check(image: np.ndarray) -> None:
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert 0 <= image.min() < 0.5 < image.max() <= 1.0001


def test_a_digit_stays_a_digit(digits: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    made = [augment.digit(x, int(y), rng) for x, y in zip(*digits, strict=True)]
    for image in made:
        check(image)
    unchanged = [np.array_equal(a * 255, x) for a, x in zip(made, digits[0], strict=True)]
    assert 0.1 < np.mean(unchanged) < 0.3


def test_a_bent_digit_stays_where_it_was_and_as_bright(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    rng = np.random.default_rng(0)
    moved, bright = [], []
    for image in digits[0]:
        bent = augment.bend(image, rng)
        check(bent)
        places = [
            np.average(np.indices((28, 28)), axis=(1, 2), weights=ink) for ink in (image, bent)
        ]
        moved.append(places[1] - places[0])
        bright.append(bent.sum() * 255 / image.sum())
    assert np.abs(np.mean(moved, 0)).max() < 0.15  # pixels
    assert 0.3 < np.std(moved) < 1
    assert np.mean(bright) == pytest.approx(1, abs=0.05)
    assert 0.1 < np.mean(np.array(bright) == 1) < 0.3  # a fifth stay as they are


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y, rng: not_digits.pair(x, rng),
        lambda x, y, rng: not_digits.strokes(rng),
        lambda x, y, rng: not_digits.blob(rng),
        lambda x, y, rng: not_digits.crossing(rng),
        lambda x, y, rng: not_digits.letter(rng),
        not_digits.not_digit,
    ],
)
def test_what_is_not_a_digit(digits: tuple[np.ndarray, np.ndarray], make) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    for _ in range(100):
        check(augment.frame(make(*digits, rng), rng))


def test_pieces_are_not_upright_strokes(digits: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    pieces = [not_digits.piece(*digits, rng) for _ in range(200)]
    kept = [piece for piece in pieces if piece is not None]
    assert 20 < len(kept) < 200
    for piece in kept:
        check(augment.frame(piece, rng))


def test_the_same_seed_makes_the_same_images(digits: tuple[np.ndarray, np.ndarray]) -> None:
    first, again = (not_digits.not_digit(*digits, np.random.default_rng([7, 3])) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("label", range(10))
def test_every_style_can_be_written(label: int) -> None:
    rng = np.random.default_rng(label)
    for _ in range(40):
        check(augment.frame(styles.written(label, rng), rng))


def test_a_curve_goes_through_its_points() -> None:
    points = np.array([(0.0, 0.0), (10.0, 5.0), (20.0, -5.0), (30.0, 0.0)])
    drawn = styles.curve(points, steps=4)
    for point in points:
        assert np.abs(drawn - point).sum(1).min() < 1e-9
