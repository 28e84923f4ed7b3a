"""What the course computes: small, exact versions of what the app does at full size."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import Classifier
from digitrec.datasets import as_input, mnist
from digitrec.example import NOT_A_DIGIT
from digitrec.graph import Graph
from digitrec.masks import smaller
from digitrec.preprocess import SIDE, Ink, bounding_box
from digitrec.runtime import Network

Array = NDArray[np.float32]
MIDDLE = slice(12, 16)  # of rows and columns: where a 1 has ink and a 0 has none


def middle_ink(images: NDArray[np.uint8]) -> Array:
    """The share of ink in the middle 4 x 4 pixels, (n, 28, 28) uint8 -> (n,) in [0, 1]."""
    return np.asarray(images[:, MIDDLE, MIDDLE].mean((1, 2)) / 255, np.float32)


def rule_is_right(
    measure: Array, is_first: NDArray[np.bool_], threshold: float
) -> NDArray[np.bool_]:
    """Whether "less than the threshold is the first digit" is right, for each of (n,) images."""
    return np.asarray((measure < threshold) == is_first)


def convolve(ink: Ink, kernel: Array) -> Array:
    """What one 3 x 3 kernel answers at each pixel, (28, 28) float32, the outside being paper.

    As in every network the kernel is not turned round: strictly, a cross-correlation.
    """
    answer = cv2.filter2D(ink, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(answer, np.float32)


def pool(maps: Array) -> Array:
    """The strongest of each 2 x 2 pixels, (28, 28) -> (14, 14)."""
    return np.asarray(maps.reshape(SIDE // 2, 2, SIDE // 2, 2).max((1, 3)), np.float32)


def squeezed(ink: Ink) -> Ink:
    """A whole drawing as the tutorial prepares it: resized to 28 x 28, whatever its shape."""
    return np.asarray(cv2.resize(ink, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def cut_out(ink: Ink) -> Ink:
    """The part of a drawing with ink in it, squared; all of it where there is none."""
    found = bounding_box(ink)
    if found is None:
        return ink
    x, y, w, h = found
    side = max(w, h)
    square = np.zeros((side, side), np.float32)
    top, left = (side - h) // 2, (side - w) // 2
    square[top : top + h, left : left + w] = ink[y : y + h, x : x + w]
    return square


def reduced(ink: Ink, side: int) -> Ink:
    """The same, its longer side at most `side` pixels."""
    return smaller(ink, max(1.0, max(ink.shape) / side))


def in_a_corner(ink: Ink) -> Ink:
    """A (28, 28) digit as somebody might draw it: not large, and off to one side, (300, 860)."""
    drawing = np.zeros((300, 860), np.float32)
    large = cv2.resize(ink, (140, 140), interpolation=cv2.INTER_CUBIC)
    drawing[140:280, 660:800] = np.clip((large - 0.45) * 4 + 0.5, 0, 1)
    return drawing


def deal(images: int, folds: int, seed: int = 1) -> NDArray[np.int64]:
    """Which fold each image is dealt to, (images,) in 0 to folds - 1, as evenly as can be."""
    dealt = np.arange(images) % folds
    return np.asarray(np.random.default_rng(seed).permutation(dealt), np.int64)


def rounded_accuracy(content: bytes, bits: int, inks: Array, labels: NDArray[np.uint8]) -> float:
    """The share read right by a ``model.tflite`` whose weights are rounded to so many bits each.

    inks: (n, 28, 28, 1).
    """
    answers = Network(Graph(content).rounded(bits))(inks)[0][:, :NOT_A_DIGIT].argmax(1)
    return float((answers == labels).mean())


@lru_cache(maxsize=1)
def test_answers(classifier: Classifier) -> tuple[Array, NDArray[np.uint8]]:
    """The answers to MNIST's whole test set, (10000, 11), and its labels."""
    data = mnist()
    return classifier.probabilities(as_input(data.x_test)), data.y_test.copy()
