"""Contact sheets of what was misread: the picture, its ink, and every 28x28 the network saw."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import Sample
from digitrec import preprocess
from digitrec.images import ImageError, load
from digitrec.masks import smaller
from digitrec.reader import read

ROWS = 10  # failures in each of a sheet's two columns
TALL, WIDE = 130, 240  # of one panel, pixels
ACROSS = 940  # of a column
INK, REFUSED, READ = (0, 0, 0), (40, 40, 220), (60, 150, 60)  # BGR


def draw(samples: Iterable[Sample], directory: Path) -> None:
    """Write `directory`/SET-1.png and so on, at most 2 x `ROWS` failures each."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.png"):
        old.unlink()
    for name, members in groupby(samples, lambda sample: sample.set):
        rows = [_row(sample) for sample in members]
        rows += [np.full_like(rows[0], 255)] * (-len(rows) % (2 * ROWS))
        for number, start in enumerate(range(0, len(rows), 2 * ROWS), 1):
            middle = start + ROWS
            columns = [np.concatenate(rows[at : at + ROWS]) for at in (start, middle)]
            cv2.imwrite(str(directory / f"{name}-{number}.png"), np.hstack(columns))


def _row(sample: Sample) -> NDArray[np.uint8]:
    caption = f"{sample.source}/{sample.path.name}"
    panels = []
    try:
        photo = load(sample.picture)
        reading = read(photo)
    except ImageError as error:
        caption += f"  {error}"
    else:
        caption += f"  read as {reading.text or 'nothing'}"
        shown = photo.pixels[..., ::-1].copy()
        thick = max(1, max(shown.shape[:2]) // 250)
        digits = [digit for number in reading.numbers for digit in number.digits]
        boxes = [(d.box, READ) for d in digits] + [(r.box, REFUSED) for r in reading.refused]
        for box, colour in boxes:
            x, y, w, h = (round(side / photo.scale) for side in box)
            cv2.rectangle(shown, (x, y), (x + w, y + h), colour, thick)
        ink = preprocess.ink_map(photo.pixels)
        panels = [_fit(shown), _fit(_grey(ink))]
        panels += [_tile(d.ink, f"{d.digit} {d.confidence:.2f}", READ) for d in digits[:12]]
        panels += [_tile(r.ink, r.reason, REFUSED) for r in reading.refused[:6]]
    row = np.full((TALL + 22, ACROSS, 3), 255, np.uint8)
    cv2.putText(row, caption, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    x = 4
    for panel in panels:
        h, w = panel.shape[:2]
        if x + w > row.shape[1]:
            break
        row[20 : 20 + h, x : x + w] = panel
        x += w + 4
    return row


def _grey(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    grey = (255 - 255 * ink.clip(0, 1)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _fit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return smaller(image, max(image.shape[0] / TALL, image.shape[1] / WIDE))


def _tile(
    ink: NDArray[np.float32] | None, caption: str, colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    tile = np.full((TALL, 90, 3), 255, np.uint8)
    if ink is not None:
        tile[:84, :84] = cv2.resize(_grey(ink), (84, 84), interpolation=cv2.INTER_NEAREST)
    cv2.putText(tile, caption, (0, 100), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
    return tile
