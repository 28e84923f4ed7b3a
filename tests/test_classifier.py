from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digitrec import classifier, registry, settings
from digitrec.classifier import Classifier, in_service
from digitrec.datasets import as_input, mnist
from digitrec.registry import RegistryError
from digitrec.runtime import ModelError

SHIPPED = settings.ROOT / "models" / "default"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models folder of its own with the shipped version in it."""
    folder = tmp_path / "models"
    shutil.copytree(SHIPPED, folder / "default")
    monkeypatch.setenv("DIGITREC_MODELS", str(folder))
    settings.settings.cache_clear()
    yield folder
    settings.settings.cache_clear()


def test_it_reads_mnist() -> None:
    data = mnist()
    p = in_service().probabilities(as_input(data.x_test[:1000]))
    assert p.shape == (1000, 11)
    assert p.sum(1) == pytest.approx(np.ones(1000), abs=1e-4)
    assert (p[:, :10].argmax(1) == data.y_test[:1000]).mean() > 0.99


def test_a_batch_gives_what_its_images_give() -> None:
    x = as_input(mnist().x_test[:7])
    shipped = in_service()
    one_by_one = np.concatenate([shipped.probabilities(x[i : i + 1]) for i in range(7)])
    assert shipped.probabilities(x) == pytest.approx(one_by_one, abs=1e-4)
    assert shipped.probabilities(x[:0]).shape == (0, 11)


def test_it_is_loaded_once(models: Path) -> None:
    first = in_service()
    assert in_service() is first
    os.utime(models / "default" / "model.tflite", (1, 1))
    assert in_service() is not first


@pytest.mark.parametrize("name", ["model.tflite", "report.json"])
def test_a_missing_or_damaged_file_is_named(models: Path, name: str) -> None:
    path = models / "default" / name
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\x00" * 100):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=rf"{name} is damaged"):
            in_service()
    path.unlink()
    with pytest.raises(ModelError, match=rf"{name} is missing"):
        in_service()
    path.write_bytes(content)
    assert in_service().notice is None


def test_a_folder_whose_name_is_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("a" * 300)
    monkeypatch.setenv("DIGITREC_MODELS", str(folder))
    settings.settings.cache_clear()
    with pytest.raises(ModelError, match=rf"{folder}/default/report.json is missing"):
        in_service()
    monkeypatch.undo()
    settings.settings.cache_clear()


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_damage(models: Path, temperature: float) -> None:
    shutil.copytree(models / "default", models / "mine")
    (models / "in_service").write_text("mine\n")
    for name in ("mine", "default"):
        path = models / name / "report.json"
        report = json.loads(path.read_text())
        report["calibration"]["temperature"] = temperature
        path.write_text(json.dumps(report))
        assert "report.json is damaged" in str(registry.version(name).damaged)
        if name == "mine":
            assert in_service().name == registry.in_service() == "default"
    with pytest.raises(ModelError, match=r"report.json is damaged"):
        in_service()
    with pytest.raises(RegistryError, match="cannot be put in service"):
        registry.serve("mine")


def test_the_named_version_serves(models: Path) -> None:
    shutil.copytree(models / "default", models / "mine")
    (models / "in_service").write_text("mine\n")
    (models / "mine" / "model.keras").unlink()  # nothing is trained here
    assert in_service().name == registry.in_service() == "mine"
    assert in_service().notice is None


def test_the_shipped_version_stands_in_for_a_damaged_one(models: Path) -> None:
    (models / "mine").mkdir()
    (models / "in_service").write_text("mine")
    stand_in = in_service()
    assert stand_in.name == registry.in_service() == "default"
    assert stand_in.notice is not None
    assert "mine" in stand_in.notice


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"../../default\n"])
def test_a_strange_pointer_does_no_harm(models: Path, content: bytes) -> None:
    (models / "in_service").write_bytes(content)
    assert in_service().name == "default"
    assert in_service().probabilities(np.zeros((1, 28, 28, 1), np.float32)).shape == (1, 11)


def test_ten_classes_leave_the_refusal_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Classifier(SHIPPED)
    alike = np.full((1, 10), 0.1, np.float32)
    monkeypatch.setattr(shipped, "_network", lambda _: [alike])
    p = shipped.probabilities(np.zeros((1, 28, 28, 1), np.float32))
    assert p[0, classifier.NOT_A_DIGIT] == 0
    assert p[0, :10] == pytest.approx(np.full(10, 0.1), abs=1e-5)


@pytest.fixture
def unsure() -> np.ndarray:
    return as_input(mnist().x_test[3601:3602])[0, ..., 0]


def test_a_second_look_corrects_what_the_first_was_unsure_of(unsure: np.ndarray) -> None:
    """A 1 of MNIST's test set that is a 6 at first sight."""
    shipped = Classifier(SHIPPED)
    inks = unsure[None, ..., None]
    assert shipped.at_sight(inks)[0].argmax() == 6
    assert shipped.probabilities(inks)[0].argmax() == 1


def test_the_looks_are_what_the_answer_is_of(unsure: np.ndarray) -> None:
    shipped = Classifier(SHIPPED)
    seen = shipped.looks(unsure)
    assert [int(p.argmax()) for _, p in seen] == [6, 1, 1]
    assert np.array_equal(seen[0][0], unsure)
    assert len(shipped.looks(as_input(mnist().x_test[:1])[0, ..., 0])) == 1
