"""The embedded MNIST, and what is said when it is not whole."""

import json

import numpy as np
import pytest

from digitrec.datasets import CONTESTED, DatasetError, as_input, mnist
from digitrec.language import Sentence, said
from digitrec.settings import settings


def test_mnist_is_whole():
    data = mnist()
    assert data.x_train.shape == (60_000, 28, 28)
    assert data.x_test.shape == (10_000, 28, 28)
    assert np.bincount(data.y_test).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    assert data.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert len(set(CONTESTED)) == 15


def test_a_missing_file_is_named_with_the_way_out(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.npz is missing\. Restore it with `git checkout"):
        mnist(tmp_path / "gone.npz")


def test_whoever_reads_of_it_later_does_so_in_their_language(tmp_path, request):
    with pytest.raises(DatasetError) as caught:
        mnist(tmp_path / "gone.npz")
    kept = json.dumps(said(caught.value), default=Sentence.to_json)
    request.getfixturevalue("french")
    assert str(Sentence.from_json(json.loads(kept))).endswith(
        "gone.npz manque. Restaurez-le par `git checkout digitrec/data/mnist.npz`."
    )


@pytest.mark.parametrize("keep", [0, 1000, -1000])
def test_a_file_cut_short_is_damaged(tmp_path, keep):
    path = tmp_path / "cut.npz"
    path.write_bytes(settings().mnist.read_bytes()[:keep])
    with pytest.raises(DatasetError, match="damaged"):
        mnist(path)


def test_spoilt_bytes_of_the_compressed_file_are_damage(tmp_path):
    path = tmp_path / "spoilt.npz"
    content = bytearray(settings().mnist.read_bytes())
    content[60:160] = b"\xff" * 100  # where the first array begins
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="damaged"):
        mnist(path)


def test_a_single_changed_pixel_is_noticed(tmp_path):
    data = mnist()
    x = data.x_train.copy()
    x[123, 4, 5] ^= 1
    path = tmp_path / "changed.npz"
    np.savez(path, x_train=x, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
    with pytest.raises(DatasetError, match="x_train has changed"):
        mnist(path)


def test_other_arrays_are_not_mnist(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, x=np.zeros(3))
    with pytest.raises(DatasetError, match="damaged"):
        mnist(path)


def test_images_become_the_networks_input():
    x = as_input(np.array([[[0, 255], [51, 102]]], np.uint8))
    assert x.dtype == np.float32
    assert x.shape == (1, 2, 2, 1)
    assert x.ravel().tolist() == pytest.approx([0, 1, 0.2, 0.4])
