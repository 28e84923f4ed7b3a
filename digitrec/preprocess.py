"""Photo -> ink map; one digit's ink -> what the network sees."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import smaller, square
from digitrec.paper import (
    LEAST_CONTRAST,
    depth_under,
    flat_depth,
    floor_of,
    ground_of,
    paper_of,
    rims_of_solids,
)
from digitrec.sheet import find_sheet

Ink = NDArray[np.float32]

SIDE = 28  # of the network's input
BOX = 20  # longer side of the digit within it
MIN_STROKE = 1.9  # of the digit in its box, pixels; thinner pens are thickened to it
LOOK = 480  # long side at which the paper is looked for, pixels
FAINT = 0.15  # of the strongest ink: what is fainter does not count for the bounding box


def bounding_box(ink: Ink, threshold: float = FAINT) -> tuple[int, int, int, int] | None:
    """x, y, w, h of the pixels above `threshold` of the strongest; None where there is no ink."""
    mask = ink > max(float(ink.max(initial=0.0)) * threshold, 1e-6)
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def stroke_width(ink: Ink) -> float:
    """The mean width of the strokes in pixels: twice the area over the outline's length.

    Both are taken from the grey ink (the outline's length is its total variation), so that a
    stroke of one and a half pixels measures one and a half. 0 where there is no ink.
    """
    strength = float(ink.max(initial=0.0))
    if strength <= 0:
        return 0.0
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    along_x = cv2.subtract(padded[1:, 1:], padded[1:, :-1])
    along_y = cv2.subtract(padded[1:, 1:], padded[:-1, 1:])
    return 2 * cv2.sumElems(ink)[0] / cv2.sumElems(cv2.magnitude(along_x, along_y))[0]


def normalise(ink: Ink, box: int = BOX, shift: tuple[int, int] = (0, 0)) -> Ink:
    """One digit's ink, (h, w) in [0, 1], framed as MNIST frames its digits: (28, 28) in [0, 1].

    The bounding box's longer side becomes `box` pixels by area averaging, the maximum becomes 1,
    and the centre of mass goes to the centre by whole pixels (Yadav and Bottou, *Cold case: the
    lost MNIST digits*, 2019), plus `shift` (x, y). Without ink the result is all zeros.
    """
    out = np.zeros((SIDE, SIDE), np.float32)
    found = bounding_box(ink)
    if found is None:
        return out
    x, y, w, h = found
    digit = ink[y : y + h, x : x + w]
    if max(w, h) > 5 * box:  # the strokes keep at least their tenth pixel; the rest is speed
        digit = smaller(digit, max(w, h) / (5 * box))
    scale = max(digit.shape) / box
    thicken = MIN_STROKE * scale - stroke_width(digit)
    if thicken >= 1:
        radius = min(round(thicken / 2 + 0.01), int(scale * MIN_STROKE / 2) + 1)
        digit = np.pad(digit, radius)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        digit = cv2.dilate(digit, kernel)
        scale = max(digit.shape) / box
    height, width = digit.shape
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    shrinks = scale > 1
    digit = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    digit = digit / max(float(digit.max()), 1e-6)
    height, width = digit.shape
    mass = float(digit.sum())
    centre_x = float(digit.sum(0) @ np.arange(width)) / mass + 0.5
    centre_y = float(digit.sum(1) @ np.arange(height)) / mass + 0.5
    left = min(max(int(SIDE / 2 + 1 - centre_x) + shift[0], 0), SIDE - width)
    top = min(max(int(SIDE / 2 + 1 - centre_y) + shift[1], 0), SIDE - height)
    out[top : top + height, left : left + width] = digit
    return out


def ink_map(pixels: NDArray[np.uint8]) -> Ink:
    """How much ink there is at each pixel of a photo, (h, w, 3) uint8 RGB -> (h, w) in [0, 1].

    Each connected mark of the `depth_map` is scaled by its own strength; what is far weaker than
    the marks that make up most of the ink is show-through, a crease or grain, and is left out.
    """
    return marks(*depth_map(pixels))


def depth_map(pixels: NDArray[np.uint8]) -> tuple[Ink, float]:
    """The share of the paper's light that is missing at each pixel, and what is too little for ink.

    (h, w, 3) uint8 RGB -> (h, w) float32, about 0 on paper. Ink is what is darker than the paper
    around it, or lighter on a dark ground, in any colour: the root mean square over the channels
    of the light it takes away. The paper is the grey closing by a square a little wider than the
    strokes, so that shadows and page edges wider than a stroke are paper. On the desk around a
    sheet there is no ink.
    """
    sheet = find_sheet(pixels)
    if sheet is None:
        return _depth_map(pixels)
    on_it, floor = _depth_map(sheet.of(pixels))
    depth = np.zeros(pixels.shape[:2], np.float32)
    x, y, w, h = sheet.box
    depth[y : y + h, x : x + w] = on_it * sheet.inside
    return depth, floor


def _depth_map(pixels: NDArray[np.uint8]) -> tuple[Ink, float]:
    """The same of a picture without a desk around the paper."""
    height, width = pixels.shape[:2]
    factor = max(1.0, max(height, width) / LOOK)
    small = smaller(pixels, factor)
    light_on_dark, flat = ground_of(small)
    if light_on_dark:
        pixels, small = 255 - pixels, 255 - small
    if flat:
        return flat_depth(pixels), LEAST_CONTRAST
    found = paper_of(small, 3 if factor > 2 else 5)
    if found is None:
        return np.zeros((height, width), np.float32), LEAST_CONTRAST
    window, paper, ink = found
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    depth = depth_under(paper, pixels)
    floor = floor_of(depth, ink)
    stroke = window * factor / 2
    depth[rims_of_solids(pixels, depth > floor, stroke) > 0] = 0
    if stroke > 6:
        depth = cv2.GaussianBlur(depth, (0, 0), stroke / 12)
    return depth, floor


def marks(depth: Ink, floor: float) -> Ink:
    """The ink map of a depth map: (h, w) in [0, 1], each mark scaled by its own strength."""
    count, labels = cv2.connectedComponents((depth > floor).astype(np.uint8), connectivity=8)
    if count == 1:
        return np.zeros_like(depth)
    marked = np.flatnonzero(labels)
    which, values = labels.ravel()[marked], depth.ravel()[marked]
    total = np.bincount(which, values, count)
    strength = np.bincount(which, values * values, count) / np.maximum(total, 1e-9)
    strength[strength < 0.35 * weighted_median(strength[1:], total[1:])] = np.inf
    strength[0] = np.inf
    scale = (1 / strength).astype(np.float32)
    ink = np.maximum(depth, 0) * cv2.dilate(scale[labels], square(3))
    scaled: Ink = np.minimum(ink, np.float32(1))
    return scaled


def weighted_median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """The value up to which the smaller ones make up half of the weight; (n,) and (n,), n > 0."""
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(share, share[-1] / 2)]])
