"""Fine-tune the version in service on the examples: its last layers alone, in a minute or two.

The convolutions stay as they are, so every image goes through them once; what learns is the part
after them, on features kept in memory. Each batch mixes the examples, distorted, with MNIST
replayed: there the network is held to its own former answers (Li and Hoiem, *Learning without
forgetting*, 2017), so that it changes where the examples pull and stays where it was elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digitrec import (
    augment,
    collected,
    export,
    looks,
    registry,
    results,
    scores,
    training,
    versions,
)
from digitrec.adaptation import FOLDS, Tell, check_count
from digitrec.collected import Collected
from digitrec.datasets import Mnist, as_input, mnist
from digitrec.language import N_, Sentence
from digitrec.recipes import RECIPES
from digitrec.training import BYTES, FLOAT, Batches, answers
from digitrec.versions import Version

REPLAYED = 4_000  # MNIST digits as they are, and as many distorted
COPIES = 10  # of each example: itself, and distorted
SHARE = 0.15  # of the weight of a batch that the examples have together
LEARNING_RATE = 1e-3
EPOCHS = 5
BATCH = 256
SMOOTHING = 0.05  # of the examples' labels
CLEAR = 0.6  # strength of the distortions: a hand is to stay its own


@dataclass(frozen=True)
class Parts:
    """A network cut where its feature maps become a vector.

    trunk: (n, 28, 28, 1) -> (n, features). head: (n, features) -> (n, classes) probabilities.
    """

    trunk: keras.Model
    head: keras.Model

    @property
    def classes(self) -> int:
        return int(self.head.output_shape[-1])


def parts_of(model: keras.Model) -> Parts:
    """Both parts share their layers with the model: what the head learns, the model knows."""
    place = next(k for k, layer in enumerate(model.layers) if len(layer.output.shape) == 2)
    cut = model.layers[place].output
    if isinstance(model, keras.Sequential):
        trunk = keras.Sequential([keras.Input(model.input_shape[1:]), *model.layers[: place + 1]])
        head = keras.Sequential([keras.Input(cut.shape[1:]), *model.layers[place + 1 :]])
    else:
        trunk, head = keras.Model(model.inputs, cut), keras.Model(cut, model.outputs)
    for layer in head.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False  # its statistics are of 60,000 digits, not of fifty
    return Parts(trunk, head)


def features(parts: Parts, x: FLOAT) -> FLOAT:
    """(n, 28, 28, 1) -> (n, features)."""
    found: FLOAT = answers(parts.trunk, x)
    return found


@dataclass(frozen=True)
class Replay:
    """Features of MNIST's training digits, and what the network said of them."""

    features: FLOAT
    answers: FLOAT


def replay(parts: Parts, data: Mnist, seed: int = 1) -> Replay:
    """Half of it as it is and half distorted, with *not a digit* as the shipped recipe has it."""
    rng = np.random.default_rng(seed)
    plain = rng.choice(len(data.x_train), REPLAYED, replace=False)
    recipe = replace(RECIPES["compact"]["full"], batch_size=REPLAYED)
    distorted = Batches(data.x_train, data.y_train, recipe, seed, first_epoch=20_000)[0][0]
    found = features(parts, np.concatenate([as_input(data.x_train[plain]), distorted]))
    return Replay(found, answers(parts.head, found))


def copies(x: BYTES, seed: int = 1) -> FLOAT:
    """(n, 28, 28) -> (n, k, 28, 28, 1): each image, then distorted ones of it.

    k is `COPIES`, and less where there are so many examples that fewer do.
    """
    rng = np.random.default_rng(seed)
    each = int(np.clip(REPLAYED // max(1, len(x)), 2, COPIES))
    out = np.empty((len(x), each, 28, 28, 1), np.float32)
    out[:, 0] = as_input(x)
    for place, image in enumerate(x):
        for k in range(1, each):
            ink = augment.pen(augment.warp(image, rng, CLEAR), rng)
            out[place, k, ..., 0] = augment.frame(ink, rng)
    return out


def features_of_copies(parts: Parts, x: BYTES) -> FLOAT:
    """(n, 28, 28) -> (n, k, features) of `copies`."""
    many = copies(x)
    return features(parts, many.reshape(-1, 28, 28, 1)).reshape(*many.shape[:2], -1)


def tune(parts: Parts, known: Replay, found: FLOAT, labels: BYTES) -> None:
    """Fit the head. found: (n, k, features) of `copies`; labels: (n,), 0 to 10."""
    count, each, size = found.shape
    wanted = np.eye(parts.classes, dtype=np.float32)[np.repeat(labels, each)]
    wanted = wanted * (1 - SMOOTHING) + SMOOTHING / parts.classes
    x = np.concatenate([known.features, found.reshape(-1, size)])
    y = np.concatenate([known.answers, wanted])
    weights = np.ones(len(x), np.float32)
    weights[len(known.features) :] = SHARE / (1 - SHARE) * len(known.features) / (count * each)
    steps = EPOCHS * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    parts.head.compile(
        optimizer=keras.optimizers.Adam(rate), loss="categorical_crossentropy", jit_compile=False
    )
    parts.head.fit(x, y, sample_weight=weights, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def cross_validated(
    parts: Parts,
    known: Replay,
    found: FLOAT,
    labels: BYTES,
    folds: Sequence[NDArray[np.int64]],
    tell: Callable[[int], Any],
) -> FLOAT:
    """Each example's probabilities by a head that learnt from the other folds: (n, classes).

    The head is left as it was. tell is called with the number of each fold.
    """
    weights = parts.head.get_weights()
    out = np.empty((len(labels), parts.classes), np.float32)
    for number, fold in enumerate(folds):
        tell(number)
        rest = np.setdiff1d(np.arange(len(labels)), fold)
        if len(rest):
            tune(parts, known, found[rest], labels[rest])
        if len(fold):
            out[fold] = answers(parts.head, found[fold, 0])
        parts.head.set_weights(weights)
    return out


def adapted(base: Version, found: Collected, folder: Path, tell: Tell) -> dict[str, Any]:
    """From a version and the examples to a new version's files, in `folder`, and its report.

    Held-out examples are measured by cross-validation; the version that is written has learnt from
    all of them. Raises `AdaptationError`, `TrainingError`, `DatasetError` and ``OSError``.
    """
    training.use_threads(os.cpu_count() or 1)
    keras.utils.set_random_seed(1)  # before it is loaded: its dropout draws its own seeds then
    tell(Sentence(N_("Loading {version}."), {"version": base.name}), 0.05)
    model = export.load(base.folder)
    parts, data = parts_of(model), mnist()
    found = found.of_classes(parts.classes)
    check_count(len(found))
    tell(Sentence(N_("Looking at MNIST again.")), 0.1)
    known = replay(parts, data)
    test = as_input(data.x_test)
    temperature = versions.temperature(registry.report(base.name, base.folder.parent))
    settled = partial(looks.again, partial(answers, model), test, temperature=temperature)
    theirs = settled(answers(parts.head, features(parts, test)))
    tell(Sentence(N_("Looking at the examples.")), 0.4)
    seen = features_of_copies(parts, found.x)
    before = answers(parts.head, seen[:, 0])
    dealt = collected.deal(found.groups, FOLDS)
    after = cross_validated(
        *(parts, known, seen, found.y, dealt),
        lambda k: tell(
            Sentence(
                N_("Learning, and examined on the rest: {number} of {count}."),
                {"number": k + 1, "count": FOLDS},
            ),
            0.5 + 0.1 * k,
        ),
    )
    tell(Sentence(N_("Learning from all examples.")), 0.8)
    tune(parts, known, seen, found.y)
    tell(Sentence(N_("Exporting the model and comparing runtimes.")), 0.9)
    at_sight, difference = export.write(model, folder, test)
    ours = settled(at_sight)
    return {
        "recipe": "adapted",
        "schedule": None,
        "settings": {
            "from": base.name,
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "learning_rate": LEARNING_RATE,
            "share": SHARE,
            "copies": int(seen.shape[1]),
            "replayed": len(known.features),
        },
        "data": {"source": "MNIST and examples", "examples": len(found), "test": len(data.x_test)},
        "folds": [],
        **scores.of_folds([]),
        "examples": collected.moved(found, before.argmax(1), after.argmax(1), base.name),
        "test": scores.on_test(ours, at_sight, data.y_test),
        "out_of_fold": None,
        "calibration": {
            "temperature": temperature,
            "fitted_on": f"what {base.name} was fitted on",
            "measured_on": f"{len(data.y_test)} test images",
            **scores.calibration(ours, data.y_test, temperature),
        },
        "mistakes_in": "test set",
        "mistakes": scores.mistakes(data.x_test, ours, data.y_test),
        "comparison": scores.against(ours, theirs, data.y_test, base.name),
        "runtime_difference": difference,
        "parameters": model.count_params(),
        "versions": results.versions(),
        "device": results.this_device(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
