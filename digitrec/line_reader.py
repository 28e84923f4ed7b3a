"""A line read whole, by a network that needs no cuts: connectionist temporal classification."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.example import DIGITS
from digitrec.line_input import HEIGHT, SYMBOLS, clean
from digitrec.pieces import Line, Piece
from digitrec.preprocess import Ink
from digitrec.runtime import load

FOLDER = Path(__file__).resolve().parent / "data" / "line"
STEP = 2  # pixels of a strip between two places that the network answers for
OFFSET = 5.0  # of the middle of the first of them
WIDEST = 1280  # pixels of a strip
BEAM = 8
TEXTS = 4
UNLIKELY = -8.0  # log-probability of a digit at a place, below which it is not looked into


class LineNetwork:
    """The exported line network of a folder. Safe to share between threads.

    Raises `ModelError` when its file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._network, _ = load(folder)

    def __call__(self, strip: Ink) -> tuple[NDArray[np.float32], float]:
        """(32, w) float32 in [0, 1] -> (places, symbols + 1) float32 log-probabilities.

        And the mean logit of there being no number.
        """
        width = -(-strip.shape[1] // 32) * 32  # so that few widths need new buffers
        padded = np.zeros((1, HEIGHT, width, 1), np.float32)
        padded[0, :, : strip.shape[1], 0] = strip
        absent, logits = sorted((each[0] for each in self._network(padded)), key=np.ndim)
        spelt = np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True), np.float32)
        return spelt, float(absent[: places(strip)].mean())


def places(strip: Ink) -> int:
    """How many of the network's places a strip has to itself, of those for no number."""
    return max(1, int(strip.shape[1]) // 4 - 4)


@cache
def network() -> LineNetwork:
    """The shipped one. Raises `ModelError`."""
    return LineNetwork(FOLDER)


@dataclass(frozen=True)
class Spelling:
    """What the network makes of a line.

    p: (places, 11) log-probabilities of nothing and of each digit; points and commas are nothing
    to it. marks: (symbol, place) of those. to_picture: (2, 3) affine, strip to picture.
    """

    p: NDArray[np.float64]
    marks: tuple[tuple[str, float], ...]
    to_picture: NDArray[np.float64]

    def column(self, place: float) -> float:
        """The picture's column at a place of the strip, half-way up."""
        return float(self.to_picture[0] @ (place, HEIGHT / 2, 1))

    def likeliest(self) -> list[str]:
        """The best few texts by prefix beam search (Hannun et al., 2014)."""
        beam = [("", 0.0, -math.inf, 0.0)]  # log-probability of ending in nothing, in a digit, both
        for nothing, *of_digits in self.p.tolist():
            likely = [(str(digit), p) for digit, p in enumerate(of_digits) if p > UNLIKELY]
            in_nothing = {text: total + nothing for text, _, _, total in beam}
            in_digit: dict[str, float] = {}
            # A full beam goes on with nothing: what is less likely than its last drops out.
            least = beam[-1][3] + nothing if len(beam) == BEAM else -math.inf
            for text, ends_in_nothing, ends_in_digit, total in beam:
                for digit, p in likely:
                    longer, came = text + digit, total
                    if text.endswith(digit):
                        came = ends_in_nothing
                        in_digit[text] = _either(in_digit.get(text, -math.inf), ends_in_digit + p)
                    if came + p > least or longer in in_nothing:
                        in_digit[longer] = _either(in_digit.get(longer, -math.inf), came + p)
            ahead = []
            for text in in_nothing | in_digit:
                ends = in_nothing.get(text, -math.inf), in_digit.get(text, -math.inf)
                ahead.append((text, *ends, _either(*ends)))
            beam = sorted(ahead, key=itemgetter(3), reverse=True)[:BEAM] if likely else ahead
        return [text for text, *_ in beam[:TEXTS]]

    def log_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Of each text, all ways to spell it together: the forward algorithm (Graves et al., 2006).

        Shape (len(texts),). All texts go through it at once, the shorter ones with states to spare.
        """
        states = np.zeros((len(texts), 2 * max(map(len, texts)) + 1), int)
        for row, text in zip(states, texts, strict=True):
            row[: 2 * len(text) + 1] = _states(text)
        barred = np.where(_may_skip(states), 0.0, -np.inf)
        alpha = np.full((len(texts), states.shape[1] + 2), -np.inf)  # two more, for the shifts
        alpha[:, 2] = 0
        ahead = alpha[:, 2:]
        for p in self.p[:, states]:
            skipped = alpha[:, :-2] + barred
            ahead[:] = np.logaddexp(np.logaddexp(ahead, alpha[:, 1:-1]), skipped) + p
        each = np.arange(len(texts))
        last = 2 + 2 * np.array([len(text) for text in texts])
        found: NDArray[np.float64] = np.logaddexp(alpha[each, last], alpha[each, last - 1])
        return found

    def places(self, text: str) -> list[tuple[float, float]]:
        """Where each digit of `text` is, by the likeliest spelling: strip x, and probability."""
        if not text:
            return []
        states = _states(text)
        skips = _may_skip(np.array(states))
        score = np.full(len(states), -np.inf)
        score[:2] = self.p[0][states[:2]]
        came = np.zeros((len(self.p), len(states)), int)
        for t in range(1, len(self.p)):
            new = np.full(len(states), -np.inf)
            for s in range(len(states)):
                options: list[int] = [s, s - 1] if s else [s]
                if skips[s]:
                    options.append(s - 2)
                source = max(options, key=lambda o: score[o])
                new[s] = score[source] + self.p[t][states[s]]
                came[t, s] = source
            score = new
        s = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
        path = [s]
        for t in range(len(self.p) - 1, 0, -1):
            s = int(came[t, s])
            path.append(s)
        path.reverse()
        found = []
        for i, digit in enumerate(text):
            times = [t for t, s in enumerate(path) if s == 2 * i + 1]
            peak = max(times, key=lambda t: self.p[t][1 + int(digit)])
            found.append((STEP * peak + OFFSET, math.exp(self.p[peak][1 + int(digit)])))
        return found


def _either(a: float, b: float) -> float:
    """The log-probability of one of two: numpy's takes ten times as long for two numbers."""
    if a < b:
        a, b = b, a
    return a + math.log1p(math.exp(b - a)) if b > -math.inf else a


def _states(text: str) -> list[int]:
    """Nothing, the first digit, nothing, the second ...: columns of `Spelling.p`."""
    states = [0]
    for digit in text:
        states += [1 + int(digit), 0]
    return states


def _may_skip(states: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where the nothing before a digit may be left out: not between two that are the same.

    states: of `_states`, (..., n); so is what it gives.
    """
    may = np.zeros(states.shape, bool)
    may[..., 2:] = (states[..., 2:] != 0) & (states[..., 2:] != states[..., :-2])
    return may


def spell(
    network: LineNetwork, depth: Ink, line: Line, others: Sequence[Piece], stretch: float = 1.0
) -> Spelling:
    """Read one line of a picture.

    depth: (h, w) of `preprocess.depth_map`, from which the other marks are taken out.
    stretch: of the line's width.
    """
    strip, to_picture = strip_of(depth, line, others, stretch)
    p = network(strip)[0].astype(np.float64)
    unmarked = p[:, : DIGITS + 1].copy()
    unmarked[:, 0] = np.logaddexp.reduce(p[:, [0, *range(DIGITS + 1, p.shape[1])]], axis=1)
    best = p.argmax(1)
    starts = np.flatnonzero((best > DIGITS) & np.r_[True, best[1:] != best[:-1]])
    marks = [(SYMBOLS[best[t] - 1], STEP * float(t) + OFFSET) for t in starts]
    return Spelling(unmarked, tuple(marks), to_picture)


def strip_of(
    depth: Ink, line: Line, others: Sequence[Piece], stretch: float = 1.0
) -> tuple[Ink, NDArray[np.float64]]:
    """The line levelled and scaled to the network's height, and the way back to the picture.

    Where the line fills the picture's height, the picture is the strip: what the ink map missed
    of a faint hand is then still seen.
    """
    tall = [m for m in line.marks if m.box[3] > 0.45 * line.height] or list(line.marks)
    slope = _slope(tall, line.height)
    left, right = min(m.left for m in line.marks), max(m.right for m in line.marks)
    middle = (left + right) / 2
    top = min(m.top - slope * (m.left + m.box[2] / 2 - middle) for m in tall)
    bottom = max(m.bottom - slope * (m.left + m.box[2] / 2 - middle) for m in tall)
    height, width = depth.shape
    room = 0.12 * (bottom - top)
    top, bottom = top - room, bottom + room
    if not others and height < 1.5 * (bottom - top):
        slope, top, bottom, left, right = 0.0, 0.0, float(height), 0, width
    scale = HEIGHT / (bottom - top)
    start = left - 6 / scale
    across = min(WIDEST, max(16, round(((right - left) * scale + 12) * stretch)))
    reach = abs(slope) * (right - left) / 2 + 2 / scale
    above = max(0, int(top - reach))
    near = depth[above : max(above + 1, int(bottom + reach) + 1)]
    matrix = np.array(
        [
            [scale * stretch, 0, -scale * stretch * start],
            [-scale * slope, scale, scale * (slope * middle + above - top)],
        ]
    )
    if others:
        near = near.copy()
        for mark in others:
            _take_out(near, mark, above)
    if scale < 0.7:
        near = cv2.GaussianBlur(near, (0, 0), 0.35 / scale)
    strip = cv2.warpAffine(near, matrix, (across, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    matrix[1, 2] -= scale * above
    return clean(strip), cv2.invertAffineTransform(matrix)


def _take_out(near: Ink, mark: Piece, above: int) -> None:
    """Clear another mark from the rows of a picture from `above` on."""
    x, y, w, h = mark.box
    first, last = max(y, above), min(y + h, above + near.shape[0])
    if first < last:
        place = near[first - above : last - above, x : x + w]
        place[mark.ink[first - y : last - y] > 0.05] = 0


def _slope(marks: Sequence[Piece], height: float) -> float:
    """Of the line through the marks' middles; level where they are few or close together."""
    x = np.array([m.left + m.box[2] / 2 for m in marks])
    if len(marks) < 3 or np.ptp(x) < 2.5 * height:
        return 0.0
    slope = float(np.polyfit(x, [m.top + m.box[3] / 2 for m in marks], 1)[0])
    return slope if abs(slope) < 0.25 else 0.0
