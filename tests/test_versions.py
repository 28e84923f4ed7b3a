"""A version's folder: what its report says of it, and what is wrong with its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from digitrec.versions import FILES, damage, read_version


@pytest.fixture
def folder(tmp_path: Path, make_version: Callable[..., Path]) -> Path:
    return make_version(tmp_path, "mine")


def test_a_version_says_what_its_report_says(folder: Path) -> None:
    version = read_version(folder, in_service=True)
    assert (version.recipe, version.schedule, version.folds) == ("compact", "quick", 5)
    assert (version.mean, version.std, version.test_accuracy) == (0.99, 0.001, 0.99)
    assert version.data == "60,000 MNIST images, seed 1"
    assert version.bytes == sum(len(f"mine {file}") for file in FILES)
    assert version.in_service
    assert not version.shipped
    assert version.damaged is None


def test_a_report_of_the_wrong_types_says_nothing(folder: Path) -> None:
    path = folder / "report.json"
    facts = json.loads(path.read_text())
    facts |= {"folds": 7, "mean": "high", "test": [], "data": {"train": "all"}}
    facts |= {"created": "last week"}
    path.write_text(json.dumps(facts))
    odd = read_version(folder, in_service=False)
    assert (odd.folds, odd.mean, odd.created) == (0, None, None)
    assert (odd.test_accuracy, odd.data) == (None, "")


@pytest.mark.parametrize("file", ["model.tflite", "model.keras", "report.json"])
@pytest.mark.parametrize("spoil", ["missing", "cut", "other"])
def test_damage_is_named_until_it_is_mended(folder: Path, file: str, spoil: str) -> None:
    path = folder / file
    whole = path.read_bytes()
    if spoil == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[:-3] if spoil == "cut" else b"{}")
    assert file in str(damage(folder))
    assert read_version(folder, in_service=False).damaged == damage(folder)
    path.write_bytes(whole)
    assert damage(folder) is None
