"""Numbers with something around them, on pages as people photograph them.

The pages are synthetic, the same ones in each row: MNIST's test digits on white or yellow paper.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import INKS
from benchmarks.synthetic_camera import DESKS
from benchmarks.synthetic_pages import PITCH, Camera, Hand, Page, Written, page
from benchmarks.tables import conditions, percent, table
from digitrec.classifier import in_service
from digitrec.evaluation import edit_distance
from digitrec.reader import read
from digitrec.straight import turning

HEAD = ("pages with", "read exactly right", "characters")
HEIGHT = 56  # of a digit, pixels
TURNED = "lines that slope by 4 to 12 degrees"
STEEP = 4, 12  # degrees
SHADED = "a desk around them, and a hard shadow"
RULE = np.array((0.5, 0.6, 0.8), np.float32)  # of the light, that a notebook's rules leave
AMONG = 0.5  # the share of the numbers that has something around it
Random = np.random.Generator
Pixels = NDArray[np.uint8]
Around = Callable[[NDArray[np.float32], Written, int], None]


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the table as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.surroundings", description=__doc__)
    parser.add_argument("--pages", type=int, default=100, help="pages a row (100)")
    pages = parser.parse_args(arguments).pages
    rows = []
    with multiprocessing.get_context("spawn").Pool(None, cv2.setNumThreads, [1]) as pool:
        for name in SCENES:
            wrong, there = zip(*pool.map(partial(_errors, name), range(pages), 4), strict=True)
            right = percent(wrong.count(0), pages)
            rows.append((name, right, percent(sum(there) - sum(wrong), sum(there))))
    return f"{table(HEAD, rows)}\n\n{pages} pages a row; {conditions(in_service())}"


def _errors(name: str, seed: int) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    down, across = rng.integers(1, (5, 4))
    rows = [
        ["".join(map(str, rng.integers(0, 10, rng.integers(1, 5)))) for _ in range(across)]
        for _ in range(down)
    ]
    ink, paper = str(rng.choice(("blue", "black", "green"))), str(rng.choice(("white", "yellow")))
    tilt = float(rng.normal(0, 1))
    if name == TURNED:
        tilt = float(rng.uniform(*STEEP) * rng.choice((-1, 1)))
    camera = Camera(shadow=rng.uniform(0, 0.4), tilt=tilt, jpeg=int(rng.integers(60, 95)))
    if name == SHADED:
        desk, shadow = str(rng.choice(list(DESKS))), rng.uniform(0.3, 0.6)
        camera = replace(camera, desk=desk, shadow=shadow, hard=True)
    hand = Hand(ink, rng.uniform(0.1, 0.35), rng.normal(0, 0.12))
    written = page(rows, seed, paper=paper, hand=hand, camera=camera, height=HEIGHT)
    said = read(SCENES[name](written, ink, rng)).text.replace(" ", "")
    wanted = written.text.replace(" ", "")
    return edit_distance(said, wanted), len(wanted)


def _as_it_is(written: Page, _ink: str, _rng: Random) -> Pixels:
    return written.pixels


def _ruled(written: Page, _ink: str, rng: Random, *, squared: bool = False) -> Pixels:
    """With a notebook's rules, one a line or two, and turned. squared: both ways, and closer."""
    photo = written.pixels.astype(np.float32)
    height, width = photo.shape[:2]
    pitch = PITCH * HEIGHT / rng.choice((3, 4) if squared else (1, 2))
    for y in np.arange(rng.uniform(0, pitch), height, pitch).astype(int):
        photo[y : y + 2] *= RULE
    for x in np.arange(rng.uniform(0, pitch), width if squared else 0, pitch).astype(int):
        photo[:, x : x + 2] *= RULE
    turn, size = turning((height, width), rng.uniform(*STEEP) * rng.choice((-1, 1)))
    turned = cv2.warpAffine(photo, turn, size, borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8)


def _folded(written: Page, _ink: str, rng: Random) -> Pixels:
    """One to three folds, upright or level: a dark line, a bright one, and a soft shade."""
    photo = written.pixels.astype(np.float32)
    height, width = photo.shape[:2]
    y, x = np.mgrid[:height, :width]
    for _ in range(int(rng.integers(1, 4))):
        angle = rng.choice((0, np.pi / 2)) + rng.normal(0, 0.05)
        middle = rng.uniform(0.2, 0.8, 2) * (width, height)
        away = (x - middle[0]) * np.sin(angle) - (y - middle[1]) * np.cos(angle)
        wide = rng.uniform(0.02, 0.06) * HEIGHT
        light = 1 - 0.25 * np.exp(-((away / wide) ** 2)) + 0.12 * np.exp(-((away / wide - 2) ** 2))
        light -= 0.06 * (away > 0) * np.exp(-np.abs(away) / (1.5 * HEIGHT))
        photo *= light[..., None]
    return np.clip(photo, 0, 255).astype(np.uint8)


def _from_the_side(written: Page, _ink: str, rng: Random) -> Pixels:
    """As the camera sees a page from above or below, with the desk in two corners."""
    height, width = written.pixels.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    far = np.roll(corners, int(rng.choice((0, 2))), axis=0)
    nearer = far.copy()
    nearer[:2, 0] += rng.uniform(0.1, 0.2) * (width / 2 - nearer[:2, 0]) * 2
    matrix = cv2.getPerspectiveTransform(far, nearer)
    desk = DESKS[str(rng.choice(("oak", "walnut", "black")))]
    seen: Pixels = cv2.warpPerspective(written.pixels, matrix, (width, height), borderValue=desk)
    return seen


def _drawn(around: Around, written: Page, ink: str, rng: Random) -> Pixels:
    """With the pen that wrote the page, around some of its numbers."""
    cover = np.zeros(written.pixels.shape[:2], np.float32)
    for number in written.numbers:
        if rng.random() < AMONG:
            around(cover, number, int(rng.integers(3, 6)))
    return _inked(written, cover, ink)


def _inked(written: Page, cover: NDArray[np.float32], ink: str) -> Pixels:
    cover = 0.9 * cv2.GaussianBlur(cover, (0, 0), 0.8)[..., None]
    drawn: Pixels = (written.pixels * (1 - cover) + np.array(INKS[ink]) * cover).astype(np.uint8)
    return drawn


def _extent(number: Written) -> NDArray[np.int64]:
    """Left, top, right and bottom of a number."""
    boxes = np.array(number.boxes)
    return np.concatenate([boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)])


def _ring(cover: NDArray[np.float32], number: Written, pen: int) -> None:
    left, top, right, bottom = _extent(number)
    middle = int(left + right) // 2, int(top + bottom) // 2
    half = int((right - left) / 2 + 0.45 * HEIGHT), int((bottom - top) / 2 + 0.35 * HEIGHT)
    cv2.ellipse(cover, middle, half, 0, 0, 360, 1.0, pen, cv2.LINE_AA)


def _brackets(cover: NDArray[np.float32], number: Written, pen: int) -> None:
    left, top, right, bottom = _extent(number)
    half = HEIGHT // 5, int(0.62 * (bottom - top))
    for x, begin, end in ((left, 100, 260), (right, -80, 80)):
        middle = int(x), int(top + bottom) // 2
        cv2.ellipse(cover, middle, half, 0, begin, end, 1.0, pen, cv2.LINE_AA)


def _closing(cover: NDArray[np.float32], number: Written, pen: int) -> None:
    _, top, right, bottom = _extent(number)
    half = HEIGHT // 4, int(0.62 * (bottom - top))
    cv2.ellipse(
        cover, (int(right), int(top + bottom) // 2), half, 0, -80, 80, 1.0, pen, cv2.LINE_AA
    )


def _slashed(written: Page, ink: str, rng: Random) -> Pixels:
    """With slashes between the numbers of a row."""
    cover = np.zeros(written.pixels.shape[:2], np.float32)
    for before, after in pairwise(map(_extent, written.numbers)):
        if after[0] > before[2]:
            middle, half = (before[2] + after[0]) / 2, HEIGHT * rng.uniform(0.15, 0.3)
            beyond = HEIGHT * rng.uniform(0.1, 0.3)
            start = round(middle + half), round(min(before[1], after[1]) - beyond)
            stop = round(middle - half), round(max(before[3], after[3]) + beyond)
            cv2.line(cover, start, stop, 1.0, int(rng.integers(3, 6)), cv2.LINE_AA)
    return _inked(written, cover, ink)


SCENES: dict[str, Callable[[Page, str, Random], Pixels]] = {
    "nothing else": _as_it_is,
    TURNED: _as_it_is,
    "the same on ruled paper": _ruled,
    "the same on squared paper": partial(_ruled, squared=True),
    "one to three folds": _folded,
    "the desk in two corners": _from_the_side,
    SHADED: _as_it_is,
    "rings around numbers": partial(_drawn, _ring),
    "brackets around numbers": partial(_drawn, _brackets),
    "a bracket after numbers": partial(_drawn, _closing),
    "slashes between numbers": _slashed,
}


if __name__ == "__main__":
    print(main())
