"""What would make it another digit: a small change of ink after which it is read so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitrec.classifier import Classifier
from digitrec.inside import log_odds
from digitrec.preprocess import SIDE, Ink

PATCH = 4  # side of the squares that are exchanged whole, pixels


@dataclass(frozen=True, eq=False)
class Change:
    """ink: (28, 28), after the change. confidence: in the target.

    share: the ink added and the ink taken away together, over the ink that was there.
    """

    ink: Ink
    confidence: float
    share: float


def smallest_change(
    classifier: Classifier, ink: Ink, target: int, models: NDArray[np.float32]
) -> Change | None:
    """The smallest change found that makes the network read `target`; None where there is none.

    models: (n, 28, 28), pictures of the target. Patch by patch, the one first that helps most, the
    ink is exchanged for a model's until the answer turns; then whatever the turn does not need is
    put back (after Goyal et al., *Counterfactual visual explanations*, 2019). It is a greedy
    search: a smaller change may exist.
    """
    found = [_towards(classifier, ink, target, model) for model in models]
    return min(
        (change for change in found if change is not None),
        key=lambda change: change.share,
        default=None,
    )


def _towards(classifier: Classifier, ink: Ink, target: int, model: Ink) -> Change | None:
    now, lead = ink.copy(), _margins(classifier, ink[None], target)[0]
    while lead <= 0:
        places = _differing(now, model)
        if not places:  # it is the model now, and even that is not read so
            return None
        tried = np.stack([_exchanged(now, model, place) for place in places])
        leads = _margins(classifier, tried, target)
        gained = leads - lead
        # A patch of little ink may turn the answer as well as one of much.
        paid = np.abs(tried - now).sum((1, 2)) + 1
        best = int(np.argmax(np.where(gained > 0, gained / paid, gained - 1e3)))
        now, lead = tried[best], leads[best]
    now = _without_needless(classifier, ink, now, target)
    confidence = float(classifier.probabilities(now[None, ..., None])[0, target])
    return Change(now, confidence, float(np.abs(now - ink).sum() / max(float(ink.sum()), 1e-6)))


def _without_needless(classifier: Classifier, before: Ink, after: Ink, target: int) -> Ink:
    """Put back, patch by patch, whatever leaves the answer as it is; the largest first."""
    while places := _differing(after, before):
        tried = np.stack([_exchanged(after, before, place) for place in places])
        still = _margins(classifier, tried, target) > 0
        if not still.any():
            break
        saved = np.abs(tried - after).sum((1, 2))
        after = tried[int(np.argmax(np.where(still, saved, -1)))]
    return after


def _margins(classifier: Classifier, inks: Ink, target: int) -> NDArray[np.float32]:
    """By how much the target leads the next answer, in log-odds, (n,)."""
    odds = log_odds(classifier.probabilities(inks[..., None]))
    others = np.delete(odds, target, 1).max(1)
    return np.asarray(odds[:, target] - others, np.float32)


def _differing(one: Ink, other: Ink) -> list[tuple[int, int]]:
    squares = range(0, SIDE, PATCH)
    return [
        (y, x)
        for y in squares
        for x in squares
        if (one[y : y + PATCH, x : x + PATCH] != other[y : y + PATCH, x : x + PATCH]).any()
    ]


def _exchanged(ink: Ink, model: Ink, place: tuple[int, int]) -> Ink:
    y, x = place
    changed = ink.copy()
    changed[y : y + PATCH, x : x + PATCH] = model[y : y + PATCH, x : x + PATCH]
    return changed
