from __future__ import annotations

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from digitrec.datasets import as_input, mnist
from digitrec.runtime import BATCH, MODEL, REPORT, ModelError, Network, load, quietly
from digitrec.settings import ROOT

SHIPPED = ROOT / "models" / "default"


@pytest.fixture(scope="module")
def network() -> Network:
    return load(SHIPPED)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two files of the shipped version."""
    for name in (MODEL, REPORT):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def test_a_network_comes_with_its_report() -> None:
    _, report = load(SHIPPED)
    assert report["files"][MODEL]["bytes"] == (SHIPPED / MODEL).stat().st_size


def test_many_inputs_go_through_a_batch_at_a_time(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    run = Network._run
    monkeypatch.setattr(
        Network, "_run", lambda self, x: (sizes.append(len(x)), run(self, x))[1], raising=True
    )
    x = as_input(mnist().x_test[: 2 * BATCH + 3])
    (together,) = network(x)
    assert sizes == [BATCH, BATCH, 3]
    (alone,) = network(x[BATCH : BATCH + 1])
    assert together.shape == (len(x), 11)
    assert together[BATCH] == pytest.approx(alone[0], abs=1e-5)


def test_threads_share_a_network_whatever_the_shapes_they_ask_for(network: Network) -> None:
    x = as_input(mnist().x_test[:5])
    (expected,) = network(x)
    assert np.abs(expected[0] - expected[1:]).max() > 0.5, "these digits are alike: choose others"
    counts = [1 + i % 5 for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda count: network(x[:count])[0], counts))
    for count, answer in zip(counts, answers, strict=True):
        assert answer == pytest.approx(expected[:count], abs=1e-4)


def test_an_answer_is_not_changed_by_the_next(network: Network) -> None:
    x = as_input(mnist().x_test[:2])
    first = network(x[:1])[0]
    kept = first.copy()
    network(x[1:])
    assert (first == kept).all()


@pytest.mark.parametrize("name", [MODEL, REPORT])
def test_a_file_that_cannot_be_used_is_named(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", b"[]"):
        (folder / name).write_bytes(spoilt)
        with pytest.raises(ModelError, match=rf"{folder / name} is damaged"):
            load(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{folder / name} is missing"):
        load(folder)


def test_what_is_no_network_is_damaged_though_its_report_knows_it(folder: Path) -> None:
    content = b"no network" * 100
    report = json.loads((folder / REPORT).read_text())
    report["files"][MODEL]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / MODEL).write_bytes(content)
    (folder / REPORT).write_text(json.dumps(report))
    with pytest.raises(ModelError, match=r"model\.tflite is damaged"):
        load(folder)


def test_quietly_silences_what_is_not_python(capfd: pytest.CaptureFixture[str]) -> None:
    with quietly():
        os.write(2, b"a greeting")
    os.write(2, b"an error")
    assert capfd.readouterr().err == "an error"
