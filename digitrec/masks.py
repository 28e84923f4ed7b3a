"""Pictures made smaller, and masks: what is marked in them, and shapes that widen and narrow it."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Mask = NDArray[np.uint8]  # (h, w), 1 there

STRAIGHT = 1.3  # of its box's diagonal, at the most the length of a straight stroke; a 7's is more


def smaller(picture: NDArray[T], factor: float) -> NDArray[T]:
    """(h, w, ...) -> so many times smaller each way, by the mean of what each pixel covers."""
    height, width = picture.shape[:2]
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    found: NDArray[T] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return found


def square(side: int) -> Mask:
    return np.ones((side, side), np.uint8)


def ring(values: Mask | NDArray[np.bool_], inset: int = 0) -> NDArray[Any]:
    """What is around a picture, (h, w) -> (n,), so many pixels from its frame, clockwise."""
    height, width = values.shape
    inset = min(inset, (min(height, width) - 1) // 2)
    within = values[inset : height - inset, inset : width - inset]
    return np.concatenate([within[0], within[1:, -1], within[-1, -2::-1], within[-2:0:-1, 0]])


def disc(side: float) -> Mask:
    """An odd number of pixels wide."""
    shape: Mask = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(side) | 1,) * 2)
    return shape


def place_of(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the marks of a mask, with a margin: a drawing fills little of its paper.

    Where the margin is as wide as the window, a morphological operation finds there what it would
    find in the whole mask.
    """
    x, y, w, h = cv2.boundingRect(mask)
    return slice(max(0, y - margin), y + h + margin), slice(max(0, x - margin), x + w + margin)


def morphed(mask: Mask, how: int, shape: Mask) -> Mask:
    """A mask eroded, dilated, opened or closed; outside the picture there is nothing."""
    edge = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    changed: Mask = cv2.morphologyEx(mask, how, shape, **edge)
    return changed


def is_straight(area: float, width: int, height: int, pen: float) -> bool:
    """Whether a mark of so many pixels, in such a box, is one straight stroke of a pen."""
    return bool(area < STRAIGHT * pen * np.hypot(width, height))


class Boxes:
    """The boxes around marks, of `cv2.connectedComponentsWithStats`' statistics: pixels, (n,)."""

    def __init__(self, stats: NDArray[np.int32]) -> None:
        self.left, self.top, self.width, self.height, self.area = stats.T
        self.right, self.bottom = self.left + self.width, self.top + self.height

    def place(self, one: int) -> tuple[slice, slice]:
        """Rows and columns of one of them."""
        return (
            slice(self.top[one], self.bottom[one]),
            slice(self.left[one], self.right[one]),
        )

    def shared(self, one: int) -> NDArray[np.int32]:
        """How many rows each has in common with one of them; below 0 where there is a gap."""
        common: NDArray[np.int32] = np.minimum(self.bottom, self.bottom[one]) - np.maximum(
            self.top, self.top[one]
        )
        return common

    def before(self, one: int, among: NDArray[np.bool_]) -> int | None:
        """The nearest to the left of one of them, which it may touch."""
        there = among & (self.left < self.left[one]) & (self.right <= self.right[one])
        return int(np.where(there, self.right, -1).argmax()) if there.any() else None

    def after(self, one: int, among: NDArray[np.bool_]) -> int | None:
        """The nearest to the right of one of them, which it may touch."""
        there = among & (self.left >= self.left[one]) & (self.right > self.right[one])
        far = self.right.max()
        return int(np.where(there, self.left, far).argmin()) if there.any() else None
