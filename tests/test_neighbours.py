from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from digitrec import neighbours as module
from digitrec.classifier import Classifier
from digitrec.datasets import as_input, mnist
from digitrec.inside import inspector
from digitrec.neighbours import FOLDER, neighbours
from digitrec.settings import ROOT


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    """The shipped network as a version of its own, and fewer images."""
    monkeypatch.setattr(module, "IMAGES", 300)
    module.neighbours.cache_clear()
    shutil.copytree(ROOT / "models" / "default", tmp_path / "mine")
    return Classifier(tmp_path / "mine")


def test_a_training_image_is_nearest_to_itself(version):
    known = neighbours(version)
    x = as_input(mnist().x_train[:5])
    for number, features in enumerate(inspector(version).features(x)):
        (first, alike), *rest = known.nearest(features, 4)
        assert first == number
        assert alike == pytest.approx(1, abs=1e-3)
        assert all(one <= alike for _, one in rest)


def test_digits_are_nearest_to_their_like(version):
    known = neighbours(version)
    data = mnist()
    features = inspector(version).features(as_input(data.x_test[:50]))
    best = [known.labels[known.nearest(one, 1)[0][0]] for one in features]
    assert np.mean(best == data.y_test[:50]) > 0.9


def test_the_closest_share_most_ink(version):
    known = neighbours(version)
    ink = as_input(mnist().x_train[:1])[0, ..., 0]  # a five
    closest = known.closest(ink, 5, 3)
    assert closest[0] == pytest.approx(ink)
    apart = ((closest - ink) ** 2).sum((1, 2))
    assert (np.diff(apart) >= 0).all()


def test_they_are_kept_and_found_again(version, tmp_path, monkeypatch):
    first = neighbours(version)
    path = tmp_path / FOLDER / "mine.npz"
    assert path.is_file()
    module.neighbours.cache_clear()
    monkeypatch.setattr(module, "mnist", None)  # it is not asked a second time
    again = neighbours(version)
    assert (again.features == first.features).all()
    assert (again.labels == first.labels).all()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a whole archive", None])
def test_a_damaged_or_foreign_file_is_worked_out_anew(version, tmp_path, damage):
    path = tmp_path / FOLDER / "mine.npz"
    path.parent.mkdir()
    if damage is None:  # another network's
        zeros = np.zeros(300, np.uint8)
        with path.open("wb") as file:
            np.savez(file, sha256=np.array("other"), images=zeros, labels=zeros, features=zeros)
    else:
        path.write_bytes(damage)
    assert neighbours(version).features.shape[0] == 300
    module.neighbours.cache_clear()
    with np.load(path) as file:
        assert str(file["sha256"]) == version.sha256


def test_a_folder_that_cannot_be_written_is_no_hindrance(version, tmp_path):
    (tmp_path / FOLDER).write_text("a file where the folder would be")
    assert len(neighbours(version).images) == 300


def test_a_full_disk_is_no_hindrance(version, tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.storage, "write", full)
    assert len(neighbours(version).images) == 300
    assert not list((tmp_path / FOLDER).glob("*.npz"))


def test_those_of_a_deleted_version_go(version, tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "gone.npz").write_bytes(b"")
    neighbours(version)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["mine.npz"]
