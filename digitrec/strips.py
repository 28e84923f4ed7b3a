"""Strips: lines of writing as the line network sees them, composed to train it.

Everything is in the space of `preprocess.depth_map`: 0 is paper, 1 is the strength of the ink. What
paper, forms and cheques print under and around a number stays in it, as it does in a photo.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.augment import Random
from digitrec.composed import (
    BODY,
    MARGIN,
    Digits,
    no_number,
    pen_stroke,
    printed_word,
    written,
)
from digitrec.line_input import HEIGHT, SYMBOLS, clean
from digitrec.preprocess import Ink, bounding_box

WIDEST = 320  # of a strip, pixels


@cache
def _grounds() -> NDArray[np.float32]:
    """(96, 64, 640) printed grounds in [0, 1]: fine waves, rosettes' arcs, dots, grain."""
    rng = np.random.default_rng(1996)
    rows, columns = np.mgrid[:64, :640].astype(np.float32)
    grounds = np.zeros((96, 64, 640), np.float32)
    for i in range(96):
        kind = rng.random()
        for _ in range(int(rng.integers(1, 4))):
            angle, pitch = rng.uniform(0, np.pi), rng.uniform(4, 14)
            along = columns * np.cos(angle) + rows * np.sin(angle)
            across = rows * np.cos(angle) - columns * np.sin(angle)
            bend = rng.uniform(0, 10) * np.sin(along / rng.uniform(8, 60) + rng.uniform(0, 6))
            if kind < 0.3:  # arcs
                far = rng.uniform(-400, 1000), rng.uniform(-300, 300)
                across = np.hypot(columns - far[0], rows - far[1])
            wave = np.cos((across + bend) * 2 * np.pi / pitch)
            grounds[i] += np.maximum(wave, 0) ** rng.uniform(1, 6)
        if kind > 0.75:  # grain, coarse and fine
            grain = rng.normal(0, 1, (64, 640)).astype(np.float32)
            grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.8, 4))
            grounds[i] = np.maximum(grain / grain.std(), 0)
        grounds[i] /= max(np.percentile(grounds[i], 98), 1e-3)
    return np.clip(grounds, 0, 1.5)


_DISCS = [cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (s, s)) for s in (2, 3, 4, 5)]


def _penned(canvas: Ink, rng: Random) -> Ink:
    """One pen for the whole line, its slant and its slope."""
    kind = rng.random()
    if kind < 0.25:
        canvas = cv2.dilate(canvas, _DISCS[rng.choice(4, p=(0.35, 0.35, 0.2, 0.1))])
    elif kind < 0.65:
        thin = cv2.erode(canvas, _DISCS[rng.choice(4, p=(0.3, 0.4, 0.2, 0.1))])
        # Fine strokes must not vanish: what remains of them is kept.
        canvas = np.maximum(thin, 0.55 * canvas) if rng.random() < 0.7 else thin
    slant, slope = rng.normal(0.05, 0.26), np.tan(np.radians(rng.normal(0, 2.2)))
    middle = canvas.shape[0] / 2
    matrix = np.array(
        [[1, -slant, slant * middle], [slope, 1, -slope * canvas.shape[1] / 2]], np.float32
    )
    written: Ink = cv2.warpAffine(canvas, matrix, canvas.shape[::-1], flags=cv2.INTER_LINEAR)
    return written


def _surroundings(canvas: Ink, top: int, tall: int, rng: Random) -> None:
    """Rules, box edges, and bits of the lines above and below, around ink from `top` on."""
    height, width = canvas.shape
    pen, strength = rng.integers(1, 5), rng.uniform(0.25, 1.0)
    kind = rng.random()
    if kind < 0.22:
        for level in (top + tall, top)[: 1 + (rng.random() < 0.3)]:
            y, tilt = level + rng.normal(0, 0.07) * tall, rng.normal(0, 0.012) * width
            if rng.random() < 0.25:  # dashed or dotted
                for x in np.arange(0, width, rng.uniform(6, 20)):
                    pen_stroke(canvas, [(x, y), (x + rng.uniform(1, 6), y)], pen, strength)
            else:
                pen_stroke(canvas, [(0, y - tilt), (width, y + tilt)], pen, strength)
    if kind < 0.06 or kind > 0.95:
        for x in np.arange(rng.uniform(0, 40), width, rng.uniform(0.9, 1.6) * tall):
            pen_stroke(canvas, [(x, 0), (x, height)], pen, strength)
    if rng.random() < 0.08:
        for _ in range(int(rng.integers(1, 4))):
            above = rng.random() < 0.5
            x = rng.uniform(0, width)
            y = (top if above else top + tall) + rng.normal(0, 5)
            end = (x + rng.normal(0, 14), y + (-12 if above else 12))
            pen_stroke(canvas, [(x, y), end], rng.integers(2, 6))


def strip(digits: Digits, rng: Random, words: float = 0.0) -> tuple[Ink, list[int]]:
    """A number as the line network sees it: (32, w) float32 in [0, 1], and its symbols.

    digits: of each label, (n, 28, 28) uint8. words: the share of strips with a printed word in
    place of a number. Each symbol is its place in `SYMBOLS` plus one; such a word has none, and now
    and then there is no number.
    """
    if words and rng.random() < words:
        canvas, symbols = printed_word(rng), ""
    elif rng.random() < 0.08:
        canvas, symbols = no_number(rng), ""
    else:
        canvas, symbols = written(digits, rng)
    canvas = _penned(canvas, rng)
    box = bounding_box(canvas, 0.4) or (MARGIN, MARGIN, canvas.shape[1] - 2 * MARGIN, BODY)
    _surroundings(canvas, box[1], box[3], rng)
    if rng.random() < 0.12:  # a dry pen
        gaps = cv2.resize(_grounds()[rng.integers(96)], canvas.shape[::-1])
        canvas *= 1 - rng.uniform(0.3, 0.9) * np.clip(gaps, 0, 1)
    ink = _scanned(_framed(canvas, box, rng), rng)
    if rng.random() < 0.45:
        ink = _on_ground(ink, rng)
    if rng.random() < 0.7:
        ink = ink + rng.normal(0, rng.uniform(0.01, 0.12), ink.shape).astype(np.float32)
    return clean(ink), [SYMBOLS.index(symbol) + 1 for symbol in symbols]


def _framed(canvas: Ink, box: tuple[int, int, int, int], rng: Random) -> Ink:
    """The crop as reading makes it, around the ink's box, give or take: (32, w)."""
    x, y, w, h = box
    scale = HEIGHT / (h * rng.uniform(1.05, 1.45))
    top = y + h / 2 - HEIGHT / scale * rng.uniform(0.44, 0.56)
    before, after = (rng.uniform(-0.04, 0.1 if rng.random() < 0.4 else 0.45) for _ in range(2))
    left = x - HEIGHT / scale * before
    width = round((x + w - left + HEIGHT / scale * after) * scale)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
    if scale < 0.7:
        canvas = cv2.GaussianBlur(canvas, (0, 0), 0.35 / scale)
    size = (max(16, min(width, WIDEST)), HEIGHT)
    framed: Ink = cv2.warpAffine(canvas, matrix, size, flags=cv2.INTER_LINEAR)
    return framed


def _scanned(ink: Ink, rng: Random) -> Ink:
    """Stronger or weaker, out of focus, or enlarged from a small picture."""
    ink = ink * np.float32(rng.uniform(0.75, 1.25))
    if rng.random() < 0.5:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 1.3))
    if rng.random() < 0.15:
        factor = rng.uniform(0.4, 0.8)
        small = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        ink = cv2.resize(small, ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return ink


def _on_ground(ink: Ink, rng: Random) -> Ink:
    """On printed or rough paper, which shows less under the ink."""
    height, width = ink.shape
    zoom = rng.uniform(0.5, 1.2)
    left = rng.uniform(0, 640 - min(639, width / zoom))
    matrix = np.array([[zoom, 0, -zoom * left], [0, zoom, -zoom * rng.uniform(0, 16)]], np.float32)
    ground = cv2.warpAffine(
        _grounds()[rng.integers(96)],
        matrix,
        (width, height),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REFLECT,
    )
    amount = np.float32(rng.uniform(0.05, 0.45))
    mixed: Ink = ink + amount * ground * (1 - 0.7 * np.clip(ink, 0, 1))
    return mixed
