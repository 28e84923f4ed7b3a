"""The version in service, loaded once: calibrated probabilities of each digit."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec import looks, registry
from digitrec.example import NOT_A_DIGIT
from digitrec.language import _
from digitrec.runtime import MODEL, REPORT, ModelError, load, unusable
from digitrec.settings import settings
from digitrec.versions import DEFAULT, temperature

Look = tuple[NDArray[np.float32], NDArray[np.float32]]  # (28, 28), and the (11,) said to it


class Classifier:
    """One version's ``model.tflite`` with its temperature. Safe to share between threads.

    Raises `ModelError` when a file of the version is missing or damaged.
    """

    def __init__(self, folder: Path, notice: str | None = None) -> None:
        self.name = folder.name
        self.folder = folder
        self.notice = notice
        self._network, report = load(folder)
        try:
            self._temperature = temperature(report)
            self.sha256 = str(report["files"][MODEL]["sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise unusable(folder / REPORT) from error
        try:
            self.probabilities(np.zeros((1, 28, 28, 1), np.float32))
        except (ValueError, RuntimeError, IndexError) as error:
            raise unusable(folder / MODEL) from error

    def probabilities(self, inks: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 28, 28, 1) float32 in [0, 1] -> (n, 11) float32: digits 0 to 9, then *not a digit*.

        Calibrated, and of several looks where one leaves it unsure: see `digitrec.looks`. A network
        without the eleventh output has 0 there.
        """
        if not len(inks):
            return np.zeros((0, NOT_A_DIGIT + 1), np.float32)
        said = looks.again(self._at_sight, inks, self._at_sight(inks), self._temperature)
        return self._calibrated(said)

    def at_sight(self, inks: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same of one look each, of one digit at least."""
        return self._calibrated(self._at_sight(inks))

    def looks(self, ink: NDArray[np.float32]) -> list[Look]:
        """Those that the answer to one digit, (28, 28), is of: one, or three where it is unsure."""
        inks = ink[None, ..., None]
        seen = [inks]
        if looks.unsure(self._at_sight(inks), self._temperature).any():
            seen += [looks.stretched(inks, width) for width in looks.WIDTHS]
        said = self.at_sight(np.concatenate(seen))
        return [(each[0, ..., 0], p) for each, p in zip(seen, said, strict=True)]

    def _at_sight(self, inks: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._network(inks)[0]

    def _calibrated(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.zeros((len(said), NOT_A_DIGIT + 1), np.float32)
        out[:, : said.shape[1]] = looks.tempered(said, self._temperature)
        return out


@lru_cache(maxsize=2)
def _load(folder: Path, _stamp: tuple[int, ...], notice: str | None) -> Classifier:
    return Classifier(folder, notice)


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes when a file of the version changes, so that the cache is never stale."""
    stamp: list[int] = []
    for name in (MODEL, REPORT):
        try:
            status = (folder / name).stat()
        except OSError:  # loading it says which file it is
            stamp += [0, 0]
        else:
            stamp += [status.st_mtime_ns, status.st_size]
    return tuple(stamp)


def in_service() -> Classifier:
    """The version put in service, else the shipped `default`.

    Where that one is missing or damaged, `default` serves and `notice` says so in a sentence.
    Raises `ModelError` when `default` cannot be loaded either.
    """
    models = settings().models
    folder, shipped = models / registry.pointed_to(models), models / DEFAULT
    try:
        return _load(folder, _stamp(folder), None)
    except ModelError as error:
        if folder == shipped:
            raise
        notice = str(error) + " " + _("The shipped version is reading meanwhile.")
    return _load(shipped, _stamp(shipped), notice)
