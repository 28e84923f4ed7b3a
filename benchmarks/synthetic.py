"""One handwritten number on paper, composed from MNIST's test digits, with exact label and boxes.

For tests and benchmarks, and for the page's samples, which `python -m benchmarks.synthetic FOLDER`
writes; whole pages are in `synthetic_pages`. The digits are real handwriting; the paper, the light
and the camera are not.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.datasets import CONTESTED, mnist

Box = tuple[int, int, int, int]  # x, y, w, h in pixels

PAPERS = {  # colour of the sheet, colour and kind of its lines
    "white": ((247, 246, 242), None, ""),
    "yellow": ((250, 232, 150), None, ""),
    "kraft": ((201, 170, 128), None, ""),
    "blackboard": ((46, 58, 54), None, ""),
    "squared": ((249, 249, 246), (214, 226, 238), "squares"),
    "ruled": ((248, 247, 243), (206, 219, 234), "rules"),
}
INKS = {
    "blue": (28, 52, 148),
    "black": (24, 24, 30),
    "red": (176, 34, 38),
    "green": (22, 104, 66),
    "pencil": (104, 104, 108),
    "chalk": (236, 236, 228),
}
SAMPLES: dict[str, dict[str, Any]] = {
    "1-one-digit-in-black-ink": {"text": "7", "seed": 0, "paper": "white", "ink": "black"},
    "2-blue-ink-on-squared-paper": {"text": "1042", "seed": 2, "paper": "squared", "ink": "blue"},
    "3-red-ink-on-yellow-paper": {"text": "365", "seed": 7, "paper": "yellow", "ink": "red"},
    "4-pencil-in-a-soft-shadow": {"text": "2718", "seed": 2, "ink": "pencil", "shadow": 0.35},
    "5-chalk-on-a-blackboard": {"text": "98", "seed": 3, "paper": "blackboard", "ink": "chalk"},
    "6-a-telephone-number": {"text": "555019384", "seed": 6, "paper": "kraft", "ink": "black"},
}


@dataclass(frozen=True, eq=False)
class Sheet:
    """pixels: (h, w, 3) uint8, RGB. text: what is written. boxes: the ink of each digit."""

    pixels: NDArray[np.uint8]
    text: str
    boxes: tuple[Box, ...]


def sheet(
    text: str,
    seed: int,
    *,
    paper: str = "white",
    ink: str = "blue",
    shadow: float = 0.2,
    height: int = 110,
) -> Sheet:
    """`text` written on one line, well apart; the same arguments always give the same picture.

    paper, ink: a name in `PAPERS`, `INKS`. shadow: 0 to 1, how much of the light a soft shadow
    takes. height: of a digit, in pixels.
    """
    rng = np.random.default_rng(seed)
    thin = 0.62 if ink == "pencil" else 0.45
    cells = [written_digit(int(char), height * rng.uniform(0.9, 1.1), thin, rng) for char in text]
    gaps = [round(height * rng.uniform(0.25, 0.4)) for _ in cells]
    margin = round(height * 0.7)
    width = 2 * margin + sum(cell.shape[1] for cell in cells) + sum(gaps[1:])
    coverage = np.zeros((round(height * 2.6), max(width, round(height * 3.2))), np.float32)

    boxes = []
    x = (coverage.shape[1] - width) // 2 + margin
    for cell, gap in zip(cells, [0, *gaps[1:]], strict=True):
        h, w = cell.shape
        x += gap
        y = (coverage.shape[0] - h) // 2 + round(height * rng.uniform(-0.08, 0.08))
        coverage[y : y + h, x : x + w] = cell
        boxes.append((x, y, w, h))
        x += w

    scene = _paper(paper, coverage.shape, height)
    if ink in {"pencil", "chalk"}:  # both skip over the grain of what they are drawn on
        coverage *= 1 - 0.35 * soft_noise(coverage.shape, 1.2, rng)
    opacity = coverage[..., None] * 0.94
    scene += (np.array(INKS[ink], np.float32) - scene) * opacity
    return Sheet(_photograph(scene, shadow, rng), text, tuple(boxes))


def random_sheet(seed: int, longest: int = 6) -> Sheet:
    """A sheet of which everything, the number too, is drawn from `seed`."""
    rng = np.random.default_rng(seed)
    text = "".join(map(str, rng.integers(0, 10, rng.integers(1, longest + 1))))
    paper = str(rng.choice(list(PAPERS)))
    light_on_dark = paper == "blackboard"
    inks = ["chalk"] if light_on_dark else [name for name in INKS if name != "chalk"]
    return sheet(
        text,
        seed,
        paper=paper,
        ink=str(rng.choice(inks)),
        shadow=float(rng.uniform(0, 0.5)),
        height=int(rng.integers(60, 200)),
    )


@cache
def _test_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test set without the images whose label people dispute."""
    data = mnist()
    return np.delete(data.x_test, CONTESTED, 0), np.delete(data.y_test, CONTESTED)


def written_digit(
    label: int, height: float, thin: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """One digit's ink, cropped to it: (h, w) float32 coverage in [0, 1], `height` pixels high.

    thin: where the stroke ends on its way from paper to ink, in [0, 1]: more is a finer pen.
    """
    images, labels = _test_digits()
    small = images[rng.choice(np.flatnonzero(labels == label))].astype(np.float32) / 255
    scale = height / 20  # MNIST digits are 20 pixels on their longer side
    large = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), scale * 0.45)
    edge = np.clip((large - thin) * scale * 0.8 + 0.5, 0, 1)  # pixels become a smooth outline
    rows, columns = np.flatnonzero(edge.max(1) > 0.5), np.flatnonzero(edge.max(0) > 0.5)
    cropped: NDArray[np.float32] = edge[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cropped


def _paper(name: str, shape: tuple[int, ...], height: int) -> NDArray[np.float32]:
    """(h, w, 3) float32 in 0 to 255: a sheet with its lines, evenly lit."""
    colour, line, kind = PAPERS[name]
    scene = np.full((*shape, 3), colour, np.float32)
    if line is not None:
        step = round(height * (0.45 if kind == "squares" else 0.9))
        thickness = max(1, height // 60)
        for offset in range(thickness):
            scene[step // 2 + offset :: step] = line
            if kind == "squares":
                scene[:, step // 2 + offset :: step] = line
    return scene


def _photograph(
    scene: NDArray[np.float32], shadow: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Uneven light, a soft shadow from one side, a lens and a sensor."""
    lit = light(scene.shape[:2], shadow, rng)
    photo = cv2.GaussianBlur(scene * lit[..., None], (0, 0), 0.7)
    photo += rng.normal(0, 2.2, photo.shape)
    return np.asarray(np.clip(np.rint(photo), 0, 255), np.uint8)


def light(
    shape: tuple[int, ...], shadow: float, rng: np.random.Generator, steep: float = 11
) -> NDArray[np.float32]:
    """How much of the light each pixel gets, (h, w), with a shadow from one side.

    steep: of the shadow's edge, which is soft over about four times the picture's side by it.
    """
    h, w = shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = (x / w - 0.5) * np.cos(angle) + (y / h - 0.5) * np.sin(angle)
    lit = 1 - 0.08 * along
    lit *= 1 - shadow / (1 + np.exp(-(along - rng.uniform(-0.1, 0.2)) * steep))
    lit *= 1 + 0.012 * (soft_noise((h, w), 2.0, rng) - 0.5)
    return np.asarray(lit)


def soft_noise(
    shape: tuple[int, ...], sigma: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Noise in [0, 1] whose grains are about `sigma` pixels wide."""
    grains = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), sigma)
    return np.asarray((grains - grains.min()) / (np.ptp(grains) or 1), np.float32)


def write_samples(folder: Path) -> None:
    """Write the page's sample pictures as small JPEGs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, how in SAMPLES.items():
        picture = Image.fromarray(sheet(**how, height=140).pixels)
        picture.save(folder / f"{name}.jpg", quality=85, optimize=True)


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]))
