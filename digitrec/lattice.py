"""A line of marks -> the division into digits and other marks that the network finds likeliest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import NOT_A_DIGIT, Classifier
from digitrec.preprocess import Ink, normalise
from digitrec.segment import Candidate, Line, Piece

IMPOSSIBLE = -math.inf


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


class Lattice:
    """The candidates of one line, scored; every path through it divides the whole line.

    A candidate's log-probability counts once a mark it joins, so that joining does not win by
    adding fewer terms.
    """

    def __init__(
        self,
        line: Line,
        candidates: Sequence[Candidate],
        seen: Sequence[Ink],
        p: NDArray[np.float32],
    ) -> None:
        self.line = line
        scored = [_scored(line, *each) for each in zip(candidates, seen, p, strict=True)]
        self._from: list[list[_Scored]] = [[] for _ in line.marks]
        for each in scored:
            self._from[each.candidate.first].append(each)

    @cached_property
    def best(self) -> tuple[float, list[Step]]:
        """The likeliest path's score, a log-probability of sorts, and its steps."""
        best: list[tuple[float, tuple[Step, ...]]] = [(0.0, ())]
        best += [(IMPOSSIBLE, ())] * len(self.line.marks)
        for first, found in enumerate(self._from):
            score, steps = best[first]
            for each in found:
                digit = int(each.digits.argmax())
                gain = max(float(each.digits[digit]), each.other)
                end = each.candidate.last + 1
                if score + gain > best[end][0]:
                    what = digit if each.digits[digit] >= each.other else None
                    best[end] = (
                        score + gain,
                        (*steps, Step(each.candidate.piece, each.seen, each.p, what)),
                    )
        return best[-1][0], list(best[-1][1])

    def reading(self, text: str) -> tuple[float, list[Step]]:
        """The same among the paths that read `text`; -inf and no steps where there is none."""
        states: list[dict[int, tuple[float, tuple[Step, ...]]]] = [
            {} for _ in range(len(self.line.marks) + 1)
        ]
        states[0][0] = (0.0, ())
        for first, found in enumerate(self._from):
            for done, (score, steps) in states[first].items():
                for each in found:
                    ways: list[tuple[int, int | None, float]] = [(done, None, each.other)]
                    if done < len(text):
                        digit = int(text[done])
                        ways.append((done + 1, digit, float(each.digits[digit])))
                    end = states[each.candidate.last + 1]
                    for state, what, gain in ways:
                        if state not in end or score + gain > end[state][0]:
                            step = Step(each.candidate.piece, each.seen, each.p, what)
                            end[state] = (score + gain, (*steps, step))
        score, steps = states[-1].get(len(text), (IMPOSSIBLE, ()))
        return score, list(steps)


def lattices(lines: Sequence[Line], classifier: Classifier) -> list[Lattice]:
    """Of each line; the network sees the candidates of all lines at once."""
    candidates = [line.candidates() for line in lines]
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


def _scored(line: Line, candidate: Candidate, seen: Ink, p: NDArray[np.float32]) -> _Scored:
    tall = candidate.piece.box[3] / line.height
    digits = p[:NOT_A_DIGIT].astype(np.float64) * (1 if tall > 0.45 else 0.1)
    other = float(p[NOT_A_DIGIT])
    if candidate.first == candidate.last and tall < 0.45:
        other = max(other, 0.85)  # a dot or a dash, unless it makes another whole
    elif tall > 0.7:  # most of what people write here are digits, the more so in a row
        other *= 0.4 if len(line.marks) > 2 else 0.5
    weight = sum(
        min(1.0, max(m.box[2], m.box[3]) / line.height)
        for m in line.marks[candidate.first : candidate.last + 1]
    )
    # A dot may be left out; more ink than that is rather explained.
    dot = max(candidate.piece.box[2:]) < 0.3 * line.height
    unlikely = 0.4 * line.unlikely_ends(candidate.first, candidate.last)
    return _Scored(
        candidate,
        seen,
        p,
        weight * np.log(np.maximum(digits, 1e-12)) - unlikely,
        weight * math.log(max((1.0 if dot else 0.35) * other, 1e-12)) - unlikely,
    )
