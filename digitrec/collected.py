"""The examples as training data: arrays, near-duplicates kept together, and what they are for.

An example and another like it (the same drawing at another size, the same photo sent twice) must
not lie on both sides of a fold: the network would be examined on what it learnt by heart.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec import examples, storage
from digitrec.example import NOT_A_DIGIT, Which

ALIKE = 0.95  # cosine of two inks; of other hands' digits few but upright strokes come so near
SAME = 0.99  # of an ink and its copy; of MNIST's 6,742 ones no four hang together by it
SHARE = 0.05  # of the images in training that are examples, each repeated to make that many
MOST_REPEATED = 20  # times: three examples are not to be learnt by heart
COMPARED = 20_000_000  # pairs of inks at a time: 80 MB
SHIFTS = ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))  # the other four are these, seen from the other


@dataclass(frozen=True, eq=False)
class Collected:
    """x: (n, 28, 28) uint8, bright on dark. y: (n,) uint8, 0 to 10. writers, groups: (n,).

    writers: "" where none is known. groups: the same number for near-duplicates.
    """

    x: NDArray[np.uint8]
    y: NDArray[np.uint8]
    writers: NDArray[np.str_]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def chosen(self, which: NDArray[Any]) -> Collected:
        return Collected(self.x[which], self.y[which], self.writers[which], self.groups[which])

    def of_classes(self, classes: int) -> Collected:
        """Without *not a digit* for a network that does not know it."""
        return self.chosen(self.y < classes)

    def to_npz(self) -> bytes:
        return storage.npz(**vars(self))

    @classmethod
    def from_npz(cls, content: bytes) -> Collected:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return cls(file["x"], file["y"], file["writers"], file["groups"])


def collected(newest: int | None = None, heed: Callable[[], None] = lambda: None) -> Collected:
    """All kept examples, or the newest so many.

    heed: is called a few times a second while many are compared, and may raise. Raises
    `examples.ExamplesError`.
    """
    found = list(examples.every(Which()) if newest is None else examples.find(Which(), newest))
    x = np.array([example.ink for example in found], np.uint8).reshape(-1, 28, 28)
    y = np.array([example.label for example in found], np.uint8)
    writers = np.array([example.writer or "" for example in found], np.str_)
    return Collected(x, y, writers, near_duplicates(x, y, heed))


def near_duplicates(
    x: NDArray[np.uint8], y: NDArray[np.uint8], heed: Callable[[], None] = lambda: None
) -> NDArray[np.int64]:
    """(n, 28, 28) and their labels (n,) -> (n,) numbers of groups of near-duplicates.

    They have one label, and inks that are alike, give or take a pixel's shift. Another label's
    need not be kept together with them: learning those by heart is no help in an examination. All
    pairs of one label are compared: of evenly many of each, a tenth of all pairs.

    Each goes with those that are the same and, of those alike, with the nearest: if with all, one
    upright stroke would lead to the next, until most ones were a single group.
    """
    groups = np.zeros(len(x), np.int64)
    count = 0
    for label in np.unique(y):
        groups[y == label] = count + _alike(x[y == label], heed)
        count = int(groups.max()) + 1
    return groups


def _alike(x: NDArray[np.uint8], heed: Callable[[], None]) -> NDArray[np.int64]:
    # Every page tells of an adaptation, and SciPy is 20 MB: it is there when there is work.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    flat = _unit(x)
    block = max(1, COMPARED // len(x))
    found = []
    for shift in SHIFTS:
        moved = _unit(np.roll(x, shift, axis=(1, 2)))
        for start in range(0, len(x), block):
            heed()
            cosines = flat[start : start + block] @ moved.T
            rows, columns = np.nonzero(cosines > ALIKE)
            others = rows + start != columns
            found.append((rows[others] + start, columns[others], cosines[rows, columns][others]))
    one, other, near = (np.concatenate(parts) for parts in zip(*found, strict=True))
    nearest = np.zeros(len(x), np.float32)
    np.maximum.at(nearest, one, near)
    np.maximum.at(nearest, other, near)
    joined = (near > SAME) | (near == nearest[one]) | (near == nearest[other])
    pairs = (one[joined], other[joined])
    graph = coo_array((np.ones(len(pairs[0]), np.int8), pairs), shape=(len(x), len(x)))
    groups: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups


def _unit(x: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = x.reshape(len(x), -1).astype(np.float32)
    unit: NDArray[np.float32] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1)
    return unit


def mixed_in(
    x: NDArray[np.uint8], y: NDArray[np.uint8], learnt: Collected
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Training images and labels with the examples among them, repeated so that they matter.

    x: (n, 28, 28) uint8, 0 to 255. y: (n,) uint8, 0 to 10. Both come back longer.
    """
    if not len(learnt):
        return x, y
    times = int(np.clip(round(SHARE * len(x) / len(learnt)), 1, MOST_REPEATED))
    return (
        np.concatenate([x, np.repeat(learnt.x, times, axis=0)]),
        np.concatenate([y, np.repeat(learnt.y, times)]),
    )


def deal(groups: NDArray[np.int64], count: int, seed: int = 1) -> list[NDArray[np.int64]]:
    """Indices of `count` folds of about the same size; no group is in two of them.

    groups: (n,), the group of each example. The folds' indices, 0 to n - 1, are in order.
    """
    rng = np.random.default_rng(seed)
    names, sizes = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]  # the large ones first
    fold_of = np.zeros(int(names.max(initial=0)) + 1, np.int64)
    held = np.zeros(count, np.int64)
    for place in order:
        smallest = int(held.argmin())
        fold_of[names[place]] = smallest
        held[smallest] += sizes[place]
    return [np.flatnonzero(fold_of[groups] == fold) for fold in range(count)]


def moved(
    found: Collected, before: NDArray[Any], after: NDArray[Any], other: str
) -> dict[str, Any]:
    """How accuracy moved on held-out examples, in all and by writer, as a report has it.

    before, after: (n,) answers, 0 to 10, by the version `other` and by networks that never saw the
    example. A digit that is taken for *not a digit* is wrong.
    """
    was, now = before == found.y, after == found.y

    def row(which: NDArray[np.bool_]) -> dict[str, Any]:
        return {
            "examples": int(which.sum()),
            "before": float(was[which].mean()),
            "after": float(now[which].mean()),
        }

    names: Sequence[str] = sorted({str(name) for name in found.writers})
    return {
        **row(np.ones(len(found), bool)),
        "before_with": other,
        "not_digits": int((found.y == NOT_A_DIGIT).sum()),
        "writers": [
            {"writer": name, **row(found.writers == name)} for name in names if len(names) > 1
        ],
    }
