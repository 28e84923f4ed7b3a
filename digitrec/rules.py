"""Ruled lines, table borders and box edges: taken out, the strokes that cross them kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.preprocess import Ink, stroke_width

Mask = NDArray[np.uint8]
EDGE = 0.025  # of the side: nearer than this to the frame counts as touching it


def without_rules(ink: Ink) -> Ink:
    """The ink map, (h, w) in [0, 1], without its rules.

    A level rule runs from one side of the picture to the other, or nearly. An upright one, which
    might be a 1, must lie along the frame or stand between two level rules. Where nothing but
    rules would be found, nothing is taken out: it was a digit after all.
    """
    mask = (ink > 0.3).astype(np.uint8)
    # The strokes' width: of long marks only, as grain would bring it down.
    stroke = stroke_width(np.where(ink > 0.3, ink, 0)) if mask.any() else 0.0
    if not stroke:
        return ink
    level = [rule for rule in _straight(mask, stroke) if _crosses(rule, mask.shape[1], stroke)]
    turned = np.ascontiguousarray(mask.T)
    upright = [rule for rule in _straight(turned, stroke) if _is_upright(rule, level, mask.shape)]
    if not level and not upright:
        return ink
    cleaned = ink.copy()
    for rule in level:
        _erase(cleaned, mask, rule)
    for rule in upright:
        _erase(cleaned.T, turned, rule)
    count, _, stats, _ = cv2.connectedComponentsWithStats((cleaned > 0.4).astype(np.uint8))
    tall = stats[1:, cv2.CC_STAT_HEIGHT].max() if count > 1 else 0
    return cleaned if tall > 4 * stroke else ink


class _Rule:
    """start, stop: columns. middle: (stop - start,) rows of its centre. thick: its width, pixels.

    strays: how far it is from a smooth line on average, pixels.
    """

    def __init__(self, part: Mask, left: int, top: int) -> None:
        columns = np.flatnonzero(part.any(0))
        self.start, self.stop = left + int(columns[0]), left + int(columns[-1]) + 1
        rows = np.arange(part.shape[0])[:, None]
        centres = (part * rows).sum(0)[columns] / part.sum(0)[columns] + top
        fit = np.polyfit(columns + left, centres, min(2, len(columns) - 1))
        self.middle = np.polyval(fit, np.arange(self.start, self.stop))
        self.strays = float(np.abs(np.polyval(fit, columns + left) - centres).mean())
        self.thick = float(np.median(part.sum(0)[columns]))


def _straight(mask: Mask, stroke: float) -> list[_Rule]:
    """Long, thin, nearly level lines in a mask."""
    width = mask.shape[1]
    reach = max(9, min(round(7 * stroke), width // 6))
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, reach), np.uint8))
    linked = cv2.dilate(runs, np.ones((3, reach | 1), np.uint8))  # over gaps and steps
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    rules = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if w < 0.35 * width or h > 0.12 * w + 4 * stroke:
            continue
        part = runs[y : y + h, x : x + w] * (labels[y : y + h, x : x + w] == label)
        rule = _Rule(part.astype(np.uint8), x, y)
        if rule.thick <= 1.3 * stroke + 1 and rule.strays <= rule.thick + 1:
            rules.append(rule)
    return rules


def _crosses(rule: _Rule, width: int, stroke: float) -> bool:
    if width < 15 * stroke:  # so close a crop that the base of a 2 may cross it
        return False
    slack = max(2.0, 0.01 * width)
    touches = (rule.start <= slack) + (rule.stop >= width - slack)
    # In a close crop a bar of a digit may reach one side of the frame.
    return touches == 2 or (touches == 1 and rule.stop - rule.start > max(0.6 * width, 30 * stroke))


def _is_upright(rule: _Rule, level: list[_Rule], shape: tuple[int, ...]) -> bool:
    """Of a rule in the turned mask: its columns are the picture's rows."""
    height, width = shape
    x = float(rule.middle.mean())
    slack = EDGE * height + 2 * rule.thick

    def meets(y: int) -> bool:
        return any(
            other.start <= x < other.stop and abs(other.middle[int(x) - other.start] - y) < slack
            for other in level
        )

    ends = [meets(rule.start), meets(rule.stop)]
    if all(ends):
        return True
    at_frame = [rule.start <= 2, rule.stop >= height - 2]
    beside = not 0.1 * width < x < 0.9 * width and rule.stop - rule.start > 0.6 * height
    return beside and all(m or f for m, f in zip(ends, at_frame, strict=True))


def _erase(ink: Ink, mask: Mask, rule: _Rule) -> None:
    """Clear the rule's columns, but for those where a stroke goes on above or below it."""
    height = ink.shape[0]
    half = int(np.ceil(rule.thick / 2)) + 2
    middle = np.round(rule.middle).astype(int)
    columns = np.arange(rule.start, rule.stop)
    crossed = np.zeros(len(columns), bool)
    for offset in (-half - 1, half + 1):
        rows = middle + offset
        inside = (rows >= 0) & (rows < height)
        crossed[inside] |= mask[rows[inside], columns[inside]] > 0
    for offset in range(-half, half + 1):
        rows = middle + offset
        clear = (rows >= 0) & (rows < height) & ~crossed
        ink[rows[clear], columns[clear]] = 0
