"""The lines of squared paper: found by how much of their way through the picture is marked."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask
from digitrec.preprocess import stroke_width
from digitrec.straight import LEVEL, LOOK, Rule, erase

COVERED = 0.85  # of a line's way through the picture, at the least
MANY, FAINTLY = 4, 0.6  # among so many others, it may be worn so much
NEAR, FINE = 0.012, 0.004  # how far off a slope may be, where it is known, and at last
TRIED = 17  # slopes
THIN = 0.75  # of the pen's width: what is thinner is printed
AT_FRAME = 0.1  # of the side
ALIKE = 1.6  # times the usual width, at the most that of a line
LONG = 4  # squares: more than a digit is tall, on most paper


@dataclass(frozen=True)
class Squares:
    """level: the rules from side to side. upright: those of the turned mask."""

    level: list[Rule]
    upright: list[Rule]

    @property
    def long(self) -> float:
        """What is as long and straight, in pixels, is no digit's stroke."""
        sides = self.level, self.upright
        gaps = [np.diff([float(rule.middle.mean()) for rule in side]) for side in sides]
        apart = np.concatenate(gaps)
        return LONG * float(np.median(apart)) if len(apart) else np.inf

    def without(self, mask: Mask, stroke: float) -> Mask:
        """A mask without them, nor where they cross each other; the strokes on them kept."""
        rest = mask.copy()
        for rule in self.level:
            erase(rest, mask, rule, stroke)
        turned = np.ascontiguousarray(rest.T)
        for rule in self.upright:
            erase(rest.T, turned, rule, stroke)
        return rest


def squares(mask: Mask, stroke: float, slopes: tuple[float, float]) -> Squares | None:
    """The lines of squared paper; None on other paper.

    They go through the picture from frame to frame in both directions, whatever is written on
    them, and there are two and more each way, or they are thinner than that and not all at the
    frame, as a cell's are.

    mask: of the ink, (h, w). stroke: its strokes' width, pixels. slopes: of level and of upright
    lines, 0 where they are not known.
    """
    turned = np.ascontiguousarray(mask.T)
    level = _through(mask, slopes[0] or -slopes[1])
    upright = _through(turned, slopes[1] or -slopes[0]) if level else []
    if not upright:
        return None
    found = Squares(level, upright)
    if len(level) > 1 and len(upright) > 1:
        return found
    sides = (level, mask.shape[0]), (upright, mask.shape[1])
    if not all(any(_is_within(rule, side) for rule in rules) for rules, side in sides):
        return None
    rest = found.without(mask, stroke)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    if count == 1:
        return None
    largest = labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
    widest = max(rule.wide for rule in (*level, *upright))
    return found if widest < THIN * stroke_width(largest.astype(np.float32)) else None


def _is_within(rule: Rule, side: int) -> bool:
    return AT_FRAME * side < float(rule.middle.mean()) < (1 - AT_FRAME) * side


def _through(mask: Mask, slope: float) -> list[Rule]:
    """The lines of about a slope that are marked nearly all of their way through the picture."""
    step = -(-max(mask.shape) // LOOK)
    small = cv2.dilate(mask, np.ones((2 * step + 1, step), np.uint8))[::step, ::step]
    for reach in (NEAR if slope else LEVEL, FINE):
        tried = slope + np.linspace(-reach, reach, TRIED)
        slope = max(tried, key=lambda each: float((_covered(small, each)[0] ** 2).sum()))
        covered, top = _covered(small, slope)
        if covered.max() < FAINTLY:
            return []
    places = _runs(covered > COVERED)
    if len(places) >= MANY:
        places = _runs(covered > FAINTLY)
    falls = slope * np.arange(mask.shape[1])
    rim = 1 + step  # of a line, which is marked less
    rules = []
    for start, stop in step * (places + top):
        upper = max(0, int(start - rim + falls.min()))
        near = mask[upper : int(stop + rim + falls.max()) + 1]
        away = upper + np.arange(len(near))[:, None] - falls
        part = near & (away >= start - rim) & (away < stop + rim)
        if np.count_nonzero(part.any(0)) > step:
            rules.append(Rule(part, 0, upper))
    usual = float(np.median([rule.wide for rule in rules])) if rules else 0.0
    return [rule for rule in rules if rule.wide <= ALIKE * usual + 1]


def _covered(mask: Mask, slope: float) -> tuple[NDArray[np.float64], int]:
    """The share of each line of a slope that is marked, and the row at which the first begins."""
    height, width = mask.shape
    room = int(np.ceil(abs(slope) * width))
    top = -room if slope > 0 else 0
    away = np.array([(1, 0, 0), (-slope, 1, -top)])
    marked, whole = (
        cv2.warpAffine(part, away, (width, height + room), flags=cv2.INTER_NEAREST).sum(1)
        for part in (mask, np.ones_like(mask))
    )
    return marked / np.maximum(whole, 5), top  # of a line that is hardly in the picture, nothing


def _runs(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """From, to of what is marked in a row, (n, 2)."""
    changes = np.diff(np.concatenate([[0], marked.astype(np.int8), [0]]))
    return np.flatnonzero(changes).reshape(-1, 2)
