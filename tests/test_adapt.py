"""Adapt now: what learns, what stays, and one adaptation from its start to its version."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from digitrec import (
    adapt,
    adaptation,
    crossval,
    examples,
    export,
    networks,
    registry,
    results,
    scores,
    training,
    worker,
)
from digitrec.adaptation import AdaptationError, Status
from digitrec.classifier import Classifier
from digitrec.collected import Collected, collected, mixed_in
from digitrec.datasets import Mnist, as_input, mnist
from digitrec.example import NOT_A_DIGIT, New
from digitrec.language import Sentence, percent
from digitrec.recipes import Plan
from digitrec.report import html
from digitrec.runs import FINAL, Run
from digitrec.settings import ROOT, settings
from digitrec.worker import _dealt, examples_of, keep_examples

TENSORFLOW_S_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as it exports


@pytest.fixture(scope="module")
def digits() -> Mnist:
    data = mnist()
    return Mnist(data.x_train[:600], data.y_train[:600], data.x_test[:300], data.y_test[:300])


def functional() -> keras.Model:
    """With a branch, which no `Sequential` has."""
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(inputs)
    x = layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x)])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(11, activation="softmax")(x))


@pytest.mark.parametrize("network", [networks.compact, networks.nimble, functional])
def test_the_parts_are_the_whole(network, digits: Mnist) -> None:
    model = network()
    parts = adapt.parts_of(model)
    x = as_input(digits.x_test[:20])
    whole = model.predict(x, verbose=0)
    found = adapt.features(parts, x)
    assert found.ndim == 2
    assert np.allclose(parts.head.predict(found, verbose=0), whole, atol=1e-6)
    assert parts.classes == 11


def test_only_the_head_learns_and_it_learns_the_examples(
    digits: Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapt, "REPLAYED", 200)
    monkeypatch.setattr(adapt, "EPOCHS", 10)
    monkeypatch.setattr(adapt, "LEARNING_RATE", 1e-2)  # thirty steps are to do
    monkeypatch.setattr(adapt, "SHARE", 0.5)
    model = keras.models.load_model(ROOT / "models/default/model.keras", compile=False)
    parts = adapt.parts_of(model)
    trunk = [weights.copy() for weights in parts.trunk.get_weights()]
    x, y = np.rot90(digits.x_test[:12], axes=(1, 2)), digits.y_test[:12]  # a hand MNIST has not
    seen = adapt.features_of_copies(parts, x)
    before = parts.head.predict(seen[:, 0], verbose=0).argmax(1)
    assert (before == y).mean() < 0.2
    known = adapt.replay(parts, digits)
    weights = parts.head.get_weights()
    adapt.tune(parts, known, seen, y)
    assert (model.predict(as_input(x), verbose=0).argmax(1) == y).mean() > 0.8
    said = parts.head.predict(known.features, verbose=0).argmax(1)
    assert (said == known.answers.argmax(1)).mean() > 0.9  # it stays where it was elsewhere
    for now, then in zip(parts.trunk.get_weights(), trunk, strict=True):
        assert (now == then).all()
    parts.head.set_weights(weights)
    folds = [np.arange(0, 12, 2), np.arange(1, 12, 2)]
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    out = adapt.cross_validated(parts, known, seen, y, folds, lambda _: None)
    assert out.shape == (12, 11)
    for now, then in zip(parts.head.get_weights(), weights, strict=True):
        assert (now == then).all()


def test_copies_are_distorted_and_fewer_where_examples_are_many(digits: Mnist) -> None:
    few = adapt.copies(digits.x_test[:5])
    assert few.shape == (5, adapt.COPIES, 28, 28, 1)
    assert np.allclose(few[:, 0, ..., 0] * 255, digits.x_test[:5])
    assert (few[:, 1] != few[:, 0]).any(axis=(1, 2, 3)).all()


@pytest.fixture
def store(no_examples: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with the shipped version, and twelve examples by two hands."""
    shutil.copytree(ROOT / "models/default", tmp_path / "models/default")
    monkeypatch.setenv("DIGITREC_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    data = mnist()
    examples.add(
        [
            New(data.x_test[k], b"png", int(data.y_test[k]), "drawn", writer="Ada" if k % 2 else "")
            for k in range(12)
        ]
    )
    return tmp_path / "models"


def test_examples_that_a_network_does_not_know_are_not_counted(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: model)
    monkeypatch.setattr(training, "use_threads", lambda _: None)  # too late in this process
    examples.relabel(dict.fromkeys(range(1, 11), NOT_A_DIGIT))
    with pytest.raises(AdaptationError, match=r"\(2 so far\)"):
        adaptation.carry_out(store)


@TENSORFLOW_S_OWN
def test_an_adaptation_becomes_a_version(
    store: Path, digits: Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapt, "mnist", lambda: digits)
    monkeypatch.setattr(adapt, "REPLAYED", 100)
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    monkeypatch.setattr(training, "use_threads", lambda _: None)  # too late in this process
    told: list[float] = []
    report = adaptation.carry_out(store, serve=True, tell=lambda _, share: told.append(share))
    assert told == sorted(told)
    name = report["name"]
    assert registry.in_service(store) == name
    version = registry.version(name, store)
    assert version.damaged is None
    assert version.data == "12 examples"
    assert report["examples"]["examples"] == 12
    assert [row["writer"] for row in report["examples"]["writers"]] == ["", "Ada"]
    assert report["comparison"]["with"] == "default"
    assert abs(report["comparison"]["accuracy"] - report["comparison"]["other_accuracy"]) < 0.05
    for reader, said in (("default", "other_accuracy"), (name, "accuracy")):
        p = Classifier(store / reader).probabilities(as_input(digits.x_test))
        assert report["comparison"][said] == scores.digit_accuracy(p, digits.y_test)
    status = adaptation.seen(store)
    assert status is not None
    assert (status.state, status.version) == ("done", name)
    share = report["comparison"]["accuracy"]
    assert str(status.message).endswith(f"{percent(share, 2)} now.")


def test_the_same_examples_are_learnt_the_same_each_time(
    store: Path, digits: Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LearntError(Exception):
        pass

    def learnt(model: keras.Model, *_: object) -> None:
        heads.append(model.get_weights()[-2:])
        raise LearntError

    heads: list[Any] = []
    monkeypatch.setattr(adapt, "mnist", lambda: digits)
    monkeypatch.setattr(adapt, "REPLAYED", 100)
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    monkeypatch.setattr(training, "use_threads", lambda _: None)  # too late in this process
    monkeypatch.setattr(export, "write", learnt)
    base = registry.version("default", store)
    for _ in range(2):
        with pytest.raises(LearntError):
            adapt.adapted(base, collected(), store, lambda *_: None)
    for first, second in zip(*heads, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_damaged_base_is_a_sentence(store: Path) -> None:
    (store / "default" / "model.keras").write_bytes(b"no network")
    with pytest.raises(AdaptationError, match=r"model\.keras is damaged"):
        adaptation.carry_out(store)
    assert adaptation.seen(store).state == "failed"
    assert not (store / ".adapt" / "version").exists()


def test_a_killed_adaptation_is_told_from_one_under_way(store: Path) -> None:
    folder = store / ".adapt"
    folder.mkdir()
    status = {"state": "running", "message": "Learning.", "progress": 0.5, "version": None}
    (folder / "status.json").write_text(json.dumps(status))
    assert adaptation.seen(store).state == "interrupted"
    with adaptation.storage.locked(folder / "lock"):
        assert adaptation.seen(store) == Status("running", "Learning.", 0.5)
    (folder / "status.json").write_text("{")
    assert adaptation.seen(store) is None


def test_a_child_that_dies_at_once_is_not_waited_for(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, children = subprocess.Popen, []

    def child(_: list[str], **options: Any):
        """It lives until its input is closed."""
        children.append(real("cat", **{**options, "stdin": subprocess.PIPE}))
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", child)
    adaptation.start(store)
    assert adaptation.seen(store) == Status("running", Sentence("Starting."))
    with pytest.raises(AdaptationError, match="under way"):
        adaptation.start(store)
    children[0].stdin.close()
    children[0].wait(60)
    assert adaptation.seen(store).state == "interrupted"


def test_a_start_is_a_child_that_says_how_it_went(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples.delete(range(1, 11))
    real, children = subprocess.Popen, []

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")

    def child(command: list[str], **options: Any):
        assert command[:4] == ["nice", sys.executable, "-m", "digitrec.adaptation"]
        told = ("CUDA_VISIBLE_DEVICES", "TF_CPP_MIN_LOG_LEVEL", "DIGITREC_LANGUAGE")
        assert [options["env"][name] for name in told] == ["3", "2", "en"]
        children.append(real(command, **options))
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", child)
    adaptation.start(store)
    assert children[0].wait(120) == 1
    status = adaptation.seen(store)
    assert status is not None
    assert status.state == "failed"
    assert "(2 so far)" in str(status.message)
    assert (store / ".adapt" / "log.txt").read_text() == f"{status.message}\n"


# A training run with examples.


def run_with(store: Path, folds: int, name: str | None = None) -> Run:
    folder = store / ".runs" / "one"
    folder.mkdir(parents=True)
    plan = Plan.of("compact", "quick", folds=folds, epochs=1, images=500, name=name, examples=True)
    (folder / "plan.json").write_text(json.dumps(plan.to_dict()))
    return Run.load(folder)


def test_every_example_is_held_out_once_with_those_like_it(store: Path) -> None:
    run = run_with(store, 3)
    examples.add([New(np.roll(mnist().x_test[0], 1, 1), b"png", 7, "drawn")])  # the first, shifted
    keep_examples(run, lambda: None)
    found = examples_of(run)
    assert found is not None
    assert len(found) == 13
    apart = []
    for k in (1, 2, 3):
        learnt, indices = _dealt(run, found, f"fold {k}")
        apart += indices.tolist()
        assert not set(learnt.groups) & set(found.groups[indices])
    assert sorted(apart) == list(range(13))
    assert len(_dealt(run, found, FINAL)[0]) == 13


def test_a_resumed_run_learns_from_the_same_examples(store: Path) -> None:
    run = run_with(store, 2)
    keep_examples(run, lambda: None)
    examples.add([New(mnist().x_test[50], b"png", 6, "drawn")])
    keep_examples(run, lambda: None)
    assert len(examples_of(run)) == 12


def test_cancel_is_heeded_while_examples_are_compared(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_with(store, 2)
    (run.folder / "cancel").touch()
    monkeypatch.setattr(Collected, "to_npz", lambda _: pytest.fail("all were compared"))
    with pytest.raises(crossval.CancelledError):
        crossval.carry_out(run.folder)


def test_examples_are_repeated_until_they_matter() -> None:
    x, y = np.zeros((1000, 28, 28), np.uint8), np.zeros(1000, np.uint8)
    for count, times in ((2, 20), (10, 5), (500, 1)):
        learnt = Collected(
            np.ones((count, 28, 28), np.uint8), np.full(count, 10, np.uint8),
            np.array([""] * count), np.arange(count),
        )  # fmt: skip
        mixed_x, mixed_y = mixed_in(x, y, learnt)
        assert len(mixed_x) == len(mixed_y) == 1000 + times * count
        assert (mixed_y[1000:] == 10).all()


def test_a_plan_from_before_there_were_examples_is_read() -> None:
    values = Plan.of("compact").to_dict()
    del values["examples"]
    assert Plan.from_dict(values).examples is False
    del values["epochs"]
    with pytest.raises(KeyError):
        Plan.from_dict(values)


@TENSORFLOW_S_OWN
def test_a_cross_validation_tells_how_the_examples_moved(
    store: Path, digits: Mnist, monkeypatch: pytest.MonkeyPatch, in_this_process: crossval.Engine
) -> None:
    for module in (worker, results):
        monkeypatch.setattr(module, "mnist", lambda: digits)
    run = run_with(store, 2, name="taught")
    assert crossval.carry_out(run.folder, engine=in_this_process) == "taught"
    report = registry.report("taught", store)
    assert report["data"]["examples"] == 12
    found = report["examples"]
    assert (found["examples"], found["before_with"]) == (12, "default")
    assert found["before"] > found["after"]  # one epoch of 500 images is no match
    assert [row["examples"] for row in found["writers"]] == [6, 6]
    assert registry.version("taught", store).data == "500 MNIST images, seed 1 and 12 examples"
    assert "On examples that it did not learn from" in html(report, "taught")
