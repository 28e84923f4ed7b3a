"""Photographs to time with: MNIST test digits on uneven paper, at any size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec import datasets


def photograph(megapixels: float, lines: int, columns: int, seed: int = 0) -> bytes:
    """A 4:3 JPEG of `lines` x `columns` digits, lit from one corner, as noisy as a phone's."""
    rng = np.random.default_rng(seed)
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(height * 4 / 3)
    light = cv2.resize(np.array([[235, 215], [220, 170]], np.float32), (width, height))
    grain = cv2.resize(
        rng.normal(0, 4, (height // 4, width // 4)).astype(np.float32), (width, height)
    )
    paper = light + grain
    mnist = datasets.mnist()
    tall, wide = height // lines, width // columns
    side = int(0.9 * min(tall, wide))
    for row in range(lines):
        for column in range(columns):
            digit = mnist.x_test[rng.integers(len(mnist.x_test))]
            top, left = row * tall + (tall - side) // 2, column * wide + (wide - side) // 2
            paper[top : top + side, left : left + side] *= 1 - 0.7 * _enlarged(digit, side)
    colour = paper[..., None] * np.array([0.94, 0.97, 1.0], np.float32)  # BGR: a warm lamp
    ok, jpeg = cv2.imencode(".jpg", colour.clip(0, 255).astype(np.uint8))
    assert ok
    return jpeg.tobytes()


def _enlarged(digit: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Ink in [0, 1] with the crisp edge of a pen, not the blur of 28 pixels enlarged."""
    smooth = cv2.resize(digit.astype(np.float32) / 255, (side, side), interpolation=cv2.INTER_CUBIC)
    crisp: NDArray[np.float32] = ((smooth - 0.4) * side / 90 + 0.5).clip(0, 1)
    return crisp
