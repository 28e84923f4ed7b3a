"""Lines drawn around numbers, as around a total: told from a 0 by what is in them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask, disc, is_straight, morphed, square

LEAST = 8.0  # stroke widths, of a ring's height
ROUND = 0.75  # of the length of a ring, the least width; a 0's is less
OBLONG = 0.88  # of the rectangle around it that a box's hole fills; an ellipse fills 0.79
LEVEL = 30  # degrees: a longer ring lies along a line of writing
ALL_AROUND = 0.95  # of its hull that is ink
PEN = 1.3  # stroke widths, at the most, that a ring is thick
WITHIN = 0.35  # of a ring's height: the least height of a number in it
CONTACT = 0.5  # of its height, that a number may touch the ring along
LEANING = 0.35  # of its height, the least width of a slash
GAPS = (0, 2)  # stroke widths, that are closed before: rings are seldom closed with care


def rings(mask: Mask, stroke: float) -> Mask:
    """The rings among the marks of a mask, dilated by a pixel for the grey fringe.

    A ring is all around a convex shape, and there is a number in it, which may touch it; so may
    other rings.
    """
    found = np.zeros_like(mask)
    for gap in GAPS:
        closed = cv2.morphologyEx(
            mask & (1 - found), cv2.MORPH_CLOSE, square(round(gap * stroke) | 1)
        )
        outlines, tree = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        for outline, (_, _, _, parent) in zip(outlines, tree[0] if outlines else (), strict=True):
            x, y, w, h = cv2.boundingRect(outline)
            hull = cv2.convexHull(outline)
            if parent < 0 or h < LEAST * stroke or not _is_round(hull):
                continue
            reach = round(2 * PEN * stroke + WITHIN * h) + 1  # of the ring and its loose ends
            x0, y0 = max(0, x - reach), max(0, y - reach)
            place = slice(y0, y + h + reach), slice(x0, x + w + reach)
            found[place] |= _ring(hull - (x0, y0), mask[place], closed[place], stroke)
    return cv2.dilate(found, square(3)) if found.any() else found


def _ring(hull: NDArray[np.int32], mask: Mask, closed: Mask, stroke: float) -> Mask:
    """The ring around a hole, with its loose ends; nothing if it is none.

    hull: of the hole; it lies on the ring. closed: the mask without gaps.
    """
    inside = cv2.fillPoly(np.zeros_like(mask), [hull], 1)
    rim = cv2.polylines(np.zeros_like(mask), [hull], isClosed=True, color=1)
    inside &= 1 - rim
    height = cv2.boundingRect(hull)[3]
    all_around = float(closed[rim > 0].mean()) > ALL_AROUND
    if not all_around or not _holds_a_number(mask & inside, inside, height, stroke):
        return np.zeros_like(mask)
    ring = morphed(inside, cv2.MORPH_DILATE, disc(2 * PEN * stroke)) - inside
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask & (1 - ring) & (1 - inside))
    near = cv2.dilate(ring, square(3))
    ends = [i for i in np.unique(labels[near > 0]) if i and stats[i, 3] < WITHIN * height]
    found: Mask = (ring & mask) | np.isin(labels, ends).astype(np.uint8)
    return found


def _is_round(hull: NDArray[np.int32]) -> bool:
    """Whether a hole is rounder than a box's, and not as slender and steep as a 0's."""
    box = cv2.minAreaRect(hull)
    corners = cv2.boxPoints(box)
    short, long = sorted(corners[1:3] - corners[:2], key=lambda side: float(np.hypot(*side)))
    steep = abs(long[1]) > np.tan(np.radians(LEVEL)) * abs(long[0])
    slender = np.hypot(*short) < ROUND * np.hypot(*long)
    return bool(cv2.contourArea(hull) < OBLONG * box[1][0] * box[1][1] and not (steep and slender))


def _holds_a_number(mask: Mask, inside: Mask, height: int, stroke: float) -> bool:
    """Whether there are marks in a ring that are not of the same digit as it.

    The slash of a 0 leans, its loose end touches it, and the waist of an 8 does in two places.
    """
    rim = inside - morphed(inside, cv2.MORPH_ERODE, disc(2))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for i in range(1, count):
        _, _, w, h, area = stats[i].tolist()
        if h <= WITHIN * height:
            continue
        touching = ((labels == i) & (rim > 0)).astype(np.uint8)
        places = cv2.connectedComponents(touching, connectivity=8)[0] - 1
        if is_straight(area, w, h, stroke) and (places or w > LEANING * h):
            continue
        if places < 2 and touching.sum() < CONTACT * h:
            return True
    return False
