"""The training images that a network finds most like a digit, in its own feature space."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec import storage
from digitrec.classifier import Classifier
from digitrec.datasets import as_input, mnist
from digitrec.inside import inspector
from digitrec.preprocess import Ink

IMAGES = 3000  # of MNIST's training set, from its start
FOLDER = ".neighbours"  # beside the versions: one file for each that was looked into


@dataclass(frozen=True, eq=False)
class Neighbours:
    """images: (n, 28, 28) uint8. labels: (n,). features: (n, d) float32, each of length 1."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    features: NDArray[np.float32]

    def nearest(self, features: NDArray[np.float32], count: int) -> list[tuple[int, float]]:
        """The most alike, best first, each with its cosine similarity in [-1, 1]."""
        alike = self.features @ _unit(features[None])[0]
        best = np.argsort(-alike, kind="stable")[:count]
        return [(int(i), float(alike[i])) for i in best]

    def closest(self, ink: Ink, label: int, count: int) -> NDArray[np.float32]:
        """The images of a label that share most ink with this one, (count, 28, 28) in [0, 1]."""
        images = as_input(self.images[self.labels == label])[..., 0]
        apart = ((images - ink) ** 2).sum((1, 2))
        return images[np.argsort(apart, kind="stable")[:count]]


@lru_cache(maxsize=1)
def neighbours(classifier: Classifier) -> Neighbours:
    """For the version that reads: worked out once, and kept in a file.

    Where none can be written it is kept in memory alone. Raises
    `digitrec.datasets.DatasetError` without MNIST and `digitrec.runtime.ModelError` without
    the network.
    """
    store = classifier.folder.parent
    path = store / FOLDER / f"{classifier.name}.npz"
    kept = _kept(path, classifier.sha256)
    if kept is not None:
        return kept
    data = mnist()
    images, labels = data.x_train[:IMAGES].copy(), data.y_train[:IMAGES].copy()
    del data
    features = _unit(inspector(classifier).features(as_input(images)))
    half = features.astype(np.float16)
    with suppress(OSError):  # it may be read-only, or full: the page goes on without
        sha256 = np.array(classifier.sha256)
        content = storage.npz(sha256=sha256, images=images, labels=labels, features=half)
        path.parent.mkdir(exist_ok=True)
        storage.write(path, content)
        for other in path.parent.glob("*.npz"):
            if not (store / other.stem).is_dir():  # its version was deleted
                other.unlink(missing_ok=True)
    return Neighbours(images, labels, half.astype(np.float32))


def _kept(path: Path, sha256: str) -> Neighbours | None:
    """What was kept, when it is whole and this network's own."""
    try:
        file = storage.arrays(path)
        images, labels, features = (file[name] for name in ("images", "labels", "features"))
        if str(file["sha256"]) != sha256:
            return None
    except (OSError, ValueError, KeyError):
        return None
    if not len(images) == len(labels) == len(features) == IMAGES:
        return None
    return Neighbours(images, labels, features.astype(np.float32))


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-9), np.float32)
