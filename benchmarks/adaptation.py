"""Adapt now, on real hands: 10, 30 and 100 corrected digits, measured on the rest of each hand's.

``python -m benchmarks.adaptation``: a quarter of an hour of one core. A hand is a writer of UCI
pendigits, or one of UNIPEN's sites, whose files hold no more than eight digits a writer. Strokes
are drawn as on the page, and each digit is looked at once. Every adaptation starts anew from the
version in service.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from benchmarks.tables import processor, table
from digitrec import read, registry, storage
from digitrec.corrections import as_bytes
from digitrec.datasets import as_input, mnist
from digitrec.preprocess import ink_map, normalise
from digitrec.settings import settings
from digitrec.versions import KERAS

CORRECTED = (10, 30, 100)
MEASURED = 15  # digits that a hand has left for measuring, at least
Hands = dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]]
Row = dict[str, Any]


def hands(root: Path) -> Hands:
    """Each hand's digits as the network sees them, (n, 28, 28) uint8, and their labels (n,)."""
    kept = _folder() / "hands.npz"
    if not kept.exists():
        drawn = [
            (f"{name} {sample.get('site', sample['writer'])}", sample["label"], _seen(sample))
            for name, file in corpus.STROKES.items()
            for sample in json.loads((root / "strokes" / file).read_text())["samples"]
        ]
        names, labels, inks = (np.array(column) for column in zip(*drawn, strict=True))
        storage.write(kept, storage.npz(names=names, labels=labels.astype(np.int64), inks=inks))
    with np.load(kept) as file:
        names, labels, inks = file["names"], file["labels"], file["inks"]
    found = {}
    for name in np.unique(names):
        own = np.random.default_rng(1).permutation(np.flatnonzero(names == name))
        if len(own) >= CORRECTED[0] + MEASURED:
            found[str(name)] = inks[own], labels[own]
    return found


def _seen(sample: dict[str, Any]) -> NDArray[np.uint8]:
    """What the page would keep: the only shape that was found, or all the ink."""
    canvas = corpus.on_canvas(sample["strokes"])
    reading = read(canvas)
    shapes = [digit.ink for number in reading.numbers for digit in number.digits]
    shapes += [shape.ink for shape in reading.refused]
    return as_bytes(shapes[0] if len(shapes) == 1 else normalise(ink_map(canvas)))


class Bench:
    """The version in service with all that is the same for every adaptation."""

    def __init__(self) -> None:
        import keras

        from digitrec import adapt, training

        training.use_threads(1)
        self.version = registry.version(registry.in_service())
        model = keras.models.load_model(self.version.folder / KERAS, compile=False)
        data = mnist()
        self.parts = adapt.parts_of(model)
        self.weights = self.parts.head.get_weights()
        self.replay = adapt.replay(self.parts, data)
        self.mnist = adapt.features(self.parts, as_input(data.x_test)), data.y_test
        self.mnist_before = self.accuracy(*self.mnist)

    def accuracy(self, found: NDArray[np.float32], labels: NDArray[Any]) -> float:
        answers = self.parts.head.predict(found, batch_size=2000, verbose=0)
        return float((answers[:, :10].argmax(1) == labels).mean())

    def adapted(self, x: NDArray[np.uint8], y: NDArray[np.int64], corrected: int) -> Row:
        """Learn the first digits of a hand, measure on the others."""
        from digitrec import adapt

        rest = adapt.features(self.parts, as_input(x[corrected:])), y[corrected:]
        row = {"before": self.accuracy(*rest), "measured": len(rest[1])}
        began = time.perf_counter()
        learnt = adapt.features_of_copies(self.parts, x[:corrected])
        adapt.tune(self.parts, self.replay, learnt, y[:corrected].astype(np.uint8))
        row["seconds"] = time.perf_counter() - began
        row["after"] = self.accuracy(*rest)
        row["mnist"] = self.accuracy(*self.mnist) - self.mnist_before
        self.parts.head.set_weights(self.weights)
        return row


def measured(found: Hands) -> dict[int, dict[str, Row]]:
    """Rows by the number of corrected digits and by hand; what is kept is not measured again."""
    version = registry.version(registry.in_service())
    stamp = registry.report(version.name)["files"][KERAS]["sha256"][:12]
    kept = _folder() / f"adaptation-{stamp}.json"
    rows: dict[str, Row] = json.loads(kept.read_text()) if kept.exists() else {}
    missing = [
        (f"{corrected} {name}", corrected, *digits)
        for corrected in CORRECTED
        for name, digits in found.items()
        if len(digits[0]) >= corrected + MEASURED and f"{corrected} {name}" not in rows
    ]
    bench = Bench() if missing else None
    for key, corrected, x, y in missing:
        assert bench is not None
        rows[key] = bench.adapted(x, y, corrected)
        storage.write(kept, json.dumps(rows, indent=1))
        print(key, rows[key], file=sys.stderr, flush=True)
    by_count: dict[int, dict[str, Row]] = defaultdict(dict)
    for key, row in rows.items():
        count, _, name = key.partition(" ")
        by_count[int(count)][name] = row
    return by_count


def lines(rows: dict[int, dict[str, Row]], chosen: set[str] | None = None) -> str:
    """The curve: means over the hands, and MNIST's change in points, mean and worst."""
    body = []
    for corrected, hands_ in sorted(rows.items()):
        some = [row for name, row in hands_.items() if chosen is None or name in chosen]
        if not some:
            continue
        mean = {key: float(np.mean([row[key] for row in some])) for key in some[0]}
        change = [100 * row["mnist"] for row in some]
        body.append(
            (
                corrected,
                len(some),
                f"{100 * mean['before']:.2f} %",
                f"{100 * mean['after']:.2f} %",
                f"{np.mean(change):+.3f}",
                f"{min(change):+.3f}",
            )
        )
    head = ("digits corrected", "hands", "before", "after", "MNIST, mean", "MNIST, worst")
    return table(head, body)


def main() -> int:
    root = corpus.folder()
    if root is None:
        print(corpus.missing("Adaptation"))
        return 0
    rows = measured(hands(root))
    worst = sorted(rows[CORRECTED[0]], key=lambda name: rows[CORRECTED[0]][name]["before"])[:5]
    print(lines(rows))
    print("\nThe five hands read worst:\n")
    print(lines(rows, set(worst)))
    print(f"\nAccuracy on the rest of each hand's digits. {os.cpu_count()} cores, {processor()}.")
    return 0


def _folder() -> Path:
    folder = settings().models / ".benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
