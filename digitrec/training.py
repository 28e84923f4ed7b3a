"""Fit one network: batches, schedule, and epochs that can be gone on with after any death."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitrec import augment, networks, storage
from digitrec.datasets import as_input
from digitrec.example import DIGITS, NOT_A_DIGIT
from digitrec.not_digits import not_digit
from digitrec.recipes import TRAINING_IMAGES, Recipe
from digitrec.scores import digit_accuracy

FLOAT = NDArray[np.float32]
BYTES = NDArray[np.uint8]
History = list[dict[str, float]]  # an entry an epoch, as `runs.Epoch` has it
STEP_SECONDS = 2.0  # between two words about the epoch under way
AHEAD = 8  # batches


class TrainingError(RuntimeError):
    """The run cannot start or its result cannot be used; the message says why and what to do."""


def use_threads(threads: int) -> None:
    """To be called before TensorFlow's first operation: later it does not listen."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)


class Epochs(Protocol):
    """Batches of one epoch after another, in the order that they are to be learnt in."""

    def begin(self, epoch: int) -> None: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]: ...


def streamed(batches: Epochs, *signature: tf.TensorSpec) -> tf.data.Dataset:
    """Each pass is the epoch last begun, made a few batches ahead of those that are learnt.

    Without tf.data's tuner, which Keras's own `PyDataset` has: an iterator ends when its tuner
    wakes, and that sleeps twice as long each time. At each epoch's end, a fit stood still for up to
    as long as the epoch had taken.
    """

    def made() -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        for index in range(len(batches)):
            yield batches[index]

    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    made_ahead = tf.data.Dataset.from_generator(made, output_signature=signature).prefetch(AHEAD)
    counted = made_ahead.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return counted.with_options(untuned)


class Batches:
    """The training images, shuffled anew each epoch, and as the recipe has it distorted.

    Gives (n, 28, 28, 1) float32 and one-hot (n, classes) float32 labels. Each batch follows from
    the seed, the epoch and its own number alone, so an epoch can be gone on with in a new process.
    """

    def __init__(self, x: BYTES, y: BYTES, recipe: Recipe, seed: int, first_epoch: int = 0) -> None:
        self.x, self.y, self.recipe, self.seed = x, y, recipe, seed
        self.classes = DIGITS + bool(recipe.not_digits)
        self.extra = round(recipe.not_digits * len(x) / TRAINING_IMAGES)
        if not recipe.renewed:
            rng = np.random.default_rng([seed, self.extra])
            self.pool = np.array([not_digit(x, y, rng) for _ in range(self.extra)])
        self.begin(first_epoch)

    def begin(self, epoch: int) -> None:
        self.epoch = epoch
        rng = np.random.default_rng([self.seed, epoch])
        self.order = rng.permutation(len(self.x) + self.extra)

    def __len__(self) -> int:
        return -(-len(self.order) // self.recipe.batch_size)

    def __getitem__(self, index: int) -> tuple[FLOAT, FLOAT]:
        size = self.recipe.batch_size
        chosen = self.order[index * size : (index + 1) * size]
        digits = chosen < len(self.x)
        x = np.empty((len(chosen), 28, 28, 1), np.float32)
        labels = np.full(len(chosen), NOT_A_DIGIT)
        labels[digits] = self.y[chosen[digits]]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        if self.recipe.augmented:
            for place in np.flatnonzero(digits):
                x[place, ..., 0] = augment.digit(self.x[chosen[place]], int(labels[place]), rng)
        elif self.recipe.bent:
            for place in np.flatnonzero(digits):
                x[place, ..., 0] = augment.bend(self.x[chosen[place]], rng)
        else:
            x[digits] = as_input(self.x[chosen[digits]])
        for place in np.flatnonzero(~digits):
            x[place, ..., 0] = (
                not_digit(self.x, self.y, rng)
                if self.recipe.renewed
                else self.pool[chosen[place] - len(self.x)]
            )
        return x, np.eye(self.classes, dtype=np.float32)[labels]


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise over a share of the steps, then a cosine to nothing (Smith and Topin, 2017)."""

    def __init__(self, peak: float, steps: int, rising: float = 0.25) -> None:
        self.peak, self.steps, self.rising = peak, steps, rising

    def __call__(self, step: Any) -> Any:
        part = keras.ops.cast(step, "float32") / self.steps
        rise = 0.1 + 0.9 * part / self.rising
        fall = 0.5 * (1 + keras.ops.cos(np.pi * (part - self.rising) / (1 - self.rising)))
        return self.peak * keras.ops.where(part < self.rising, rise, keras.ops.maximum(fall, 1e-4))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps, "rising": self.rising}


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
        jit_compile=False,  # XLA takes one and a half to three times as long on a CPU
    )
    return model


class Checkpoint:
    """Everything a fit needs to go on after its last finished epoch, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history: History = []

    def save(self, model: keras.Model) -> None:
        """Atomic and durable; raises ``OSError``."""
        arrays = {f"v{i}": np.asarray(v) for i, v in enumerate(_variables(model))}
        history = np.array(json.dumps(self.history))
        storage.write(self.path, storage.npz(history=history, **arrays))

    def load(self, model: keras.Model) -> None:
        """Take up where the file left off.

        One that is missing, damaged or another network's means from the beginning.
        """
        variables = _variables(model)
        try:
            file = storage.arrays(self.path)
            history = json.loads(str(file["history"]))
            arrays = [file[f"v{i}"] for i in range(len(variables))]
        except (OSError, ValueError, KeyError):
            return
        if [array.shape for array in arrays] != [variable.shape for variable in variables]:
            return
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        self.history = history


def _variables(model: keras.Model) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


class _Watch(keras.callbacks.Callback):
    """Measures each epoch on the held-out images, keeps it, and tells how far it has come."""

    def __init__(
        self,
        batches: Batches,
        held_out: tuple[FLOAT, BYTES],
        checkpoint: Checkpoint,
        tell: Callable[..., None],
    ) -> None:
        super().__init__()
        self.batches, (self.x, self.y) = batches, held_out
        self.checkpoint, self.tell = checkpoint, tell
        self.told = 0.0

    def on_epoch_begin(self, epoch: int, *_: Any) -> None:
        self.batches.begin(epoch)
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch: int, **_: Any) -> None:
        if time.monotonic() - self.told > STEP_SECONDS:
            self.told = time.monotonic()
            self.tell("step", done=round((batch + 1) / len(self.batches), 4))

    def on_epoch_end(self, _: int, logs: dict[str, float]) -> None:
        probabilities = answers(self.model, self.x)
        entry = {
            "loss": round(float(logs["loss"]), 5),
            "accuracy": round(float(logs["accuracy"]), 5),
            "val_loss": round(cross_entropy(probabilities, self.y), 5),
            "val_accuracy": digit_accuracy(probabilities, self.y),
            "seconds": round(time.perf_counter() - self.began, 3),
        }
        self.checkpoint.history.append(entry)
        self.checkpoint.save(self.model)
        self.tell("epoch", epoch=entry)


def answers(model: keras.Model, x: FLOAT) -> FLOAT:
    """What a model gives for (n, ...) inputs, (n, ...).

    ``predict`` waits for tf.data's tuner too, as told of in `streamed`.
    """
    parts = [model.predict_on_batch(x[i : i + 500]) for i in range(0, len(x), 500)]
    return np.concatenate(parts)


def cross_entropy(probabilities: FLOAT, labels: BYTES) -> float:
    """Mean negative log-likelihood of the true class, nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(chosen, 1e-12, 1)).mean())


def fit(
    recipe: Recipe,
    train: tuple[BYTES, BYTES],
    held_out: tuple[BYTES, BYTES],
    *,
    seed: int,
    checkpoint: Checkpoint,
    tell: Callable[..., None],
) -> keras.Model:
    """Train a new network, or go on with the checkpoint's, until the recipe's last epoch.

    train and held_out: (n, 28, 28) uint8 images and (n,) uint8 labels; each epoch is measured on
    the second. tell gets the events of `runs`: "part", "step", "epoch". Raises ``OSError`` when a
    checkpoint cannot be written.
    """
    keras.utils.set_random_seed(seed)
    batches = Batches(*train, recipe, seed)
    model = compiled(recipe, len(batches) * recipe.epochs)
    checkpoint.load(model)
    done = len(checkpoint.history)
    tell("part", history=checkpoint.history)
    if done < recipe.epochs:
        images = tf.TensorSpec((None, 28, 28, 1), tf.float32)
        labels = tf.TensorSpec((None, batches.classes), tf.float32)
        model.fit(
            streamed(batches, images, labels),
            initial_epoch=done,
            epochs=recipe.epochs,
            shuffle=False,  # Batches does, from its own seed
            verbose=0,
            callbacks=[_Watch(batches, (as_input(held_out[0]), held_out[1]), checkpoint, tell)],
        )
    return model
