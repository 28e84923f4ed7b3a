"""One part of a run, a fold or the final fit, in a process of its own: the only one with Keras.

``python -m digitrec.worker RUN_FOLDER PART THREADS``. It ends when its standard input does, so
that it cannot outlive the run that started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from digitrec import looks, runs, scores, storage
from digitrec.collected import Collected, collected, deal, mixed_in
from digitrec.datasets import as_input, mnist
from digitrec.language import N_, Sentence, said
from digitrec.recipes import Plan, Recipe
from digitrec.runs import FINAL, Run

EXAMPLES = "examples.npz"  # in the run's folder: as they were when it began
CALIBRATED_ON = 10_000  # distorted examples, where there are no folds
NICENESS = 10  # the page goes first
REASON = "reason: "  # before the sentence on standard output, as JSON, that says why it failed


def folds(plan: Plan) -> list[tuple[Any, Any]]:
    """The tutorial's folds: (indices to train on, indices held out) of each, (n,) int64."""
    from sklearn.model_selection import KFold

    dealt = KFold(plan.folds, shuffle=True, random_state=plan.seed).split(np.arange(plan.images))
    return list(dealt)


def keep_examples(run: Run, heed: Callable[[], None]) -> None:
    """Every part, and every resumption, learns from the same examples.

    heed: is called now and then, and may raise. Raises ``OSError`` and
    `digitrec.examples.ExamplesError`.
    """
    path = run.folder / EXAMPLES
    if run.plan.examples and not path.exists():
        found = collected(heed=heed)
        classes = 10 + bool(run.plan.own.not_digits)
        storage.write(path, found.of_classes(classes).to_npz())


def examples_of(run: Run) -> Collected | None:
    """What `keep_examples` kept."""
    path = run.folder / EXAMPLES
    return Collected.from_npz(path.read_bytes()) if run.plan.examples else None


def _dealt(run: Run, found: Collected, part: str) -> tuple[Collected, Any]:
    """The examples that a part learns from, and the indices of those it is measured on."""
    if part == FINAL:
        return found, np.zeros(0, np.int64)
    held_out = deal(found.groups, run.plan.folds, run.plan.seed)[int(part.split()[1]) - 1]
    return found.chosen(np.setdiff1d(np.arange(len(found)), held_out)), held_out


def recipe_of(plan: Plan, part: str) -> Recipe:
    """The schedule with the person's changes, for a fold or the final fit."""
    return replace(
        plan.own,
        epochs=plan.epochs,
        batch_size=plan.final_batch_size if part == FINAL else plan.batch_size,
        learning_rate=plan.learning_rate,
    )


def do(run: Run, part: str, threads: int) -> None:
    """Fit the part, or go on with it, and write its result."""
    from digitrec import training

    training.use_threads(threads)
    plan, data = run.plan, mnist()
    x, y = data.x_train[: plan.images], data.y_train[: plan.images]
    if part == FINAL:
        train, held_out = (x, y), (data.x_test, data.y_test)
    else:
        chosen, rest = folds(plan)[int(part.split()[1]) - 1]
        train, held_out = (x[chosen], y[chosen]), (x[rest], y[rest])
    recipe = recipe_of(plan, part)
    found = examples_of(run)
    if found is not None:
        learnt, apart = _dealt(run, found, part)
        train = mixed_in(*train, learnt)

    def tell(event: str, **values: Any) -> None:
        runs.write_event(run.folder, event, part=part, **values)

    checkpoint = training.Checkpoint(run.part_path(part, "checkpoint.npz"))
    seed = plan.seed + (0 if part == FINAL else 1000 * int(part.split()[1]))
    model = training.fit(recipe, train, held_out, seed=seed, checkpoint=checkpoint, tell=tell)
    result: dict[str, Any] = {"history": checkpoint.history}
    if part == FINAL:
        probabilities = _export(run, model, recipe, train, as_input(held_out[0]), result)
    else:
        probabilities = training.answers(model, as_input(held_out[0]))
        if found is not None and len(apart):
            read = _read(model, as_input(found.x[apart]), probabilities, held_out[1])
            result["examples"] = {"indices": apart.tolist(), "answers": read.tolist()}
    storage.write(
        run.part_path(part, "result.npz"),
        storage.npz(result=np.array(json.dumps(result)), probabilities=probabilities),
    )
    tell("part done")


def _read(model: Any, x: Any, on_held_out: Any, labels: Any) -> Any:
    """What a fold's network reads of (n, 28, 28, 1), (n,), as the version in service would.

    on_held_out: its probabilities of the images held out, (m, classes), and their labels, (m,).
    """
    from digitrec.training import answers

    temperature = scores.fit_temperature(on_held_out, labels)
    return looks.again(partial(answers, model), x, answers(model, x), temperature).argmax(1)


def _export(
    run: Run, model: Any, recipe: Recipe, train: Any, x_test: Any, result: dict[str, Any]
) -> Any:
    """Write the version's files; returns the exported model's answers on the test set."""
    from digitrec import export

    runs.write_event(
        run.folder, "message", message=Sentence(N_("Exporting the model and comparing runtimes."))
    )
    probabilities, result["runtime_difference"] = export.write(
        model, run.folder / "version", x_test
    )
    result["parameters"] = model.count_params()
    if not run.plan.folds:
        result["temperature"] = _temperature(model, recipe, train, run.plan.seed)
    return probabilities


def _temperature(model: Any, recipe: Recipe, train: Any, seed: int) -> float:
    """Fitted on newly distorted training digits: the nearest to unseen ones without folds."""
    from digitrec.training import Batches, answers

    fresh = replace(recipe, augmented=True, renewed=True, batch_size=500)
    x, y = train
    batches = Batches(x, y, fresh, seed, first_epoch=10_000)
    pairs = [batches[i] for i in range(min(len(batches), CALIBRATED_ON // 500))]
    x, y = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return scores.fit_temperature(answers(model, x), y.argmax(1))


def measure(plan: Plan, threads: int) -> dict[str, float]:
    """Seconds a training image by the median of a few steps, and what the steps took in all."""
    from digitrec import training

    training.use_threads(threads)
    recipe = recipe_of(plan, "fold 1" if plan.folds else FINAL)
    data = mnist()
    batches = training.Batches(data.x_train[:2000], data.y_train[:2000], recipe, plan.seed)
    model = training.compiled(recipe, 1000)
    taken, first = [], time.perf_counter()
    for step in range(8):
        began = time.perf_counter()
        model.train_on_batch(*batches[step % len(batches)])
        taken.append(time.perf_counter() - began)
    pace = float(np.median(taken[3:])) / recipe.batch_size
    return {"pace": pace, "stepping": time.perf_counter() - first}


def main(arguments: list[str]) -> int:
    os.nice(NICENESS)
    threading.Thread(target=_end_with_input, daemon=True).start()
    folder, part, threads = arguments
    try:
        if part == "measure":
            print(json.dumps(measure(Plan.from_dict(json.loads(folder)), int(threads))))
        else:
            do(Run.load(Path(folder)), part, int(threads))
    except Exception as error:
        why = said(error)
        if isinstance(error, OSError):
            why = storage.refusal(error)
        elif isinstance(error, MemoryError) or "OOM" in str(error):
            why = Sentence(
                N_("The memory of this machine is not enough; choose a smaller batch size.")
            )
        print(f"{REASON}{json.dumps(why, default=Sentence.to_json)}", flush=True)
        raise
    return 0


def _end_with_input() -> None:
    while os.read(0, 1):  # not sys.stdin: its lock would be held at the exit
        pass
    os._exit(1)


if __name__ == "__main__":
    done = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(done)  # all is written, and taking Keras down takes more than a second
