"""What the drawing canvas says of its strokes: Fabric.js objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec import Stroke

MOST = 1000  # strokes of a drawing that are looked at
FAR = 1e5  # pixels: no canvas is that large


def strokes(objects: Sequence[Any]) -> list[Stroke]:
    """The strokes of a drawing, in pixels of the canvas, in the order of drawing.

    objects: what the browser sent, which may be anything: where one of them makes no sense, or
    there are too many, there are no strokes.
    """
    if len(objects) > MOST:
        return []
    try:
        return [_stroke(each) for each in objects]
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        return []


def _stroke(path: Any) -> Stroke:
    points, width = _points(path["path"]), float(path["strokeWidth"])
    if not len(points) or not 0 < width < FAR:
        raise ValueError
    return Stroke(points, width)


def _points(path: Any) -> NDArray[np.float64]:
    """Points along ``[["M", x, y], ["Q", cx, cy, x, y], ..., ["L", x, y]]``, three a span."""
    ends = np.array([span[-2:] for span in path], float)
    controls = np.array([span[1:3] for span in path], float)
    near = all((np.abs(numbers) < FAR).all() for numbers in (ends, controls))  # nor is nan
    if not near or not {len(span) for span in path} <= {3, 5}:
        raise ValueError
    starts = np.concatenate([ends[:1], ends[:-1]])
    t = np.array([1 / 3, 2 / 3, 1])[:, None, None]
    curves: NDArray[np.float64] = (1 - t) ** 2 * starts + 2 * t * (1 - t) * controls + t**2 * ends
    return curves.transpose(1, 0, 2).reshape(-1, 2)[2:]  # the first span only moves the pen there
