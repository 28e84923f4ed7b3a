"""The evaluation handwriting: where it is, and each set as images with their labels.

The pictures are for measuring only and live outside the repository, in the folder named by
DIGITREC_EVAL or, failing that, in ../shared/data/eval beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.settings import ROOT

PICTURES = ("photos_single", "photos_multi", "drawn", "drawn_multi", "strings")
STROKES = {"pendigits": "pendigits_orig.json", "UNIPEN": "unipen_1a.json"}
# The page's canvas on a desktop; tests/test_benchmarks.py holds these to digitrec/ui/drawing.py.
WIDTH, HEIGHT, PEN = 860, 300, 12  # pixels
PAPER, INK = np.array((255, 255, 255)), np.array((28, 34, 51))  # RGB
SHADES = np.linspace(PAPER, INK, 256).round().astype(np.uint8)  # by how much ink covers a pixel
ISOLATED = {
    "HwD-1000": "hwd1000_drawn28.npz",
    "optdigits": "optdigits_orig_windep.npz",
    "Semeion": "semeion.npz",
    "Chars74k": "chars74k_hnd_digits64.npz",
}

Trajectories = Sequence[Sequence[Sequence[float]]]  # strokes of [x, y]


@dataclass(frozen=True)
class Sample:
    """One picture of a set, labelled by its name as `digitrec.evaluation` says.

    drawing: the PNG of one that is drawn here, and whose path is a name only.
    """

    set: str
    path: Path
    drawing: bytes | None = None

    @property
    def picture(self) -> Path | bytes:
        return self.drawing or self.path

    @property
    def source(self) -> str:
        return self.path.parent.name


def folder() -> Path | None:
    """The evaluation folder, or None where this machine has none."""
    path = Path(os.environ.get("DIGITREC_EVAL") or ROOT.parent / "shared" / "data" / "eval")
    return path if path.is_dir() else None


def missing(what: str) -> str:
    return f"{what}: not measured, no evaluation images here (set DIGITREC_EVAL to their folder)."


def pictures(root: Path, name: str) -> list[Sample]:
    """The images of one set, in a fixed order."""
    return [Sample(name, path) for path in sorted((root / name).glob("*/*__*"))]


def strokes(root: Path, name: str) -> list[Sample]:
    """Pen trajectories of single digits, drawn as on the page."""
    return [
        Sample("strokes", Path(name, f"{label}__{n}.png"), _png(on_canvas(written)))
        for n, (label, written) in enumerate(trajectories(root, name))
    ]


def trajectories(root: Path, name: str) -> list[tuple[int, Trajectories]]:
    """The label and the strokes (y up) of single digits."""
    samples = json.loads((root / "strokes" / STROKES[name]).read_text())["samples"]
    return [(int(sample["label"]), sample["strokes"]) for sample in samples]


def _png(pixels: NDArray[np.uint8]) -> bytes:
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return cv2.imencode(".png", pixels[..., ::-1], fast)[1].tobytes()


def isolated(root: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Cut-out digits as ink bright on dark (n, side, side), and their labels (n,)."""
    with np.load(root / "isolated" / ISOLATED[name]) as data:
        return data["x"], data["y"]


def not_digits(root: Path) -> NDArray[np.uint8]:
    """Letters, operators and doodles that nobody could take for a digit, (n, 28, 28)."""
    with np.load(root / "isolated" / "not_digits.npz") as data:
        inks: NDArray[np.uint8] = data["x"][~data["confusable_with_digit"]]
        return inks


def on_canvas(trajectories: Trajectories) -> NDArray[np.uint8]:
    """Trajectories (y up) as the page's canvas draws a pointer: (HEIGHT, WIDTH, 3) RGB.

    The digit fills the middle 60 % of the height. The browser's pencil runs a quadratic curve
    through the midpoints of what the pointer reported, with round caps and joins, antialiased.
    """
    points = np.concatenate([np.asarray(t, float) for t in trajectories]) * (1, -1)
    low, high = points.min(axis=0), points.max(axis=0)
    zoom = 0.6 * HEIGHT / max(*(high - low), 1e-6)
    paths = [
        (np.asarray(trajectory, float) * (1, -1) - (low + high) / 2) * zoom + HEIGHT / 2
        for trajectory in trajectories
    ]
    side = (WIDTH - HEIGHT) // 2
    small = _covered([pencil(path) for path in paths], HEIGHT)
    canvas: NDArray[np.uint8] = SHADES[np.pad(small, ((0, 0), (side, WIDTH - HEIGHT - side)))]
    return canvas


def drawn(curves: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """Curves in pixels of the canvas, drawn on it: (HEIGHT, WIDTH, 3) RGB."""
    canvas: NDArray[np.uint8] = SHADES[_covered(curves, WIDTH)]
    return canvas


def _covered(curves: Sequence[NDArray[np.float64]], width: int) -> NDArray[np.uint8]:
    """How much of each pixel the pen covers, (HEIGHT, width), 0 to 255."""
    oversample = 4
    fraction = 4  # bits of sub-pixel position that OpenCV takes
    cover = np.zeros((HEIGHT * oversample, width * oversample), np.uint8)
    for curve in curves:
        cv2.polylines(
            cover,
            [np.round(curve * oversample * 2**fraction).astype(np.int32)],
            isClosed=False,
            color=255,
            thickness=PEN * oversample,
            lineType=cv2.LINE_AA,
            shift=fraction,
        )
    covered: NDArray[np.uint8] = cv2.resize(cover, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return covered


def pencil(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve of Fabric's pencil brush: each reported point steers, each midpoint is passed."""
    moved = np.any(np.diff(points, axis=0) != 0, axis=1)
    points = points[np.r_[True, moved]]
    if len(points) < 3:
        return np.repeat(points, 2, axis=0) if len(points) == 1 else points
    middles = (points[:-1] + points[1:]) / 2
    t = np.linspace(0, 1, 8)[:, None]
    curve = [points[:1], middles[:1]]
    for a, steer, b in zip(middles[:-1], points[1:-1], middles[1:], strict=True):
        curve.append((1 - t) ** 2 * a + 2 * t * (1 - t) * steer + t**2 * b)
    return np.concatenate([*curve, points[-1:]])
