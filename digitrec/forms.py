"""Tables and boxes: their rules, told from what is written in them."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask, morphed, square

Outline = NDArray[np.int32]  # as OpenCV has them: (n, 1, 2), x and y
LEAST = 8.0  # stroke widths, of a rule's length
THICKER = 1.4  # of a rule's width: what is thicker is a stroke that runs along it
OTHERS = 0.3  # of the area of a form's rectangles, at the most that of its other holes
RECTANGLE = 0.92  # of the box around it that a form's hole fills; a 0's fills four fifths
LEVEL = 0.95  # of the rectangle around it that a frame fills when seen from straight above
STRAIGHT = 5.5  # stroke widths: what is straight for less is not of a frame
FRAME = 2  # pixels: what is in so wide a rim of the picture is cut by its edge
HOLES = 0.4  # of a frame's area, at the least
WALL = 0.9  # of a frame's height or width that a wall fills


def by_holes(mask: Mask, stroke: float, gaps: int) -> tuple[Mask, Mask]:
    """The rims of the rectangular holes of marks that such holes make up; and these holes.

    Both are (h, w), 1 there. What reaches into a hole, as a digit that touches its box, is not of
    the form, and neither is what sticks out of it. A few holes may be none of the form's, as those
    of touching digits. The form is dilated by a pixel, for the grey fringe. gaps: what is closed
    before, in strokes' widths.
    """
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square(round(gaps * stroke) | 1))
    outlines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    found = []
    for i, outline in enumerate(outlines):
        _, _, w, h = cv2.boundingRect(outline)
        if tree[0][i][3] >= 0 or min(w, h) < LEAST * stroke:
            continue
        cells, taken, others, hole = [], 0.0, 0.0, tree[0][i][2]
        while hole >= 0:
            cell = cv2.convexHull(outlines[hole])
            area, sides = cv2.contourArea(cell), cv2.minAreaRect(cell)[1]
            if min(sides) > 3 * stroke and area > RECTANGLE * sides[0] * sides[1]:
                cells.append(cell)
                taken += area
            elif min(sides) > 3 * stroke:
                others += area
            hole = tree[0][hole][0]
        if others < OTHERS * taken and taken > 0.5 * np.prod(cv2.minAreaRect(outline)[1]):
            found.append((outline, cells))
    return _rims_and_holes(mask, found, stroke)


def by_frames(mask: Mask, stroke: float, gaps: float) -> tuple[Mask, Mask]:
    """The same for frames in which digits touch the walls, so that the holes are no rectangles.

    A frame is what the straight strokes of a mark make up, if they fill all four sides of a
    quadrilateral. Its walls go from one side to the other. gaps: what is closed along them before,
    in strokes' widths.
    """
    reach = max(9, round(STRAIGHT * stroke))
    level, upright = (
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(run, np.uint8))
        for run in ((1, reach), (reach, 1))
    )
    along = round(gaps * stroke) | 1
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((3, along), np.uint8))
    upright = cv2.morphologyEx(upright, cv2.MORPH_CLOSE, np.ones((along, 3), np.uint8))
    straight = cv2.morphologyEx(level | upright, cv2.MORPH_CLOSE, square(3))
    outlines, _ = cv2.findContours(straight, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for outline in outlines:
        x, y, w, h = cv2.boundingRect(outline)
        if min(w, h) < LEAST * stroke:
            continue
        hull = cv2.convexHull(outline)
        corners = _corners(hull)
        if len(corners) != 4 or cv2.contourArea(outline) < RECTANGLE * cv2.contourArea(hull):
            continue
        whole = _filled([outline], (x, y, w, h))
        place = slice(y, y + h), slice(x, x + w)
        walls = (mask[place] | straight[place]) & whole
        cells = [
            np.add(cell, (x, y), dtype=np.int32) for cell in _cells(walls, corners - (x, y), stroke)
        ]
        if sum(map(cv2.contourArea, cells)) > HOLES * cv2.contourArea(outline):
            found.append((outline, cells))
    return _rims_and_holes(mask, found, stroke)


def _rims_and_holes(
    mask: Mask, found: list[tuple[Outline, list[Outline]]], stroke: float
) -> tuple[Mask, Mask]:
    """The rims around the holes of forms, and these holes: (h, w) each, 1 there.

    found: of each form its outline, and its holes' outlines, which lie on the rules.
    """
    form, inside = np.zeros_like(mask), np.zeros_like(mask)
    for outline, cells in found:
        x, y, w, h = box = cv2.boundingRect(outline)
        place = slice(y, y + h), slice(x, x + w)
        holes = _filled(cells, box)
        cv2.drawContours(holes, cells, -1, 0, 1, offset=(-x, -y))
        form[place] |= _rims(mask[place], _filled([outline], box), holes, stroke)
        inside[place] |= holes
    return cv2.dilate(form, square(3)) if form.any() else form, inside


def _filled(outlines: list[Outline], box: tuple[int, int, int, int]) -> Mask:
    """What outlines go around, within a box x, y, w, h of the picture: (h, w)."""
    x, y, w, h = box
    filled = np.zeros((h, w), np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED, offset=(-x, -y))
    return filled


def _corners(hull: NDArray[np.int32]) -> NDArray[np.float32]:
    """x, y of a hull's corners: of a rectangle, where the rules of a corner may miss each other."""
    corners: NDArray[np.float32] = cv2.boxPoints(cv2.minAreaRect(hull))
    if cv2.contourArea(hull) <= LEVEL * cv2.contourArea(corners):
        slack = 0.02 * cv2.arcLength(hull, closed=True)
        corners = cv2.approxPolyDP(hull, slack, closed=True)[:, 0].astype(np.float32)
    return corners


def _cells(mask: Mask, corners: NDArray[np.float32], stroke: float) -> list[NDArray[np.int32]]:
    """What walls from side to side leave of a quadrilateral; none if a side is not a wall."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    width, height = (
        max(2, round((sides[0] + sides[2]) / 2)),
        max(2, round((sides[1] + sides[3]) / 2)),
    )
    level = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), level)
    levelled = cv2.warpPerspective(mask, matrix, (width, height), flags=cv2.INTER_NEAREST)
    levelled = cv2.dilate(levelled, square(3))
    across, down = (_between(levelled.mean(axis) > WALL, stroke) for axis in (0, 1))
    cells = [
        np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        for left, right in across
        for top, bottom in down
    ]
    back = np.linalg.inv(matrix)
    return [np.round(cv2.perspectiveTransform(c[None], back)[0]).astype(np.int32) for c in cells]


def _between(walls: NDArray[np.bool_], stroke: float) -> list[tuple[int, int]]:
    """From, to: the places between walls that are wide enough for a digit; both ends are walls."""
    at = np.flatnonzero(walls)
    if not len(at) or at[0] > 2 * stroke or at[-1] < len(walls) - 1 - 2 * stroke:
        return []
    return [(int(a), int(b)) for a, b in pairwise(at) if b - a > 3 * stroke]


def _rims(mask: Mask, whole: Mask, holes: Mask, stroke: float) -> Mask:
    """The rules around the holes of a form's outline filled, but not the strokes on them.

    There, the mask is thicker than the rules, and is not of them alone.
    """
    rims: Mask = (whole & _dilated(holes, 2 * stroke)) - holes
    drawn, thick = mask & rims, 1
    while _opened(drawn, thick + 1).sum() > 0.3 * drawn.sum():
        thick += 1
    thicker = _opened(mask, round(THICKER * thick) + 1) & rims
    rest = mask & (1 - rims)
    _, labels = cv2.connectedComponents(thicker | rest, connectivity=8)
    rims[(thicker > 0) & np.isin(labels, np.unique(labels[rest > 0]))] = 0
    return rims


def scraps(rest: Mask, form: Mask, cells: Mask, stroke: float) -> Mask:
    """What is left of a form's rules: marks all of which is close to it, and not in its cells.

    So is the outer line of a double rule, and so are dashes at the ends. And so are the rules that
    run from its outermost cells out of the picture, which are no wider than the strokes.
    """
    if not form.any():
        return form
    _, labels = cv2.connectedComponents(rest, connectivity=8)
    near = (_dilated(form, 3 * stroke) > 0) & (cells == 0)
    strokes = np.unique(labels[~near & (rest > 0)])
    cut = np.ones_like(rest)
    cut[FRAME:-FRAME, FRAME:-FRAME] = 0
    from_it = np.intersect1d(labels[_dilated(form, 2 * stroke) > 0], labels[cut > 0])
    rules = np.setdiff1d(from_it, labels[_opened(rest, round(THICKER * stroke) + 2) > 0])
    scraps = (rest > 0) & (~np.isin(labels, strokes) | np.isin(labels, rules))
    found: Mask = cv2.dilate(scraps.astype(np.uint8), square(3))
    return found


def _opened(mask: Mask, side: int) -> Mask:
    """What of a mask is at least so wide."""
    return morphed(mask, cv2.MORPH_OPEN, square(side))


def _dilated(mask: Mask, reach: float) -> Mask:
    """A mask widened by `reach` pixels, and one for its edge."""
    widened: Mask = cv2.dilate(mask, square(2 * round(reach) + 3))
    return widened
