"""A second look at the digits that a network is not sure of: test-time augmentation.

Such a digit is shown again a little wider and a little narrower, and what the network says to the
three is averaged (Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep
convolutional neural networks*, 2012, with crops).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digitrec.example import DIGITS
from digitrec.preprocess import SIDE

Array = NDArray[np.float32]

SURE = 0.95  # what is given this probability at first sight, calibrated, is not looked at again
WIDTHS = (1.1, 0.9)  # of the digit's own


def again(
    network: Callable[[Array], Array], inks: Array, first: Array, temperature: float
) -> Array:
    """What the network says once it has looked again where it was not sure: (n, classes).

    inks: (n, 28, 28, 1) in [0, 1]. first: (n, classes), its probabilities of them. They and those
    that are returned are before calibration by the temperature.
    """
    doubtful = unsure(first, temperature)
    if not doubtful.any():
        return first
    said = [network(stretched(inks[doubtful], width)) for width in WIDTHS]
    settled = first.copy()
    settled[doubtful] = np.mean([first[doubtful], *said], axis=0)
    return settled


def unsure(first: Array, temperature: float) -> NDArray[np.bool_]:
    """Which digits are to be looked at again, (n,).

    None by a network of ten classes, which is the tutorial's: it reads as the tutorial does.
    """
    if first.shape[1] == DIGITS:
        return np.zeros(len(first), bool)
    return np.asarray(tempered(first, temperature).max(1) < SURE)


def stretched(inks: Array, width: float) -> Array:
    """(n, 28, 28, 1) -> the same about the middle column, wider (over 1) or narrower."""
    middle = (SIDE - 1) / 2
    columns = np.arange(SIDE)
    from_ = middle + (columns - middle) / width
    # Linear interpolation between columns, as a matrix: 28 columns in, 28 out.
    weights = np.maximum(0, 1 - np.abs(columns[:, None] - from_)).astype(np.float32)
    return np.asarray(np.einsum("nrcx,cd->nrdx", inks, weights), np.float32)


def tempered(probabilities: Array, temperature: float) -> Array:
    """The probabilities at a temperature, (n, classes).

    Guo et al., *On calibration of modern neural networks*, 2017.
    """
    logits = np.log(np.clip(probabilities, 1e-12, 1)) / temperature
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)
