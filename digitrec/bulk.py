"""Reading many pictures with every core, in their order, a few of them in memory at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

import cv2

from digitrec.classifier import Classifier
from digitrec.images import ImageError
from digitrec.language import _
from digitrec.reader import read
from digitrec.runtime import quietly

AHEAD = 2  # pictures under way or waiting, a worker
Row = dict[str, Any]  # "file" and what `Reading.to_dict` has; or "file" and "error", a sentence
Handle = TypeVar("Handle")


class BulkError(RuntimeError):
    """The reading cannot begin or go on; the message says why."""


def row(name: str, source: Path | bytes, classifier: Classifier) -> Row:
    """One picture's row: its reading, or the sentence that says why there is none."""
    try:
        return {"file": name, **read(source, classifier).to_dict()}
    except ImageError as error:
        return {"file": name, "error": str(error)}


def readings(paths: Sequence[Path], version: Path) -> Iterator[Row]:
    """A row for each path, in their order, read by a process on each core.

    version: the folder of the version that reads. Raises `BulkError` when a process is killed.
    """
    if not paths:
        return
    workers = min(len(paths), os.cpu_count() or 1)
    # Not forked: this process may have threads, whose locks a fork would copy.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (version,)) as pool:
        try:
            yield from in_order(
                *(paths, lambda path: pool.submit(_read, path), Future.result, AHEAD * workers)
            )
        except BrokenProcessPool:
            raise BulkError(
                _("A process that reads was killed by the system, perhaps for want of memory.")
            ) from None


def in_order(
    paths: Iterable[Path],
    submit: Callable[[Path], Handle],
    result: Callable[[Handle], Row],
    ahead: int,
) -> Iterator[Row]:
    """The results in the order of the paths, with at most `ahead` submitted at a time."""
    under_way: deque[Handle] = deque()
    for path in paths:
        under_way.append(submit(path))
        if len(under_way) == ahead:
            yield result(under_way.popleft())
    while under_way:
        yield result(under_way.popleft())


_classifier: Classifier  # of a process that reads


def _begin(version: Path) -> None:
    global _classifier  # noqa: PLW0603  a pool gives its workers no other place
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C on a terminal ends all at once, silently
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    with quietly():
        _classifier = Classifier(version)


def _end_with_parent() -> None:
    """The pool's own processes would wait for ever for one that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read(path: Path) -> Row:
    return row(str(path), path, _classifier)
