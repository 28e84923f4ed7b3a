"""Ink map -> lines of marks -> candidate digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.barcodes import barcodes
from digitrec.masks import is_straight, square
from digitrec.pieces import Line, Piece, box_of
from digitrec.preprocess import Ink, stroke_width, weighted_median
from digitrec.strokes import divided

SOLID = 0.4  # of a mark's strength: where the mark ends
SPECK = 0.12  # of the typical height: smaller marks are dirt
WIDEST = 1.15  # width over height of a lone mark that need not be cut
WIDEST_IN_LINE = 0.85  # of a mark among others, where touching digits are likelier
BESIDE = 0.3  # of the height: marks nearer than that to each other may belong together
LOW = 0.55  # of the typical height: a lower mark may be a part of a digit
TOO_TALL = 3  # times the usual height, for a straight stroke at the frame, or beside many marks
SLENDER = 2  # times its width, at the least, that a sliver at the frame is tall
SLIVER = 0.65  # of the strokes' width inside, at the most that of a sliver
STROKES = 4  # widths of a stroke, at the least, that digits are tall
SEVERAL = 4  # marks, from which the slope of a page's lines is told, and their usual height
SLOPES = np.tan(np.radians(np.arange(-14, 15)))  # of a page's lines
CLEARLY_LESS = 0.85  # of the height that level lines would take
STRIPES = 9  # marks whose boxes each take a tenth of the picture: so many are a pattern
AT_ONCE = 1000  # marks that one is compared with before it is asked whether more need be

Edges = NDArray[np.int64]  # (4, n): of marks' boxes, left, right, top and bottom


def find_lines(ink: Ink, strokes: Sequence[Piece] = ()) -> list[Line]:
    """The marks of an ink map, (h, w) in [0, 1], in lines from top to bottom.

    strokes: of a pen, where they are known, in the order of writing (`digitrec.strokes.inked`).
    """
    marks = _marks(ink)
    if not marks:
        return []
    typical = typical_height(marks)
    # The edge of a sheet, or what is left of a form, would make one line of all that it is beside.
    high = TOO_TALL * typical if len(marks) > SEVERAL else np.inf
    tall = [m for m in marks if m.box[3] > high and not _is_line(m)]
    marks = [m for m in marks if m.box[3] <= high]
    large = [m for m in marks if max(m.box[2], m.box[3]) >= 0.4 * typical]
    small = [m for m in marks if SPECK * typical <= max(m.box[2], m.box[3]) < 0.4 * typical]
    lone = len(large) == 2 and bool(_distances(large[:1], large[1:])[0] < BESIDE * typical)
    rows = [large] if lone else _rows(large, typical)  # a lone pair may be the rings of an 8
    rows = sorted(rows + [[m] for m in tall], key=_level) if tall else rows
    heights = [float(box_of(row)[3]) if lone else typical_height(row) for row in rows]
    lines = []
    for row, height, near in zip(rows, heights, _shared_out(small, rows, heights), strict=True):
        widest = WIDEST if lone or len(row) == 1 else WIDEST_IN_LINE
        uncut, cut = row + near, partial(_cut, height=height, widest=widest)
        parts = [(i, part) for i, mark in enumerate(uncut) for part in cut(mark)]
        parts.sort(key=lambda numbered: numbered[1].middle)
        whole, pieces = zip(*parts, strict=True)
        line = Line(pieces, height, whole)
        if strokes:
            line = replace(line, strokes=divided(line, uncut, strokes, cut))
        lines.append(line)
    return lines


def _marks(ink: Ink) -> list[Piece]:
    """Connected marks, without the page's edges and corners."""
    mask = (ink > SOLID).astype(np.uint8)
    gap = round(0.3 * stroke_width(np.where(mask, ink, 0)))  # a dry pen leaves such gaps
    near = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square(gap + 1))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    large = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT] > 0.1 * ink.size
    striped = np.count_nonzero(large[1:]) >= STRIPES
    marks: list[Piece] = []
    areas: list[int] = []
    for label in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[label])
        if (area < 4 and count > 2) or (striped and large[label]):
            continue
        # One pixel more on each side keeps the grey edge of the stroke.
        x0, y0 = max(0, x - 1), max(0, y - 1)
        x1, y1 = min(ink.shape[1], x + w + 1), min(ink.shape[0], y + h + 1)
        part = labels[y0:y1, x0:x1]
        crop = np.where((part == label) | (part == 0), ink[y0:y1, x0:x1], 0)
        near = cv2.dilate((part == label).astype(np.uint8), square(3))
        marks.append(Piece((x0, y0, x1 - x0, y1 - y0), (crop * near).astype(np.float32)))
        areas.append(area)
    bars = barcodes(marks)
    marks = [mark for i, mark in enumerate(marks) if i not in bars]
    areas = [area for i, area in enumerate(areas) if i not in bars]
    inside = [m for m in marks if not any(_touches(m, ink.shape))]
    usual = typical_height(inside) if len(inside) > 2 else 0.0
    pen = stroke_width(max(inside, key=lambda m: float(m.ink.sum())).ink) if inside else 0.0
    inner = [
        mark
        for mark, area in zip(marks, areas, strict=True)
        if not _is_edge(mark, area, ink.shape, usual) and not _is_sliver(mark, area, ink.shape, pen)
    ]
    return inner or marks


def _is_line(mark: Piece) -> bool:
    area = int((mark.ink > SOLID).sum())
    return is_straight(area, *mark.box[2:], stroke_width(mark.ink))


def _level(row: Sequence[Piece]) -> float:
    """Where the middle of a row's marks lies."""
    return float(np.median([mark.top + mark.bottom for mark in row]))


def _touches(mark: Piece, shape: tuple[int, ...]) -> tuple[bool, bool, bool, bool]:
    """Whether a mark reaches the picture's left, right, top and bottom."""
    height, width = shape
    return mark.left <= 1, mark.right >= width - 1, mark.top <= 1, mark.bottom >= height - 1


def _is_edge(mark: Piece, area: int, shape: tuple[int, ...], usual: float) -> bool:
    """Whether a mark is the edge of the page, a dark corner or a rule and not a digit.

    usual: the typical height of the marks inside where there are several, else 0; a mark at the
    frame that is as tall as they are is taken for one of them.
    """
    height, width = shape
    _, _, w, h = mark.box
    if w > 0.5 * width and w > 8 * h:
        return True  # a rule across the page
    left, right, top, bottom = _touches(mark, shape)
    if not (left or right or top or bottom) or 0.6 * usual < h < 1.8 * usual:
        return False
    pen = stroke_width(mark.ink)
    if h > TOO_TALL * usual > TOO_TALL * STROKES * pen and is_straight(area, w, h, pen):
        return True  # a fold, or the edge of a desk
    thin = max(w, h) > 4 * min(w, h)
    along = (left or right) if h > w else (top or bottom)
    corner = (left or right) and (top or bottom)
    filled = area / (w * h)
    small = max(w, h) < 0.15 * max(height, width)
    return (thin and along and filled > 0.3) or (corner and (thin or small or filled > 0.5))


def _is_sliver(mark: Piece, area: int, shape: tuple[int, ...], pen: float) -> bool:
    """Whether it would be a 1, but the frame leaves less than a stroke's width of it, as of a rule.

    pen: the width of the strokes of a mark inside, 0 where there is none.
    """
    left, right, _, _ = _touches(mark, shape)
    _, _, w, h = mark.box
    if not (left or right) or h < SLENDER * w:
        return False
    width = stroke_width(mark.ink)
    return width < SLIVER * pen and is_straight(area, w, h, width)


def typical_height(marks: Sequence[Piece]) -> float:
    """The median height, weighted by ink, so that dirt does not count."""
    heights = np.array([max(m.box[3], m.box[2] * 0.5) for m in marks])
    return weighted_median(heights, np.array([m.ink.sum() for m in marks]))


def _rows(marks: Sequence[Piece], typical: float) -> list[list[Piece]]:
    """Marks that stand beside each other, as rows from top to bottom, each from left to right.

    Each mark is linked to its nearest neighbour on the right that overlaps it in height, so that
    a slanting line stays together; a low mark, such as the bar of a 5, to what it lies next to.
    """
    marks = sorted(marks, key=lambda m: m.left)
    edges = _edges(marks)
    slope = _slope(edges, typical)
    edges[2:] -= np.rint(slope * edges[:2].mean(0)).astype(int)
    parent = list(range(len(marks)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, j in _links(edges, typical):
        parent[root(j)] = root(i)
    groups: dict[int, list[int]] = {}
    for i in range(len(marks)):
        groups.setdefault(root(i), []).append(i)
    middle = edges[2:].mean(0)
    rows = sorted(groups.values(), key=lambda row: float(np.median(middle[row])))
    return [[marks[i] for i in row] for row in rows]


def _slope(edges: Edges, typical: float) -> float:
    """How far the lines of a page fall for each pixel to the right.

    As the page is turned so that its lines are level, the marks take up the least of its height.
    """
    _, _, top, bottom = edges
    edges = edges[:, (bottom - top > LOW * typical) & (bottom - top < typical / LOW)]
    if edges.shape[1] < SEVERAL:
        return 0.0
    left, right, top, bottom = edges
    unit = typical / 10
    taken = []
    for slope in SLOPES:
        fall = slope * (left + right) / 2
        span = np.rint(np.stack([top - fall, bottom - fall]) / unit).astype(int)
        span -= span.min()
        changes = np.zeros(span.max() + 1)
        np.add.at(changes, span[0], 1)
        np.add.at(changes, span[1], -1)
        taken.append(np.count_nonzero(np.cumsum(changes)))
    best = int(np.argmin(taken))
    level = taken[len(SLOPES) // 2]
    return float(SLOPES[best]) if taken[best] < CLEARLY_LESS * level else 0.0


def _links(edges: Edges, typical: float) -> Iterator[tuple[int, int]]:
    """The numbers of marks that stand beside each other, of marks sorted by their left."""
    left, right, top, bottom = edges
    height = bottom - top
    low = height < LOW * typical
    tall = edges[:, ~low]
    nearest = np.zeros(len(low))  # tall mark of a low one: between rows it is of that one's
    if tall.size:
        for i in np.flatnonzero(low).tolist():
            nearest[i] = _apart(edges[:, i], tall).min()
    for i in range(len(low)):
        for start in range(i + 1, len(low), AT_ONCE):
            rest = slice(start, start + AT_ONCE)
            overlap = np.minimum(bottom[i], bottom[rest]) - np.maximum(top[i], top[rest])
            smaller = np.minimum(height[i], height[rest])
            apart = _apart(edges[:, i], edges[:, rest])
            of_lower = np.where(height[rest] < height[i], nearest[rest], nearest[i])
            fits = (low[i] & low[rest]) | (of_lower >= apart)
            near = (low[i] | low[rest]) & (apart < BESIDE * typical) & fits
            linked = np.flatnonzero((overlap > 0.4 * smaller) | near)
            clear = np.flatnonzero((left[rest] > right[i]) & (overlap > 0.6 * smaller))
            last = clear[0] if len(clear) else AT_ONCE
            yield from ((i, start + j) for j in linked[linked <= last].tolist())
            if len(clear):
                break


def _edges(marks: Sequence[Piece]) -> Edges:
    boxes = [(m.left, m.right, m.top, m.bottom) for m in marks]
    return np.array(boxes, int).reshape(-1, 4).T.copy()


def _apart(mark: Edges, others: Edges) -> Edges:
    """How far a mark's box is from each of the others', across or along, pixels: (n,).

    mark: (4,) of `_edges`. others: (4, n).
    """
    left, right, top, bottom = mark
    across = np.maximum(left - others[1], others[0] - right)
    along = np.maximum(top - others[3], others[2] - bottom)
    apart: Edges = np.maximum(np.maximum(across, along), 0)
    return apart


def _shared_out(
    small: Sequence[Piece], rows: Sequence[Sequence[Piece]], heights: Sequence[float]
) -> list[list[Piece]]:
    """For each row the small marks beside it; one between two rows is of the nearer alone."""
    least, owners = np.full(len(small), np.inf), np.full(len(small), -1)
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        distances = _distances(small, row)
        nearer = (distances < BESIDE * height) & (distances < least)
        least[nearer], owners[nearer] = distances[nearer], number
    shared: list[list[Piece]] = [[] for _ in rows]
    for mark, owner in zip(small, owners.tolist(), strict=True):
        if owner >= 0:
            shared[owner].append(mark)
    return shared


def _distances(marks: Sequence[Piece], row: Sequence[Piece]) -> NDArray[np.float64]:
    """How far each of some marks is from the nearest of a row's, pixels: (len(marks),)."""
    edges, distances = _edges(marks), np.full(len(marks), np.inf)
    for mark in _edges(row).T:
        distances = np.minimum(distances, _apart(mark, edges))
    return distances


def _cut(mark: Piece, height: float, widest: float) -> list[Piece]:
    """A mark too wide for one digit, cut where it is thinnest; any other, whole."""
    x, y, w, h = mark.box
    if w < widest * max(h, 0.8 * height) or w < 12:
        return [mark]
    profile = (mark.ink > SOLID).sum(0).astype(np.float32)
    reach = max(1, int(0.12 * h))
    smooth = cv2.GaussianBlur(profile[None], (0, 0), max(0.5, h / 40))[0]
    limit = max(2.2 * stroke_width(mark.ink), 0.45 * h)
    columns: list[int] = []
    for column in np.argsort(smooth):
        if smooth[column] > limit or len(columns) >= 2 * w / h + 2:
            break
        if 2 * reach < column < w - 2 * reach and all(abs(column - c) > 2 * reach for c in columns):
            columns.append(int(column))
    edges = [0, *sorted(columns), w]
    return [_trimmed(Piece((x + a, y, b - a, h), mark.ink[:, a:b])) for a, b in pairwise(edges)]


def _trimmed(piece: Piece) -> Piece:
    rows: NDArray[np.intp] = np.flatnonzero((piece.ink > SOLID / 2).any(1))
    if not len(rows):
        return piece
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    x, y, w, _ = piece.box
    return Piece((x, y + top, w, bottom - top), piece.ink[top:bottom])
