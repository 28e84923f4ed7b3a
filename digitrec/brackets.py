"""Round brackets around numbers, as in a ledger, and after them, as in a list."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Boxes, Mask, square

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
    boxes = Boxes(stats[1:])
    tall, slender = boxes.height >= LEAST * stroke, boxes.width <= SLENDER * boxes.height
    bends = {
        i: _bend(labels[boxes.place(i)] == i + 1, stroke)
        for i in np.flatnonzero(tall & slender).tolist()
    }
    opening = [i for i, bend in bends.items() if bend > BENT]
    closing = [i for i, bend in bends.items() if bend < -BENT]
    those = [one for i in opening for one in _pair(i, closing, boxes)]
    those += [i for i in closing if _closes(i, boxes)]
    found: Mask = np.isin(labels, np.array(those, int) + 1).astype(np.uint8)
    return cv2.dilate(found, square(3)) if those else found


def _bend(part: NDArray[np.bool_], stroke: float) -> float:
    """How far a mark's middle is to the left of its ends, of its height; 0 if it is no bow."""
    h, w = part.shape
    extent = w - part.argmax(1) - part[:, ::-1].argmax(1)
    if np.percentile(extent, 90) > SINGLE * stroke:
        return 0.0
    rows, middle = np.arange(h), part @ np.arange(w) / part.sum(1)
    fit = np.polyfit(rows, middle, 2)
    strays = float(np.abs(np.polyval(fit, rows) - middle).mean())
    return float(fit[0]) * h / 4 if strays < STRAYS * h else 0.0


def _pair(one: int, closing: Sequence[int], boxes: Boxes) -> tuple[int, ...]:
    """The marks of a pair that begins with one; none if it does not."""
    left, top, height, bottom = (
        side[one] for side in (boxes.left, boxes.top, boxes.height, boxes.bottom)
    )
    shared, middles = boxes.shared(one), (boxes.top + boxes.bottom) / 2
    for other in sorted(closing, key=lambda i: boxes.left[i]):
        away = boxes.left[other] - boxes.right[one]
        alike = shared[other] > LIKE * max(height, boxes.height[other])
        if not (alike and 0 < away < FAR * height):
            continue
        across = (boxes.left > left) & (boxes.right < boxes.right[other])
        ends = min(top, boxes.top[other]), max(bottom, boxes.bottom[other])
        between = across & (middles > ends[0]) & (middles < ends[1])
        tallest = boxes.height[between].max(initial=0)
        if 0.4 * height < tallest <= min(height, boxes.height[other]) / AS_TALL:
            return one, other
    return ()


def _closes(one: int, boxes: Boxes) -> bool:
    """Whether a bow to the right goes beyond the digit before it, up and down."""
    tall = boxes.height[one]
    before = boxes.before(one, boxes.shared(one) > 0.5 * tall)
    if before is None or boxes.left[one] - boxes.right[before] >= NEAR * tall:
        return False
    beyond = min(boxes.top[before] - boxes.top[one], boxes.bottom[one] - boxes.bottom[before])
    return bool(beyond > BEYOND * tall)
