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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import baseline, corpus, sheets
from benchmarks.corpus import Sample
from benchmarks.scoring import comparable, edit_distance
from benchmarks.tables import conditions, percent, table
from digitrec import datasets, preprocess
from digitrec.classifier import Classifier, in_service
from digitrec.images import ImageError
from digitrec.reader import read
from digitrec.settings import settings

SETS = ("mnist", *corpus.PICTURES, "strokes", "isolated", "refusal")
AT_LEAST = {  # what issue 2 asks for, per cent; AUROC as it is
    "MNIST test": "99.70 %",
    "drawn": "99 %",
    "photos_single": "95 %",
    "strokes, pendigits": "97 %",
    "strokes, UNIPEN": "97.5 %",
    "isolated, HwD-1000": "100 %",
    "isolated, optdigits": "98 %",
    "isolated, Semeion": "94 %",
    "isolated, Chars74k": "99 %",
    "not digits against MNIST, AUROC": "0.995",
    "drawn, refused": "at most 1 %",
}


@dataclass(frozen=True)
class Answer:
    """What was read in one picture; text "" is no answer. Distances are in digits."""

    sample: Sample
    text: str
    confidence: float
    seconds: float

    @property
    def right(self) -> bool:
        return self.wrong_digits == 0

    @property
    def wrong_digits(self) -> int:
        return edit_distance(
            comparable(self.text, self.sample.source),
            comparable(self.sample.label, self.sample.source),
        )

    @property
    def digits(self) -> int:
        return len(self.sample.label.replace("_", ""))


Read = Callable[[list[Sample]], list[Answer]]
Tutorial = baseline.Interpreter | None


@dataclass
class Results:
    """The figures of one run: the summary's lines in order, and the longer tables below it."""

    lines: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    sections: list[str] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)

    def line(self, name: str, ours: str, written: str = "", inverted: str = "") -> None:
        self.lines[name] = (ours, written, inverted)
        print(f"{name}: {ours}", file=sys.stderr)

    def markdown(self) -> str:
        head = ["measured on", "digitrec", "tutorial", "tutorial, inverted", "asked for"]
        rows = [(name, *line, AT_LEAST.get(name, "")) for name, line in self.lines.items()]
        return "\n\n".join([table(head, rows), *self.sections])


def main(arguments: list[str] | None = None) -> str:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SETS, default=SETS, metavar="SET")
    parser.add_argument("--model", help="a version's name; otherwise the one in service")
    parser.add_argument("--errors", type=Path, metavar="DIR", help="contact sheets of the failures")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args(arguments)

    results, root = Results(), corpus.folder()
    classifier = _load(options.model)
    tutorial = baseline.classic()
    if tutorial is None:
        results.sections.append(baseline.HOW_TO_MAKE)
    if "mnist" in options.only:
        _mnist(results, classifier, tutorial)
    if root is None:
        for name in options.only:
            if name != "mnist":
                results.sections.append(corpus.missing(name))
    else:
        spawn = multiprocessing.get_context("spawn")
        with spawn.Pool(options.jobs, cv2.setNumThreads, [1]) as pool:  # a process a core

            def answer(samples: list[Sample]) -> list[Answer]:
                return pool.map(partial(_read, options.model), samples, chunksize=4)

            _pictures(results, root, options.only, tutorial, answer)
            if "strokes" in options.only:
                _strokes(results, root, tutorial, answer)
            if "isolated" in options.only:
                _isolated(results, root, classifier, tutorial)
            if "refusal" in options.only:
                _refusal(results, root, classifier, tutorial, answer)
        if options.errors:
            sheets.draw([a.sample for a in results.failures], options.errors)
    return f"{conditions(classifier)}\n\n{results.markdown()}"


@cache
def _load(model: str | None) -> Classifier:
    return Classifier(settings().models / model) if model else in_service()


def _read(model: str | None, sample: Sample) -> Answer:
    try:
        reading = read(sample.picture, _load(model))
    except ImageError:
        return Answer(sample, "", 0.0, 0.0)
    confidence = math.prod(number.confidence for number in reading.numbers)
    return Answer(sample, reading.text, confidence, reading.seconds)


def _pictures(
    results: Results, root: Path, only: Iterable[str], tutorial: Tutorial, answer: Read
) -> None:
    rows, curves = [], []
    for name in (name for name in corpus.PICTURES if name in only):
        answers = answer(corpus.pictures(root, name))
        results.failures += [a for a in answers if not a.right]
        for source, members in groupby(answers, lambda answer: answer.sample.source):
            rows.append(_row(f"{name}/{source}", list(members)))
        rows.append(_row(f"**{name}**", answers))
        single = name in ("photos_single", "drawn")
        plain = _tutorial(tutorial, [a.sample for a in answers]) if single else ()
        results.line(name, _exact(answers), *plain)
        if name == "drawn":
            results.line("drawn, refused", _share_unanswered(answers))
        if name.startswith("photos"):
            curves += _curve(name, answers)
    if rows:
        head = ["folder", "images", "exact", "characters", "no answer", "wrong", "s / image"]
        results.sections.append(table(head, rows))
    if curves:
        head = ["surest answers", "answered", "exact among them", "wrong"]
        results.sections.append(table(head, curves))


def _strokes(results: Results, root: Path, tutorial: Tutorial, answer: Read) -> None:
    for name in corpus.STROKES:
        answers = answer(corpus.strokes(root, name))
        results.failures += [a for a in answers if not a.right]
        results.line(
            f"strokes, {name}", _exact(answers), *_tutorial(tutorial, [a.sample for a in answers])
        )


def _isolated(results: Results, root: Path, classifier: Classifier, tutorial: Tutorial) -> None:
    for name in corpus.ISOLATED:
        inks, labels = corpus.isolated(root, name)
        ours = classifier.probabilities(_normalised(inks))[:, :10].argmax(axis=1)
        plain: tuple[str, ...] = ()
        if tutorial is not None:
            shown = baseline.probabilities(tutorial, _shrunk(inks)).argmax(axis=1)
            plain = ("", percent((shown == labels).sum(), len(labels)))
        results.line(f"isolated, {name}", percent((ours == labels).sum(), len(labels)), *plain)


def _mnist(results: Results, classifier: Classifier, tutorial: Tutorial) -> None:
    inks, labels = _mnist_test()
    keep = np.ones(len(labels), bool)
    keep[list(datasets.CONTESTED)] = False
    right = [classifier.probabilities(inks)[:, :10].argmax(axis=1) == labels]
    if tutorial is not None:
        right.append(baseline.probabilities(tutorial, inks).argmax(axis=1) == labels)
    for name, which in (("MNIST test", slice(None)), ("MNIST test, contested labels out", keep)):
        results.line(name, *(percent(r[which].sum(), r[which].size) for r in right))


def _refusal(
    results: Results, root: Path, classifier: Classifier, tutorial: Tutorial, answer: Read
) -> None:
    digits, _ = _mnist_test()
    others = corpus.not_digits(root)
    ours = auroc(
        classifier.probabilities(_normalised(others))[:, 10],
        classifier.probabilities(digits)[:, 10],
    )
    plain: tuple[str, ...] = ()
    if tutorial is not None:
        unsure = [
            1 - baseline.probabilities(tutorial, x).max(axis=1) for x in (_shrunk(others), digits)
        ]
        plain = (f"{auroc(*unsure):.4f}",)
    results.line("not digits against MNIST, AUROC", f"{ours:.4f}", *plain)
    answers = answer(corpus.pictures(root, "photos_not_digits"))
    taken = [a for a in answers if a.text]
    results.failures += taken
    results.line("photos_not_digits, a digit read", percent(len(taken), len(answers)))


def _mnist_test() -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    mnist = datasets.mnist()
    return datasets.as_input(mnist.x_test), mnist.y_test


def _normalised(inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    framed = [preprocess.normalise(ink.astype(np.float32) / 255) for ink in inks]
    return np.stack(framed)[..., None]


def _shrunk(inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Ink bright on dark -> the tutorial's 28x28, no digit moved or scaled by itself."""
    small = [cv2.resize(ink, (28, 28), interpolation=cv2.INTER_NEAREST) for ink in inks]
    return datasets.as_input(np.stack(small))


def _tutorial(network: Tutorial, samples: list[Sample]) -> tuple[str, ...]:
    """Exact match of the tutorial's way on single digits: as written, and inverted."""
    if network is None:
        return ()
    labels = np.array([int(s.label) for s in samples])
    shares = []
    for inverted in (False, True):
        inks = np.stack([baseline.resized(s.picture, inverted) for s in samples])
        answers = baseline.probabilities(network, inks).argmax(axis=1)
        shares.append(percent((answers == labels).sum(), len(labels)))
    return tuple(shares)


def auroc(positive: NDArray[np.floating], negative: NDArray[np.floating]) -> float:
    """The chance that a positive scores above a negative, ties counting half."""
    negative = np.sort(negative)
    below = np.searchsorted(negative, positive, "left")
    upto = np.searchsorted(negative, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))


def _exact(answers: list[Answer]) -> str:
    return percent(sum(a.right for a in answers), len(answers))


def _share_unanswered(answers: list[Answer]) -> str:
    return percent(sum(not a.text for a in answers), len(answers))


def _row(name: str, answers: list[Answer]) -> tuple[object, ...]:
    digits = sum(a.digits for a in answers)
    right = max(0, digits - sum(a.wrong_digits for a in answers))
    wrong = sum(bool(a.text) and not a.right for a in answers)
    seconds = np.median([a.seconds for a in answers])
    return (
        name,
        len(answers),
        _exact(answers),
        percent(right, digits),
        _share_unanswered(answers),
        wrong,
        f"{seconds:.3f}",
    )


def _curve(name: str, answers: list[Answer]) -> Iterator[tuple[object, ...]]:
    """Exact match among the surest answers, at growing shares of the pictures answered."""
    surest = sorted((a for a in answers if a.text), key=lambda a: -a.confidence)
    for share in (50, 80, 90, 95, 100):
        kept = surest[: round(share / 100 * len(answers))]
        wrong = sum(not a.right for a in kept)
        yield (
            f"{name}, {share} %",
            percent(len(kept), len(answers)),
            percent(len(kept) - wrong, len(kept)),
            wrong,
        )


if __name__ == "__main__":
    print(main())
