"""digitrec beside other readers: the same pictures, in the same run.

Tesseract is Debian's `tesseract-ocr`. RapidOCR and ddddocr live in an environment of their own,
whose Python DIGITREC_PEERS names. EasyOCR is left out: it needs torch, a gigabyte for one line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from PIL import Image

from benchmarks import corpus
from benchmarks.pages import photograph
from benchmarks.scoring import Answer, exact
from benchmarks.tables import conditions, table
from digitrec.classifier import in_service
from digitrec.evaluation import score
from digitrec.images import load
from digitrec.reader import read

WORKER = Path(__file__).with_name("peer_worker.py")
PEERS = {
    "Tesseract 5, digits": ("tesseract", "3"),
    "… as one block (6)": ("tesseract", "6"),
    "… as one line (7)": ("tesseract", "7"),
    "… as one word (8)": ("tesseract", "8"),
    "… as one character (10)": ("tesseract", "10"),
    "… as a raw line (13)": ("tesseract", "13"),
    "RapidOCR 1.4.4": ("rapidocr", "default"),
    "… recognition only": ("rapidocr", "recognition"),
    "… and only digits (our mask)": ("rapidocr", "masked"),
    "ddddocr 1.6.1, its digits": ("ddddocr", "default"),
}
EXPLAINED = "Exact match, and in brackets how many were answered wrongly and how many not at all."
LEFT_OUT = "EasyOCR is left out: it needs torch."


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the table as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="pictures a set, drawn by seed")
    options = parser.parse_args(arguments)
    root = corpus.folder()
    if root is None:
        return corpus.missing("Other readers")
    sets = {name: _some(root, name, options.sample) for name in corpus.PICTURES}
    samples = [sample for chosen in sets.values() for sample in chosen]
    with tempfile.TemporaryDirectory() as folder:
        upright = [
            _upright(sample.path, Path(folder, f"{n}.png")) for n, sample in enumerate(samples)
        ]
        answers = {"digitrec": _ours(samples, upright)}
        notes = [EXPLAINED, LEFT_OUT]
        for title, (engine, mode) in PEERS.items():
            python = _python(engine)
            if python:
                answers[title] = _theirs(python, engine, mode, samples, upright)
            else:
                notes.append(f"{title}: not measured, it is not installed here.")
        if shutil.which("tesseract"):
            notes.append(_page(Path(folder, "1__page.png")))
    head = ("reader", *(f"{name} ({len(chosen)})" for name, chosen in sets.items()), "s / image")
    rows = [_row(title, found) for title, found in answers.items()]
    return "\n\n".join([conditions(in_service()), table(head, rows), " ".join(notes)])


def _some(root: Path, name: str, size: int) -> list[corpus.Sample]:
    found = corpus.pictures(root, name)
    return sorted(random.Random(1).sample(found, min(size, len(found))), key=lambda s: s.path)  # noqa: S311


def _upright(source: Path, target: Path) -> Path:
    """What every reader gets: the picture upright, on white, as a PNG."""
    Image.fromarray(load(source).pixels).save(target)
    return target


def _python(engine: str) -> str | None:
    """The Python to run a reader with, or None where the reader is not installed."""
    if engine == "tesseract":
        return shutil.which("python3") if shutil.which("tesseract") else None
    return os.environ.get("DIGITREC_PEERS")


def _ours(samples: list[corpus.Sample], upright: list[Path]) -> list[Answer]:
    read(upright[0])  # the others' loading is not timed either
    readings = [read(path) for path in upright]
    return [
        Answer(sample, reading.text, 1.0, score(sample.path, reading.text, reading.seconds))
        for sample, reading in zip(samples, readings, strict=True)
    ]


def _theirs(
    python: str, engine: str, mode: str, samples: list[corpus.Sample], upright: list[Path]
) -> list[Answer]:
    done = subprocess.run(
        [python, str(WORKER), engine, mode],
        input="\n".join(map(str, upright)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},  # Tesseract is faster so on small pictures
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [
        Answer(sample, one["text"], 1.0, score(sample.path, one["text"], one["seconds"]))
        for sample, one in zip(samples, told, strict=True)
    ]


def _page(path: Path) -> str:
    """The time for a page of 100 digits, in turns; Tesseract at the mode made for it."""
    cv2.imwrite(str(path), cv2.imdecode(np.frombuffer(photograph(12, 10, 10), np.uint8), 1))
    sample, python = corpus.Sample("page", path), _python("tesseract")
    assert python
    ours, theirs = [], []
    for _ in range(3):
        ours.append(_ours([sample], [path])[0].score.seconds)
        theirs.append(_theirs(python, "tesseract", "6", [sample], [path])[0].score.seconds)
    ratio = median(ours) / median(theirs)
    return (
        f"A 12-megapixel page of 100 digits takes digitrec {median(ours):.2f} s and Tesseract "
        f"{median(theirs):.2f} s: {ratio:.2f} times as long."
    )


def _row(title: str, answers: list[Answer]) -> tuple[str, ...]:
    cells = []
    for name in corpus.PICTURES:
        of_set = [a for a in answers if a.sample.set == name]
        silent = sum(not a.text for a in of_set)
        cells.append(f"{exact(of_set)} ({sum(a.wrong for a in of_set)}, {silent})")
    return title, *cells, f"{median(a.score.seconds for a in answers):.3f}"


if __name__ == "__main__":
    print(main())
