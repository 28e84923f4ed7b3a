from __future__ import annotations

import numpy as np
import pytest

from digitrec import lessons
from digitrec.classifier import in_service
from digitrec.datasets import as_input, mnist
from digitrec.preprocess import normalise
from digitrec.settings import ROOT


def test_a_rule_tells_zeros_from_ones_and_no_better_than_that():
    data = mnist()
    chosen = np.isin(data.y_test, (0, 1))
    images, labels = data.x_test[chosen], data.y_test[chosen]
    measure = lessons.middle_ink(images)
    assert measure.shape == labels.shape
    right = [lessons.rule_is_right(measure, labels == 0, border / 100).mean() for border in (0, 39)]
    assert right[0] == pytest.approx((labels == 1).mean())  # all are called ones
    assert 0.95 < right[1] < 0.99


def test_a_convolution_is_the_sum_of_products():
    rng = np.random.default_rng(0)
    ink, kernel = rng.random((28, 28)).astype("f4"), rng.normal(size=(3, 3)).astype("f4")
    answer = lessons.convolve(ink, kernel)
    padded = np.pad(ink, 1)
    for y, x in ((0, 0), (5, 9), (27, 27)):
        assert answer[y, x] == pytest.approx(
            (padded[y : y + 3, x : x + 3] * kernel).sum(), abs=1e-4
        )


def test_pooling():
    maps = np.arange(784, dtype=np.float32).reshape(28, 28)
    pooled = lessons.pool(maps)
    assert pooled.shape == (14, 14)
    assert pooled[0, 0] == 29
    assert pooled[13, 13] == 783


def test_the_cut_is_square_and_holds_all_ink():
    ink = np.zeros((60, 90), np.float32)
    ink[10:30, 50:56] = 1
    cut = lessons.cut_out(ink)
    assert cut.shape == (20, 20)
    assert cut.sum() == ink.sum()
    empty = np.zeros((5, 9), np.float32)
    assert lessons.cut_out(empty) is empty


def test_a_digit_in_a_corner_is_read_once_it_is_framed():
    data = mnist()
    drawn = lessons.in_a_corner(as_input(data.x_test[:1])[0, ..., 0])
    framed, squeezed = normalise(drawn), lessons.squeezed(drawn)
    assert framed.shape == squeezed.shape == (28, 28)
    p = in_service().probabilities(np.stack([framed, squeezed])[..., None])
    assert p[0].argmax() == data.y_test[0]
    assert p[1].argmax() != data.y_test[0]
    assert lessons.reduced(drawn, 86).shape == (30, 86)


@pytest.mark.parametrize(("images", "folds"), [(60, 5), (61, 7), (10, 10)])
def test_folds_are_even_and_the_same_each_time(images, folds):
    dealt = lessons.deal(images, folds)
    counts = np.bincount(dealt, minlength=folds)
    assert counts.sum() == images
    assert counts.max() - counts.min() <= 1
    assert (lessons.deal(images, folds) == dealt).all()
    assert (np.diff(dealt) != 1).any()  # not in their order


def test_enough_bits_change_nothing_and_one_too_few_do():
    data = mnist()
    content = (ROOT / "models/default/model.tflite").read_bytes()
    x, y = as_input(data.x_test[:200]), data.y_test[:200]
    whole = (in_service().probabilities(x)[:, :10].argmax(1) == y).mean()
    right = {bits: lessons.rounded_accuracy(content, bits, x, y) for bits in (2, 8, 32)}
    assert right[32] == pytest.approx(whole)
    assert right[8] >= whole - 0.02
    assert right[2] < right[8]
