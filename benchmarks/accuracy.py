"""How well digitrec reads: MNIST, photographs, drawings, pen strokes, and what it must refuse.

`python -m benchmarks.accuracy --only photos_single drawn --errors DIR` reads two sets only and
draws what went wrong as contact sheets in DIR.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import baseline, corpus, sheets
from benchmarks.corpus import Sample
from benchmarks.scoring import (
    CURVE_HEAD,
    FOLDER_HEAD,
    Answer,
    auroc,
    curve_rows,
    exact,
    folder_row,
    unanswered,
)
from benchmarks.tables import conditions, percent, table
from digitrec import datasets, preprocess
from digitrec.classifier import Classifier, in_service
from digitrec.evaluation import score
from digitrec.example import NOT_A_DIGIT
from digitrec.images import ImageError
from digitrec.reader import read
from digitrec.settings import settings

SETS = ("mnist", *corpus.PICTURES, "strokes", "isolated", "refusal")
HEAD = ("read exactly right", "digitrec", "the tutorial's network", "the same, inverted")
NAMES = {
    "photos_single": "photographs and scans of one digit",
    "photos_multi": "photographs and scans of whole numbers, tables, sheets",
    "drawn": "digits drawn in paint programs",
    "drawn_multi": "numbers drawn in paint programs",
    "strings": "amounts on cheques, touching, on a patterned ground",
    "pendigits": "pen strokes on the canvas, UCI pendigits",
    "UNIPEN": "pen strokes on the canvas, UNIPEN",
    "Chars74k": "Chars74k, tablet digits",
}


@dataclass
class Run:
    """What is measured, and the figures as they come in.

    lines: the summary: the figure of digitrec, of the tutorial as written, of it inverted.
    """

    classifier: Classifier
    tutorial: Classifier | None
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    folders: list[tuple[object, ...]] = field(default_factory=list)
    curves: list[tuple[object, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[Sample] = field(default_factory=list)

    def line(self, name: str, *figures: str) -> None:
        self.lines[name] = figures
        print(f"{name}: {figures[0]}", file=sys.stderr)

    def mnist(self) -> None:
        mnist = datasets.mnist()
        inks = datasets.as_input(mnist.x_test)
        agreed = np.delete(np.arange(len(inks)), datasets.CONTESTED)
        networks = [network for network in (self.classifier, self.tutorial) if network]
        for name, kept in (
            ("MNIST test", slice(None)),
            ("the same without 15 contested labels", agreed),
        ):
            labels = mnist.y_test[kept]
            self.line(name, *(baseline.share_right(n, inks[kept], labels) for n in networks))
        right = self.classifier.at_sight(inks)[:, :NOT_A_DIGIT].argmax(1) == mnist.y_test
        self.line("MNIST test, at first sight alone", percent(right.sum(), len(right)))

    def pictures(self, name: str, answers: list[Answer]) -> None:
        self.failures += [a.sample for a in answers if not a.score.exact]
        for source, members in groupby(answers, lambda answer: answer.sample.source):
            self.folders.append(folder_row(f"{name}/{source}", list(members)))
        self.folders.append(folder_row(f"**{name}**", answers))
        samples = [a.sample for a in answers] if name in {"photos_single", "drawn"} else []
        self.line(
            NAMES[name],
            exact(answers),
            *(baseline.exact(self.tutorial, samples) if samples else ()),
        )
        if name == "drawn":
            self.line("… no answer", unanswered(answers))
        if name.startswith("photos"):
            self.curves += curve_rows(name, answers)

    def strokes(self, name: str, answers: list[Answer]) -> None:
        samples = [a.sample for a in answers]
        self.failures += [a.sample for a in answers if not a.score.exact]
        self.line(NAMES[name], exact(answers), *baseline.exact(self.tutorial, samples))

    def isolated(self, name: str, inks: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        figures = [baseline.share_right(self.classifier, _framed(inks), labels)]
        if self.tutorial:
            figures += ["", baseline.share_right(self.tutorial, baseline.shrunk(inks), labels)]
        self.line(NAMES.get(name, name), *figures)

    def refusal(self, others: NDArray[np.uint8], answers: list[Answer]) -> None:
        """Ink that nobody could take for a digit, as cut-outs and as photographs."""
        digits = datasets.as_input(datasets.mnist().x_test)
        score = [
            self.classifier.probabilities(x)[:, NOT_A_DIGIT] for x in (_framed(others), digits)
        ]
        figures = [f"{auroc(*score):.4f}"]
        if self.tutorial:  # it has no eleventh class: what it is unsure of stands for it
            shown = (baseline.shrunk(others), digits)
            unsure = [1 - self.tutorial.probabilities(x).max(axis=1) for x in shown]
            figures += ["", f"{auroc(*unsure):.4f}"]
        self.line("letters and signs against digits, AUROC of the refusal", *figures)
        taken = [a.sample for a in answers if a.text]
        self.failures += taken
        self.line("… photographed, read as a digit", percent(len(taken), len(answers)))

    def markdown(self) -> str:
        rows = [
            (name, *figures, *[""] * (3 - len(figures))) for name, figures in self.lines.items()
        ]
        parts = [conditions(self.classifier), *self.notes, table(HEAD, rows)]
        if self.folders:
            parts.append(table(FOLDER_HEAD, self.folders))
        if self.curves:
            parts.append(table(CURVE_HEAD, self.curves))
        return "\n\n".join(parts)


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the tables as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SETS, default=SETS, metavar="SET")
    parser.add_argument("--model", help="a version's name; otherwise the one in service")
    parser.add_argument("--errors", type=Path, metavar="DIR", help="contact sheets of the failures")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that read")
    options = parser.parse_args(arguments)

    run = Run(_load(options.model), baseline.classic())
    if run.tutorial is None:
        run.notes.append(baseline.HOW_TO_MAKE)
    if "mnist" in options.only:
        run.mnist()
    root = corpus.folder()
    if root is None:
        run.notes += [corpus.missing(name) for name in options.only if name != "mnist"]
        return run.markdown()
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(options.jobs, cv2.setNumThreads, [1]) as pool:  # a thread a process

        def answer(samples: list[Sample]) -> list[Answer]:
            return pool.map(partial(_read, options.model), samples, chunksize=4)

        _measure(run, root, options.only, answer)
    if options.errors:
        sheets.draw(run.failures, options.errors)
    return run.markdown()


def _measure(
    run: Run, root: Path, only: list[str], answer: Callable[[list[Sample]], list[Answer]]
) -> None:
    for name in (name for name in corpus.PICTURES if name in only):
        run.pictures(name, answer(corpus.pictures(root, name)))
    if "strokes" in only:
        for name in corpus.STROKES:
            run.strokes(name, answer(corpus.strokes(root, name)))
    if "isolated" in only:
        for name in corpus.ISOLATED:
            run.isolated(name, *corpus.isolated(root, name))
    if "refusal" in only:
        run.refusal(corpus.not_digits(root), answer(corpus.pictures(root, "photos_not_digits")))


@cache
def _load(model: str | None) -> Classifier:
    return Classifier(settings().models / model) if model else in_service()


def _read(model: str | None, sample: Sample) -> Answer:
    try:
        reading = read(sample.picture, _load(model))
    except ImageError:
        return Answer(sample, "", 0.0, score(sample.path, None))
    confidence = math.prod(number.confidence for number in reading.numbers)
    result = score(sample.path, reading.text, reading.seconds)
    return Answer(sample, reading.text, confidence, result)


def _framed(inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Cut-out ink bright on dark, framed as the reader frames a digit it found."""
    framed = [preprocess.normalise(ink.astype(np.float32) / 255) for ink in inks]
    return np.stack(framed)[..., None]


if __name__ == "__main__":
    print(main())
