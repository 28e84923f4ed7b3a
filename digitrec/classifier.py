"""The version in service, loaded once and run by LiteRT."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.language import _
from digitrec.settings import settings

NOT_A_DIGIT = 10
DEFAULT = "default"
FILES = ("model.tflite", "report.json")  # of a version, that reading needs


class ModelError(RuntimeError):
    """No model can be loaded; the message names the file and says what to do."""


class Classifier:
    """One version's ``model.tflite`` with its temperature. Safe to share between threads.

    Raises `ModelError` when a file of the version is missing or damaged.
    """

    def __init__(self, folder: Path, notice: str | None = None) -> None:
        self.name = folder.name
        self.folder = folder
        self.notice = notice
        model = folder / "model.tflite"
        self._interpreter = interpreter(model)
        try:
            facts = _facts(folder)
            self._temperature = float(facts["calibration"]["temperature"])
            self.sha256 = str(facts["files"][model.name]["sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(_damaged(folder / "report.json")) from error
        try:
            self._input = self._interpreter.get_input_details()[0]["index"]
            output = self._interpreter.get_output_details()[0]
            self._output = output["index"]
            self._classes = int(output["shape"][-1])
            self._lock = threading.Lock()  # an interpreter is not thread-safe
            self._batch = 0
            self.probabilities(np.zeros((1, 28, 28, 1), np.float32))
        except (ValueError, RuntimeError, IndexError) as error:
            raise ModelError(_damaged(model)) from error

    def probabilities(self, inks: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 28, 28, 1) float32 in [0, 1] -> (n, 11) float32: digits 0 to 9, then *not a digit*.

        Calibrated by temperature (Guo et al., *On calibration of modern neural networks*, 2017).
        A network without the eleventh output has 0 there.
        """
        if not len(inks):
            return np.zeros((0, NOT_A_DIGIT + 1), np.float32)
        with self._lock:
            if len(inks) != self._batch:
                self._interpreter.resize_tensor_input(self._input, inks.shape)
                self._interpreter.allocate_tensors()
                self._batch = len(inks)
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(inks, np.float32))
            self._interpreter.invoke()
            raw = self._interpreter.get_tensor(self._output)
        logits = np.log(np.clip(raw, 1e-12, 1)) / self._temperature
        powers = np.exp(logits - logits.max(1, keepdims=True))
        out = np.zeros((len(inks), NOT_A_DIGIT + 1), np.float32)
        out[:, : self._classes] = powers / powers.sum(1, keepdims=True)
        return out


def interpreter(model: Path) -> Interpreter:
    """LiteRT's, of a model file that is what the report beside it says.

    Raises `ModelError` when either is missing or damaged.
    """
    report = model.parent / "report.json"
    try:
        expected = _facts(model.parent)["files"][model.name]["sha256"]
    except (KeyError, TypeError) as error:
        raise ModelError(_damaged(report)) from error
    try:
        content = model.read_bytes()
    except OSError as error:
        raise ModelError(_damaged(model)) from error
    # Checked first: a file cut short may bring the interpreter, and the process, down.
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(_damaged(model))
    try:
        return Interpreter(model_content=content, num_threads=1)
    except (ValueError, RuntimeError) as error:
        raise ModelError(_damaged(model)) from error


def _facts(folder: Path) -> dict[str, Any]:
    report = folder / "report.json"
    try:
        facts: dict[str, Any] = json.loads(report.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(_damaged(report)) from error
    return facts


@contextmanager
def quietly() -> Iterator[None]:
    """Without what LiteRT's C++ part prints on stderr as it starts, which no setting silences."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _damaged(path: Path) -> str:
    said = _("The model file {file} is missing: restore it, or put another version in service.")
    if path.exists():
        said = _("The model file {file} is damaged: restore it, or put another version in service.")
    return said.format(file=path)


@lru_cache(maxsize=2)
def _load(folder: Path, _stamp: tuple[int, ...], notice: str | None) -> Classifier:
    return Classifier(folder, notice)


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes when a file of the version changes, so that the cache is never stale."""
    stamp: list[int] = []
    for name in FILES:
        path = folder / name
        stamp += [path.stat().st_mtime_ns, path.stat().st_size] if path.exists() else [0, 0]
    return tuple(stamp)


def _named(pointer: Path) -> str:
    try:
        return pointer.read_text(encoding="utf-8", errors="replace").strip() or DEFAULT
    except OSError:  # there is none until a version has been put in service
        return DEFAULT


def in_service() -> Classifier:
    """The version named by ``models/in_service``, else the shipped `default`.

    Where the named one is missing or damaged, `default` serves and `notice` says so in a sentence.
    Raises `ModelError` when `default` cannot be loaded either.
    """
    models = settings().models
    name = _named(models / "in_service")
    if name != DEFAULT:
        folder = models / name
        try:
            return _load(folder, _stamp(folder), None)
        except ModelError as error:
            notice = str(error) + " " + _("The shipped version is reading meanwhile.")
            return _load(models / DEFAULT, _stamp(models / DEFAULT), notice)
    return _load(models / DEFAULT, _stamp(models / DEFAULT), None)
