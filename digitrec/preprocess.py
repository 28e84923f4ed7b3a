"""Photo -> ink map; one digit's ink -> what the network sees."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.sheet import find_sheet

Ink = NDArray[np.float32]

SIDE = 28  # of the network's input
BOX = 20  # longer side of the digit within it
MIN_STROKE = 1.9  # of the digit in its box, pixels; thinner pens are thickened to it
FAINT = 0.15  # of the strongest ink: what is fainter does not count for the bounding box


def bounding_box(ink: Ink, threshold: float = FAINT) -> tuple[int, int, int, int] | None:
    """x, y, w, h of the pixels above `threshold` of the strongest; None where there is no ink."""
    mask = ink > max(float(ink.max(initial=0.0)) * threshold, 1e-6)
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def stroke_width(ink: Ink) -> float:
    """The mean width of the strokes in pixels: twice the area over the outline's length.

    Both are taken from the grey ink (the outline's length is its total variation), so that a
    stroke of one and a half pixels measures one and a half. 0 where there is no ink.
    """
    strength = float(ink.max(initial=0.0))
    if strength <= 0:
        return 0.0
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    along_x = cv2.subtract(padded[1:, 1:], padded[1:, :-1])
    along_y = cv2.subtract(padded[1:, 1:], padded[:-1, 1:])
    return 2 * cv2.sumElems(ink)[0] / cv2.sumElems(cv2.magnitude(along_x, along_y))[0]


def normalise(ink: Ink, box: int = BOX, shift: tuple[int, int] = (0, 0)) -> Ink:
    """One digit's ink, (h, w) in [0, 1], framed as MNIST frames its digits: (28, 28) in [0, 1].

    The bounding box's longer side becomes `box` pixels by area averaging, the maximum becomes 1,
    and the centre of mass goes to the centre by whole pixels (Yadav and Bottou, *Cold case: the
    lost MNIST digits*, 2019), plus `shift` (x, y). Without ink the result is all zeros.
    """
    out = np.zeros((SIDE, SIDE), np.float32)
    found = bounding_box(ink)
    if found is None:
        return out
    x, y, w, h = found
    digit = ink[y : y + h, x : x + w]
    if max(w, h) > 5 * box:  # the strokes keep at least their tenth pixel; the rest is speed
        factor = 5 * box / max(w, h)
        size = (max(1, round(w * factor)), max(1, round(h * factor)))
        digit = cv2.resize(digit, size, interpolation=cv2.INTER_AREA)
    scale = max(digit.shape) / box
    thicken = MIN_STROKE * scale - stroke_width(digit)
    if thicken >= 1:
        radius = min(round(thicken / 2 + 0.01), int(scale * MIN_STROKE / 2) + 1)
        digit = np.pad(digit, radius)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        digit = cv2.dilate(digit, kernel)
        scale = max(digit.shape) / box
    height, width = digit.shape
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    shrinks = scale > 1
    digit = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    digit = digit / max(float(digit.max()), 1e-6)
    height, width = digit.shape
    mass = float(digit.sum())
    centre_x = float(digit.sum(0) @ np.arange(width)) / mass + 0.5
    centre_y = float(digit.sum(1) @ np.arange(height)) / mass + 0.5
    left = min(max(int(SIDE / 2 + 1 - centre_x) + shift[0], 0), SIDE - width)
    top = min(max(int(SIDE / 2 + 1 - centre_y) + shift[1], 0), SIDE - height)
    out[top : top + height, left : left + width] = digit
    return out


LOOK = 480  # long side at which the background is looked for, pixels
WINDOWS = (3, 5, 7, 11, 15, 23, 33, 47, 67, 95, 135, 191)  # of the closings, pixels of that
ALONG = 0.15  # of the frame: a stroke that is cut by it is there for less
HOLLOW = 0.5, 0.95  # the share of a thick mark that a closing too narrow for it finds
LEAST_CONTRAST = 0.045  # of the paper's brightness: fainter marks are not ink


def ink_map(pixels: NDArray[np.uint8]) -> Ink:
    """How much ink there is at each pixel of a photo, (h, w, 3) uint8 RGB -> (h, w) in [0, 1].

    Each connected mark of the `depth_map` is scaled by its own strength; what is far weaker than
    the marks that make up most of the ink is show-through, a crease or grain, and is left out.
    """
    return marks(*depth_map(pixels))


def depth_map(pixels: NDArray[np.uint8]) -> tuple[Ink, float]:
    """The share of the paper's light that is missing at each pixel, and what is too little for ink.

    (h, w, 3) uint8 RGB -> (h, w) float32, about 0 on paper. Ink is what is darker than the paper
    around it, or lighter on a dark ground, in any colour: the root mean square over the channels
    of the light it takes away. The paper is the grey closing by a square a little wider than the
    strokes, so that shadows and page edges wider than a stroke are paper. On the desk around a
    sheet there is no ink.
    """
    sheet = find_sheet(pixels)
    if sheet is None:
        return _depth_map(pixels)
    on_it, floor = _depth_map(sheet.of(pixels))
    depth = np.zeros(pixels.shape[:2], np.float32)
    x, y, w, h = sheet.box
    depth[y : y + h, x : x + w] = on_it * sheet.inside
    return depth, floor


def _depth_map(pixels: NDArray[np.uint8]) -> tuple[Ink, float]:
    """The same of a picture without a desk around the paper."""
    height, width = pixels.shape[:2]
    factor = max(1.0, max(height, width) / LOOK)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    light_on_dark, flat = _ground(small)
    if light_on_dark:
        pixels, small = 255 - pixels, 255 - small
    if flat:
        return _flat(pixels), LEAST_CONTRAST
    found = _paper(small, 3 if factor > 2 else 5)
    if found is None:
        return np.zeros((height, width), np.float32), LEAST_CONTRAST
    window, paper = found
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    depth = _depth(pixels, paper)
    floor = _floor(depth)
    stroke = window * factor / 2
    if stroke > 6:
        depth = cv2.GaussianBlur(depth, (0, 0), stroke / 12)
    return depth, floor


def _flat(pixels: NDArray[np.uint8]) -> Ink:
    """The depth of a drawing on one even tone: `_depth` of it, from a table of the 256 levels."""
    paper = np.median(pixels.reshape(-1, 3)[:: max(1, pixels.size // 300_000)], axis=0)
    light = np.floor(paper).astype(np.float32)
    missing = np.maximum(light - np.arange(256)[:, None], 0) / np.maximum(light, 32)
    squares = cv2.LUT(pixels, (missing * missing)[None].astype(np.float32))
    return _settled(cv2.transform(squares, np.ones((1, 3), np.float32)))


def _depth(pixels: NDArray[np.uint8], paper: NDArray[np.uint8]) -> Ink:
    """The share of the paper's light that is missing, (h, w) float32; half the pixels below 0."""
    # Saturated arithmetic: where the pixel is lighter than the paper nothing is missing.
    missing = cv2.divide(cv2.subtract(paper, pixels), np.maximum(paper, 32), dtype=cv2.CV_32F)
    squares = cv2.multiply(missing, missing, dst=missing)
    return _settled(cv2.transform(squares, np.ones((1, 3), np.float32)))


def _settled(total: Ink) -> Ink:
    """The root mean square of three channels, from the sum of their squares, 0 on paper."""
    depth = np.sqrt(total / 3)
    # The closing rides on the paper's brightest grain; the median puts the paper at zero.
    return depth - np.float32(np.median(_sample(depth)))


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    """Enough of the pixels for a median."""
    step = -(-max(values.shape) // 300)
    return values[::step, ::step]


def _noise(depth: Ink) -> float:
    """The paper's grain, as a standard deviation."""
    return 1.4826 * float(np.median(np.abs(_sample(depth))))


def _floor(depth: Ink) -> float:
    """What is too little for ink: four times the grain.

    Less where the ground is printed, which makes up the grain then, and what parts the depths in
    two (Otsu, 1979) is well beyond it.
    """
    grain = _noise(depth)
    levels = (255 * np.clip(_sample(depth), 0, 1)).astype(np.uint8)
    parting = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)[0] / 255
    least = 4 * grain if parting < 1.5 * grain else np.clip(parting, 2.5 * grain, 4 * grain)
    return max(float(least), LEAST_CONTRAST)


def _ground(small: NDArray[np.uint8]) -> tuple[bool, bool]:
    """Whether ink is lighter than its ground, and whether the ground is one flat tone.

    A drawing has two clear tones, and the one that makes up the frame is the ground, however thick
    the pen. So has a sheet in a hard shadow, but both run along the frame. A photo is judged by
    its strokes.
    """
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    bright = grey > threshold
    share = float(bright.mean())
    if 0 < share < 1:
        within = share * float(grey[bright].var()) + (1 - share) * float(grey[~bright].var())
        frame = np.concatenate([bright[0], bright[1:, -1], bright[-1, -2::-1], bright[-2:0:-1, 0]])
        light = bool(frame.mean() < 0.5)
        ink = frame == light
        framed = ink.mean() < 0.3 and _longest_run(ink) < ALONG * len(ink)
        if framed and within < 0.1 * float(grey.var()):
            ground = grey[~bright] if light else grey[bright]
            return light, float(ground.std()) < 4
    return _light_strokes(grey), False


def _longest_run(ring: NDArray[np.bool_]) -> int:
    """How many places in a row are marked in a ring, (n,)."""
    changes = np.flatnonzero(ring != np.roll(ring, 1))
    if not len(changes):
        return len(ring) if ring.all() else 0
    lengths = np.diff(changes, append=changes[0] + len(ring))
    return int(lengths[ring[changes]].max(initial=0))


def _light_strokes(grey: NDArray[np.uint8]) -> bool:
    """Whether a photo's strokes are lighter than what is around them.

    What is thinner than a window, light or dark, is what an opening or a closing by it takes away.
    The strokes are what comes first as the window grows; the gaps between them come later. Where
    neither comes clearly first the pen is thick, and what differs from a wide median is the ink.
    """
    amounts = []
    for window in (5, 7, 11, 15, 23):
        square = np.ones((window, window), np.uint8)
        both = []
        for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            thin = cv2.morphologyEx(grey, kind, square, borderType=cv2.BORDER_REFLECT)
            grain = max(8.0, 5 * float(np.median(_sample(thin))))
            _, clear = cv2.threshold(thin, grain, 0, cv2.THRESH_TOZERO)
            both.append(cv2.norm(clear, cv2.NORM_L2SQR))
        amounts.append(both)
    light, dark = np.array(amounts).T
    total = light + dark
    first = int(np.argmax(total >= 0.15 * total.max()))
    if max(light[first], dark[first]) > 3 * min(light[first], dark[first]):
        return bool(light[first] > dark[first])
    side = min(255, max(3, max(grey.shape) // 5) | 1)
    detail = grey.astype(np.float32) - cv2.medianBlur(grey, side)
    detail[np.abs(detail) < 4 * 1.4826 * np.median(np.abs(detail))] = 0
    return float((np.maximum(detail, 0) ** 2).sum()) > float((np.minimum(detail, 0) ** 2).sum())


def _paper(small: NDArray[np.uint8], least: int) -> tuple[int, NDArray[np.uint8]] | None:
    """The closing's window in pixels and the paper it gives; None of a page with nothing on it.

    least: the first window, the smaller the more the picture was reduced, which takes its grain.

    As the window grows past the width of the strokes, the ink it uncovers stops growing; past the
    width of shadows it grows again. The first standstill is taken. What counts as ink is longer
    than two windows, for grain is smaller, and has a sharp rim, which shadows and wrinkles lack.
    """
    smooth = cv2.GaussianBlur(small, (3, 3), 0)
    steep = _steepness(smooth)
    side = max(small.shape[:2])
    windows = [w for w in WINDOWS if least <= w <= side / 2.2] or [3]
    papers, found = [], []
    for window in windows:
        square = np.ones((window, window), np.uint8)
        papers.append(cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, square))
        depth = _depth(smooth, papers[-1])
        mask = _inked(depth)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        amount = np.bincount(labels.ravel(), (depth * depth).ravel(), count)
        mean = np.bincount(labels.ravel(), depth.ravel(), count) / np.maximum(stats[:, 4], 1)
        rim = np.where(cv2.erode(mask, np.ones((3, 3), np.uint8)), 0, labels).ravel()
        around = np.maximum(np.bincount(rim, minlength=count), 1)
        sharpness = np.bincount(rim, steep.ravel(), count) / around
        clear = (stats[:, 2:4].max(1) > 2 * window) & (sharpness > 0.5 * mean)
        found.append(float(amount[1:][clear[1:]].sum()))
    if not any(found):
        return None
    for i in range(len(windows) - 1):
        if found[i] > 0.02 * max(found) and found[i + 1] < 1.15 * found[i]:
            return windows[i], _filled(smooth, papers[i + 1], papers[min(i + 3, len(papers) - 1)])
    return windows[-1], papers[-1]


def _filled(
    pixels: NDArray[np.uint8], paper: NDArray[np.uint8], wider: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The paper, but under marks that are far thicker than most that of a wider closing.

    Such marks are hollow otherwise. Most of one is ink by both; not so a shadow. Where most of
    what is marked is hollow, it is the grain of a desk.
    """
    inked, whole = (_inked(_depth(pixels, each)) for each in (paper, wider))
    count, labels = cv2.connectedComponents(whole, connectivity=8)
    share = np.bincount(labels.ravel(), inked.ravel(), count) / np.bincount(labels.ravel())
    hollow = (share > HOLLOW[0]) & (share < HOLLOW[1])
    hollow[0] = False
    if 2 * inked[hollow[labels]].sum() > inked.sum():
        return paper
    under = cv2.dilate(hollow[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    filled: NDArray[np.uint8] = np.where(under[..., None] > 0, wider, paper)
    return filled


def _inked(depth: Ink) -> NDArray[np.uint8]:
    return (depth > max(5 * _noise(depth), LEAST_CONTRAST)).astype(np.uint8)


def _steepness(pixels: NDArray[np.uint8]) -> Ink:
    """How much darker it gets within two pixels, as a share of the light; (h, w, 3) -> (h, w)."""
    five = np.ones((5, 5), np.uint8)
    change = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, five).max(2)
    steepness: Ink = cv2.divide(change, np.maximum(pixels.max(2), 32), dtype=cv2.CV_32F)
    return steepness


def marks(depth: Ink, floor: float) -> Ink:
    """The ink map of a depth map: (h, w) in [0, 1], each mark scaled by its own strength."""
    count, labels = cv2.connectedComponents((depth > floor).astype(np.uint8), connectivity=8)
    if count == 1:
        return np.zeros_like(depth)
    marked = np.flatnonzero(labels)
    which, values = labels.ravel()[marked], depth.ravel()[marked]
    total = np.bincount(which, values, count)
    strength = np.bincount(which, values * values, count) / np.maximum(total, 1e-9)
    strength[strength < 0.35 * weighted_median(strength[1:], total[1:])] = np.inf
    strength[0] = np.inf
    scale = (1 / strength).astype(np.float32)
    ink = np.maximum(depth, 0) * cv2.dilate(scale[labels], np.ones((3, 3), np.uint8))
    scaled: Ink = np.minimum(ink, np.float32(1))
    return scaled


def weighted_median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """The value up to which the smaller ones make up half of the weight; (n,) and (n,), n > 0."""
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(share, share[-1] / 2)]])
