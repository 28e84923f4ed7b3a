"""Cross-validation: the tutorial as written, its network with our recipe, quick, thorough.

``python -m benchmarks.training`` runs what has no result yet, a row at a time, and prints the
table; a row that broke off begins again where it was. Run it on an idle machine: about an hour on
two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import processor, table
from digitrec import jobs, registry, runs, storage, worker
from digitrec.datasets import as_input, mnist
from digitrec.recipes import RECIPES, Plan
from digitrec.settings import ROOT, settings

TUTORIAL = "tutorial"
ROWS = {
    TUTORIAL: "`classic` as written",
    "shape": "`classic`'s network, our recipe",
    "quick": "`compact` quick",
    "thorough": "`compact` thorough",
}
Row = dict[str, Any]  # accuracies of the folds, seconds of the whole cross-validation


def tutorial_fold(fold: int, images: int, epochs: int) -> float:
    """One fold as the tutorial writes it: plain Keras, all cores, everything at its default."""
    import keras

    from digitrec import networks

    data = mnist()
    x, y = as_input(data.x_train[:images]), keras.utils.to_categorical(data.y_train[:images])
    train, test = worker.folds(Plan.of("classic", images=images))[fold]
    model = networks.classic()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    held_out = (x[test], y[test])
    model.fit(x[train], y[train], epochs=epochs, batch_size=32, validation_data=held_out, verbose=0)
    return float(model.evaluate(*held_out, verbose=0)[1])


def shape_fold(fold: int, threads: int, images: int) -> float:
    """One fold of the tutorial's network with the settings of `quick`."""
    from digitrec import training

    training.use_threads(threads)
    data = mnist()
    x, y = data.x_train[:images], data.y_train[:images]
    train, test = worker.folds(Plan.of("classic", images=images))[fold]
    recipe = replace(RECIPES["compact"]["quick"], network="classic", not_digits=0)
    checkpoint = training.Checkpoint(_folder() / f"shape-{fold}.npz")
    checkpoint.path.unlink(missing_ok=True)
    training.fit(
        *(recipe, (x[train], y[train]), (x[test], y[test])),
        seed=1,
        checkpoint=checkpoint,
        tell=lambda *_, **__: None,
    )
    checkpoint.path.unlink()
    return float(checkpoint.history[-1]["val_accuracy"])


def _in_child(kind: str, fold: int, threads: int, images: int, epochs: int) -> Row:
    """A fold in a process of its own, its start included in the time."""
    kept = _folder() / f"{kind}-{fold}-of-{images}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.training", "--fold", kind]
    done = subprocess.run(
        [*command, *map(str, (fold, threads, images, epochs))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    row = {
        "accuracy": float(done.stdout.splitlines()[-1]),
        "seconds": time.perf_counter() - began,
    }
    storage.write(kept, json.dumps(row))
    return row


def tutorial(images: int, epochs: int) -> Row:
    folds = [_in_child(TUTORIAL, k, 0, images, epochs) for k in range(5)]
    return {
        "accuracies": [fold["accuracy"] for fold in folds],
        "seconds": sum(fold["seconds"] for fold in folds),
    }


def shape(images: int) -> Row:
    """Folds side by side as `digitrec` does it; a broken-off row is begun again, for its time."""
    cores = os.cpu_count() or 1
    threads = runs.threads_of(Plan.of("classic"), cores)
    for kept in _folder().glob("shape-*.json"):
        kept.unlink()
    began = time.perf_counter()
    folds: list[Row] = []
    for width in sorted({threads[f"fold {k}"] for k in range(1, 6)}):
        chosen = [k for k in range(5) if threads[f"fold {k + 1}"] == width]
        with ThreadPoolExecutor(max(1, cores // width)) as pool:
            folds += pool.map(lambda k, w=width: _in_child("shape", k, w, images, 0), chosen)
    return {
        "accuracies": [fold["accuracy"] for fold in folds],
        "seconds": time.perf_counter() - began,
    }


def compact(schedule: str, images: int) -> Row:
    """A real run of digitrec; its time is from its start to the end of its last fold."""
    models, name = _folder() / "models", f"{schedule}-{images}"
    if not (models / name).exists():
        command = [sys.executable, "-m", "digitrec", "train", "--models", str(models)]
        broken = [seen for seen in jobs.history(models) if seen.resumable]
        if broken and broken[0].plan.name == name:
            command += ["--resume", broken[0].id]
        else:
            chosen = ("--schedule", schedule, "--folds", "5", "--limit", str(images))
            command += ["--recipe", "compact", *chosen, "--name", name]
        subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=True)
    report = registry.report(name, models)
    return {
        "accuracies": [fold["accuracy"] for fold in report["folds"]],
        "seconds": _folds_took(jobs.runs_folder(models) / report["run"] / "events.jsonl"),
        "test": report["test"]["accuracy"],
    }


def _folds_took(events: Path) -> float:
    """Summed over a run's stretches of work, so that the time between them does not count."""
    took = began = last = 0.0
    for line in filter(None, events.read_text().splitlines()):
        event = json.loads(line)
        if event["event"] == "started":
            took, began = took + last - began, event["t"]
            last = began
        elif event.get("part", runs.FINAL) != runs.FINAL:
            last = event["t"]
    return took + last - began


def measured(row: str, images: int, epochs: int) -> Row:
    """A row's result, from its file if it has one."""
    kept = _folder() / f"{row}-{images}-{epochs}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    if row == TUTORIAL:
        result = tutorial(images, epochs)
    else:
        result = shape(images) if row == "shape" else compact(row, images)
    storage.write(kept, json.dumps(result, indent=1))
    return result


def _folder() -> Path:
    folder = settings().models / ".benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def lines(results: dict[str, Row]) -> str:
    """The table of the rows that there are, each against the tutorial's."""
    base = results.get(TUTORIAL)
    rows = []
    for name, result in results.items():
        accuracies = 100 * np.array(result["accuracies"])
        ratio = f"{result['seconds'] / base['seconds']:.2f}" if base else "–"
        rows.append(
            (
                ROWS[name],
                ", ".join(f"{accuracy:.2f}" for accuracy in accuracies),
                f"{accuracies.mean():.3f} ± {accuracies.std():.3f}",
                f"{result['seconds']:.0f} s",
                ratio,
            )
        )
    head = ("5-fold cross-validation", "folds, %", "mean ± std, %", "wall time", "of `classic`'s")
    return table(head, rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    parser.add_argument("--limit", type=int, default=60_000, metavar="M", help="images, for a try")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="of the tutorial's row")
    parser.add_argument("--fold", nargs=5, help=argparse.SUPPRESS)
    parsed = parser.parse_args()
    if parsed.fold:
        kind, (fold, threads, images, epochs) = parsed.fold[0], map(int, parsed.fold[1:])
        tutorials = kind == TUTORIAL
        print(
            tutorial_fold(fold, images, epochs) if tutorials else shape_fold(fold, threads, images)
        )
        return 0
    results = {}
    for row in ROWS:
        if row in parsed.only:
            print(f"{ROWS[row]} …", file=sys.stderr, flush=True)
            results[row] = measured(row, parsed.limit, parsed.epochs)
    print(lines(results))
    print(f"\nMeasured on {os.cpu_count()} cores of an {processor()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
