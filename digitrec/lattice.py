"""A line of marks -> the division into digits and other marks that the network finds likeliest."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import Classifier
from digitrec.example import NOT_A_DIGIT
from digitrec.pieces import Candidate, Line, Piece
from digitrec.preprocess import Ink, normalise

IMPOSSIBLE = -math.inf
LEFT_OUT, LEFT_OUT_OF_STROKES = 0.35, 0.1  # how likely it is that ink means nothing
MOST = 5000  # candidates of a page: a page of a thousand digits has fewer


@dataclass(frozen=True)
class Step:
    """A candidate on the best path. p: (11,) probabilities; seen: (28, 28).

    digit: what it is taken for, None for what is not a digit.
    """

    piece: Piece
    seen: Ink
    p: NDArray[np.float32]
    digit: int | None


@dataclass(frozen=True)
class _Scored:
    """A candidate as the network sees it, and what it adds to a path's score."""

    candidate: Candidate
    seen: Ink
    p: NDArray[np.float32]
    digits: NDArray[np.float64]  # (10,) score of each
    other: float  # score of *not a digit*

    def step(self, digit: int | None) -> Step:
        return Step(self.candidate.piece, self.seen, self.p, digit)


_Path = tuple[tuple[_Scored, int | None], ...]  # and what each is taken for


class Lattice:
    """The candidates of one line, scored; every path through it divides the whole line.

    Paths run from place to place of the line, in rising order. A candidate's log-probability
    counts once a piece it joins, so that joining does not win by adding fewer terms.
    """

    def __init__(
        self,
        line: Line,
        candidates: Sequence[Candidate],
        seen: Sequence[Ink],
        p: NDArray[np.float32],
    ) -> None:
        self.line = line
        self._end = float(len(line.marks))
        starts = sorted({candidate.start for candidate in candidates})
        self._from: dict[float, list[_Scored]] = {start: [] for start in starts}
        for each in zip(candidates, seen, p, strict=True):
            self._from[each[0].start].append(_scored(line, *each))

    @cached_property
    def best(self) -> tuple[float, list[Step]]:
        """The likeliest path's score, a log-probability of sorts, and its steps."""
        return self.between(0.0, self._end)

    def between(self, first: float, last: float) -> tuple[float, list[Step]]:
        """The same from a place to another, where no candidate reaches beyond either."""
        best: dict[float, tuple[float, _Path]] = {first: (0.0, ())}
        for start in (place for place in self._from if first <= place < last):
            score, path = best[start]
            for each in self._from[start]:
                digit = int(each.digits.argmax())
                gain = max(float(each.digits[digit]), each.other)
                end = each.candidate.end
                if end not in best or score + gain > best[end][0]:
                    what = digit if each.digits[digit] >= each.other else None
                    best[end] = (score + gain, (*path, (each, what)))
        score, path = best[last]
        return score, [each.step(what) for each, what in path]

    def reading(self, text: str) -> tuple[float, list[Step]]:
        """The same among the paths that read `text`; -inf and no steps where there is none."""
        states: defaultdict[float, dict[int, tuple[float, _Path]]] = defaultdict(dict)
        states[0.0][0] = (0.0, ())
        for start, found in self._from.items():
            for done, (score, path) in states[start].items():
                for each in found:
                    ways: list[tuple[int, int | None, float]] = [(done, None, each.other)]
                    if done < len(text):
                        digit = int(text[done])
                        ways.append((done + 1, digit, float(each.digits[digit])))
                    end = states[each.candidate.end]
                    for state, what, gain in ways:
                        if state not in end or score + gain > end[state][0]:
                            end[state] = (score + gain, (*path, (each, what)))
        score, path = states[self._end].get(len(text), (IMPOSSIBLE, ()))
        return score, [each.step(what) for each, what in path]


def lattices(lines: Sequence[Line], classifier: Classifier) -> list[Lattice]:
    """Of each line; the network sees the candidates of all lines at once."""
    candidates = _candidates(lines)
    inks = [normalise(c.piece.ink) for found in candidates for c in found]
    if not inks:
        return []
    seen = np.stack(inks)
    p = classifier.probabilities(seen[..., None])
    made, start = [], 0
    for line, found in zip(lines, candidates, strict=True):
        end = start + len(found)
        made.append(Lattice(line, found, list(seen[start:end]), p[start:end]))
        start = end
    return made


def _candidates(lines: Sequence[Line]) -> list[list[Candidate]]:
    """Of each line; on a page of print or scribbles, which has too many, of its marks as they are.

    Nobody would wait for a page of text to be tried in every way.
    """
    found: list[list[Candidate]] = []
    room = MOST
    for line in lines:
        found.append(line.candidates(room + 1))
        room -= len(found[-1])
        if room < 0:
            return [list(line.division.uncut()) for line in lines]
    return found


def _scored(line: Line, candidate: Candidate, seen: Ink, p: NDArray[np.float32]) -> _Scored:
    _, _, width, height = candidate.box
    tall = height / line.height
    digits = p[:NOT_A_DIGIT].astype(np.float64) * (1 if tall > 0.45 else 0.1)
    other = float(p[NOT_A_DIGIT])
    if candidate.lone and tall < 0.45:
        other = max(other, 0.85)  # a dot or a dash, unless it makes another whole
    elif tall > 0.7:  # most of what people write here are digits, the more so in a row
        other *= 0.4 if len(line.marks) > 2 else 0.5
    # A dot may be left out; more ink than that is rather explained, and a stroke of the pen that
    # hangs together with others the more so.
    dot = max(width, height) < 0.3 * line.height
    parted = bool(candidate.start % 1 or candidate.end % 1)
    left_out = LEFT_OUT_OF_STROKES if line.strokes is not None and parted else LEFT_OUT
    unlikely = 0.4 * candidate.unlikely
    return _Scored(
        candidate,
        seen,
        p,
        candidate.weight * np.log(np.maximum(digits, 1e-12)) - unlikely,
        candidate.weight * math.log(max((1.0 if dot else left_out) * other, 1e-12)) - unlikely,
    )
