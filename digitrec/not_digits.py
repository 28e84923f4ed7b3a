"""What is not a digit, made from MNIST itself and from simple strokes, to train the refusal.

Shapes that a person may fairly take for a digit are left out: an upright stroke (1), a ring (0),
the letters in `_FAIRLY_DIGITS`, the loop that remains of half an 8.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from HersheyFonts import HersheyFonts
from numpy.typing import NDArray

from digitrec.augment import CANVAS, Random, frame, pen, warp
from digitrec.masks import smaller
from digitrec.preprocess import Ink, bounding_box
from digitrec.styles import Points, curve, draw

_FAIRLY_DIGITS = set("ABDGIJOQSTYZbgijloqstyz0123456789-_|!.,:;'\"`()[]{}/\\^~$ ")
_FONTS = ("futural", "rowmans", "scripts", "scriptc", "cursive", "rowmant")


def pair(images: NDArray[np.uint8], rng: Random) -> Ink:
    """Two digits run together, or one with a good part of its neighbour."""
    first, second = (warp(images[i], rng) for i in rng.integers(len(images), size=2))
    a, b = bounding_box(first), bounding_box(second)
    if a is None or b is None:
        return first
    stacked = rng.random() < 0.12
    if stacked:
        first, second = first.T, second.T
        a, b = (a[1], a[0], a[3], a[2]), (b[1], b[0], b[3], b[2])
    if rng.random() < 0.4:  # a cut in the wrong place: only a part of the neighbour
        keep = max(4, int(b[2] * rng.uniform(0.4, 0.8)))
        b = (b[0] if rng.random() < 0.5 else b[0] + b[2] - keep, b[1], keep, b[3])
    canvas = np.zeros((CANVAS * 2, CANVAS * 3), np.float32)
    gap = int(rng.integers(-6, 6))
    drop = 32 + int(rng.normal(0, 3))
    _paste(canvas, first[:, a[0] : a[0] + a[2]], 32, 8)
    _paste(canvas, second[:, b[0] : b[0] + b[2]], drop, max(0, 8 + a[2] + gap))
    return _fitted(canvas.T if stacked else canvas)


def _fitted(ink: Ink) -> Ink:
    """Any ink -> the (64, 64) canvas, shrunk to fit with a margin."""
    box = bounding_box(ink)
    canvas = np.zeros((CANVAS, CANVAS), np.float32)
    if box is None:
        return canvas
    x, y, w, h = box
    ink = smaller(ink[y : y + h, x : x + w], max(1.0, max(w, h) / (CANVAS - 8)))
    _paste(canvas, ink, (CANVAS - ink.shape[0]) // 2, (CANVAS - ink.shape[1]) // 2)
    return canvas


def _paste(canvas: Ink, ink: Ink, y: int, x: int) -> None:
    place = canvas[y : y + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(place, ink[: place.shape[0], : place.shape[1]], out=place)


def piece(images: NDArray[np.uint8], labels: NDArray[np.uint8], rng: Random) -> Ink | None:
    """What a cut in the wrong place leaves of a digit, or None if that could be a digit."""
    i = int(rng.integers(len(images)))
    label = int(labels[i])
    ink = warp(images[i], rng)
    box = bounding_box(ink)
    if label in (1, 7) or box is None:
        return None
    x, y, w, h = box
    across = rng.random() < 0.35
    if across and label in (4, 6, 8, 9):
        return None  # a half of these is a 0 or a 1
    share = rng.uniform(0.25, 0.45)
    if across:
        cut = y + int(h * share)
        ink = ink[:cut] if rng.random() < 0.5 else ink[cut:]
    else:
        cut = x + int(w * share)
        left = rng.random() < 0.5 or label in (2, 3, 5, 8)  # their right halves look whole
        ink = ink[:, :cut] if left else ink[:, x + w - int(w * share) :]
    found = bounding_box(ink)
    if found is None or found[3] > 2.2 * found[2]:
        return None  # an upright stroke is a 1
    return _fitted(ink)


def strokes(rng: Random) -> Ink:
    """One to four lines, arcs or scribbles; never one upright stroke alone."""
    kind = rng.random()
    if kind < 0.25:  # a flat single stroke
        angle = np.radians(rng.uniform(-38, 38))
        reach = rng.uniform(10, 26) * np.array([np.cos(angle), np.sin(angle)])
        bend = np.array([0, rng.normal(0, 3)])
        lines = [curve(np.stack([32 - reach, 32 + bend, 32 + reach]))]
    elif kind < 0.60:  # a scribble
        points = rng.uniform(6, 58, (int(rng.integers(4, 14)), 2))
        lines = [curve(points) if rng.random() < 0.7 else points]
    elif kind < 0.75:  # a zigzag or a wave
        along = np.linspace(4, 60, int(rng.integers(5, 12)))
        swing = rng.uniform(6, 22) * np.where(np.arange(len(along)) % 2, 1, -1)
        across = 32 + swing + rng.normal(0, 3, len(along))
        points = np.stack([along, across] if rng.random() < 0.7 else [across, along], 1)
        lines = [curve(points) if rng.random() < 0.5 else points]
    else:
        lines = [
            rng.uniform(6, 58, (2, 2)) if rng.random() < 0.6 else _arc(rng)
            for _ in range(int(rng.integers(2, 5)))
        ]
    return draw(lines, int(rng.integers(2, 8)), CANVAS)


def _arc(rng: Random) -> Points:
    start, sweep = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 3.5)
    angles = np.linspace(start, start + sweep, 16)
    axes = rng.uniform(5, 26, 2)
    points: Points = axes * np.stack([np.cos(angles), np.sin(angles)], 1)
    return points + rng.uniform(16, 48, 2)


def blob(rng: Random) -> Ink:
    """A filled shape or a smudge, not much taller than wide."""
    canvas = np.zeros((CANVAS, CANVAS), np.float32)
    if rng.random() < 0.5:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 12))))
        radii = rng.uniform(8, 26, len(angles))
        points = 32 + np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 1, cv2.LINE_AA)
    else:
        width = int(rng.integers(8, 26))
        axes = (width, int(width * rng.uniform(0.3, 1.3)))
        cv2.ellipse(canvas, (32, 32), axes, 0, 0, 360, 1, -1, cv2.LINE_AA)
        if rng.random() < 0.4:
            grain = rng.random((CANVAS, CANVAS)).astype(np.float32)
            canvas *= cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 2)) > 0.5
    return canvas


_MARKS = {
    "plus": ("10,32 54,32", "32,10 32,54"),
    "times": ("12,12 52,52", "52,12 12,52"),
    "equals": ("8,24 56,24", "8,42 56,42"),
    "divide": ("8,32 56,32", "32,12 32,13", "32,52 32,51"),
    "per cent": ("54,8 10,56", "14,14 18,18", "48,48 52,52"),
    "hash": ("22,6 18,58", "44,6 40,58", "6,24 58,22", "6,44 58,42"),
    "corner": ("12,8 12,54", "12,54 56,54"),
    "tee": ("32,8 32,50", "8,50 56,50"),
    "box": ("10,10 54,10", "54,10 54,54", "54,54 10,54", "10,54 10,10"),
    "rails": ("20,6 20,58", "44,6 44,58"),
}


def crossing(rng: Random) -> Ink:
    """Plus, times, equals, division, per cent, hash, and corners and crossings of ruled lines."""
    lines = []
    for text in _MARKS[str(rng.choice(list(_MARKS)))]:
        line = np.array([point.split(",") for point in text.split()], float)
        lines.append(line + rng.normal(0, 2.5, 2) + rng.normal(0, 2, (2, 2)))
    return draw(lines, int(rng.integers(2, 8)), CANVAS)


@cache
def _letters() -> list[list[NDArray[np.float64]]]:
    """The strokes of every usable letter and sign of the Hershey fonts, in a box of 40."""
    letters = []
    for name in _FONTS:
        font = HersheyFonts()
        font.load_default_font(name)
        for character in map(chr, range(33, 127)):
            if character in _FAIRLY_DIGITS:
                continue
            lines = [np.array(s, float) for s in font.strokes_for_text(character) if len(s)]
            if not lines:
                continue
            points = np.concatenate(lines)
            size = np.ptp(points, axis=0).max()
            if size > 0:
                middle = (points.max(0) + points.min(0)) / 2
                letters.append([(line - middle) * 40 / size for line in lines])
    return letters


def letter(rng: Random) -> Ink:
    """A letter or sign from a stroke font, slanted, stretched and shaken as a hand would."""
    strokes_of_one = _letters()[rng.integers(len(_letters()))]
    angle, slant = np.radians(rng.normal(0, 7)), rng.normal(0, 0.2)
    stretch = np.exp(rng.normal(0, 0.2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turn @ np.array([[stretch, slant], [0, 1 / stretch]])
    phase, size = rng.normal(0, 1.2, 2), rng.normal(0, 1.8, 2)
    lines = []
    for line in strokes_of_one:
        bent = line @ shape.T
        wave = np.sin(bent[:, ::-1] / 12 + phase) * size
        lines.append(bent + wave + CANVAS / 2 + rng.normal(0, 0.8, 2))
    return draw(lines, int(rng.integers(2, 8)), CANVAS)


def not_digit(images: NDArray[np.uint8], labels: NDArray[np.uint8], rng: Random) -> Ink:
    """One example as the network sees it: (28, 28) float32 in [0, 1].

    images: (n, 28, 28) uint8 digits with their labels, (n,) uint8, to take pieces and pairs from.
    """
    ink: Ink | None = None
    while ink is None:
        kind = rng.random()
        if kind < 0.35:
            ink = letter(rng)
        elif kind < 0.58:
            ink = pair(images, rng)
        elif kind < 0.72:
            ink = piece(images, labels, rng)
        elif kind < 0.86:
            ink = strokes(rng)
        elif kind < 0.91:
            ink = blob(rng)
        else:
            ink = crossing(rng)
    return frame(pen(ink, rng), rng)
