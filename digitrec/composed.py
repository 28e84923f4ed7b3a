"""Numbers on one line as somebody would write them: composed from MNIST, with marks and words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitrec import styles
from digitrec.augment import CANVAS, Random, warp
from digitrec.line_input import SYMBOLS
from digitrec.not_digits import letter, strokes
from digitrec.preprocess import Ink, bounding_box

BODY = 40  # height of a digit, pixels
MARGIN = 48  # around the line, pixels
LABELS = (0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9)  # amounts are round, and a 1 is easily overlooked
GAPS = ((-0.16, 0), (-0.06, 0.12), (0.05, 0.35), (0.3, 0.9), (0.15, 0.3))  # of a digit's height
COUNTS = (1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 8, 9)  # digits of a number
# Letters about as often as English has them, and those that alone are hardly taken for digits.
LETTERS = "eeeeeeettttttaaaaaooooiiiinnnnsssshhhrrrrdddlllcccuuummwwffggyyppbbvkjxqz"
UNLIKE_DIGITS = set("CEFHKLMNPRUVWXacdefhkmnprtuvwx")
FACES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10", "cmss10"),
)

Digits = Sequence[NDArray[np.uint8]]


def written(digits: Digits, rng: Random) -> tuple[Ink, str]:
    """A number on a canvas with room around it, as one hand would write it, and its symbols."""
    count = int(rng.choice(COUNTS))
    low, high = GAPS[rng.choice(len(GAPS), p=(0.22, 0.26, 0.28, 0.14, 0.10))]
    repeats = rng.random() < 0.2  # 000, 11: what people write run together
    shrinks = rng.random() < 0.3  # zeros at the end, smaller than the rest
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
        elif i and rng.random() < 0.12:  # a hand that is not the same all along
            x += rng.uniform(*GAPS[rng.choice(len(GAPS))]) * BODY
        elif i:
            x += rng.uniform(low, high) * BODY
        if not (repeats and i and rng.random() < 0.6):
            label = int(rng.choice(LABELS))
        tall = BODY * np.exp(rng.normal(0, 0.11))
        if shrinks and i and label == 0:
            tall *= rng.uniform(0.55, 1)
        ink = _resized(_glyph(digits, label, rng), tall)
        ink = cv2.resize(ink, None, fx=stretch, fy=1)
        _put(canvas, ink, round(x), round(base - ink.shape[0] + rng.normal(0, 0.05) * BODY))
        if i and high < 0.2 and rng.random() < 0.12:  # joined up
            y = base - rng.uniform(0.1, 0.95) * BODY
            reach = rng.uniform(0.1, 0.35) * BODY
            pen_stroke(
                canvas, [(x - reach, y), (x + reach, y + rng.normal(0, 4))], rng.integers(2, 5)
            )
        x += ink.shape[1]
        symbols += str(label)
    x, after = _after(canvas, x, rng)
    return canvas[:, : round(x) + MARGIN], symbols + after


def no_number(rng: Random) -> Ink:
    """A word, a dash, a scribble, or nothing at all, on a canvas like `written`'s."""
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


def printed_word(rng: Random) -> Ink:
    """A word as a form has it printed, on a canvas like `written`'s."""
    font, text = _face(str(rng.choice(FACES)), int(rng.integers(40, 64))), _spelled(rng)
    left, top, right, bottom = (round(v) for v in font.getbbox(text))
    image = Image.new("L", (right - left + 2 * MARGIN, bottom - top + 2 * MARGIN))
    ImageDraw.Draw(image).text((MARGIN - left, MARGIN - top), text, 255, font)
    return np.asarray(image, np.float32) / np.float32(255)


def _spelled(rng: Random) -> str:
    """Letters not all of which are like digits, now and then with a colon or a full stop."""
    while True:
        text = "".join(rng.choice(list(LETTERS), int(rng.integers(2, 10))))
        kind = rng.random()
        text = text.upper() if kind < 0.2 else text.capitalize() if kind < 0.75 else text
        if not UNLIKE_DIGITS.isdisjoint(text):
            return text + str(rng.choice(("", "", "", ":", ".")))


@cache
def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Of those that matplotlib brings along."""
    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf"), size)


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


def _glyph(digits: Digits, label: int, rng: Random) -> Ink:
    """A digit's ink, cropped, about `BODY` pixels on its longer side."""
    if rng.random() < 0.3:
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
            pen_stroke(canvas, [start + lower, end + lower + rng.normal(0, 1.5, 2)], pen)
    pen_stroke(canvas, [start, end], pen)
    return round(max(float(start[0]), float(end[0])) - x) + pen


def pen_stroke(canvas: Ink, points: Any, pen: Any, strength: float = 1) -> None:
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


def _cropped(ink: Ink) -> Ink:
    box = bounding_box(ink)
    if box is None:
        return ink
    x, y, w, h = box
    return ink[y : y + h, x : x + w]
