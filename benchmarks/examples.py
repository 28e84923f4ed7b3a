"""The examples' database: twenty sessions writing at once, and a gallery of ten thousand.

``python -m benchmarks.examples``. DIGITREC_DATABASE_URL chooses an empty database to fill; without
it a temporary SQLite file is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.tables import table
from digitrec import examples
from digitrec.datasets import mnist
from digitrec.example import New, Which

SESSIONS, EACH = 20, 25
GALLERY = 10_000
PAGE = 96  # of the page Examples


def made(first: int, count: int) -> list[New]:
    """MNIST digits as the page would keep them, an upright crop with each."""
    data = mnist()
    return [
        New(
            data.x_train[k],
            cv2.imencode(".png", 255 - cv2.resize(data.x_train[k], (84, 84)))[1].tobytes(),
            int(data.y_train[k]),
            "drawn",
            read=int(data.y_train[k - k % 4]),
        )
        for k in range(first, first + count)
    ]


def concurrent() -> tuple[float, int]:
    """Examples a second, one addition each, and how many were lost."""
    new = made(0, SESSIONS * EACH)
    kept: list[int] = []

    def write(session: int) -> None:
        for example in new[session * EACH : (session + 1) * EACH]:
            kept.extend(examples.add([example]).ids)

    sessions = [threading.Thread(target=write, args=(number,)) for number in range(SESSIONS)]
    began = time.perf_counter()
    for session in sessions:
        session.start()
    for session in sessions:
        session.join()
    taken = time.perf_counter() - began
    found = {example.id for example in examples.find(Which(), SESSIONS * EACH)}
    return len(kept) / taken, SESSIONS * EACH - len(found & set(kept))


def timed(act: Callable[[], object]) -> float:
    """The median of nine, in seconds."""
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        if not os.environ.get("DIGITREC_DATABASE_URL"):  # one set to nothing is not set
            os.environ["DIGITREC_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'examples.sqlite'}"
        if examples.count(Which()) or examples.count(Which(binned=True)):
            sys.exit("DIGITREC_DATABASE_URL names a database with examples; name an empty one.")
        pace, lost = concurrent()
        few = timed(lambda: (examples.count(Which()), examples.find(Which(), PAGE)))
        for first in range(SESSIONS * EACH, GALLERY, 500):
            examples.add(made(first, 500))
        wrong = Which(right=False)
        rows = [
            (f"examples a second, {SESSIONS} sessions at once", f"{pace:.0f}"),
            ("of them lost", lost),
            (f"first page of {SESSIONS * EACH}", f"{1000 * few:.1f} ms"),
        ]
        for name, which, offset in (
            (f"first page of {GALLERY:,}", Which(), 0),
            ("its last page", Which(), GALLERY - PAGE),
            ("first page of those read wrong", wrong, 0),
        ):
            seconds = timed(
                lambda which=which, offset=offset: (
                    examples.count(which),
                    examples.find(which, PAGE, offset),
                )
            )
            rows.append((name, f"{1000 * seconds:.1f} ms"))
        print(table(("the examples' database", ""), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
