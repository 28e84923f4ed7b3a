"""Ruled lines, table borders and box edges: taken out, the strokes that cross them kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.preprocess import Ink, stroke_width

Mask = NDArray[np.uint8]
EDGE = 0.025  # of the side: nearer than this to the frame counts as touching it
LONG = 0.35  # of the side: the least length of a rule that stands alone
LEAST = 8.0  # stroke widths, of a rule's length
THICKER = 1.4  # of a rule's width: what is thicker is a stroke that runs along it
OTHERS = 0.3  # of the area of a form's rectangles, at the most that of its other holes
RECTANGLE = 0.92  # of the box around it that a form's hole fills; a 0's fills four fifths


def without_rules(ink: Ink) -> Ink:
    """The ink map, (h, w) in [0, 1], without its rules.

    A table or a form is a mark whose holes are rectangles, with what lies all along it, as the
    outer line of a double rule; where digits touch too many holes, it is made of rules whose ends
    all meet others. A dashed rule is a row of dashes. Any other level rule runs from one side of
    the picture to the other, or nearly, and an upright one, which might be a 1, lies along the
    frame or stands between two level rules. Where nothing but a rule or two of this last kind would
    be found, nothing is taken out: it was a digit after all.
    """
    mask = (ink > 0.3).astype(np.uint8)
    # The strokes' width: of long marks only, as grain would bring it down.
    stroke = stroke_width(np.where(ink > 0.3, ink, 0)) if mask.any() else 0.0
    if not stroke:
        return ink
    cleaned = ink.copy()
    # Narrow gaps, as in worn and between double rules, are closed, and are not. Dashes are run
    # together only where that finds no form: it runs digits into their boxes.
    for gaps in ((0, 1), (3,)):
        form, cells = np.bitwise_or.reduce([_form(mask, stroke, gap) for gap in gaps])
        if form.any():
            break
    form |= _scraps(mask & (1 - form), form, cells, stroke)
    cleaned[form > 0] = 0
    mask[form > 0] = 0
    turned = np.ascontiguousarray(mask.T)
    dashed = [_straight(_dashes(side, stroke), stroke) for side in (mask, turned)]
    across, down = _straight(mask, stroke), _straight(turned, stroke)
    level = [rule for rule in across if _crosses(rule, mask.shape[1], stroke)]
    upright = [rule for rule in down if _is_upright(rule, level, mask.shape)]
    closed = _closed(across, down, stroke)
    certain = form.any() or any(dashed) or any(closed) or len(level) > 1
    for rule in dict.fromkeys((*level, *closed[0], *dashed[0])):
        _erase(cleaned, mask, rule, stroke)
    for rule in dict.fromkeys((*upright, *closed[1], *dashed[1])):
        _erase(cleaned.T, turned, rule, stroke)
    if certain:
        return cleaned
    count, _, stats, _ = cv2.connectedComponentsWithStats((cleaned > 0.4).astype(np.uint8))
    tall = stats[1:, cv2.CC_STAT_HEIGHT].max() if count > 1 else 0
    return cleaned if tall > 4 * stroke else ink


def _form(mask: Mask, stroke: float, gaps: int) -> tuple[Mask, Mask]:
    """The rims of the rectangular holes of marks that such holes make up; and these holes.

    Both are (h, w), 1 there. What reaches into a hole, as a digit that touches its box, is not of
    the form, and neither is what sticks out of it. A few holes may be none of the form's, as those
    of touching digits. The form is dilated by a pixel, for the grey fringe. gaps: what is closed
    before, in strokes' widths.
    """
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _square(round(gaps * stroke) | 1))
    form, inside = np.zeros_like(mask), np.zeros_like(mask)
    outlines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for i, outline in enumerate(outlines):
        x, y, w, h = cv2.boundingRect(outline)
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
        if taken > 0.5 * w * h and others < OTHERS * taken:
            whole, holes = np.zeros((2, h, w), np.uint8)
            cv2.drawContours(whole, [outline], -1, 1, cv2.FILLED, offset=(-x, -y))
            cv2.drawContours(holes, cells, -1, 1, cv2.FILLED, offset=(-x, -y))
            cv2.drawContours(holes, cells, -1, 0, 1, offset=(-x, -y))  # it lies on the rules
            form[y : y + h, x : x + w] |= _rims(mask[y : y + h, x : x + w], whole, holes, stroke)
            inside[y : y + h, x : x + w] |= holes
    return cv2.dilate(form, _square(3)) if form.any() else form, inside


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


def _scraps(rest: Mask, form: Mask, cells: Mask, stroke: float) -> Mask:
    """What is left of a form's rules: marks all of which is close to it, and not in its cells.

    So is the outer line of a double rule, and so are dashes at the ends.
    """
    if not form.any():
        return form
    _, labels = cv2.connectedComponents(rest, connectivity=8)
    near = (_dilated(form, 3 * stroke) > 0) & (cells == 0)
    strokes = np.unique(labels[~near & (rest > 0)])
    scraps = (rest > 0) & ~np.isin(labels, strokes)
    found: Mask = cv2.dilate(scraps.astype(np.uint8), _square(3))
    return found


def _square(side: int) -> Mask:
    return np.ones((side, side), np.uint8)


def _opened(mask: Mask, side: int) -> Mask:
    """What of a mask is at least so wide; outside the picture there is nothing."""
    edge = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    opened: Mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _square(side), **edge)
    return opened


def _dilated(mask: Mask, reach: float) -> Mask:
    """A mask widened by `reach` pixels, and one for its edge."""
    widened: Mask = cv2.dilate(mask, _square(2 * round(reach) + 3))
    return widened


def _dashes(mask: Mask, stroke: float) -> Mask:
    """The short, flat marks of a mask, run together where they follow each other closely."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    flat = stats[:, cv2.CC_STAT_HEIGHT] <= 1.3 * stroke + 1
    short = stats[:, cv2.CC_STAT_WIDTH] <= 6 * stroke
    dashes = (flat & short)[labels].astype(np.uint8) * mask
    gap = np.ones((3, round(3 * stroke) | 1), np.uint8)
    linked: Mask = cv2.morphologyEx(dashes, cv2.MORPH_CLOSE, gap)
    return linked


class _Rule:
    """start, stop: columns. middle: (stop - start,) rows of its centre. thick: its width, pixels.

    wide: the same where no stroke lies on it, with what is between the two of a double rule.
    strays: how far it is from a smooth line there, on average, pixels.
    """

    def __init__(self, part: Mask, left: int, top: int) -> None:
        columns = np.flatnonzero(part.any(0))
        self.start, self.stop = left + int(columns[0]), left + int(columns[-1]) + 1
        heights = part.sum(0)[columns]
        self.thick = float(np.median(heights))
        bare = heights <= np.percentile(heights, 25) + 1  # no stroke lies on the rule there
        columns = columns[bare]
        rows = np.arange(part.shape[0])[:, None]
        centres = (part * rows).sum(0)[columns] / heights[bare] + top
        fit = np.polyfit(columns + left, centres, min(2, len(columns) - 1))
        self.middle = np.polyval(fit, np.arange(self.start, self.stop))
        self.strays = float(np.abs(np.polyval(fit, columns + left) - centres).mean())
        extent = part.shape[0] - part.argmax(0) - part[::-1].argmax(0)
        self.wide = float(np.median(extent[columns]))

    def passes(self, x: float, y: float, slack: float) -> bool:
        """Whether it runs by a point, or ends there."""
        if not self.start - slack <= x < self.stop + slack:
            return False
        column = min(max(int(x) - self.start, 0), len(self.middle) - 1)
        return bool(abs(self.middle[column] - y) < slack)


def _straight(mask: Mask, stroke: float) -> list[_Rule]:
    """Long, thin, nearly level lines in a mask."""
    reach = max(9, min(round(7 * stroke), mask.shape[1] // 6))
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, reach), np.uint8))
    linked = cv2.dilate(runs, np.ones((3, reach | 1), np.uint8))  # over gaps and steps
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    rules = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if w < LEAST * stroke or h > 0.12 * w + 4 * stroke:
            continue
        part = runs[y : y + h, x : x + w] * (labels[y : y + h, x : x + w] == label)
        rule = _Rule(part.astype(np.uint8), x, y)
        thin = rule.thick <= 1.3 * stroke + 1 and rule.strays <= rule.thick + 1
        if thin and rule.stop - rule.start >= LEAST * stroke:
            rules.append(rule)
    return rules


def _closed(
    level: list[_Rule], upright: list[_Rule], stroke: float
) -> tuple[list[_Rule], list[_Rule]]:
    """The rules both of whose ends meet rules of the other direction of which the same holds."""
    sides, slack = (level, upright), 2 * stroke
    while True:
        kept = tuple(
            [
                rule
                for rule in these
                if all(
                    any(other.passes(y, x, slack) for other in others)
                    for x, y in ((rule.start, rule.middle[0]), (rule.stop, rule.middle[-1]))
                )
            ]
            for these, others in (sides, sides[::-1])
        )
        if [len(rules) for rules in kept] == [len(rules) for rules in sides]:
            return sides
        sides = (kept[0], kept[1])


def _crosses(rule: _Rule, width: int, stroke: float) -> bool:
    length = rule.stop - rule.start
    if width < 15 * stroke or length < LONG * width:  # a crop so close that a 2's base may cross it
        return False
    slack = max(2.0, 0.01 * width)
    touches = (rule.start <= slack) + (rule.stop >= width - slack)
    # In a close crop a bar of a digit may reach one side of the frame.
    return touches == 2 or (touches == 1 and length > max(0.6 * width, 30 * stroke))


def _is_upright(rule: _Rule, level: list[_Rule], shape: tuple[int, ...]) -> bool:
    """Of a rule in the turned mask: its columns are the picture's rows."""
    height, width = shape
    length = rule.stop - rule.start
    if length < LONG * height:
        return False
    x = float(rule.middle.mean())
    slack = EDGE * height + 2 * rule.thick
    ends = [
        any(o.start <= x < o.stop and o.passes(x, y, slack) for o in level)
        for y in (rule.start, rule.stop)
    ]
    if all(ends):
        return True
    at_frame = [rule.start <= 2, rule.stop >= height - 2]
    beside = not 0.1 * width < x < 0.9 * width and length > 0.6 * height
    return beside and all(m or f for m, f in zip(ends, at_frame, strict=True))


def _long(marked: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """What is marked for at least so many places in a row."""
    line = marked.astype(np.uint8)[None]
    opened = cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones((1, max(1, least)), np.uint8))
    return np.asarray(opened[0] > 0)


def _erase(ink: Ink, mask: Mask, rule: _Rule, stroke: float) -> None:
    """Clear the rule's columns, but for those where a stroke crosses it or runs along it."""
    height = ink.shape[0]
    half = int(np.ceil(rule.wide / 2)) + 2
    middle = np.round(rule.middle).astype(int)
    columns = np.arange(rule.start, rule.stop)
    crossed = np.zeros(len(columns), bool)
    for offset in (-half - 1, half + 1):
        rows = middle + offset
        inside = (rows >= 0) & (rows < height)
        crossed[inside] |= mask[rows[inside], columns[inside]] > 0
    # A stroke that runs along the rule is thicker than it.
    rows = middle + np.arange(-half, half + 1)[:, None]
    inside = (rows >= 0) & (rows < height)
    drawn = (inside * mask[np.clip(rows, 0, height - 1), columns]).sum(0)
    crossed |= _long(drawn > THICKER * rule.wide + 1, round(stroke))
    for offset in range(-half, half + 1):
        rows = middle + offset
        clear = (rows >= 0) & (rows < height) & ~crossed
        ink[rows[clear], columns[clear]] = 0
