"""LiteRT: a model file that is what the report beside it says, and running it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.language import N_, Sentence

MODEL, REPORT = "model.tflite", "report.json"  # of a folder

Array = NDArray[np.float32]
BATCH = 64  # inputs at once: more gain nothing, and LiteRT keeps the room for them


class ModelError(RuntimeError):
    """No model can be loaded; the message names the file and says what to do."""


class Network:
    """A network with one input, on LiteRT. Safe to share between threads.

    content: of its ``.tflite`` file. Raises ``ValueError``, ``RuntimeError`` or ``IndexError`` when
    that is none.
    """

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self._shape: tuple[int, ...] = ()
        self._lock = threading.Lock()  # an interpreter is not thread-safe

    def __call__(self, x: Array) -> list[Array]:
        """Each of its outputs, float32, for (n, ...) inputs, of which there is one at least."""
        batches = [self._run(x[i : i + BATCH]) for i in range(0, len(x), BATCH)]
        return [np.concatenate(parts) for parts in zip(*batches, strict=True)]

    def _run(self, x: Array) -> list[Array]:
        """A shape other than the last one's needs new buffers."""
        with self._lock:
            if x.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, x.shape)
                self._interpreter.allocate_tensors()
                self._shape = x.shape
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(x, np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(output) for output in self._outputs]


def load(folder: Path) -> tuple[Network, dict[str, Any]]:
    """The network of a folder's ``model.tflite``, and what its ``report.json`` says.

    Raises `ModelError` when either is missing or damaged.
    """
    model, report = folder / MODEL, folder / REPORT
    try:
        facts: dict[str, Any] = json.loads(report.read_text())
        expected = facts["files"][MODEL]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unusable(report) from error
    try:
        content = model.read_bytes()
    except OSError as error:
        raise unusable(model) from error
    # Checked first: a file cut short may bring the interpreter, and the process, down.
    if hashlib.sha256(content).hexdigest() != expected:
        raise unusable(model)
    try:
        return Network(content), facts
    except (ValueError, RuntimeError, IndexError) as error:
        raise unusable(model) from error


def unusable(path: Path) -> ModelError:
    """The error to raise for a file of a model that is missing or damaged."""
    said = N_("The model file {file} is missing: restore it, or put another version in service.")
    if os.path.exists(path):  # noqa: PTH110  Path.exists raises for too long a name
        said = N_(
            "The model file {file} is damaged: restore it, or put another version in service."
        )
    return ModelError(Sentence(said, {"file": str(path)}))


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
