"""Slashes between numbers, as in dates: told from a leaning 1 by overtopping both neighbours."""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.masks import Mask, is_straight, square

LEAST = 6.0  # stroke widths, of a slash's height
LEAN = 0.15  # of its height, at the least: how far its top is to the right of its foot
BEYOND = 0.08  # of its height, at the least: how far it goes beyond what is beside it, up and down
NEAR = 1.3  # of its height, at the most from what is beside it
BESIDE = 0.05  # of its height, at the least that of what is beside it
TALL = 0.5  # of its height, at the least that of a digit beside it
ALIKE = 0.65  # of the taller of these two, at the least the other's height; a sign is lower


def slashes(mask: Mask, stroke: float) -> Mask:
    """The slashes among the marks of a mask, dilated by a pixel for the grey fringe.

    A slash is one straight stroke that leans to the right. It begins above the digits before and
    after it and ends below them, as a 1 hardly does.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h, area = stats[1:].T
    lefts, rights, tops, bottoms = x, x + w, y, y + h
    found = []
    for i in np.flatnonzero(h >= LEAST * stroke).tolist():
        if not is_straight(area[i], w[i], h[i], stroke):
            continue
        common = np.minimum(bottoms, bottoms[i]) - np.maximum(tops, tops[i])
        beside = (h > BESIDE * h[i]) & (common > BESIDE * h[i])
        before = np.flatnonzero(beside & (rights <= rights[i]) & (lefts < lefts[i]))
        after = np.flatnonzero(beside & (lefts >= lefts[i]) & (rights > rights[i]))
        if not (len(before) and len(after)):
            continue
        pair = [before[rights[before].argmax()], after[lefts[after].argmin()]]
        apart = lefts[i] - rights[pair[0]], lefts[pair[1]] - rights[i]
        tall = h[pair].min() > max(TALL * h[i], ALIKE * h[pair].max())
        above, below = tops[pair].mean() - tops[i], bottoms[i] - bottoms[pair].mean()
        part = labels[tops[i] : bottoms[i], lefts[i] : rights[i]] == i + 1
        leans = _lean(part) > LEAN * h[i]
        if tall and leans and max(apart) < NEAR * h[i] and min(above, below) > BEYOND * h[i]:
            found.append(i + 1)
    there: Mask = np.isin(labels, found).astype(np.uint8)
    return cv2.dilate(there, square(3)) if found else there


def _lean(part: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:
    """How many pixels a stroke's top is to the right of its foot: by its first and last sixth."""
    columns = part @ np.arange(part.shape[1]) / np.maximum(part.sum(1), 1)
    end = max(1, len(columns) // 6)
    return float(columns[:end].mean() - columns[-end:].mean())
