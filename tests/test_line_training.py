"""The line network's training, on a few strips: two cycles of an epoch each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from digitrec import export, line_training, networks
from digitrec.datasets import mnist
from digitrec.line_input import SYMBOLS
from digitrec.line_reader import LineNetwork
from digitrec.training import TrainingError

TENSORFLOW_S_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as it exports


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "CYCLES": ((1, 0.5, 0.001), (1, 0.5, 0.001)),
            "EPOCHS": 2,
            "WORD_EPOCHS": 1,
            "CHUNKS": 1,
            "CHUNK": 32,
            "BATCH": 16,
            "HELD_OUT": 8,
        }.items():
            patch.setattr(line_training, name, value)
        # TensorFlow takes a number of threads only before its first step, which is another test's.
        patch.setattr(line_training, "use_threads", lambda _: None)
        yield


class KilledError(Exception):
    pass


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a training left that was broken off in its second epoch, and begun again."""
    folder = tmp_path_factory.mktemp("line")
    measure, calls = line_training.accuracy, []

    def killed_the_second_time(*arguments: object) -> float:
        calls.append(arguments)
        if len(calls) == 2:
            raise KilledError
        return measure(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_training, "accuracy", killed_the_second_time)
        with pytest.raises(KilledError):
            line_training.train(folder)
        line_training.train(folder)
    assert len(calls) == 4  # an epoch, the one that was broken off, it again, and the average
    return folder


@TENSORFLOW_S_OWN
def test_a_broken_off_training_goes_on_and_averages_its_cycles(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text())
    assert len(report["history"]) == 2
    assert 0 <= report["accuracy"] <= 1
    assert report["runtime_difference"] <= export.TOLERANCE
    network = LineNetwork(trained)
    assert network(np.zeros((32, 64), np.float32))[0].shape[1] == len(report["symbols"]) + 1

    model = keras.models.load_model(trained / "model.keras", compile=False)
    kernel = model.layers[1].get_weights()[0]
    ends = [np.load(trained / f"epoch-{epoch}.npz")["arr_0"] for epoch in (1, 2)]
    assert not np.allclose(*ends)
    np.testing.assert_allclose(kernel, np.mean(ends, axis=0), atol=1e-6)


@TENSORFLOW_S_OWN
def test_a_network_whose_runtimes_differ_leaves_the_last_one(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("model.keras", "model.tflite", "report.json")
    before = {name: (trained / name).read_bytes() for name in files}
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)
    data = mnist()
    digits = [data.x_test[data.y_test == digit] for digit in range(10)]
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(TrainingError, match="differs from the trained one"):
        line_training.export(networks.line(len(SYMBOLS)), tmp_path, [], digits, 1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
