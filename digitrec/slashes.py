"""Slashes between numbers, as in dates: told from a leaning 1 by overtopping both neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from digitrec.masks import Boxes, Mask, is_straight, square

LEAST = 6.0  # stroke widths, of a slash's height
LEAN = 0.15  # of its height, at the least: how far its top is to the right of its foot
BEYOND = 0.08  # of its height, at the least: how far it goes beyond what is beside it, up and down
BESIDE = 0.05  # of its height, at the least that of what is beside it


@dataclass(frozen=True)
class Digits:
    """What the digits beside a slash are like, as shares of its height."""

    near: float  # at the most from it
    tall: float  # at the least
    alike: float  # of the taller one, at the least the other's height; a sign is lower


DOUBTFUL, CLEAR = Digits(1.3, 0.5, 0.65), Digits(1.8, 0.36, 0.5)
CLEARLY = 0.09  # of its height, how far a clear one goes beyond each of them


def slashes(mask: Mask, stroke: float) -> Mask:
    """The slashes among the marks of a mask, dilated by a pixel for the grey fringe.

    A slash is one straight stroke that leans to the right. It begins above the digits before and
    after it and ends below them, as a 1 hardly does; the clearer that is, the farther and the lower
    these may be.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = Boxes(stats[1:])
    found = []
    for i in np.flatnonzero(boxes.height >= LEAST * stroke).tolist():
        tall = boxes.height[i]
        if not is_straight(boxes.area[i], boxes.width[i], tall, stroke):
            continue
        beside = np.minimum(boxes.height, boxes.shared(i)) > BESIDE * tall
        before, after = boxes.before(i, beside), boxes.after(i, beside)
        if before is None or after is None:
            continue
        pair = [before, after]
        above, below = boxes.top[pair] - boxes.top[i], boxes.bottom[i] - boxes.bottom[pair]
        apart = max(boxes.left[i] - boxes.right[before], boxes.left[after] - boxes.right[i])
        low, high = boxes.height[pair].min(), boxes.height[pair].max()
        digits = CLEAR if min(above.min(), below.min()) > CLEARLY * tall else DOUBTFUL
        if min(above.mean(), below.mean()) <= BEYOND * tall or apart >= digits.near * tall:
            continue
        if low <= max(digits.tall * tall, digits.alike * high):
            continue
        part = labels[boxes.place(i)] == i + 1
        if _lean(part) > LEAN * tall:
            found.append(i + 1)
    there: Mask = np.isin(labels, found).astype(np.uint8)
    return cv2.dilate(there, square(3)) if found else there


def _lean(part: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:
    """How many pixels a stroke's top is to the right of its foot: by its first and last sixth."""
    columns = part @ np.arange(part.shape[1]) / np.maximum(part.sum(1), 1)
    end = max(1, len(columns) // 6)
    return float(columns[:end].mean() - columns[-end:].mean())
