"""Rules, boxes, and lines around numbers: taken out, the strokes that cross them kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.brackets import brackets
from digitrec.forms import LEAST, STRAIGHT, THICKER, by_frames, by_holes, scraps
from digitrec.masks import Mask
from digitrec.preprocess import Ink, stroke_width
from digitrec.rings import rings

EDGE = 0.025  # of the side: nearer than this to the frame counts as touching it
SHORT = 3.5  # stroke widths: the least of a dashed side of a box, between the corners
LONG = 0.35  # of the side: the least length of a rule that stands alone
CLEAR = 5.0  # pixels of a stroke's width: what is around a number is seen well enough then
FINE = 12.0  # pixels of a stroke's width: what is taken out is seen well enough then


def without_rules(ink: Ink) -> tuple[Ink, Mask, Mask]:
    """The ink map, (h, w) in [0, 1], without its rules and what is drawn around numbers.

    And where those of forms were, and where rings and brackets were: (h, w) each, 1 there.

    A table or a form is a mark whose holes are rectangles, with what lies all along it, as the
    outer line of a double rule; where digits touch too many holes, it is told by its frame, or is
    made of rules whose ends all meet others. A dashed rule is a row of dashes. Any other level rule
    runs from one side of the picture to the other, or nearly, and an upright one, which might be a
    1, lies along the frame, stands between two level rules, or is a fold, more than twice as tall
    as all else. Where nothing but a rule or two of this last kind would be found, nothing is taken
    out: it was a digit after all.
    """
    mask = (ink > 0.3).astype(np.uint8)
    # The strokes' width: of long marks only, as grain would bring it down.
    place = _place(mask, 1)
    stroke = stroke_width(ink[place] * mask[place]) if mask.any() else 0.0
    if not stroke:
        return ink, mask, mask
    if stroke > 2 * FINE:
        return _reduced(ink, stroke / FINE)
    form = _forms(mask, stroke)
    ink = np.where(form, np.float32(0), ink)
    cleaned, boxes = _without_lines(ink, mask & (1 - form), stroke, certain=bool(form.any()))
    around = _around((cleaned > 0.3).astype(np.uint8), stroke)
    return np.where(around, np.float32(0), cleaned), form | boxes, around


def _without_lines(ink: Ink, mask: Mask, stroke: float, certain: bool) -> tuple[Ink, Mask]:
    """The ink map without rules that are not of a form's mark; and where those of boxes were.

    mask: of the ink. certain: whether there are rules at all.
    """
    turned = np.ascontiguousarray(mask.T)
    across, down = _straight(mask, stroke), _straight(turned, stroke)
    level = [rule for rule in across if _crosses(rule, mask.shape[1], stroke)]
    upright = [rule for rule in down if _is_upright(rule, level, mask.shape)]
    upright += _folds(down, upright, mask, stroke)
    closed, dashed = _closed(across, down, 2 * stroke), _dashed(mask, turned, stroke)
    certain = certain or any(closed) or any(dashed) or len(level) > 1
    cleaned, boxes = ink.copy(), np.zeros_like(mask)
    for rule in dict.fromkeys((*closed[0], *dashed[0])):
        boxes |= _erase(cleaned, mask, rule, stroke)
    for rule in dict.fromkeys((*closed[1], *dashed[1])):
        boxes |= _erase(cleaned.T, turned, rule, stroke).T
    for rule in level:
        _erase(cleaned, mask, rule, stroke)
    for rule in upright:
        _erase(cleaned.T, turned, rule, stroke)
    if certain:
        return cleaned, boxes
    count, _, stats, _ = cv2.connectedComponentsWithStats((cleaned > 0.4).astype(np.uint8))
    tall = stats[1:, cv2.CC_STAT_HEIGHT].max() if count > 1 else 0
    return (cleaned if tall > 4 * stroke else ink), boxes


def _forms(mask: Mask, stroke: float) -> Mask:
    """The rules of tables, forms and boxes, with what lies all along them."""
    # Narrow gaps, as in worn and between double rules, are closed, and are not. Dashes are run
    # together only where that finds no form: it runs digits into their boxes.
    for gaps in ((0, 1), (3,)):
        form, cells = np.bitwise_or.reduce([by_holes(mask, stroke, gap) for gap in gaps])
        if form.any():
            break
    for along in (0, STRAIGHT):  # faint rules have gaps, and boxes stand as close to each other
        framed, inside = by_frames(mask & (1 - form), stroke, along)
        form, cells = form | framed, cells | inside
    found: Mask = form | scraps(mask & (1 - form), form, cells, stroke)
    return found


def _around(mask: Mask, stroke: float) -> Mask:
    """Rings and brackets around numbers, looked for where strokes are a few pixels wide."""
    height, width = mask.shape
    factor = max(1.0, stroke / CLEAR)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(mask * np.uint8(255), size, interpolation=cv2.INTER_AREA) >> 7
    found = rings(small, stroke / factor)
    found |= brackets(small & (1 - found), stroke / factor)
    if not found.any():
        return np.zeros_like(mask)
    around: Mask = cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST)
    return around


def _reduced(ink: Ink, factor: float) -> tuple[Ink, Mask, Mask]:
    """What `without_rules` finds in a picture so many times smaller: in far less time."""
    height, width = ink.shape
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    cleaned, *found = without_rules(small)
    taken = ((small > 0) & (cleaned == 0)).astype(np.uint8)
    taken, form, around = (
        cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST)
        for part in (taken, *found)
    )
    return np.where(taken, np.float32(0), ink), form, around


def _place(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the marks of a mask, with a margin: a drawing fills little of its paper.

    Where the margin is as wide as the window, a morphological operation finds there what it would
    find in the whole mask.
    """
    x, y, w, h = cv2.boundingRect(mask)
    return slice(max(0, y - margin), y + h + margin), slice(max(0, x - margin), x + w + margin)


def _dashed(mask: Mask, turned: Mask, stroke: float) -> tuple[list[_Rule], list[_Rule]]:
    """The dashed rules of both directions: long ones, and the sides of boxes.

    A side of a small box is short between the corners, and is told by the sides that it meets.
    """
    sides, lengths = zip(*(_dashes(side, stroke) for side in (mask, turned)), strict=True)
    corner = 2 * stroke + max(lengths)
    level, upright = (_straight(side, stroke, SHORT) for side in sides)
    boxes = _closed(level, upright, corner)
    for rule in (*boxes[0], *boxes[1]):
        rule.lengthen(corner)
    across, down = (_straight(side, stroke) for side in sides)
    return across + boxes[0], down + boxes[1]


def _dashes(mask: Mask, stroke: float) -> tuple[Mask, float]:
    """The short, flat marks of a mask, run together where they follow each other closely.

    And how long one of them is.
    """
    across = round(3 * stroke) | 1
    place = _place(mask, across)
    near = mask[place]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    flat = (heights <= 1.3 * stroke + 1) & (widths <= 6 * stroke)
    flat[0] = False
    linked = np.zeros_like(mask)
    long = widths[flat & (widths > stroke)]
    if not len(long):
        return linked, 0.0
    dashes = flat[labels].astype(np.uint8)
    linked[place] = cv2.morphologyEx(dashes, cv2.MORPH_CLOSE, np.ones((3, across), np.uint8))
    return linked, float(np.median(long))


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
        self.fit = fit
        self.middle = np.polyval(fit, np.arange(self.start, self.stop))
        self.strays = float(np.abs(np.polyval(fit, columns + left) - centres).mean())
        extent = part.shape[0] - part.argmax(0) - part[::-1].argmax(0)
        self.wide = float(np.median(extent[columns]))

    def lengthen(self, by: float) -> None:
        """Let it go on at both ends, inside the picture or not."""
        self.start, self.stop = max(0, self.start - round(by)), self.stop + round(by)
        self.middle = np.polyval(self.fit, np.arange(self.start, self.stop))

    def passes(self, x: float, y: float, slack: float) -> bool:
        """Whether it runs by a point, or ends there."""
        if not self.start - slack <= x < self.stop + slack:
            return False
        column = min(max(int(x) - self.start, 0), len(self.middle) - 1)
        return bool(abs(self.middle[column] - y) < slack)


def _straight(mask: Mask, stroke: float, least: float = 7) -> list[_Rule]:
    """Long, thin, nearly level lines in a mask, of parts that are `least` strokes' widths long."""
    reach = max(9, min(round(7 * stroke), mask.shape[1] // 6))
    part = min(reach, max(9, round(least * stroke)))
    runs = np.zeros_like(mask)
    near = _place(mask, reach)
    runs[near] = cv2.morphologyEx(mask[near], cv2.MORPH_OPEN, np.ones((1, part), np.uint8))
    rules: list[_Rule] = []
    if not runs.any():
        return rules
    place = _place(runs, reach)
    runs = runs[place]
    linked = cv2.dilate(runs, np.ones((3, reach | 1), np.uint8))  # over gaps and steps
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    top, left = place[0].start, place[1].start
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if w < LEAST * stroke or h > 0.12 * w + 4 * stroke:
            continue
        own = runs[y : y + h, x : x + w] * (labels[y : y + h, x : x + w] == label)
        rule = _Rule(own.astype(np.uint8), left + x, top + y)
        thin = rule.thick <= 1.3 * stroke + 1 and rule.strays <= rule.thick + 1
        if thin and rule.stop - rule.start >= LEAST * stroke:
            rules.append(rule)
    return rules


def _closed(
    level: list[_Rule], upright: list[_Rule], slack: float
) -> tuple[list[_Rule], list[_Rule]]:
    """The rules both of whose ends meet rules of the other direction of which the same holds."""
    sides = (level, upright)
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


def _folds(down: list[_Rule], upright: list[_Rule], mask: Mask, stroke: float) -> list[_Rule]:
    """Of the upright lines in the turned mask, those from frame to frame that are as no digit is.

    Without them there are only marks less than half as tall.
    """
    height = mask.shape[0]
    slack = EDGE * height
    through = [
        r for r in down if r.start <= slack and r.stop >= height - slack and r not in upright
    ]
    if not through:
        return []
    rest = mask.copy()
    for rule in through:
        _erase(rest.T, mask.T, rule, stroke)
    stats = cv2.connectedComponentsWithStats(rest, connectivity=8)[2]
    return through if stats[1:, cv2.CC_STAT_HEIGHT].max(initial=0) < height / 2 else []


def _long(marked: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """What is marked for at least so many places in a row."""
    line = marked.astype(np.uint8)[None]
    opened = cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones((1, max(1, least)), np.uint8))
    return np.asarray(opened[0] > 0)


def _erase(ink: Ink | Mask, mask: Mask, rule: _Rule, stroke: float) -> Mask:
    """Clear the rule's columns, but for those where a stroke crosses it or runs along it.

    Returns what was cleared, (h, w), 1 there.
    """
    height = ink.shape[0]
    half = int(np.ceil(rule.wide / 2)) + 2
    middle = np.round(rule.middle).astype(int)
    columns = np.arange(rule.start, min(rule.stop, ink.shape[1]))
    middle = middle[: len(columns)]
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
    cleared = np.zeros(ink.shape, np.uint8)
    for offset in range(-half, half + 1):
        rows = middle + offset
        clear = (rows >= 0) & (rows < height) & ~crossed
        cleared[rows[clear], columns[clear]] = 1
    ink[cleared > 0] = 0
    return cleared
