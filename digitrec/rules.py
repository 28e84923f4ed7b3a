"""Rules, boxes, and lines around numbers: taken out, the strokes that cross them kept."""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.brackets import brackets
from digitrec.forms import STRAIGHT, THICKER, by_frames, by_holes, scraps
from digitrec.masks import Mask, place_of, smaller, square
from digitrec.preprocess import Ink, stroke_width
from digitrec.rings import rings
from digitrec.slashes import slashes
from digitrec.squares import Squares, squares
from digitrec.straight import Levelled, Rule, erase, slope_of, straight_lines

EDGE = 0.025  # of the side: nearer than this to the frame counts as touching it
SHORT = 3.5  # stroke widths: the least of a dashed side of a box, between the corners
LONG = 0.35  # of the side: the least length of a rule that stands alone
BOW = 0.5  # of a stroke's width, that a part of a rule is bowed by where paper does not lie flat
SQUARE = 0.04  # how far the slopes of level and of upright lines differ, at the most, in a cell
CLEAR = 5.0  # pixels of a stroke's width: what is around a number is seen well enough then
FINE = 12.0  # pixels of a stroke's width: what is taken out is seen well enough then


def without_rules(ink: Ink) -> tuple[Ink, Mask, Mask]:
    """The ink map, (h, w) in [0, 1], without its rules and what is drawn around numbers.

    And where those of forms were, and where rings, brackets and slashes were: (h, w) each, 1 there.

    Squared paper has lines from frame to frame both ways. A table or a form is a mark whose holes
    are rectangles, with what lies all along it, as the outer line of a double rule; where digits
    touch too many holes, it is told by its frame, or is made of rules whose ends all meet others.
    Of a tilted one in a close crop, they may meet the picture's frame instead, on any of its sides.
    A dashed rule is a row of dashes. Any other level rule runs from one side of the picture to the
    other, or nearly, and an upright one, which might be a 1, lies along the frame, stands between
    two level rules, or is a fold, more than twice as tall as all else. Where nothing but a rule or
    two of this last kind would be found, nothing is taken out: it was a digit after all.
    """
    mask = (ink > 0.3).astype(np.uint8)
    # The strokes' width: of long marks only, as grain would bring it down.
    place = place_of(mask, 1)
    stroke = stroke_width(ink[place] * mask[place]) if mask.any() else 0.0
    if not stroke:
        return ink, mask, mask
    if stroke > 2 * FINE:
        return _reduced(ink, stroke / FINE)
    slopes = slope_of(mask), slope_of(np.ascontiguousarray(mask.T))
    squared = squares(mask, stroke, slopes)
    if squared:
        rest = squared.without(mask, stroke)
        fringe = cv2.dilate(mask - rest, square(3)) & (1 - rest)
        ink, mask = np.where(fringe, np.float32(0), ink), rest
    form = _forms(mask, stroke, slopes[0] or -slopes[1])
    ink = np.where(form, np.float32(0), ink)
    cleaned, boxes = _without_lines(
        ink, mask & (1 - form), stroke, slopes, certain=bool(form.any()), squared=squared
    )
    around = _around((cleaned > 0.3).astype(np.uint8), stroke)
    return np.where(around, np.float32(0), cleaned), form | boxes, around


def _without_lines(
    ink: Ink,
    mask: Mask,
    stroke: float,
    slopes: tuple[float, float],
    *,
    certain: bool,
    squared: Squares | None,
) -> tuple[Ink, Mask]:
    """The ink map without rules that are not of a form's mark; and where those of boxes were.

    mask: of the ink. slopes: of level and of upright rules. certain: whether there are rules.
    squared: the paper's lines from frame to frame, which are taken out.
    """
    turned = np.ascontiguousarray(mask.T)
    sides = (mask, slopes[0]), (turned, slopes[1])
    across, down = (
        straight_lines(side, stroke, slope=slope, bow=round(BOW * stroke)) for side, slope in sides
    )
    height, width = mask.shape
    level = [rule for rule in across if _crosses(rule, width, stroke)]
    upright = [rule for rule in down if _is_upright(rule, level, mask.shape)]
    if squared:  # what is left of its lines, as where the page does not lie flat
        for rules, lines, side in ((level, across, width), (upright, down, height)):
            least = max(LONG * side, squared.long)
            long = [rule for rule in lines if rule.stop - rule.start > least]
            rules += [rule for rule in long if rule not in rules]
    upright += _folds(down, upright, level, mask, stroke)
    walls, posts = (straight_lines(side, stroke, slope=slope) for side, slope in sides)
    closed, dashed = _closed(walls, posts, 2 * stroke), _dashed(mask, turned, stroke)
    if all(slopes) and abs(sum(slopes)) < SQUARE:  # a tilted cell, which the frame cuts
        walls, posts = (
            [r for r in rules if r.stop - r.start > LONG * side and r.thick <= THICKER * r.wide + 1]
            for rules, side in ((walls, width), (posts, height))
        )
        cell = _closed(walls, posts, 2 * stroke, mask.shape)
        closed = cell if all(cell) else closed
    certain = certain or squared is not None or any(closed) or any(dashed) or len(level) > 1
    cleaned, boxes = ink.copy(), np.zeros_like(mask)
    for rule in dict.fromkeys((*closed[0], *dashed[0])):
        boxes |= erase(cleaned, mask, rule, stroke)
    for rule in dict.fromkeys((*closed[1], *dashed[1])):
        boxes |= erase(cleaned.T, turned, rule, stroke).T
    for rule in level:
        erase(cleaned, mask, rule, stroke)
    for rule in upright:
        erase(cleaned.T, turned, rule, stroke)
    if certain:
        return cleaned, boxes
    count, _, stats, _ = cv2.connectedComponentsWithStats((cleaned > 0.4).astype(np.uint8))
    tall = stats[1:, cv2.CC_STAT_HEIGHT].max() if count > 1 else 0
    return (cleaned if tall > 4 * stroke else ink), boxes


def _forms(mask: Mask, stroke: float, slope: float) -> Mask:
    """The rules of tables, forms and boxes, with what lies all along them.

    slope: of the level ones.
    """
    # Narrow gaps, as in worn and between double rules, are closed, and are not. Dashes are run
    # together only where that finds no form: it runs digits into their boxes.
    for gaps in ((0, 1), (3,)):
        form, cells = np.bitwise_or.reduce([by_holes(mask, stroke, gap) for gap in gaps])
        if form.any():
            break
    levelled = Levelled(mask.shape, slope)
    level = levelled.level(mask & (1 - form))
    framed, inside = by_frames(level, stroke, 0)
    # Faint rules have gaps, and boxes stand as close to each other.
    more, cells_of = by_frames(level & (1 - framed), stroke, STRAIGHT)
    form, cells = form | levelled.back(framed | more), cells | levelled.back(inside | cells_of)
    found: Mask = form | scraps(mask & (1 - form), form, cells, stroke)
    return found


def _around(mask: Mask, stroke: float) -> Mask:
    """Rings and brackets around numbers, and slashes between, 1 there.

    They are looked for where strokes are a few pixels wide.
    """
    height, width = mask.shape
    factor = max(1.0, stroke / CLEAR)
    small = (smaller(mask * np.uint8(255), factor) > 127).astype(np.uint8)
    found = rings(small, stroke / factor)
    found |= brackets(small & (1 - found), stroke / factor)
    found |= slashes(small & (1 - found), stroke / factor)
    if not found.any():
        return np.zeros_like(mask)
    around: Mask = cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST)
    return around


def _reduced(ink: Ink, factor: float) -> tuple[Ink, Mask, Mask]:
    """What `without_rules` finds in a picture so many times smaller: in far less time."""
    height, width = ink.shape
    small = smaller(ink, factor)
    cleaned, *found = without_rules(small)
    taken = ((small > 0) & (cleaned == 0)).astype(np.uint8)
    taken, form, around = (
        cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST)
        for part in (taken, *found)
    )
    return np.where(taken, np.float32(0), ink), form, around


def _dashed(mask: Mask, turned: Mask, stroke: float) -> tuple[list[Rule], list[Rule]]:
    """The dashed rules of both directions: long ones, and the sides of boxes.

    A side of a small box is short between the corners, and is told by the sides that it meets.
    """
    sides, lengths = zip(*(_dashes(side, stroke) for side in (mask, turned)), strict=True)
    corner = 2 * stroke + max(lengths)
    level, upright = (straight_lines(side, stroke, SHORT) for side in sides)
    boxes = _closed(level, upright, corner)
    for rule in (*boxes[0], *boxes[1]):
        rule.lengthen(corner)
    across, down = (straight_lines(side, stroke) for side in sides)
    return across + boxes[0], down + boxes[1]


def _dashes(mask: Mask, stroke: float) -> tuple[Mask, float]:
    """The short, flat marks of a mask, run together where they follow each other closely.

    And how long one of them is.
    """
    across = round(3 * stroke) | 1
    place = place_of(mask, across)
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


def _closed(
    level: list[Rule],
    upright: list[Rule],
    slack: float,
    frame: tuple[int, ...] | None = None,
) -> tuple[list[Rule], list[Rule]]:
    """The rules both of whose ends meet rules of the other direction of which the same holds.

    frame: height and width of the picture, where an end may meet its frame instead.
    """
    sides = (level, upright)
    frames = (frame, frame[::-1]) if frame else (None, None)
    while True:
        kept = tuple(
            [
                rule
                for rule in these
                if all(
                    any(other.passes(y, x, slack) for other in others)
                    or (shape is not None and _at_frame(x, y, shape, slack))
                    for x, y in ((rule.start, rule.middle[0]), (rule.stop, rule.middle[-1]))
                )
            ]
            for these, others, shape in zip(sides, sides[::-1], frames, strict=True)
        )
        if [len(rules) for rules in kept] == [len(rules) for rules in sides]:
            return sides
        sides = (kept[0], kept[1])


def _at_frame(x: float, y: float, shape: tuple[int, ...], slack: float) -> bool:
    """Whether a point is as near as that to a side of a picture of that height and width."""
    height, width = shape
    return not (slack < x < width - slack and slack < y < height - slack)


def _crosses(rule: Rule, width: int, stroke: float) -> bool:
    length = rule.stop - rule.start
    if width < 15 * stroke or length < LONG * width:  # a crop so close that a 2's base may cross it
        return False
    slack = max(2.0, 0.01 * width)
    touches = (rule.start <= slack) + (rule.stop >= width - slack)
    # In a close crop a bar of a digit may reach one side of the frame.
    return touches == 2 or (touches == 1 and length > max(0.6 * width, 30 * stroke))


def _is_upright(rule: Rule, level: list[Rule], shape: tuple[int, ...]) -> bool:
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


def _folds(
    down: list[Rule], upright: list[Rule], level: list[Rule], mask: Mask, stroke: float
) -> list[Rule]:
    """Of the upright lines in the turned mask, those from frame to frame that are as no digit is.

    Without them there are only marks less than half as tall.
    """
    height = mask.shape[0]
    slack = EDGE * height
    through = [r for r in down if r.start <= slack and r.stop >= height - slack]
    if not through:
        return []
    rest = mask.copy()
    for rule in level:
        erase(rest, mask, rule, stroke)
    for rule in (*upright, *through):
        erase(rest.T, mask.T, rule, stroke)
    stats = cv2.connectedComponentsWithStats(rest, connectivity=8)[2]
    low = stats[1:, cv2.CC_STAT_HEIGHT].max(initial=0) < height / 2
    return [rule for rule in through if low and rule not in upright]
