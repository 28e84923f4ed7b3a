"""A finished run's report, from what its parts left."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from digitrec import __version__, looks, scores
from digitrec.classifier import Classifier
from digitrec.collected import Collected, moved
from digitrec.datasets import Mnist, as_input, mnist
from digitrec.registry import in_service
from digitrec.runs import FINAL, Run
from digitrec.runtime import MODEL, ModelError, Network, quietly
from digitrec.worker import CALIBRATED_ON, examples_of, folds, recipe_of

PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "numpy", "scikit-learn", "ai-edge-litert")
Result = tuple[dict[str, Any], Any]  # history and figures; probabilities (n, classes)


def report_of(
    run: Run, results: dict[str, Result], worked: float, models: Path, device: str
) -> dict[str, Any]:
    """Everything ``report.json`` says but for the files, which `registry.publish` adds.

    results: of each part by its name; probabilities (n, classes) float32 in [0, 1] of its held-out
    images at first sight, for the final fit of the test set's. worked: seconds. device: what it was
    trained on, in words. Raises `digitrec.datasets.DatasetError` without MNIST.
    """
    plan, data = run.plan, mnist()
    final, at_sight = results[FINAL]
    of_folds = [results[part] for part in run.parts if part != FINAL]
    columns = [_columns(history["history"]) for history, _ in of_folds]
    folded: list[dict[str, Any]] = [
        {
            "accuracy": column["val_accuracy"][-1],
            "loss": column["val_loss"][-1],
            "seconds": round(sum(column["seconds"]), 1),
            "history": column,
        }
        for column in columns
    ]
    recipe = recipe_of(plan, FINAL)
    found = examples_of(run)
    other = _serving(models)
    unseen = _out_of_fold(run, of_folds, at_sight.shape[1])
    if unseen is None:
        temperature = final["temperature"]
    else:
        temperature = scores.fit_temperature(unseen, data.y_train[: plan.images])
    on_test = looks.again(_exported(run), as_input(data.x_test), at_sight, temperature)
    return {
        "recipe": plan.recipe,
        "schedule": plan.schedule,
        "settings": {
            **asdict(recipe),
            "batch_size": plan.batch_size,
            "final_batch_size": plan.final_batch_size,
            "folds": plan.folds,
            "seed": plan.seed,
            "images": plan.images,
        },
        "data": {
            "source": "MNIST",
            "train": plan.images,
            "not_digits_per_epoch": round(recipe.not_digits * plan.images / 60_000),
            "test": len(data.x_test),
            "examples": len(found) if found is not None else 0,
        },
        "folds": folded,
        **scores.of_folds([fold["accuracy"] for fold in folded]),
        "history": _columns(final["history"]),
        "test": scores.on_test(on_test, at_sight, data.y_test),
        **_unseen(run, unseen, on_test, temperature, data),
        "comparison": _comparison(other, on_test, data),
        "examples": _on_examples(other, found, of_folds),
        "runtime_difference": final["runtime_difference"],
        "parameters": final["parameters"],
        "versions": versions(),
        "device": device,
        "seconds": round(worked, 1),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "run": run.id,
    }


def _columns(history: list[dict[str, float]]) -> dict[str, list[float]]:
    """Epochs as Keras's own histories have them: a list a measure."""
    return {name: [epoch[name] for epoch in history] for name in history[0]}


def _exported(run: Run) -> Callable[[Any], Any]:
    """The network that the final fit left, on LiteRT."""
    with quietly():
        network = Network((run.folder / "version" / MODEL).read_bytes())
    return lambda inks: network(inks)[0]


def _out_of_fold(run: Run, of_folds: list[Result], classes: int) -> Any:
    """Every training image's probabilities by a network that never saw it, (n, classes) float32.

    At first sight, as the folds' own accuracies are. None without folds.
    """
    if not of_folds:
        return None
    probabilities = np.empty((run.plan.images, classes), np.float32)
    for (_, held_out), (_, predicted) in zip(folds(run.plan), of_folds, strict=True):
        probabilities[held_out] = predicted
    return probabilities


def _unseen(run: Run, unseen: Any, on_test: Any, temperature: float, data: Mnist) -> dict[str, Any]:
    """What the answers to images that a network never saw tell.

    unseen: as `_out_of_fold` has them. Without folds the temperature is fitted on distorted digits,
    and all else is measured on the test set.
    """
    if unseen is None:
        examples = min(CALIBRATED_ON, run.plan.images)
        return {
            "out_of_fold": None,
            "calibration": {
                "temperature": temperature,
                "fitted_on": f"about {examples} newly distorted training examples",
                "measured_on": f"{len(data.y_test)} test images",
                **scores.calibration(on_test, data.y_test, temperature),
            },
            "mistakes_in": "test set",
            "mistakes": scores.mistakes(data.x_test, on_test, data.y_test),
        }
    labels = data.y_train[: run.plan.images]
    answers = scores.answers(unseen)
    where = f"{len(labels)} out-of-fold predictions"
    return {
        "out_of_fold": {
            "images": len(labels),
            "accuracy": scores.digit_accuracy(unseen, labels),
            "confusion": scores.confusion(labels, answers),
            "digits": scores.by_digit(labels, answers),
        },
        "calibration": {
            "temperature": temperature,
            "fitted_on": where,
            "measured_on": where,
            **scores.calibration(unseen, labels, temperature),
        },
        "mistakes_in": "training set",
        "mistakes": scores.mistakes(data.x_train, unseen, labels),
    }


def _serving(models: Path) -> Classifier | None:
    """The version in service, which a new one is compared with; None where none can serve."""
    try:
        with quietly():
            return Classifier(models / in_service(models))
    except ModelError:
        return None


def _comparison(other: Classifier | None, on_test: Any, data: Mnist) -> dict[str, Any] | None:
    """With the version in service on the test set, which neither saw."""
    if other is None:
        return None
    theirs = other.probabilities(as_input(data.x_test))
    return scores.against(on_test, theirs, data.y_test, other.name)


def _on_examples(
    other: Classifier | None, found: Collected | None, of_folds: list[Result]
) -> dict[str, Any] | None:
    """How the accuracy on held-out examples moved; None where there are none, or no folds."""
    if other is None or not found or not of_folds:
        return None
    after = np.empty(len(found), np.int64)
    for history, _ in of_folds:
        if said := history.get("examples"):
            after[said["indices"]] = said["answers"]
    before = other.probabilities(as_input(found.x)).argmax(1)
    return moved(found, before, after, other.name)


def this_device() -> str:
    """What a run on this machine is trained on, in words."""
    return f"CPU, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"


def versions() -> dict[str, str]:
    """Of digitrec, Python and the packages that make a version what it is."""
    found = {"digitrec": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # one of the two names of TensorFlow
            continue
    return found
