"""The line network's training, on a few strips: two cycles of an epoch each."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from digitrec import export, line_training, networks
from digitrec.datasets import mnist
from digitrec.line_input import SYMBOLS
from digitrec.line_reader import LineNetwork
from digitrec.training import TrainingError


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CYCLES": ((1, 0.5, 0.001), (1, 0.5, 0.001)),
        "EPOCHS": 2,
        "CHUNKS": 1,
        "CHUNK": 32,
        "BATCH": 16,
        "HELD_OUT": 8,
    }.items():
        monkeypatch.setattr(line_training, name, value)
    # TensorFlow takes a number of threads only before its first step, which is another test's.
    monkeypatch.setattr(line_training, "use_threads", lambda _: None)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TensorFlow's own, as it exports
def test_a_network_whose_runtimes_differ_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = mnist()
    digits = [data.x_test[data.y_test == digit] for digit in range(10)]
    both = networks.line(len(SYMBOLS))
    line_training.export(both, tmp_path, [], digits, 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["model.keras", "model.tflite", "report.json"]
    assert json.loads(before["report.json"])["runtime_difference"] <= export.TOLERANCE

    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(TrainingError, match="differs from the trained one"):
        line_training.export(networks.line(len(SYMBOLS)), tmp_path, [], digits, 1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


class KilledError(Exception):
    pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TensorFlow's own, as it exports
def test_a_broken_off_training_goes_on_and_averages_its_cycles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, calls = line_training.accuracy, []

    def killed_the_second_time(*arguments: object) -> float:
        calls.append(arguments)
        if len(calls) == 2:
            raise KilledError
        return measure(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(line_training, "accuracy", killed_the_second_time)
    with pytest.raises(KilledError):
        line_training.train(tmp_path)
    line_training.train(tmp_path)
    assert len(calls) == 4  # an epoch, the one that was broken off, it again, and the average

    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["history"]) == 2
    assert 0 <= report["accuracy"] <= 1
    network = LineNetwork(tmp_path)
    assert network(np.zeros((32, 64), np.float32))[0].shape[1] == len(report["symbols"]) + 1

    model = keras.models.load_model(tmp_path / "model.keras", compile=False)
    kernel = model.layers[1].get_weights()[0]
    ends = [np.load(tmp_path / f"epoch-{epoch}.npz")["arr_0"] for epoch in (1, 2)]
    assert not np.allclose(*ends)
    np.testing.assert_allclose(kernel, np.mean(ends, axis=0), atol=1e-6)
