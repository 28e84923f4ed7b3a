"""How a picture is held: turned by quarters and cropped, before it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from digitrec import Photo, load
from digitrec.settings import settings

Share = tuple[float, float, float, float]  # x, y, w, h in [0, 1] of the picture's sides

WHOLE: Share = (0.0, 0.0, 1.0, 1.0)
LARGEST = 4000  # pixels: the long side a picture is decoded at, however small a part is looked at


@dataclass(frozen=True)
class View:
    """turns: quarters, anticlockwise. crop: a part of the turned picture.

    settled: a person has turned it, or wants it as it is: the reader is to leave it so.
    """

    turns: int = 0
    crop: Share = WHOLE
    settled: bool = False

    def turned(self, quarters: int) -> Self:
        """The same part, turned further anticlockwise."""
        x, y, w, h = self.crop
        for _ in range(quarters % 4):
            x, y, w, h = y, 1 - x - w, h, w
        return replace(self, turns=(self.turns + quarters) % 4, crop=(x, y, w, h))

    def cropped(self, part: Share) -> Self:
        """A part of the part that is seen."""
        x, y, w, h = self.crop
        left, top, width, height = part
        return replace(self, crop=(x + left * w, y + top * h, width * w, height * h))

    def of(self, picture: bytes) -> Photo:
        """What is seen of a picture; a small part with more of its detail than the whole.

        Raises `digitrec.ImageError` for what is not a picture.
        """
        x, y, w, h = self.crop
        side = settings().work_side
        whole = load(picture, max(side, min(LARGEST, round(side / max(w, h)))))
        pixels = np.rot90(whole.pixels, self.turns)
        rows, columns = pixels.shape[:2]
        top, left = min(round(y * rows), rows - 1), min(round(x * columns), columns - 1)
        bottom, right = max(top + 1, round((y + h) * rows)), max(left + 1, round((x + w) * columns))
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        height, width = part.shape[:2]
        return Photo(part, whole.scale, round(width * whole.scale), round(height * whole.scale))


def turned(photo: Photo, degrees: int) -> Photo:
    """A photo turned anticlockwise by a multiple of 90 degrees."""
    if degrees % 360 == 0:
        return photo
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, degrees // 90))
    width, height = photo.width, photo.height
    if degrees % 180:
        width, height = height, width
    return Photo(pixels, photo.scale, width, height)
