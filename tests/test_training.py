"""Fitting: the tutorial's folds, the same result again, and going on after a death."""

import errno
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.model_selection import KFold

from digitrec import networks, report, scores, storage, worker
from digitrec.datasets import as_input, mnist
from digitrec.example import NOT_A_DIGIT
from digitrec.export import as_tutorial, write
from digitrec.recipes import RECIPES, Plan
from digitrec.runs import FINAL, held_out
from digitrec.runtime import Network
from digitrec.settings import ROOT
from digitrec.training import Batches, Checkpoint, TrainingError, fit
from digitrec.versions import KERAS, file_facts


@pytest.fixture(scope="module")
def digits():
    data = mnist()
    return (data.x_train[:300], data.y_train[:300]), (data.x_test[:100], data.y_test[:100])


def small(schedule="quick", **changes):
    return worker.recipe_of(Plan.of("compact", schedule, **changes), "fold 1")


def nowhere(*_, **__):
    pass


def test_the_folds_are_the_tutorials():
    dealt = worker.folds(Plan.of("classic"))
    expected = KFold(5, shuffle=True, random_state=1).split(np.zeros(60_000))
    for (train, out), (train_there, out_there) in zip(dealt, expected, strict=True):
        assert np.array_equal(train, train_there)
        assert np.array_equal(out, out_there)


def test_every_image_is_held_out_once():
    plan = Plan.of("compact", folds=3, images=100)
    dealt = worker.folds(plan)
    assert sorted(np.concatenate([out for _, out in dealt])) == list(range(100))
    assert [len(out) for _, out in dealt] == [held_out(plan, k) for k in range(3)]


def test_the_batch_sizes_are_the_tutorials():
    plan = Plan.of("classic")
    assert worker.recipe_of(plan, "fold 1").batch_size == 32
    assert worker.recipe_of(plan, FINAL).batch_size == 200


def test_classic_gets_plain_scaled_images_and_one_hot_labels(digits):
    (x, y), _ = digits
    batches = Batches(x, y, RECIPES["classic"]["tutorial"], seed=1)
    images, labels = batches[0]
    assert images.shape == (32, 28, 28, 1)
    assert labels.shape == (32, 10)
    assert (images.min(), images.max()) == (0, 1)
    assert np.array_equal(images, as_input(x[batches.order[:32]]))
    assert np.array_equal(labels.argmax(1), y[batches.order[:32]])
    assert len(batches) == 10


@pytest.mark.parametrize("schedule", ["quick", "thorough", "full"])
def test_compact_sees_each_digit_once_an_epoch_and_what_is_none(digits, schedule):
    (x, y), _ = digits
    batches = Batches(x[:64], y[:64], small(schedule), seed=1)
    labels = np.concatenate([batches[i][1] for i in range(len(batches))]).argmax(1)
    assert np.array_equal(np.bincount(labels[labels < 10]), np.bincount(y[:64]))
    assert (labels == NOT_A_DIGIT).sum() == batches.extra > 0
    images = np.concatenate([batches[i][0] for i in range(len(batches))])
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 1
    first = batches.order.copy()
    batches.begin(1)
    assert not np.array_equal(first, batches.order)


def test_not_a_digit_is_never_made_of_held_out_images(digits):
    """A pool made of one fold's images alone: other images change nothing."""
    (x, y), _ = digits
    first, second = (Batches(x[:64], y[:64], small(), seed=1) for _ in range(2))
    assert np.array_equal(first.pool, second.pool)


def test_the_same_seed_trains_the_same_network_and_another_one_another(digits, tmp_path):
    histories = []
    for k, seed in enumerate((1, 1, 2)):
        checkpoint = Checkpoint(tmp_path / f"{k}.npz")
        fit(small(epochs=2), *digits, seed=seed, checkpoint=checkpoint, tell=nowhere)
        histories.append([(e["loss"], e["val_loss"]) for e in checkpoint.history])
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_a_fit_gone_on_with_is_the_fit_never_stopped(digits, tmp_path):
    """Dropout, batch order, optimiser and schedule go on as if nothing had happened."""
    recipe = small(epochs=3)
    whole = Checkpoint(tmp_path / "whole.npz")
    expected = fit(recipe, *digits, seed=1, checkpoint=whole, tell=nowhere)

    def die(event, **_):
        if event == "epoch":
            raise KeyboardInterrupt

    broken = Checkpoint(tmp_path / "broken.npz")
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, *digits, seed=1, checkpoint=broken, tell=die)
    told = []
    again = Checkpoint(tmp_path / "broken.npz")
    model = fit(
        *(recipe, *digits),
        seed=1,
        checkpoint=again,
        tell=lambda event, **values: told.append((event, values)),
    )
    assert told[0][0] == "part"
    assert len(told[0][1]["history"]) == 3  # the list goes on growing after it was told
    assert [event for event, _ in told].count("epoch") == 2
    assert [e["loss"] for e in again.history] == [e["loss"] for e in whole.history]
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_full_disk_leaves_the_last_checkpoint(digits, tmp_path, monkeypatch):
    path = tmp_path / "fold.npz"
    recipe = small(epochs=2)
    checkpoint = Checkpoint(path)
    kept = []

    def fill(event, **_):
        if event == "epoch":
            kept.append(path.read_bytes())
            monkeypatch.setattr(os, "fsync", refuse)

    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fit(recipe, *digits, seed=1, checkpoint=checkpoint, tell=fill)
    assert path.read_bytes() == kept[0]
    assert [path.name for path in tmp_path.iterdir()] == ["fold.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"\x00" * 100])
def test_a_damaged_checkpoint_means_from_the_beginning(tmp_path, content):
    (tmp_path / "fold.npz").write_bytes(content)
    checkpoint, model = Checkpoint(tmp_path / "fold.npz"), network(2)
    before = model.get_weights()
    checkpoint.load(model)
    assert checkpoint.history == []
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(ours, theirs)


def network(units):
    """As small as can be."""
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
    model.compile(loss="mse")
    return model


def test_a_checkpoint_of_another_network_means_from_the_beginning(tmp_path):
    kept = Checkpoint(tmp_path / "fold.npz")
    kept.history.append({"loss": 1.0})
    kept.save(network(3))
    other, same = Checkpoint(kept.path), Checkpoint(kept.path)
    other.load(network(2))
    same.load(network(3))
    assert (other.history, same.history) == ([], kept.history)


TENSORFLOW_S_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as it exports


@pytest.fixture(scope="module")
def version(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "made"
    recipe = worker.recipe_of(Plan.of("compact", "quick", epochs=1), FINAL)
    checkpoint = Checkpoint(folder.parent / "final.npz")
    model = fit(recipe, *digits, seed=1, checkpoint=checkpoint, tell=nowhere)
    probabilities, difference = write(model, folder, as_input(digits[1][0]))
    facts = {"calibration": {"temperature": 1.0}, "files": file_facts(folder)}
    (folder / "report.json").write_text(json.dumps(facts))
    return folder, probabilities, difference


@TENSORFLOW_S_OWN
def test_a_version_needs_nothing_of_ours_to_be_loaded(version, tmp_path):
    code = "import sys, keras; print(keras.models.load_model(sys.argv[1]).count_params())"
    command = [sys.executable, "-c", code, str(version[0] / "model.keras")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.split()[-1:] == [str(networks.nimble().count_params())], done.stderr


@TENSORFLOW_S_OWN
def test_both_runtimes_agree(version, digits):
    folder, probabilities, difference = version
    assert difference < 1e-4
    files = {path.name for path in folder.iterdir()}
    assert files - {"report.json"} == {"model.keras", "model.tflite"}  # the fixture's own report
    served = Network((folder / "model.tflite").read_bytes())
    assert np.array_equal(served(as_input(digits[1][0]))[0], probabilities)


@TENSORFLOW_S_OWN
def test_a_version_whose_runtimes_differ_is_refused(version, digits, tmp_path, monkeypatch):
    from digitrec import export

    folder, probabilities, _ = version
    model = export.keras.models.load_model(folder / "model.keras")
    monkeypatch.setattr(export, "Network", lambda _: lambda _: [probabilities + np.float32(0.01)])
    with pytest.raises(TrainingError, match="differs from the trained one"):
        write(model, tmp_path / "bad", as_input(digits[1][0]))


@TENSORFLOW_S_OWN
def test_the_tutorials_files_load_again_and_read_an_image(version, digits, tmp_path):
    import keras

    folder, probabilities, _ = version
    x = as_input(digits[1][0][:5])
    files, said = as_tutorial(folder, tmp_path, x)
    assert [path.name for path in files] == ["model.json", "final_model.h5"]
    assert said == " ".join(map(str, probabilities[:5].argmax(1)))
    again = keras.models.load_model(tmp_path / "final_model.h5", compile=False)
    assert again.predict(x[:1], verbose=0).argmax() == probabilities[0].argmax()
    assert json.loads(files[0].read_text())["config"]["name"] == "nimble"


@TENSORFLOW_S_OWN
def test_a_full_disk_leaves_the_last_export(version, tmp_path, monkeypatch):
    for name in ("model.json", "final_model.h5"):
        (tmp_path / name).write_text("old")

    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(TrainingError) as raised:
        as_tutorial(version[0], tmp_path, np.zeros((1, 28, 28, 1), np.float32))
    assert str(raised.value) == f"{tmp_path} cannot be written: the disk is full."
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "model.json": "old",
        "final_model.h5": "old",
    }


def test_export_of_what_is_missing_or_damaged_ends_in_a_sentence(tmp_path):
    version, x = tmp_path / "default", np.zeros((1, 28, 28, 1), np.float32)
    with pytest.raises(TrainingError, match=r"report.json is missing"):
        as_tutorial(version, tmp_path, x)
    shutil.copytree(ROOT / "models" / "default", version)
    content = bytearray((version / KERAS).read_bytes())
    content[len(content) // 2] ^= 1  # Keras: zipfile.BadZipFile
    (version / KERAS).write_bytes(content)
    with pytest.raises(TrainingError, match=r"model.keras is damaged"):
        as_tutorial(version, tmp_path, x)


def test_a_worker_ends_when_its_parent_does():
    code = "import sys; from digitrec.worker import main; sys.exit(main(['x', 'measure', '1']))"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import time; import digitrec.worker as w; {SLEEPY}; {code}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdin.close()
    assert process.wait(60) == 1
    process.stdout.close()


SLEEPY = (
    "w.measure = lambda *_: time.sleep(300); w.Plan.from_dict = lambda _: None; w.json.loads = id"
)


# Scores.


def test_scores_of_folds_are_the_tutorials():
    found = scores.of_folds([0.9880, 0.9894, 0.9905, 0.9898, 0.9886])
    assert found["mean"] == pytest.approx(0.98926)
    assert found["std"] == pytest.approx(0.00088, abs=1e-5)  # numpy's, of the population
    low, high = found["interval"]
    assert low < 0.98926 < high
    assert high - low == pytest.approx(2 * 2.776 * 0.00098 / 5**0.5, rel=0.02)
    assert scores.of_folds([])["mean"] is None


def test_temperature_undoes_too_much_confidence():
    rng = np.random.default_rng(1)
    honest = scores.tempered(rng.dirichlet(np.ones(10), 20_000).astype(np.float32), 1.0)
    labels = np.array([rng.choice(10, p=p / p.sum()) for p in honest.astype(float)], np.uint8)
    boastful = scores.tempered(honest, 0.5)
    temperature = scores.fit_temperature(boastful, labels)
    assert temperature == pytest.approx(2, rel=0.05)
    found = scores.calibration(boastful, labels, temperature)
    assert found["ece_after"] < 0.02
    assert found["ece_before"] > 0.1
    assert sum(b["count"] for b in found["reliability"]["after"]) == 20_000


def test_mcnemar_tells_a_difference_from_noise():
    labels = np.zeros(100, np.uint8)
    right, wrong = np.eye(10, dtype=np.float32)[0], np.eye(10, dtype=np.float32)[1]

    def network(mistakes):
        return np.array([wrong if i in mistakes else right for i in range(100)])

    noise = scores.against(network({1, 2}), network({3, 4, 5}), labels, "default")
    assert (noise["only_this_right"], noise["only_other_right"]) == (3, 2)
    assert noise["p_value"] == 1
    assert report.verdict(noise).startswith("No real difference from default")
    better = scores.against(network(set()), network(set(range(10))), labels, "default")
    assert better["p_value"] == pytest.approx(2 / 2**10)
    assert report.verdict(better).startswith("Better than default")
    same = scores.against(network({1}), network({1}), labels, "default")
    assert same["p_value"] == 1


def test_confident_mistakes_come_first_and_label_errors_are_guessed():
    labels = np.array([3] * 10 + [5] * 10, np.uint8)
    probabilities = np.full((20, 11), 0.002, np.float32)
    probabilities[np.arange(20), labels] = 0.98
    probabilities[0] = 0.001
    probabilities[0, 5] = 0.99  # surely a 5, whatever its label says
    probabilities[11] = 0.05
    probabilities[11, 3] = 0.5
    images = np.arange(20 * 784, dtype=np.uint8).reshape(20, 28, 28)
    found = scores.mistakes(images, probabilities, labels)
    assert [m["index"] for m in found] == [0, 11]
    assert [m["label_error"] for m in found] == [True, False]
    assert (found[0]["label"], found[0]["predicted"]) == (3, 5)


def test_a_durable_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    storage.write(path, "old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        storage.write(path, "new")
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_written_file_is_read_by_those_who_might_before(tmp_path, umask):
    before = os.umask(umask)
    try:
        storage.write(tmp_path / "new", "")
        (tmp_path / "shared").touch()
        (tmp_path / "shared").chmod(0o664)
        storage.write(tmp_path / "shared", "")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"new": 0o666 & ~umask, "shared": 0o664}
