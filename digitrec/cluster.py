"""A Ray cluster: reaching it, and reading many pictures on it.

``RAY_ADDRESS`` names the cluster; without it Ray starts one on this machine. Every node needs
digitrec with its extra ``ray``, and none needs our files: pictures and network go with the calls.
"""

from __future__ import annotations

import itertools
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from digitrec import bulk, images
from digitrec.classifier import Classifier
from digitrec.language import _
from digitrec.runtime import MODEL, REPORT, quietly


class ClusterError(RuntimeError):
    """There is no cluster to work on; the message says why and what to do."""


def connect() -> Any:
    """The module ``ray``, connected. Raises `ClusterError`."""
    try:
        import ray
    except ImportError:
        raise ClusterError(_("Ray is not installed: pip install '.[ray]' adds it.")) from None
    if not ray.is_initialized():
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            where = os.environ.get("RAY_ADDRESS", _("this machine"))
            reason = str(error).strip().partition("\n")[0]
            raise ClusterError(
                _("Ray cannot be reached on {place}: {why}").format(place=where, why=reason)
            ) from error
    return ray


def readings(paths: Sequence[Path], version: Path) -> Iterator[bulk.Row]:
    """As `bulk.readings`: an actor with the version's network on each CPU of the cluster.

    Raises `ClusterError`, and `bulk.BulkError` when an actor is lost.
    """
    ray = connect()
    files = ray.put({name: (version / name).read_bytes() for name in (MODEL, REPORT)})
    count = max(1, min(len(paths), int(ray.cluster_resources().get("CPU", 1))))
    actor = ray.remote(num_cpus=1)(_Reader)
    actors = itertools.cycle([actor.remote(files) for _ in range(count)])

    def submit(path: Path) -> Any:
        try:
            return next(actors).row.remote(str(path), images.content(path))
        except images.ImageError as error:
            return ray.put({"file": str(path), "error": str(error)})

    try:
        yield from bulk.in_order(paths, submit, ray.get, bulk.AHEAD * count)
    except ray.exceptions.RayError as error:
        raise bulk.BulkError(
            _("The cluster lost a reader ({why}).").format(why=type(error).__name__)
        ) from error


class _Reader:
    """Holds the network on a node."""

    def __init__(self, files: dict[str, bytes]) -> None:
        with tempfile.TemporaryDirectory(prefix="digitrec-") as name, quietly():
            for file, content in files.items():
                (Path(name) / file).write_bytes(content)
            self.classifier = Classifier(Path(name))

    def row(self, name: str, content: bytes) -> bulk.Row:
        return bulk.row(name, content, self.classifier)
