"""Digits as other hands, pens and scanners would have made them, framed as MNIST frames them.

Everything is drawn on a (64, 64) canvas at twice MNIST's resolution, so that strokes can grow or
thin by half a pixel, and then goes through the same `preprocess.normalise` that reading uses.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec import styles
from digitrec.preprocess import SIDE, Ink, normalise

CANVAS = 64
Random = np.random.Generator


@cache
def _fields() -> NDArray[np.float32]:
    """(256, 2, 64, 64) smooth displacement fields of unit size (Simard et al., 2003)."""
    rng = np.random.default_rng(2003)
    fields = rng.uniform(-1, 1, (256, 2, CANVAS, CANVAS)).astype(np.float32)
    for field in fields:
        for axis in range(2):
            smooth = cv2.GaussianBlur(field[axis], (0, 0), rng.uniform(6, 10))
            field[axis] = smooth / smooth.std()
    return fields


_GRID = np.mgrid[:CANVAS, :CANVAS].astype(np.float32) - (CANVAS - 1) / 2


def warp(image: NDArray[np.uint8], rng: Random, strength: float = 1.0) -> Ink:
    """(28, 28) uint8 -> (64, 64) float32 in [0, 1], turned, slanted, stretched and bent."""
    angle = np.radians(rng.normal(0, 7 * strength))
    slant = rng.normal(0, 0.16 * strength)
    stretch = np.exp(rng.normal(0, 0.10 * strength))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    shape = np.array([[stretch, slant], [0, 1 / stretch]])
    matrix = turn @ shape / 2
    rows, columns = _GRID
    field = _fields()[rng.integers(256)] * (rng.uniform(0, 0.75) * strength)
    centre = (SIDE - 1) / 2
    # Moves the middle up or down between the fixed ends: large loops on short necks and back.
    rows = rows + (rng.normal(0, 2.5) * strength) * (1 - (rows / (CANVAS / 2)) ** 2)
    x = (matrix[0, 0] * columns + matrix[0, 1] * rows + centre).astype(np.float32) + field[0]
    y = (matrix[1, 0] * columns + matrix[1, 1] * rows + centre).astype(np.float32) + field[1]
    warped: Ink = cv2.remap(image, x, y, cv2.INTER_LINEAR).astype(np.float32) / np.float32(255)
    return warped


_SMALL_GRID = np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2


def bend(image: NDArray[np.uint8], rng: Random) -> Ink:
    """(28, 28) uint8 -> (28, 28) float32 in [0, 1], bent as one writer's digits differ.

    For networks that shall read MNIST's own writers best: nobody else's pen or style, shifts of
    about half a pixel, and a fifth of the images as they are. A sixth of the time of `digit`.
    """
    if rng.random() < 0.2:
        return image.astype(np.float32) / np.float32(255)
    angle, slant, stretch, size, right, down, push = rng.normal(0, 1, 7).astype(np.float32)
    angle, slant = np.radians(6 * angle), 0.1 * slant
    stretch, size = np.exp(0.07 * stretch), np.exp(0.05 * size)
    cos, sin = size * np.cos(angle), size * np.sin(angle)
    rows, columns = _SMALL_GRID
    across, along = stretch * columns + slant * rows, rows / stretch
    field = _fields()[rng.integers(256), :, 4:60:2, 4:60:2] * (0.5 * push)
    centre = (SIDE - 1) / 2
    x = cos * across - sin * along + (centre + 0.6 * right) + field[0]
    y = sin * across + cos * along + (centre + 0.6 * down) + field[1]
    bent: Ink = cv2.remap(
        image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR
    ).astype(np.float32) / np.float32(255)
    return bent


_DISCS = [cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (s, s)) for s in (2, 3, 5)]


def pen(ink: Ink, rng: Random) -> Ink:
    """Another pen and another scanner: thicker or thinner strokes, blur, gaps, grain, contrast."""
    kind = rng.random()
    if kind < 0.30:
        ink = cv2.dilate(ink, _DISCS[rng.choice(3, p=(0.4, 0.4, 0.2))])
    elif kind < 0.50 and ink.mean() > 0.08:  # thin strokes would break into pieces
        ink = cv2.erode(ink, _DISCS[rng.integers(2)])
    if rng.random() < 0.5:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 1.6))
    if rng.random() < 0.3:
        contrast = rng.uniform(0.6, 2.5)
        ink = np.clip(ink * contrast - rng.uniform(0, 0.15), 0, 1)
    if rng.random() < 0.10:  # dry pen, rough paper
        ink = ink * (1 - rng.uniform(0.2, 0.7) * np.clip(_fields()[rng.integers(256)][0], 0, 1))
    if rng.random() < 0.05:  # a ruled line was taken out, or left in
        y = int(rng.integers(8, 56))
        height = int(rng.integers(1, 4))
        ink = ink.copy()
        if rng.random() < 0.5:
            ink[y : y + height] *= rng.uniform(0, 0.5)
        else:
            ink[y : y + height, 8:56] = np.maximum(ink[y : y + height, 8:56], rng.uniform(0.2, 0.6))
    return ink.astype(np.float32)


def frame(ink: Ink, rng: Random) -> Ink:
    """`normalise` as reading does it, give or take a pixel of size and place."""
    dx, dy = (int(v) for v in np.clip(np.round(rng.normal(0, 0.5, 2)), -2, 2))
    return normalise(ink, box=int(rng.choice((19, 20, 20, 20, 21))), shift=(dx, dy))


def digit(image: NDArray[np.uint8], label: int, rng: Random) -> Ink:
    """One training image of `label`, from (28, 28) uint8 to (28, 28) float32 in [0, 1].

    A fifth stay as they are and three in ten are only bent a little, as MNIST's own writers are
    what most people write like; one in eight gives way to the same digit in another style.
    """
    kind = rng.random()
    if kind < 0.2:
        return image.astype(np.float32) / np.float32(255)
    if kind < 0.5:
        return frame(warp(image, rng, strength=0.6), rng)
    other_style = kind > 0.875 and label < 10  # what is not a digit has none
    ink = styles.written(label, rng, CANVAS) if other_style else warp(image, rng)
    return frame(pen(ink, rng), rng)
