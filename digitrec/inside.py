"""What happens inside the network as one digit goes through it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import Classifier
from digitrec.graph import Graph, GraphError, Layer
from digitrec.preprocess import SIDE, Ink
from digitrec.runtime import MODEL, ModelError, Network, unusable

Array = NDArray[np.float32]

PATCH = 4  # side of what is erased at a time to see what it was worth, pixels


@dataclass(frozen=True)
class Flow:
    """One digit on its way through the network.

    maps: what each of `layers` gives, (rows, columns, maps) or (units,) float32. logits: (classes,)
    before calibration. votes: (classes, units), what each unit of the layer before adds to each
    logit; None where the last layer is not a plain weighted sum of units.
    """

    layers: tuple[Layer, ...]
    maps: tuple[Array, ...]
    logits: Array
    votes: Array | None


class Inspector:
    """A version's network with every layer in sight. Safe to share between threads."""

    def __init__(self, content: bytes) -> None:
        graph = Graph(content)
        self.layers = tuple(graph.layers)
        tensors = [layer.tensor for layer in self.layers]
        self._all = Network(graph.showing(tensors))
        self._last = Network(graph.showing([graph.features]))

    def flow(self, ink: Ink) -> Flow:
        """One digit as the network takes it, (28, 28) float32 in [0, 1]."""
        *maps, logits = (found[0] for found in self._all(ink[None, ..., None]))
        head, votes = self.layers[-1], None
        if head.kernel is not None and maps and head.kernel.shape[1:] == maps[-1].shape:
            votes = head.kernel * maps[-1]
        return Flow(self.layers[:-1], tuple(maps), logits, votes)

    def features(self, inks: Array) -> Array:
        """(n, 28, 28, 1) float32 in [0, 1] -> (n, d) float32: what the answer is computed from."""
        return self._last(inks)[0].reshape(len(inks), -1)


def inspector(classifier: Classifier) -> Inspector:
    """That of the version that reads; kept until another one does.

    Raises `digitrec.runtime.ModelError` when its file has gone or cannot be looked into.
    """
    return _inspector(classifier.folder / MODEL, classifier.sha256)


@lru_cache(maxsize=1)
def _inspector(model: Path, sha256: str) -> Inspector:
    del sha256  # only there so that another network is looked into anew
    try:
        return Inspector(model.read_bytes())
    except OSError as error:
        raise unusable(model) from error
    except GraphError as error:
        raise ModelError(str(error)) from error


def log_odds(p: Array) -> Array:
    """The logarithm of p : 1 - p, for probabilities of at least a millionth."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)


def occlusion(classifier: Classifier, ink: Ink, answer: int) -> Array:
    """What each pixel is worth to an answer (0 to 10), (28, 28) float32, in log-odds.

    Patches of 4 x 4 pixels are erased in turn; a pixel is worth the mean of what the patches over
    it cost (Zeiler and Fergus, *Visualizing and understanding convolutional networks*, 2014). Below
    zero: the answer would be surer without it. Zero where there is nothing to erase.
    """
    places = [
        (y, x)
        for y in range(SIDE - PATCH + 1)
        for x in range(SIDE - PATCH + 1)
        if ink[y : y + PATCH, x : x + PATCH].any()
    ]
    pictures = np.repeat(ink[None], len(places) + 1, axis=0)
    for picture, (y, x) in zip(pictures, places, strict=False):
        picture[y : y + PATCH, x : x + PATCH] = 0
    odds = log_odds(classifier.probabilities(pictures[..., None])[:, answer])
    worth = np.zeros((SIDE, SIDE), np.float32)
    covered = np.zeros((SIDE, SIDE), np.float32)
    for (y, x), left in zip(places, odds, strict=False):
        worth[y : y + PATCH, x : x + PATCH] += odds[-1] - left
        covered[y : y + PATCH, x : x + PATCH] += 1
    return np.where(ink > 0, worth / np.maximum(covered, 1), 0).astype(np.float32)
