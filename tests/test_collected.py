"""Examples as training data: no example's copy on both sides of a fold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitrec import collected
from digitrec.collected import Collected
from digitrec.corrections import as_bytes
from digitrec.datasets import mnist
from digitrec.preprocess import normalise


@pytest.fixture(scope="module")
def digits():
    data = mnist()
    return data.x_test[:400], data.y_test[:400]


def test_another_size_a_shift_and_a_recompression_are_the_same_example(digits) -> None:
    x, _ = digits
    large = [cv2.resize(image, (84, 84), interpolation=cv2.INTER_CUBIC) for image in x[:30]]
    here = [normalise(image.astype(np.float32) / 255) for image in large]
    smaller = [
        normalise(cv2.resize(i, (61, 61), interpolation=cv2.INTER_AREA) / np.float32(255))
        for i in large
    ]
    jpegs = [cv2.imdecode(cv2.imencode(".jpg", image)[1], 0) for image in large]
    jpegs = [normalise(image.astype(np.float32) / 255) for image in jpegs]
    shifted = np.roll(x[:30], (-1, 1), axis=(1, 2))
    for one, other in ((here, smaller), (here, jpegs), (x[:30] / 255.0, shifted / 255.0)):
        both = np.array([as_bytes(np.asarray(ink)) for ink in [*one, *other]])
        groups = collected.near_duplicates(both, np.zeros(len(both), np.uint8))
        same = groups[:30] == groups[30:]
        assert same.mean() >= 0.9


def test_different_hands_are_different_examples(digits) -> None:
    x, y = digits
    some = y != 1  # one upright stroke is much like another
    groups = collected.near_duplicates(x[some], y[some])
    assert len(set(groups)) > 0.95 * len(groups)


def test_ones_do_not_hang_together_and_their_copies_do() -> None:
    data = mnist()
    ones = data.x_train[data.y_train == 1][:800]
    large = [cv2.resize(one, (84, 84), interpolation=cv2.INTER_CUBIC) for one in ones]
    jpegs = [cv2.imdecode(cv2.imencode(".jpg", one)[1], cv2.IMREAD_GRAYSCALE) for one in large]
    copies = [
        np.roll(ones, (1, -1), axis=(1, 2)),
        ones // 10 * 9,  # a fainter copy
        np.array([cv2.resize(one, (28, 28), interpolation=cv2.INTER_AREA) for one in jpegs]),
    ]
    groups = collected.near_duplicates(ones, np.ones(len(ones), np.uint8))
    assert np.bincount(groups).max() < 0.03 * len(ones)
    groups = collected.near_duplicates(
        np.concatenate([ones, *copies]), np.ones(4 * len(ones), np.uint8)
    )
    assert np.bincount(groups).max() < 0.03 * len(groups)
    originals, *others = groups.reshape(4, -1)
    for copied in others:
        assert (copied == originals).mean() > 0.98


def test_only_examples_of_one_label_are_compared(digits, monkeypatch) -> None:
    x, y = digits
    compared = []
    monkeypatch.setattr(
        collected, "_alike", lambda some, _: compared.append(len(some)) or np.arange(len(some))
    )
    groups = collected.near_duplicates(x, y)
    assert sorted(groups) == list(range(400))
    assert compared == np.bincount(y).tolist()


def test_one_ink_under_two_labels_is_in_two_groups(digits) -> None:
    x, _ = digits
    groups = collected.near_duplicates(x[[0, 1, 0, 0]], np.array([7, 2, 2, 7], np.uint8))
    assert len(set(groups)) == 3
    assert groups[0] == groups[3]


def test_of_no_examples_there_are_no_groups() -> None:
    groups = collected.near_duplicates(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
    assert groups.shape == (0,)


def test_no_group_is_dealt_into_two_folds() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 6, 7])
    folds = collected.deal(groups, 3)
    assert sorted(np.concatenate(folds)) == list(range(12))
    for fold in folds:
        assert not set(groups[fold]) & set(np.delete(groups, fold))
    assert max(map(len, folds)) - min(map(len, folds)) <= 1
    assert [f.tolist() for f in folds] == [f.tolist() for f in collected.deal(groups, 3)]


def test_fewer_groups_than_folds_leave_some_empty() -> None:
    assert sorted(len(fold) for fold in collected.deal(np.zeros(4, np.int64), 3)) == [0, 0, 4]


def test_the_move_is_told_in_all_and_by_writer() -> None:
    y = np.array([1, 2, 10, 4], np.uint8)
    found = Collected(
        np.zeros((4, 28, 28), np.uint8), y, np.array(["Ada", "Ada", "", "Bob"]), np.arange(4)
    )
    said = collected.moved(found, np.array([1, 7, 10, 9]), y, "default")
    assert (said["examples"], said["before"], said["after"]) == (4, 0.5, 1.0)
    assert said["before_with"] == "default"
    assert [(row["writer"], row["before"]) for row in said["writers"]] == [
        ("", 1.0), ("Ada", 0.5), ("Bob", 0.0)
    ]  # fmt: skip


def test_arrays_survive_a_file() -> None:
    found = Collected(
        np.ones((2, 28, 28), np.uint8), np.array([1, 10], np.uint8), np.array(["Ada", ""]),
        np.array([0, 1]),
    )  # fmt: skip
    again = Collected.from_npz(found.to_npz())
    assert (again.x == found.x).all()
    assert again.writers.tolist() == ["Ada", ""]
    assert len(again.of_classes(10)) == 1
