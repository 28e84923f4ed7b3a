"""Numbers on one line, as the line network sees them: composed from MNIST to train it.

Everything is in the space of `preprocess.depth`: 0 is paper, 1 is the strength of the ink. What
paper, forms and cheques print under and around a number stays in it, as it does in a photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec import styles
from digitrec.augment import CANVAS, Random, warp
from digitrec.not_digits import letter, strokes
from digitrec.preprocess import Ink, bounding_box

HEIGHT = 32  # of a strip, pixels
SYMBOLS = "0123456789.,"  # what the line network tells apart; 0 is the blank, so each is one more
BODY = 40  # height of a digit while composing, pixels
MARGIN = 48  # around the line while composing, pixels
WIDEST = 320  # of a strip, pixels
LABELS = (0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9)  # amounts are round, and a 1 is easily overlooked
GAPS = ((-0.16, 0), (-0.06, 0.12), (0.05, 0.35), (0.3, 0.9), (0.15, 0.3))  # of a digit's height
COUNTS = (1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 8, 9)  # digits of a number
Digits = Sequence[NDArray[np.uint8]]


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


def _glyph(digits: Digits, label: int, rng: Random) -> Ink:
    """A digit's ink, cropped, about `BODY` pixels on its longer side."""
    if rng.random() < 0.15:
        return _cropped(styles.written(label, rng, CANVAS, styles.IN_LINES))
    of_label = digits[label]
    return _cropped(warp(of_label[rng.integers(len(of_label))], rng, strength=0.8))


def _resized(ink: Ink, height: float) -> Ink:
    scale = height / max(ink.shape[0], 0.6 * ink.shape[1], 8)
    size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized: Ink = cv2.resize(ink, size, interpolation=how)
    return resized


def _put(canvas: Ink, ink: Ink, x: int, y: int) -> None:
    """The darker of the two, clipped to the canvas."""
    y0, x0 = max(0, -y), max(0, -x)
    place = canvas[max(0, y) : y + ink.shape[0], max(0, x) : x + ink.shape[1]]
    np.maximum(place, ink[y0 : y0 + place.shape[0], x0 : x0 + place.shape[1]], out=place)


def _mark(canvas: Ink, kind: str, x: float, rng: Random) -> int:
    """A point, comma, dash or the like at `x` on the line's base; returns how wide it is."""
    pen = max(2, round(BODY * rng.uniform(0.06, 0.14)))
    here = np.array([x, MARGIN + BODY])
    if kind == ".":
        start = here + rng.uniform((0, -0.12), (0.12, 0.08)) * BODY
        end = start + rng.normal(0, 0.03, 2) * BODY
        pen = round(pen * rng.uniform(1, 1.7))
    elif kind == ",":
        start = here + rng.uniform((0.05, -0.2), (0.2, 0.02)) * BODY
        end = start + rng.uniform((-0.28, 0.15), (0.02, 0.42)) * BODY
    else:  # a dash, or the two of an equals sign
        start = here - np.array([0, BODY * rng.uniform(0.25, 0.6)])
        end = start + np.array([rng.uniform(0.3, 0.9) * BODY, rng.normal(0, 2)])
        if kind == "=":
            lower = (0, rng.uniform(0.15, 0.3) * BODY)
            _line(canvas, [start + lower, end + lower + rng.normal(0, 1.5, 2)], pen)
    _line(canvas, [start, end], pen)
    return round(max(float(start[0]), float(end[0])) - x) + pen


def _line(canvas: Ink, points: Any, pen: Any, strength: float = 1) -> None:
    fixed = np.round(np.array(points) * 16).astype(np.int32)  # four fractional bits
    cv2.polylines(
        canvas,
        [fixed],
        isClosed=False,
        color=strength,
        thickness=int(pen),
        lineType=cv2.LINE_AA,
        shift=4,
    )


def _written(digits: Digits, rng: Random) -> tuple[Ink, str]:
    """A number on a canvas with room around it, as one hand would write it, and its symbols."""
    count = int(rng.choice(COUNTS))
    low, high = GAPS[rng.choice(len(GAPS), p=(0.22, 0.26, 0.28, 0.14, 0.10))]
    repeats = rng.random() < 0.15  # 000, 11: what people write run together
    stretch = rng.uniform(1.0, 1.3) if rng.random() < 0.3 else 1.0
    canvas = np.zeros((BODY + 2 * MARGIN, (2 * count + 8) * BODY + 2 * MARGIN), np.float32)
    base = MARGIN + BODY
    x, symbols = _before(canvas, rng)
    groups = rng.random() < 0.35
    label = 0
    for i in range(count):
        if i and groups and ((count - i) % 3 == 0 or rng.random() < 0.08):
            mark = "." if rng.random() < 0.7 else ","
            x += rng.uniform(-0.05, 0.15) * BODY
            x += _mark(canvas, mark, x, rng) + rng.uniform(-0.05, 0.12) * BODY
            symbols += mark
        elif i:
            x += rng.uniform(low, high) * BODY
        if not (repeats and i and rng.random() < 0.6):
            label = int(rng.choice(LABELS))
        ink = _resized(_glyph(digits, label, rng), BODY * np.exp(rng.normal(0, 0.11)))
        ink = cv2.resize(ink, None, fx=stretch, fy=1)
        _put(canvas, ink, round(x), round(base - ink.shape[0] + rng.normal(0, 0.05) * BODY))
        if i and high < 0.2 and rng.random() < 0.12:  # joined up
            y = base - rng.uniform(0.1, 0.95) * BODY
            reach = rng.uniform(0.1, 0.35) * BODY
            _line(canvas, [(x - reach, y), (x + reach, y + rng.normal(0, 4))], rng.integers(2, 5))
        x += ink.shape[1]
        symbols += str(label)
    x, after = _after(canvas, x, rng)
    return canvas[:, : round(x) + MARGIN], symbols + after


def _before(canvas: Ink, rng: Random) -> tuple[float, str]:
    """Now and then a dash or a sign before the number; where the number begins."""
    x, kind = float(MARGIN), rng.random()
    if kind < 0.08:
        x += _mark(canvas, str(rng.choice(("-", "="))), x, rng)
    elif kind < 0.16:
        x = _letters(canvas, x, int(rng.choice((1, 1, 1, 2, 3, 4))), rng)
    else:
        return x, ""
    return x + rng.uniform(0.1, 0.5) * BODY, ""


def _after(canvas: Ink, x: float, rng: Random) -> tuple[float, str]:
    """Now and then what ends an amount, or a sign; where all ends, and its symbols."""
    kind, symbols = rng.random(), ""
    if kind < 0.3:
        mark = str(rng.choice(list(".,,-=")))
        x += rng.uniform(0, 0.3) * BODY
        x += _mark(canvas, mark, x, rng)
        symbols = mark if mark in SYMBOLS else ""
        if mark in ".,-" and rng.random() < 0.4:
            x += rng.uniform(0.05, 0.3) * BODY
            x += _mark(canvas, "-", x, rng)
    elif kind < 0.36:
        x = _letters(canvas, x + rng.uniform(0.1, 0.5) * BODY, int(rng.choice((1, 1, 2))), rng)
    return x, symbols


def _letters(canvas: Ink, x: float, count: int, rng: Random) -> float:
    """A sign or a word at `x`; where it ends."""
    for i in range(count):
        x += rng.uniform(0.02, 0.25) * BODY * (i > 0)
        sign = _resized(_cropped(letter(rng)), BODY * rng.uniform(0.6, 1.05))
        _put(canvas, sign, round(x), MARGIN + BODY - sign.shape[0])
        x += sign.shape[1]
    return x


def _no_number(rng: Random) -> Ink:
    """A word, a dash, a scribble, or nothing at all, on a canvas like `_written`'s."""
    canvas = np.zeros((BODY + 2 * MARGIN, 10 * BODY + 2 * MARGIN), np.float32)
    kind, x = rng.random(), float(MARGIN)
    if kind < 0.4:
        x = _letters(canvas, x, int(rng.integers(2, 8)), rng)
    elif kind < 0.6:
        for _ in range(int(rng.integers(1, 4))):
            mark = str(rng.choice(("-", "-", "=", ".", ",")))
            x += _mark(canvas, mark, x, rng) + rng.uniform(0.1, 0.6) * BODY
    elif kind < 0.85:
        for _ in range(int(rng.integers(1, 4))):
            sign = _resized(_cropped(strokes(rng)), BODY)
            _put(canvas, sign, round(x), MARGIN + BODY - sign.shape[0])
            x += sign.shape[1] + rng.uniform(0, 0.5) * BODY
    else:
        x += rng.uniform(1, 6) * BODY
    return canvas[:, : round(x) + MARGIN]


def _cropped(ink: Ink) -> Ink:
    box = bounding_box(ink)
    if box is None:
        return ink
    x, y, w, h = box
    return ink[y : y + h, x : x + w]


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
                    _line(canvas, [(x, y), (x + rng.uniform(1, 6), y)], pen, strength)
            else:
                _line(canvas, [(0, y - tilt), (width, y + tilt)], pen, strength)
    if kind < 0.06 or kind > 0.95:
        for x in np.arange(rng.uniform(0, 40), width, rng.uniform(0.9, 1.6) * tall):
            _line(canvas, [(x, 0), (x, height)], pen, strength)
    if rng.random() < 0.08:
        for _ in range(int(rng.integers(1, 4))):
            above = rng.random() < 0.5
            x = rng.uniform(0, width)
            y = (top if above else top + tall) + rng.normal(0, 5)
            end = (x + rng.normal(0, 14), y + (-12 if above else 12))
            _line(canvas, [(x, y), end], rng.integers(2, 6))


def strip(digits: Digits, rng: Random) -> tuple[Ink, list[int]]:
    """A number as the line network sees it: (32, w) float32 in [0, 1], and its symbols.

    digits: of each label, (n, 28, 28) uint8. Each symbol is its place in `SYMBOLS` plus one; now
    and then there is no number and no symbol.
    """
    canvas, symbols = (_no_number(rng), "") if rng.random() < 0.08 else _written(digits, rng)
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
    left = x - HEIGHT / scale * rng.uniform(-0.04, 0.45)
    width = round((x + w - left + HEIGHT / scale * rng.uniform(-0.04, 0.45)) * scale)
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


def clean(ink: Ink) -> Ink:
    """Depth -> the network's range: the 97th centile of the strip is full ink, paper is 0."""
    low = float(np.percentile(ink, 20))
    high = max(float(np.percentile(ink, 97)), low + 1e-3)
    cleaned: Ink = np.clip((ink - low) / (high - low), 0, 1).astype(np.float32)
    return cleaned
