"""Straight, thin lines, as rules and folds: found in a mask, and taken out of the ink."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.forms import LEAST, THICKER
from digitrec.masks import Mask, place_of, square
from digitrec.preprocess import Ink

LOOK = 480  # long side at which the slope of lines is looked for, pixels
THROUGH = 0.5  # of the side, at the least, that a line fills from whose slope others' is told
STEEPEST = 15  # degrees
LEVEL = 0.04  # the least slope that lines are levelled for


def slope_of(mask: Mask) -> float:
    """How far the straightest lines from side to side fall for each column; 0 if nearly level."""
    step = -(-max(mask.shape) // LOOK)
    small = cv2.dilate(mask, square(step))[::step, ::step]
    least = round(THROUGH * small.shape[1])
    angles = np.radians(90 - STEEPEST), np.radians(90 + STEEPEST)
    found = cv2.HoughLines(
        small, 1, np.radians(0.5), least, min_theta=angles[0], max_theta=angles[1]
    )
    if found is None:
        return 0.0
    slope = -1 / np.tan(float(found[0, 0, 1]))
    return slope if abs(slope) > LEVEL else 0.0


def turning(shape: Sequence[int], degrees: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The (2, 3) affine way that turns a picture anticlockwise, and the size that holds it all.

    shape: its height and width. The size is width and height, as OpenCV has it.
    """
    height, width = shape
    turn = cv2.getRotationMatrix2D((0, 0), degrees, 1)
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) @ turn[:, :2].T
    turn[:, 2] = -corners.min(0)
    wide, high = np.ceil(np.ptp(corners, axis=0)).astype(int).tolist()
    return turn, (wide, high)


class Levelled:
    """Turns masks of a shape so that lines of a slope are level in them, and turns them back."""

    def __init__(self, shape: Sequence[int], slope: float) -> None:
        self.shape, self.slope = shape, slope
        self.turn, self.size = turning(shape, np.degrees(np.arctan(slope)))

    def level(self, mask: Mask) -> Mask:
        if not self.slope:
            return mask
        turned: Mask = cv2.warpAffine(mask, self.turn, self.size, flags=cv2.INTER_NEAREST)
        return turned

    def back(self, level: Mask) -> Mask:
        if not self.slope:
            return level
        how = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        mask: Mask = cv2.warpAffine(level, self.turn, self.shape[::-1], flags=how)
        return mask


class Rule:
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
        fit = np.polyfit(columns + left, centres, min(3, len(columns) - 1))
        self.fit = fit
        self.middle = np.polyval(fit, np.arange(self.start, self.stop))
        self.strays = float(np.abs(np.polyval(fit, columns + left) - centres).mean())
        extent = part.shape[0] - part.argmax(0) - part[::-1].argmax(0)
        self.wide = float(np.median(extent[columns]))

    def move(self, down: float, slope: float) -> None:
        """Let it lie lower by so much, and fall by so much for each column."""
        self.fit = np.polyadd(self.fit, [slope, down])
        self.middle = np.polyval(self.fit, np.arange(self.start, self.stop))

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


def straight_lines(
    mask: Mask, stroke: float, least: float = 7, slope: float = 0.0, bow: int = 0
) -> list[Rule]:
    """Long, thin, nearly level lines in a mask, of parts that are `least` strokes' widths long.

    slope: how far they fall for each column. bow: how many pixels such a part may be bowed by, up
    or down, as on a page that does not lie flat.
    """
    if slope:
        height, width = mask.shape
        room = round(abs(slope) * width)
        away = np.array([(1, 0, 0), (-slope, 1, room if slope > 0 else 0)])
        level = cv2.warpAffine(mask, away, (width, height + room), flags=cv2.INTER_NEAREST)
        tilted = straight_lines(level, stroke, least, bow=bow)
        for rule in tilted:
            rule.move(-away[1, 2], slope)
        return tilted
    reach = max(9, min(round(7 * stroke), mask.shape[1] // 6))
    part = min(reach, max(9, round(least * stroke)))
    runs = np.zeros_like(mask)
    near = place_of(mask, reach)
    bowed = cv2.dilate(mask[near], np.ones((2 * bow + 1, 1), np.uint8))
    runs[near] = mask[near] & cv2.morphologyEx(bowed, cv2.MORPH_OPEN, np.ones((1, part), np.uint8))
    rules: list[Rule] = []
    if not runs.any():
        return rules
    place = place_of(runs, reach)
    runs = runs[place]
    linked = cv2.dilate(runs, np.ones((3, reach | 1), np.uint8))  # over gaps and steps
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    top, left = place[0].start, place[1].start
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if w < LEAST * stroke or h > 0.12 * w + 4 * stroke:
            continue
        own = runs[y : y + h, x : x + w] * (labels[y : y + h, x : x + w] == label)
        rule = Rule(own.astype(np.uint8), left + x, top + y)
        thin = rule.thick <= 1.3 * stroke + 1 and rule.strays <= rule.thick + 1
        if thin and rule.stop - rule.start >= LEAST * stroke:
            rules.append(rule)
    return rules


def _long(marked: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """What is marked for at least so many places in a row."""
    line = marked.astype(np.uint8)[None]
    opened = cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones((1, max(1, least)), np.uint8))
    return np.asarray(opened[0] > 0)


def erase(ink: Ink | Mask, mask: Mask, rule: Rule, stroke: float) -> Mask:
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
