"""Train the line network on composed strips: ``python -m digitrec.line_training FOLDER``.

It wrote what lies in ``digitrec/data/line``. Begun again on the same folder, it goes on after the
last finished epoch.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitrec import networks, storage, strips
from digitrec.composed import Digits
from digitrec.datasets import mnist
from digitrec.export import check, save
from digitrec.line_input import HEIGHT, SYMBOLS
from digitrec.line_reader import LineNetwork, places
from digitrec.results import this_device, versions
from digitrec.runtime import REPORT
from digitrec.training import FLOAT, Checkpoint, OneCycle, streamed, use_threads
from digitrec.versions import FILES, file_facts

# Each cycle: its epochs, those of them with a rising learning rate, and its highest.
CYCLES = ((30, 10, 0.003), (9, 1, 0.0012), (28, 4, 0.002), (28, 4, 0.0025))
AVERAGED = 2  # of the last cycles, the weights at their ends
WORD_EPOCHS, WORD_RATE = 4, 0.003  # of learning afterwards where there is no number
WORDS = 0.5  # of the strips then, the share that are printed words
EPOCHS = sum(epochs for epochs, _, _ in CYCLES)
CHUNKS, CHUNK, BATCH = 16, 1024, 64  # strips are drawn a chunk at a time and dealt by their width
LONGEST = 14  # symbols of a strip
HELD_OUT = 1024  # strips of MNIST's test digits
Strip = tuple[FLOAT, list[int]]


class Strips:
    """Batches of strips of about the same width: (64, 32, w, 1) float32 and (64, 14) int32.

    Each follows from the seed, the epoch and its own number alone. words: the share of them that
    are printed words.
    """

    def __init__(self, digits: Digits, seed: int, words: float = 0.0) -> None:
        self.digits, self.seed, self.words = digits, seed, words
        self.begin(0)

    def __len__(self) -> int:
        return CHUNKS * CHUNK // BATCH

    def begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.drawn: dict[int, list[Strip]] = {}  # the chunk under way

    def __getitem__(self, index: int) -> tuple[FLOAT, NDArray[np.int32]]:
        return batch(self._chosen(index))

    def _chosen(self, index: int) -> list[Strip]:
        chunk, place = divmod(index, CHUNK // BATCH)
        if chunk not in self.drawn:
            rng = np.random.default_rng([self.seed, self.epoch, chunk])
            drawn = [strips.strip(self.digits, rng, self.words) for _ in range(CHUNK)]
            widths = np.array([ink.shape[1] for ink, _ in drawn]) + rng.uniform(0, 24, CHUNK)
            dealt = np.argsort(widths).reshape(-1, BATCH)[rng.permutation(CHUNK // BATCH)]
            self.drawn = {chunk: [drawn[i] for i in dealt.ravel()]}
        return self.drawn[chunk][place * BATCH : (place + 1) * BATCH]


class Numberless(Strips):
    """The same strips and, of each place, whether there is no number: (64, places) int32.

    -1 where a strip is wider only for being in a batch.
    """

    def __getitem__(self, index: int) -> tuple[FLOAT, NDArray[np.int32]]:
        chosen = self._chosen(index)
        x, _ = batch(chosen)
        y = np.full((len(x), x.shape[2] // 4 - 4), -1, np.int32)
        for row, (ink, symbols) in zip(y, chosen, strict=True):
            row[: places(ink)] = not symbols
        return x, y


def batch(chosen: list[Strip]) -> tuple[FLOAT, NDArray[np.int32]]:
    """Strips side by side in one array."""
    width = -(-max(ink.shape[1] for ink, _ in chosen) // 16) * 16
    x = np.zeros((len(chosen), HEIGHT, width, 1), np.float32)
    y = np.zeros((len(chosen), LONGEST), np.int32)
    for i, (ink, symbols) in enumerate(chosen):
        x[i, :, : ink.shape[1], 0] = ink
        y[i, : len(symbols)] = symbols[:LONGEST]
    return x, y


class _Cycles(keras.optimizers.schedules.LearningRateSchedule):
    """One cycle after another."""

    def __init__(self, steps: int) -> None:
        self.steps = steps  # an epoch

    def __call__(self, step: Any) -> Any:
        first, rate = 0, 0.0
        for epochs, rising, peak in CYCLES:
            cycle = OneCycle(peak, epochs * self.steps, rising / epochs)
            rate = keras.ops.where(step < first, rate, cycle(step - first))
            first += epochs * self.steps
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"steps": self.steps}


class _Watch(keras.callbacks.Callback):
    """Measures each epoch on held-out strips, keeps it, and says so."""

    def __init__(
        self, folder: Path, drawing: Strips, held_out: list[Strip], checkpoint: Checkpoint
    ) -> None:
        super().__init__()
        self.folder, self.drawing, self.held_out = folder, drawing, held_out
        self.checkpoint = checkpoint

    def on_epoch_begin(self, epoch: int, *_: Any) -> None:
        self.drawing.begin(epoch)
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        entry = {
            "loss": round(float(logs["loss"]), 4),
            "val_accuracy": accuracy(self.model, self.held_out),
            "seconds": round(time.perf_counter() - self.began, 1),
        }
        self.checkpoint.history.append(entry)
        if epoch + 1 in _ends():
            np.savez(_end(self.folder, epoch + 1), *self.model.get_weights())
        self.checkpoint.save(self.model)
        print(f"epoch {epoch + 1}/{EPOCHS}  {json.dumps(entry)}", flush=True)


def accuracy(model: keras.Model, held_out: list[Strip]) -> float:
    """The share of strips whose digits are all right, by the likeliest symbol at each place."""
    ordered = sorted(held_out, key=lambda strip: strip[0].shape[1])
    right = 0
    for start in range(0, len(ordered), BATCH):
        x, y = batch(ordered[start : start + BATCH])
        for path, symbols in zip(model.predict_on_batch(x).argmax(-1), y, strict=True):
            heard = path[np.r_[True, path[1:] != path[:-1]]]
            right += digits(heard) == digits(symbols)
    return right / len(ordered)


def digits(symbols: NDArray[Any]) -> str:
    """Symbols, 0 for none, as text without points and commas."""
    said = "".join(SYMBOLS[symbol - 1] for symbol in symbols if symbol)
    return "".join(filter(str.isdigit, said))


def train(folder: Path, seed: int = 1) -> None:
    """Write ``model.keras``, ``model.tflite`` and ``report.json``. Raises `TrainingError`."""
    use_threads(1)  # two take little less time
    folder.mkdir(parents=True, exist_ok=True)
    data = mnist()
    train_digits = [data.x_train[data.y_train == d] for d in range(10)]
    test_digits = [data.x_test[data.y_test == d] for d in range(10)]
    rng = np.random.default_rng(seed)
    held_out = [strips.strip(test_digits, rng) for _ in range(HELD_OUT)]

    keras.utils.set_random_seed(seed)
    both = networks.line(len(SYMBOLS))
    model = keras.Model(both.input, both.outputs[0])
    steps = CHUNKS * CHUNK // BATCH
    model.compile(
        optimizer=keras.optimizers.AdamW(
            _Cycles(steps),
            weight_decay=0.01,
            beta_2=0.99,
            global_clipnorm=5.0,
        ),
        loss=keras.losses.CTC(),
        jit_compile=False,
    )
    checkpoint = Checkpoint(folder / "checkpoint.npz")
    checkpoint.load(model)
    done = len(checkpoint.history)
    drawing = Strips(train_digits, seed)
    if done < EPOCHS:
        lines = tf.TensorSpec((None, HEIGHT, None, 1), tf.float32)
        symbols = tf.TensorSpec((None, LONGEST), tf.int32)
        model.fit(
            streamed(drawing, lines, symbols),
            initial_epoch=done,
            epochs=EPOCHS,
            shuffle=False,  # Strips does, from its own seed
            verbose=0,
            callbacks=[_Watch(folder, drawing, held_out, checkpoint)],
        )
    _average(model, folder, drawing)
    tell_words(both, train_digits, seed)
    export(both, folder, checkpoint.history, test_digits, seed)


def _ends() -> list[int]:
    """The last epochs of the cycles that are averaged."""
    return list(accumulate(epochs for epochs, _, _ in CYCLES))[-AVERAGED:]


def _end(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.npz"


def _average(model: keras.Model, folder: Path, drawing: Strips) -> None:
    """Stochastic weight averaging (Izmailov et al., 2018) over the ends of the last cycles.

    The batch normalisation's statistics are then those of the averaged network, on an epoch of
    strips that no cycle has seen.
    """
    found = []
    for epoch in _ends():
        with np.load(_end(folder, epoch)) as kept:
            found.append(list(kept.values()))
    model.set_weights([np.mean(each, axis=0) for each in zip(*found, strict=True)])
    drawing.begin(EPOCHS)
    for index in range(len(drawing)):
        model(drawing[index][0], training=True)


def tell_words(both: keras.Model, digits: Digits, seed: int) -> None:
    """Train the second of the line network's answers, and leave all that the first needs."""
    keras.Model(both.input, both.outputs[0]).trainable = False
    model = keras.Model(both.input, both.outputs[1])
    drawing = Numberless(digits, seed, WORDS)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            OneCycle(WORD_RATE, WORD_EPOCHS * len(drawing)), weight_decay=0.01
        ),
        loss=_cross_entropy,
        jit_compile=False,
    )
    lines = tf.TensorSpec((None, HEIGHT, None, 1), tf.float32)
    model.fit(
        streamed(drawing, lines, tf.TensorSpec((None, None), tf.int32)),
        epochs=WORD_EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, _: drawing.begin(EPOCHS + 1 + epoch),
                on_epoch_end=lambda epoch, logs: print(f"words {epoch + 1}  {logs}", flush=True),
            )
        ],
    )


def _cross_entropy(y: Any, logits: Any) -> Any:
    """Mean over the places that are a strip's."""
    there = keras.ops.cast(y >= 0, "float32")
    absent = keras.ops.cast(y > 0, "float32")
    each = keras.ops.binary_crossentropy(absent, logits, from_logits=True)
    return keras.ops.sum(each * there) / keras.ops.sum(there)


def export(both: keras.Model, folder: Path, history: Any, digits: Digits, seed: int) -> None:
    """Write ``model.keras``, ``model.tflite`` and ``report.json``.

    digits: to compose the strips from that both answers, and both runtimes, are measured on.
    Raises `TrainingError` where the runtimes differ; what is in the folder then stays.
    """
    rng = np.random.default_rng(seed)
    held_out = [strips.strip(digits, rng) for _ in range(HELD_OUT)]
    mixed = [strips.strip(digits, rng, WORDS) for _ in range(HELD_OUT)]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = Path(scratch)
        save(both, made)
        files = file_facts(made)
        storage.write(made / REPORT, json.dumps({"files": files}))  # as much as loading asks for
        exported = LineNetwork(made)
        difference = _difference(both, exported, held_out[:100])
        check(difference)
        for file in FILES:
            storage.write(folder / file, (made / file).read_bytes())
    told = [(exported(ink)[1] > 0) == (not symbols) for ink, symbols in mixed]
    report = {
        "network": "line",
        "symbols": SYMBOLS,
        "seed": seed,
        "epochs": EPOCHS,
        "strips_per_epoch": CHUNKS * CHUNK,
        "cycles": CYCLES,
        "averaged": AVERAGED,
        "batch_size": BATCH,
        "accuracy": accuracy(keras.Model(both.input, both.outputs[0]), held_out),
        "measured_on": f"{HELD_OUT} strips composed from MNIST's test digits",
        "word_epochs": WORD_EPOCHS,
        "words": WORDS,
        "parameters": both.count_params(),
        "history": history,
        "files": files,
        "versions": versions(),
        "device": this_device(),
        "seconds": round(sum(entry["seconds"] for entry in history), 1),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "word_accuracy": float(np.mean(told)),
        "runtime_difference": difference,
    }
    storage.write(folder / REPORT, json.dumps(report, indent=1) + "\n")


def _difference(both: keras.Model, exported: LineNetwork, chosen: list[Strip]) -> float:
    """The largest between the two runtimes' probabilities."""
    difference = 0.0
    for ink, _ in chosen:
        padded = np.pad(ink, ((0, 0), (0, -ink.shape[1] % 32)))
        logits, absent = (each[0] for each in both.predict_on_batch(padded[None, ..., None]))
        spelt, no_number = exported(ink)
        theirs, none = keras.ops.softmax(logits), float(absent[: places(ink)].mean())
        apart = np.abs(np.exp(spelt) - np.asarray(theirs)).max()
        told_apart = keras.ops.sigmoid(no_number) - keras.ops.sigmoid(none)
        difference = max(difference, float(apart), abs(float(told_apart)))
    return difference


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    cv2.setNumThreads(1)
    train(parser.parse_args().folder)
