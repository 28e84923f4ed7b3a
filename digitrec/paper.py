"""The paper in a photo: what it would look like without the ink on it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask, morphed, ring, square

Picture = NDArray[np.uint8]  # (h, w, 3)
Depth = NDArray[np.float32]  # the share of the paper's light that is missing; about 0 on paper

WINDOWS = (3, 5, 7, 11, 15, 23, 33, 47, 67, 95, 135, 191)  # of the closings, pixels
LEAST, MOST = 0.02, 0.08  # of the ink that any window finds: what is too little, and what is enough
STEADY = 1.15  # at the most how much more ink a wider window finds than one that is wide enough
ALONG = 0.15  # of the frame: a stroke that is cut by it is there for less
RIM = 0.03  # of the longer side: how wide a dark rim may be
HOLLOW = 0.5, 0.95  # the share of a thick mark that a closing too narrow for it finds
# A solid area's least width, in strokes' widths; how much of it is within its rim, at the least;
# and how much of the rim's contrast there is within.
SOLID = 4.0, 0.5, 0.6
BEYOND = (5, 4)  # times the grain: what counts as ink when the paper is looked for
NEAR = 0.8  # of the ink's depth, that what is no ink stays below
LEAST_CONTRAST = 0.045  # of the paper's brightness: fainter marks are not ink


def depth_under(paper: Picture, pixels: Picture) -> Depth:
    """The share of the paper's light that is missing, (h, w) float32; half the pixels below 0."""
    # Saturated arithmetic: where the pixel is lighter than the paper nothing is missing.
    missing = cv2.divide(cv2.subtract(paper, pixels), np.maximum(paper, 32), dtype=cv2.CV_32F)
    squares = cv2.multiply(missing, missing, dst=missing)
    return _settled(cv2.transform(squares, np.ones((1, 3), np.float32)))


def flat_depth(pixels: Picture) -> Depth:
    """`depth_under` for a drawing on one even tone, from a table of the 256 levels."""
    paper = np.median(pixels.reshape(-1, 3)[:: max(1, pixels.size // 300_000)], axis=0)
    light = np.floor(paper).astype(np.float32)
    missing = np.maximum(light - np.arange(256)[:, None], 0) / np.maximum(light, 32)
    squares = cv2.LUT(pixels, (missing * missing)[None].astype(np.float32))
    return _settled(cv2.transform(squares, np.ones((1, 3), np.float32)))


def floor_of(depth: Depth, ink: float) -> float:
    """What is too little for ink: four times the grain.

    Less where the ground is printed, which makes up the grain then, and what parts the depths in
    two (Otsu, 1979) is well beyond it; and never near the depth that the ink itself has, `ink`.
    """
    noise = _grain(depth)
    levels = (255 * np.clip(_sample(depth), 0, 1)).astype(np.uint8)
    parting = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)[0] / 255
    least = 4 * noise if parting < 1.5 * noise else np.clip(parting, 2.5 * noise, 4 * noise)
    return max(min(float(least), NEAR * ink), LEAST_CONTRAST)


def _settled(total: Depth) -> Depth:
    """The root mean square of three channels, from the sum of their squares, 0 on paper."""
    depth = np.sqrt(total / 3)
    # The closing rides on the paper's brightest grain; the median puts the paper at zero.
    return depth - np.float32(np.median(_sample(depth)))


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    """Enough of the pixels for a median."""
    step = -(-max(values.shape) // 300)
    return values[::step, ::step]


def _grain(depth: Depth) -> float:
    """The paper's grain, as a standard deviation."""
    return 1.4826 * float(np.median(np.abs(_sample(depth))))


def ground_of(small: Picture) -> tuple[bool, bool]:
    """Whether ink is lighter than its ground, and whether the ground is one flat tone.

    A drawing has two clear tones, and the one that makes up the frame is the ground, however thick
    the pen. So has a sheet in a hard shadow, but both run along the frame, or beside a dark rim, as
    a cell has. A photo is judged by its strokes.
    """
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    bright = grey > threshold
    share = float(bright.mean())
    if 0 < share < 1:
        within = share * float(grey[bright].var()) + (1 - share) * float(grey[~bright].var())
        frame, beside = ring(bright), ring(bright, max(3, round(RIM * max(bright.shape))))
        light = bool(frame.mean() < 0.5)
        cut, runs = (frame == light).mean() < 0.3, (frame == light, beside == light)
        framed = cut and all(_longest_run(run) < ALONG * len(run) for run in runs)
        if framed and within < 0.1 * float(grey.var()):
            ground = grey[~bright] if light else grey[bright]
            return light, float(ground.std()) < 4
    return _light_strokes(cv2.GaussianBlur(grey, (3, 3), 0)), False


def _longest_run(ring: NDArray[np.bool_]) -> int:
    """How many places in a row are marked in a ring, (n,)."""
    changes = np.flatnonzero(ring != np.roll(ring, 1))
    if not len(changes):
        return len(ring) if ring.all() else 0
    lengths = np.diff(changes, append=changes[0] + len(ring))
    return int(lengths[ring[changes]].max(initial=0))


def _light_strokes(grey: NDArray[np.uint8]) -> bool:
    """Whether a photo's strokes are lighter than what is around them; its grain smoothed.

    What is thinner than a window, light or dark, is what an opening or a closing by it takes away.
    The strokes are what comes first as the window grows; the gaps between them come later. Where
    neither comes clearly first the pen is thick, and what differs from a wide median is the ink.
    """
    amounts = []
    widest = min(47, min(grey.shape) / 3)
    for window in (5, *(w for w in WINDOWS if 5 < w <= widest)):
        both = []
        for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            thin = cv2.morphologyEx(grey, kind, square(window), borderType=cv2.BORDER_REFLECT)
            least = max(8.0, 5 * float(np.median(_sample(thin))))
            _, clear = cv2.threshold(thin, least, 0, cv2.THRESH_TOZERO)
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


def paper_of(small: Picture, least: int) -> tuple[int, Picture, float] | None:
    """The closing's window in pixels, the paper it gives, and the depth of the ink on it.

    None of a page with nothing on it.

    least: the first window, the smaller the more the picture was reduced, which takes its grain.

    As the window grows past the width of the strokes, the ink it uncovers stops growing; past the
    width of shadows it grows again. The first standstill is taken; one at little of the ink that
    any window finds must last, or it is the grain's. What counts as ink is well beyond the grain,
    less so where there would be none, as on a printed ground; it is longer than two windows, for
    grain is smaller, and has a sharp rim, which shadows and wrinkles lack.
    """
    smooth = cv2.GaussianBlur(small, (3, 3), 0)
    steep = steepness(smooth, 5)
    side = max(small.shape[:2])
    windows = [w for w in WINDOWS if least <= w <= side / 2.2] or [3]
    papers = [cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, square(window)) for window in windows]
    missing = [depth_under(paper, smooth) for paper in papers]
    for beyond in BEYOND:
        inked = [
            (depth > max(beyond * _grain(depth), LEAST_CONTRAST)).astype(np.uint8)
            for depth in missing
        ]
        clear = [
            _clear(mask, depth, steep, 2 * window)
            for mask, depth, window in zip(inked, missing, windows, strict=True)
        ]
        found, depths = zip(*clear, strict=True)
        if any(found):
            break
    else:
        return None
    for i in range(len(windows) - 1):
        lasts = 1 if found[i] > MOST * max(found) else 3  # windows
        after = found[i + 1 : i + 1 + lasts]
        if found[i] > LEAST * max(found) and max(after) < STEADY * found[i]:
            wider = min(i + 3, len(papers) - 1)
            hollow = _hollow(inked[i + 1], inked[wider])
            paper = np.where(hollow[..., None] > 0, papers[wider], papers[i + 1])
            return windows[i], paper, max(depths[i : i + 2])
    return windows[-1], papers[-1], max(depths)


def _clear(mask: Mask, depth: Depth, steep: Depth, length: int) -> tuple[float, float]:
    """How much ink a mask's marks are that are longer than so many pixels and have a sharp rim.

    And how deep it is, on average.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    amount = np.bincount(labels.ravel(), (depth * depth).ravel(), count)
    total = np.bincount(labels.ravel(), depth.ravel(), count)
    mean = total / np.maximum(stats[:, 4], 1)
    rim = np.where(cv2.erode(mask, square(3)), 0, labels).ravel()
    around = np.maximum(np.bincount(rim, minlength=count), 1)
    sharpness = np.bincount(rim, steep.ravel(), count) / around
    clear = (stats[:, 2:4].max(1) > length) & (sharpness > 0.5 * mean)
    clear[0] = False
    ink = float(amount[clear].sum())
    return ink, ink / max(float(total[clear].sum()), 1e-9)


def _hollow(inked: Mask, whole: Mask) -> Mask:
    """Marks that are far thicker than most, and hollow where the closing is for most; (h, w).

    whole: the same marks by a wider closing. Most of such a mark is ink by both; not so a shadow.
    Where most of what is marked is hollow, it is the grain of a desk.
    """
    count, labels = cv2.connectedComponents(whole, connectivity=8)
    share = np.bincount(labels.ravel(), inked.ravel(), count) / np.bincount(labels.ravel())
    hollow = (share > HOLLOW[0]) & (share < HOLLOW[1])
    hollow[0] = False
    marked = hollow[labels].astype(np.uint8)
    if 2 * inked[marked > 0].sum() > inked.sum():
        return np.zeros_like(inked)
    widened: Mask = cv2.dilate(marked, square(3))
    return widened


def rims_of_solids(pixels: Picture, inked: NDArray[np.bool_], stroke: float) -> Mask:
    """The rims of solid areas wider than any stroke, as of a logo or a hole: (h, w), 1 there.

    To a closing such an area is paper, all but its rim, which would be read as a 0. It is solid
    where the picture is nearly as dark within the rim as on it.
    """
    mask = inked.astype(np.uint8)
    rims = np.zeros_like(mask)
    outlines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for i, outline in enumerate(outlines):
        x, y, w, h = cv2.boundingRect(outline)
        hole = tree[0][i][2]
        if hole < 0 or min(w, h) < SOLID[0] * stroke:
            continue
        while tree[0][hole][0] >= 0 and cv2.contourArea(outlines[hole]) < 0.5 * w * h:
            hole = tree[0][hole][0]
        reach = round(stroke) + 1
        x0, y0 = max(0, x - 2 * reach), max(0, y - 2 * reach)
        place = slice(y0, y + h + 2 * reach), slice(x0, x + w + 2 * reach)
        whole, inside = (np.zeros_like(mask[place]) for _ in range(2))
        cv2.drawContours(whole, outlines, i, 1, cv2.FILLED, offset=(-x0, -y0))
        cv2.drawContours(inside, outlines, hole, 1, cv2.FILLED, offset=(-x0, -y0))
        if inside.sum() < SOLID[1] * whole.sum():
            continue
        edge = whole & (1 - morphed(whole, cv2.MORPH_ERODE, square(2 * reach + 1)))
        rim = edge & (1 - inside) & mask[place]  # without the strokes that lie on it
        around = cv2.dilate(whole, square(2 * reach + 1)) & (1 - mask[place]) & (1 - whole)
        within = cv2.erode(inside, square(2 * (reach // 2) + 1)) & (1 - mask[place])
        # A shadow's edge through a 0 makes it as dark within, at places, as the paper is around it.
        tones = [
            float(np.percentile(pixels[place][part > 0], share)) if part.any() else np.nan
            for part, share in ((around, 25), (within, 75), (rim, 50))
        ]
        if tones[0] - tones[1] > SOLID[2] * (tones[0] - tones[2]) > 0:
            rims[place] |= cv2.dilate(rim, square(3))
    return rims


def steepness(pixels: Picture, window: int) -> Depth:
    """How much darker it gets within a window, as a share of the light; (h, w, 3) -> (h, w)."""
    change = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, square(window)).max(2)
    share: Depth = cv2.divide(change, np.maximum(pixels.max(2), 32), dtype=cv2.CV_32F)
    return share
