"""Train a network by a recipe and write it as a version: ``python -m digitrec train``."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from digitrec import augment, networks
from digitrec.datasets import CONTESTED, Mnist, as_input, mnist
from digitrec.not_digits import not_digit

TOLERANCE = 1e-4  # between the probabilities of the two runtimes
FLOAT = NDArray[np.float32]


class TrainingError(RuntimeError):
    """The run cannot start or its result cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Recipe:
    network: str  # a function of `networks`
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmented: bool = False  # distorted digits, a new set each epoch
    not_digits: int = 0  # examples of *not a digit* an epoch
    one_cycle: bool = False


RECIPES = {
    # As the tutorial writes it: Adam at its default rate, plain images.
    "classic": Recipe("classic", epochs=10, batch_size=200, learning_rate=0.001),
    "compact": Recipe(
        "compact",
        epochs=24,
        batch_size=128,
        learning_rate=0.004,
        weight_decay=0.02,
        label_smoothing=0.05,
        augmented=True,
        not_digits=24_000,
        one_cycle=True,
    ),
}


class Batches(keras.utils.PyDataset):
    """The training images, augmented anew each epoch in a thread beside the training.

    Gives (n, 28, 28, 1) float32 and one-hot (n, classes) float32 labels.
    """

    def __init__(
        self,
        x: NDArray[np.uint8],
        y: NDArray[np.uint8],
        recipe: Recipe,
        seed: int,
        first_epoch: int = 0,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=16)
        self.x, self.y, self.recipe, self.seed = x, y, recipe, seed
        self.classes = networks.DIGITS + bool(recipe.not_digits)
        self.extra = round(recipe.not_digits * len(x) / 60_000)
        self.epoch = first_epoch - 1
        self.on_epoch_begin()

    def on_epoch_begin(self) -> None:
        self.epoch += 1
        rng = np.random.default_rng([self.seed, self.epoch])
        self.order = rng.permutation(len(self.x) + self.extra)

    def __len__(self) -> int:
        return -(-len(self.order) // self.recipe.batch_size)

    def __getitem__(self, index: int) -> tuple[FLOAT, FLOAT]:
        size = self.recipe.batch_size
        chosen = self.order[index * size : (index + 1) * size]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        x = np.empty((len(chosen), 28, 28, 1), np.float32)
        labels = np.empty(len(chosen), np.int64)
        for place, i in enumerate(chosen):
            if i >= len(self.x):
                x[place, ..., 0] = not_digit(self.x, self.y, rng)
                labels[place] = networks.NOT_A_DIGIT
            elif self.recipe.augmented:
                x[place, ..., 0] = augment.digit(self.x[i], int(self.y[i]), rng)
                labels[place] = self.y[i]
            else:
                x[place, ..., 0] = self.x[i].astype(np.float32) / 255
                labels[place] = self.y[i]
        return x, np.eye(self.classes, dtype=np.float32)[labels]


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise over the first quarter, then a cosine to nothing (Smith and Topin, 2017)."""

    def __init__(self, peak: float, steps: int) -> None:
        self.peak, self.steps = peak, steps

    def __call__(self, step: Any) -> Any:
        part = keras.ops.cast(step, "float32") / self.steps
        rise = 0.1 + 0.9 * part / 0.25
        fall = 0.5 * (1 + keras.ops.cos(np.pi * (part - 0.25) / 0.75))
        return self.peak * keras.ops.where(part < 0.25, rise, keras.ops.maximum(fall, 1e-4))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps}


def compiled(recipe: Recipe, steps: int) -> keras.Model:
    """The recipe's network, ready to be fitted for `steps` batches in all."""
    model: keras.Model = getattr(networks, recipe.network)()
    rate = OneCycle(recipe.learning_rate, steps) if recipe.one_cycle else recipe.learning_rate
    optimizer = (
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, beta_2=0.99)
        if recipe.weight_decay
        else keras.optimizers.Adam(rate)
    )
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    return model


def digit_accuracy(probabilities: FLOAT, labels: NDArray[np.uint8]) -> float:
    """The share of digits whose likeliest digit is right, *not a digit* left aside."""
    return float((probabilities[:, : networks.DIGITS].argmax(1) == labels).mean())


class _Progress(keras.callbacks.Callback):
    def __init__(self, data: Mnist, epochs: int, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.data, self.epochs, self.tell = data, epochs, tell
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        spent = time.perf_counter() - self.start
        logs = logs or {}
        self.tell(
            f"epoch {epoch + 1}/{self.epochs}  loss {logs['loss']:.4f}  "
            f"accuracy {logs['accuracy']:.4f}  {spent:.0f} s"
        )


def train(
    recipe: str,
    *,
    name: str | None = None,
    models: Path | None = None,
    epochs: int | None = None,
    limit: int | None = None,
    seed: int = 1,
    tell: Callable[[str], None] = print,
) -> Path:
    """Train `recipe` on MNIST's training set and write the version folder ``models/name``.

    epochs and limit (training images used) override the recipe's; tell gets a line an epoch. The
    folder appears whole or not at all. Raises `TrainingError`, and `datasets.DatasetError` when
    MNIST is missing or damaged.
    """
    from digitrec.settings import settings

    if recipe not in RECIPES:
        raise TrainingError(f"There is no recipe {recipe!r}; choose {' or '.join(RECIPES)}.")
    if epochs is not None and not 1 <= epochs <= 200:
        raise TrainingError("The epochs must be from 1 to 200.")
    if limit is not None and not 100 <= limit <= 60_000:
        raise TrainingError("The limit must be from 100 to 60000 images.")
    models = models or settings().models
    name = name or f"{recipe}-{time.strftime('%Y%m%d-%H%M%S')}"
    if not name.replace("-", "").replace("_", "").isalnum():
        raise TrainingError("A version's name is made of letters, digits, - and _ only.")
    if (models / name).exists() :
        raise TrainingError(f"The version {name} exists already; choose another name.")
    chosen = RECIPES[recipe]
    chosen = replace(chosen, epochs=epochs or chosen.epochs)

    keras.utils.set_random_seed(seed)
    data = mnist()
    start = time.perf_counter()
    batches = Batches(data.x_train[:limit], data.y_train[:limit], chosen, seed)
    model = compiled(chosen, len(batches) * chosen.epochs)
    history = model.fit(
        batches,
        epochs=chosen.epochs,
        shuffle=False,  # Batches does, from its own seed
        verbose=0,
        callbacks=[_Progress(data, chosen.epochs, tell)],
    ).history
    seconds = time.perf_counter() - start
    report = {
        "recipe": recipe,
        "settings": {**asdict(chosen), "seed": seed},
        "data": {
            "train": len(batches.x),
            "not_digits_per_epoch": batches.extra,
            "test": len(data.x_test),
        },
        "history": {key: [round(float(v), 5) for v in values] for key, values in history.items()},
        "parameters": model.count_params(),
        "versions": {
            package: importlib.metadata.version(package)
            for package in ("keras", "tensorflow", "numpy", "ai-edge-litert", "digitrec")
            if _installed(package)
        },
        "device": _device(),
        "seconds": round(seconds, 1),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return _write_version(model, report, data, chosen, seed, models / name)


def _write_version(
    model: keras.Model,
    report: dict[str, Any],
    data: Mnist,
    recipe: Recipe,
    seed: int,
    folder: Path,
) -> Path:
    """Export, compare the runtimes, measure on the test set, and move the folder into place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        model.save(work / "model.keras")
        model.export(work / "model.tflite", format="litert", verbose=False)
        x_test = as_input(data.x_test)
        ours = litert(work / "model.tflite", x_test)
        theirs = model.predict(x_test[:1000], batch_size=500, verbose=0)
        difference = float(np.abs(ours[:1000] - theirs).max())
        if difference > TOLERANCE:
            raise TrainingError(
                f"The exported model differs from the trained one by {difference:.1e}, "
                f"more than {TOLERANCE:.0e}; it was not kept."
            )
        uncontested = np.setdiff1d(np.arange(len(data.y_test)), CONTESTED)
        predicted = ours[:, : networks.DIGITS].argmax(1)
        confusion = np.zeros((networks.DIGITS, networks.DIGITS), int)
        np.add.at(confusion, (data.y_test, predicted), 1)
        report["test"] = {
            "accuracy": digit_accuracy(ours, data.y_test),
            "accuracy_without_contested": digit_accuracy(
                ours[uncontested], data.y_test[uncontested]
            ),
            "confusion": confusion.tolist(),
        }
        report["calibration"] = _calibration(model, data, recipe, seed)
        report["runtime_difference"] = difference
        report["files"] = {
            path.name: {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in (work / "model.keras", work / "model.tflite")
        }
        (work / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        for path in work.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        work.chmod(0o755)
        os.replace(work, folder)
    except OSError as error:
        raise TrainingError(f"The version could not be written: {error}.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def litert(path: Path, x: FLOAT) -> FLOAT:
    """The probabilities of an exported model, (n, classes), in batches of 500."""
    interpreter = Interpreter(model_path=str(path), num_threads=os.cpu_count())
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    out = []
    for start in range(0, len(x), 500):
        batch = x[start : start + 500]
        interpreter.resize_tensor_input(source, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source, batch)
        interpreter.invoke()
        out.append(interpreter.get_tensor(target))
    return np.concatenate(out)


def fit_temperature(probabilities: FLOAT, labels: NDArray[np.int64]) -> float:
    """The temperature with the least negative log-likelihood (Guo et al., 2017)."""
    logits = np.log(np.clip(probabilities, 1e-12, 1)).astype(np.float64)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        peak = scaled.max(1)
        total = peak + np.log(np.exp(scaled - peak[:, None]).sum(1))
        return float((total - scaled[rows, labels]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _calibration(model: keras.Model, data: Mnist, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Fitted on newly distorted training digits: the nearest to unseen ones without folds."""
    fresh = replace(recipe, augmented=True, batch_size=500)
    batches = Batches(data.x_train, data.y_train, fresh, seed, first_epoch=10_000)
    pairs = [batches[i] for i in range(20)]
    x, y = (np.concatenate(part) for part in zip(*pairs, strict=True))
    probabilities = model.predict(x, batch_size=500, verbose=0)
    temperature = fit_temperature(probabilities, y.argmax(1))
    return {"temperature": temperature, "fitted_on": "10000 newly distorted training examples"}


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _device() -> str:
    return f"CPU, {os.cpu_count()} cores, {platform.machine()}, Keras on {keras.backend.backend()}"
