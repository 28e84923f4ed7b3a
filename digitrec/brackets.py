"""Round brackets around numbers, as in a ledger, and after them, as in a list."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask, square

Labels = NDArray[np.integer]
LEAST = 6.0  # stroke widths, of a bracket's height
SLENDER = 0.5  # of its height, at the most a bracket's width
BENT = 0.08  # of its height, at the least: how far its middle is beside its ends
STRAYS = 0.04  # of its height, at the most: how far it is from a parabola, on average
SINGLE = 2.0  # stroke widths: what is wider, in a row of pixels, is more than one stroke
LIKE = 0.7  # of the taller of a pair: the least height of the other, and what they have in common
AS_TALL = 0.95  # of the tallest mark between: the least height of a pair
BEYOND = 0.08  # of its height, at the least: how far one alone goes up and down beyond a digit
NEAR = 0.8  # of its height, at the most from that digit
FAR = 8  # of their height, at the most between them


def brackets(mask: Mask, stroke: float) -> Mask:
    """The brackets among the marks of a mask, dilated by a pixel for the grey fringe.

    A pair is two strokes of about the same height, bent away from each other, with something
    between them that is no taller. One alone closes: it is bent to the right, begins above the
    digit before it and ends below it.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    slender = (stats[:, 3] >= LEAST * stroke) & (stats[:, 2] <= SLENDER * stats[:, 3])
    bends = {i: _bend(labels, stats[i], i, stroke) for i in np.flatnonzero(slender).tolist() if i}
    opening = [i for i, bend in bends.items() if bend > BENT]
    closing = np.array([i for i, bend in bends.items() if bend < -BENT], int)
    those = [one for i in opening for one in _pair(i, closing, stats)]
    those += [i for i in closing.tolist() if _closes(stats[i], stats)]
    found = np.isin(labels, those).astype(np.uint8) if those else np.zeros_like(mask)
    return cv2.dilate(found, square(3)) if those else found


def _bend(labels: Labels, stats: Labels, label: int, stroke: float) -> float:
    """How far a mark's middle is to the left of its ends, of its height; 0 if it is no bow."""
    x, y, w, h, _ = stats.tolist()
    part = labels[y : y + h, x : x + w] == label
    extent = w - part.argmax(1) - part[:, ::-1].argmax(1)
    if np.percentile(extent, 90) > SINGLE * stroke:
        return 0.0
    rows, middle = np.arange(h), part @ np.arange(w) / part.sum(1)
    fit = np.polyfit(rows, middle, 2)
    strays = float(np.abs(np.polyval(fit, rows) - middle).mean())
    return float(fit[0]) * h / 4 if strays < STRAYS * h else 0.0


def _pair(left: int, closing: Labels, stats: Labels) -> tuple[int, ...]:
    """The marks of a pair that begins with one; none if it does not."""
    x, y, w, h, _ = stats[left].tolist()
    away = stats[closing, 0] - x - w
    tops, bottoms = stats[closing, 1], stats[closing, 1] + stats[closing, 3]
    common = np.minimum(bottoms, y + h) - np.maximum(tops, y)
    alike = common > LIKE * np.maximum(h, stats[closing, 3])
    for i in np.argsort(away).tolist():
        if not (alike[i] and 0 < away[i] < FAR * h):
            continue
        lefts, rights = stats[:, 0], stats[:, 0] + stats[:, 2]
        middles = stats[:, 1] + stats[:, 3] / 2
        across = (lefts > x) & (rights < x + w + away[i] + stats[closing[i], 2])
        between = across & (middles > min(y, tops[i])) & (middles < max(y + h, bottoms[i]))
        tallest = stats[between, 3].max(initial=0)
        if 0.4 * h < tallest <= min(h, stats[closing[i], 3]) / AS_TALL:
            return left, int(closing[i])
    return ()


def _closes(mark: Labels, stats: Labels) -> bool:
    """Whether a bow to the right goes beyond the digit before it, up and down."""
    x, y, _, h, _ = mark.tolist()
    lefts, tops = stats[1:, 0], stats[1:, 1]
    rights, bottoms = lefts + stats[1:, 2], tops + stats[1:, 3]
    common = np.minimum(bottoms, y + h) - np.maximum(tops, y)
    before = np.flatnonzero((lefts < x) & (common > 0.5 * h) & (x - rights < NEAR * h))
    if not len(before):
        return False
    nearest = before[rights[before].argmax()]
    beyond = min(tops[nearest] - y, y + h - bottoms[nearest])
    return bool(beyond > BEYOND * h)
