"""The tutorial's way: its network, and a plain resize of the whole picture to 28x28.

Keras's `load_img` resizes by nearest neighbour. As written, the tutorial feeds what comes out;
`inverted` first turns a picture whose border is light into bright ink on dark, as most people who
follow it learn to do.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.corpus import HEIGHT, Sample
from benchmarks.tables import percent
from digitrec import datasets
from digitrec.classifier import Classifier
from digitrec.evaluation import label
from digitrec.runtime import ModelError
from digitrec.settings import settings

HOW_TO_MAKE = (
    "The tutorial's network is not here, so its columns are empty: "
    "`python -m digitrec train --recipe classic --folds 0 --name classic` makes it."
)


def classic() -> Classifier | None:
    """The trained tutorial network, or None where nobody has trained it."""
    try:
        return Classifier(settings().models / "classic")
    except ModelError:
        return None


def exact(network: Classifier | None, samples: list[Sample]) -> tuple[str, ...]:
    """Exact match on pictures of one digit: as written, and inverted."""
    if network is None:
        return ()
    labels = np.array([int(label(sample.path) or -1) for sample in samples])
    shares = []
    for inverted in (False, True):
        inks = datasets.as_input(np.stack([_resized(s.picture, inverted) for s in samples]))
        shares.append(share_right(network, inks, labels))
    return tuple(shares)


def share_right(network: Classifier, inks: NDArray[np.float32], labels: NDArray[Any]) -> str:
    right = network.probabilities(inks)[:, :10].argmax(axis=1) == labels
    return percent(right.sum(), len(right))


def shrunk(inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Cut-out ink (n, side, side), bright on dark -> what the tutorial's network is fed."""
    small = [cv2.resize(ink, (28, 28), interpolation=cv2.INTER_NEAREST) for ink in inks]
    return datasets.as_input(np.stack(small).astype(np.uint8))


def _resized(picture: Path | bytes, inverted: bool) -> NDArray[np.uint8]:
    if isinstance(picture, bytes):
        # Drawn on this page's wide canvas. Tutorials have a square one, so to be fair: its middle.
        image = ImageOps.fit(Image.open(io.BytesIO(picture)), (HEIGHT, HEIGHT))
    else:
        image = Image.open(picture)
    grey = np.asarray(image.convert("L").resize((28, 28), Image.Resampling.NEAREST))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return 255 - grey if inverted and np.median(border) > 127 else grey
