"""A drawing on a canvas that is smaller than the one it was made on: scaled, to be seen whole.

Strokes are Fabric.js objects, which the browser sent and which may be anything; in pixels of the
drawing, each has with it how much of the drawing was seen when it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.ui import fabric

LENGTHS = ("left", "top", "width", "height", "strokeWidth")  # of a stroke, beside its points


def scale(strokes: Sequence[Any], size: tuple[int, int]) -> float:
    """What to show a drawing at, at most 1, on a canvas of this width and height in pixels.

    What a hand drew past the edge of the canvas was not seen, and need not fit.
    """
    right, bottom = np.stack([np.ones(2), *map(_end, strokes)]).max(0)
    return float(min(1.0, size[0] / right, size[1] / bottom))


def shown(strokes: Sequence[Any], scale: float) -> list[Any]:
    """Strokes of the drawing in pixels of the canvas."""
    return [_scaled(each, scale) for each in strokes]


def kept(strokes: Sequence[Any], scale: float, size: tuple[int, int]) -> list[Any]:
    """Strokes that were made on a canvas of this size, in pixels of the drawing."""
    seen = [side / scale for side in size]
    return [
        {**_scaled(each, 1 / scale), "seen": seen} if isinstance(each, dict) else each
        for each in strokes
    ]


def cut(strokes: Sequence[Any], scale: float, size: tuple[int, int]) -> tuple[int, int]:
    """Where the right and the bottom edge of a canvas cut a drawing, in its pixels; 0 where none.

    So two canvases that show the same of it are told from one that shows more or less.
    """
    found = [one for each in strokes for one in fabric.strokes([each])]
    right, bottom = np.stack(
        [np.zeros(2), *(one.points.max(0) + one.width / 2 for one in found)]
    ).max(0)
    width, height = (round(side / scale) for side in size)
    return width if right > width else 0, height if bottom > height else 0


def _end(stroke: Any) -> NDArray[np.float64]:
    """The right and bottom of what was seen of a stroke, with a little room."""
    found = fabric.strokes([stroke])
    if not found:
        return np.zeros(2)
    end: NDArray[np.float64] = found[0].points.max(0) + found[0].width
    try:
        width, height = map(float, stroke["seen"])
    except (KeyError, OverflowError, TypeError, ValueError):
        return end
    return np.fmin(end, (width, height))  # of a number and nan, the number


def _scaled(stroke: Any, by: float) -> Any:
    """With every length multiplied; what makes no sense as it is."""
    if by == 1 or not fabric.strokes([stroke]):
        return stroke
    path = [[letter, *(by * float(number) for number in end)] for letter, *end in stroke["path"]]
    lengths = {
        name: by * stroke[name] for name in LENGTHS if isinstance(stroke.get(name), int | float)
    }
    return {**stroke, **lengths, "path": path}
