"""Lines drawn around numbers, as around a total: told from a 0 by what is in them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]  # (h, w), 1 there
LEAST = 8.0  # stroke widths, of a ring's height
ROUND = 0.75  # of the length of a ring, the least width; a 0's is less
LEVEL = 30  # degrees: a longer ring lies along a line of writing
CONVEX = 0.93  # of its convex hull that a ring goes around
PEN = 1.3  # stroke widths, at the most, that a ring is thick
TAIL = 4.0  # stroke widths: what is narrower sticks out of a ring, or is not of it
WITHIN = 0.35  # of a ring's height: the least height of a number in it
CONTACT = 0.5  # of its height, that a number may touch the ring along
LEANING = 0.35  # of its height, the least width of a slash
STRAIGHT = 1.3  # of its box's diagonal, at the most the length of one; a 7's is more
GAPS = (0, 2)  # stroke widths, that are closed before: rings are seldom closed with care


def rings(mask: Mask, stroke: float) -> Mask:
    """The rings among the marks of a mask, dilated by a pixel for the grey fringe.

    A ring goes around a convex shape, and there is a number in it, which may touch it.
    """
    found = np.zeros_like(mask)
    for gap in GAPS:
        closed = cv2.morphologyEx(mask & (1 - found), cv2.MORPH_CLOSE, _square(gap * stroke))
        outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for outline in outlines:
            x, y, w, h = cv2.boundingRect(outline)
            if h >= LEAST * stroke:
                place = slice(y, y + h), slice(x, x + w)
                found[place] |= _ring(outline - (x, y), mask[place], stroke)
    return cv2.dilate(found, np.ones((3, 3), np.uint8)) if found.any() else found


def _ring(outline: NDArray[np.int32], mask: Mask, stroke: float) -> Mask:
    """The ring that an outline is of, with its loose ends; nothing if it is of none."""
    nothing = np.zeros_like(mask)
    filled = cv2.drawContours(nothing.copy(), [outline], -1, 1, cv2.FILLED)
    body = _morphed(filled, cv2.MORPH_OPEN, TAIL * stroke)
    outer, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if len(outer) != 1:
        return nothing
    height = cv2.boundingRect(outer[0])[3]
    convex = cv2.contourArea(outer[0]) > CONVEX * cv2.contourArea(cv2.convexHull(outer[0]))
    if not convex or _is_long(outer[0]) or _heights(filled - body).max(initial=0) > WITHIN * height:
        return nothing
    inside = _morphed(body, cv2.MORPH_ERODE, 2 * PEN * stroke)
    return filled - inside if _holds_a_number(mask & inside, inside, height, stroke) else nothing


def _is_long(outline: NDArray[np.int32]) -> bool:
    """Whether what an outline is of is as slender as a 0, and is no more level than one."""
    corners = cv2.boxPoints(cv2.minAreaRect(outline))
    sides = corners[1:3] - corners[:2]
    short, long = sorted(sides, key=lambda side: float(np.hypot(*side)))
    steep = abs(long[1]) > np.tan(np.radians(LEVEL)) * abs(long[0])
    return bool(steep and np.hypot(*short) < ROUND * np.hypot(*long))


def _holds_a_number(mask: Mask, inside: Mask, height: int, stroke: float) -> bool:
    """Whether there are marks in a ring that are not of the same digit as it.

    The slash of a 0 leans, and it and the waist of an 8 touch the ring in two places.
    """
    rim = inside - _morphed(inside, cv2.MORPH_ERODE, 2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for i in range(1, count):
        _, _, w, h, area = stats[i].tolist()
        slash = w > LEANING * h and area < STRAIGHT * stroke * np.hypot(w, h)
        if h <= WITHIN * height or slash:
            continue
        touching = ((labels == i) & (rim > 0)).astype(np.uint8)
        places = cv2.connectedComponents(touching, connectivity=8)[0] - 1
        if places < 2 and touching.sum() < CONTACT * h:
            return True
    return False


def _heights(mask: Mask) -> NDArray[np.int32]:
    stats: NDArray[np.int32] = cv2.connectedComponentsWithStats(mask, connectivity=8)[2]
    return stats[1:, cv2.CC_STAT_HEIGHT]


def _square(width: float) -> Mask:
    return np.ones((round(width) | 1,) * 2, np.uint8)


def _disc(width: float) -> Mask:
    side = round(width) | 1
    disc: Mask = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return disc


def _morphed(mask: Mask, how: int, width: float) -> Mask:
    """A mask, outside of which there is nothing, opened or eroded by a disc."""
    edge = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    morphed: Mask = cv2.morphologyEx(mask, how, _disc(width), **edge)
    return morphed
