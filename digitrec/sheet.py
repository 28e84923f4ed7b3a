"""The sheet of paper in a photo, where the desk it lies on is in the frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.masks import Mask, morphed, ring, smaller, square
from digitrec.paper import steepness

LOOK = 240  # long side at which a sheet is looked for, pixels
FRAME = 0.75  # of the picture's frame, at the least, is desk
LEAST = 0.08  # of the picture, a sheet's area
OBLONG = 0.87  # of the box around it that a sheet fills; an ellipse fills 0.79
SLIM = 0.15  # the least of its short side over its long one: a bar is rather a 1
SOLID = 0.7  # of its outline that a sheet fills; a box is only the outline
EDGES = 0.08, 0.13, 0.2, 0.3  # of the light: how much it changes within two pixels at an edge
EVEN = 0.5  # of a sheet, at the least, that is no edge
NECK = 3  # pixels: so narrow a way is none
NARROW = 0.03  # of the longer side: half the width of a desk, at the least
STRAY = 0.05  # of the desk around a sheet that the frame cuts, as bright as the paper
SHARP = 0.5  # of the step from desk to paper, that is made at the edge; a shadow's is soft
LARGE = 0.4  # of the picture: a sheet that is one, whatever lies beside it
EDGE = 0.08  # of the picture's longer side: the least edge of a desk in a corner
RIM = 0.03  # of the longer side: how wide a cell's line may be along the frame
STRAYS = 1.5  # pixels, from a straight line
SLANTING = 0.02  # the sine of the least angle
COLOURED = 12  # levels of a colour, of 256, that are more than the noise of a photo
FAINT, CLEAR = 0.05, 0.3  # of the tone of the paper: how far strokes differ from theirs
SHADED = 0.25  # of the light on the paper, at the least, that a shadow leaves
UNCOLOURED = 1.15  # times what a shadow leaves of one colour, it leaves of another
MARKED = 0.15  # of the tone of a corner: how far strokes that may be of a hand differ from it
WRITTEN = 0.002  # of an area, that is strokes where something is written


@dataclass(frozen=True)
class Sheet:
    """box: x, y, w, h in the picture. inside: (h, w) of the box, 1 on the paper."""

    box: tuple[int, int, int, int]
    inside: Mask

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The sheet's box, cut out; the desk in its corners takes the tone of the nearest paper."""
        x, y, w, h = self.box
        cut = pixels[y : y + h, x : x + w].copy()
        step = max(1, max(h, w) // LOOK)
        inside, small = self.inside[::step, ::step], cut[::step, ::step]
        _, nearest = cv2.distanceTransformWithLabels(
            1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        tones = np.zeros((nearest.max() + 1, 3), np.uint8)
        tones[nearest[inside > 0]] = small[inside > 0]
        around = cv2.resize(tones[nearest], (w, h), interpolation=cv2.INTER_NEAREST)
        cv2.copyTo(around, 1 - self.inside, cut)
        return cut


def find_sheet(pixels: NDArray[np.uint8]) -> Sheet | None:
    """The sheet in a photo, (h, w, 3) uint8 RGB; None where the paper fills the frame.

    A sheet is an oblong of another tone or colour than the frame, with sharp edges and something
    written on it; the largest of them, and one that the frame does not cut if there is one. Or it
    is all but the picture's corners, where these are of another tone beyond straight edges.
    """
    height, width = pixels.shape[:2]
    small = smaller(pixels, max(1.0, max(height, width) / LOOK))
    partings = list(_partings(small))
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    contrast = _contrast(grey)
    oblongs = [part for each in partings for part in _oblong(*each)]
    oblongs += _enclosed(small)
    sheets = [part for part in oblongs if _is_sheet(part, small, grey, contrast)]
    sheets = [part for part in sheets if not _is_cut(part)] or sheets
    filled = max(sheets, key=np.sum) if sheets else _between_corners(small, partings, contrast)
    if filled is None:
        return None
    filled = cv2.erode(filled, square(5))  # the edge itself is neither
    whole = cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST)
    x, y, w, h = cv2.boundingRect(whole)
    return Sheet((x, y, w, h), whole[y : y + h, x : x + w])


def _partings(small: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Channels of tone and colour, (h, w), and levels that part desk from paper in them.

    A part of a sheet may be in a hard shadow, and another part of the desk as bright as it: so the
    tones are parted in several places.
    """
    light, *colours = cv2.split(cv2.cvtColor(cv2.medianBlur(small, 7), cv2.COLOR_RGB2LAB))
    middle = _parting(light)
    for level in (middle, _parting(light[light <= middle]), _parting(light[light > middle])):
        yield light, level
    for colour in colours:
        if np.ptp(colour) > COLOURED:
            yield colour, _parting(colour)


def _between_corners(
    small: NDArray[np.uint8],
    partings: list[tuple[NDArray[np.uint8], float]],
    contrast: NDArray[np.uint8],
) -> Mask | None:
    """All but the corners that are no shadows and not written on, if something is written there."""
    desk = np.zeros_like(contrast)
    for part in (part for each in partings for part in _corners(*each)):
        tone = float(np.median(small[part > 0], axis=0).mean())
        if not _is_shadow(small, part) and not _is_written_on(contrast, part, MARKED * tone):
            desk |= part
    if not 0 < desk.mean() < 0.5:
        return None
    between: Mask = 1 - desk
    tone = float(np.median(small[between > 0]))
    return between if _is_written_on(contrast, between, FAINT * tone) else None


def _is_shadow(small: NDArray[np.uint8], part: Mask) -> bool:
    """Whether a part of a picture may differ from the rest by the light that falls on it alone."""
    here, paper = (np.median(small[part == side], axis=0) for side in (1, 0))
    light = here / np.maximum(paper, 1)
    return bool(light.min() > SHADED and light.max() < UNCOLOURED * light.min())


def _corners(channel: NDArray[np.uint8], level: float) -> Iterator[Mask]:
    """The parts in the picture's corners that a straight, slanting edge cuts off: (h, w) each.

    Upright and level edges are left: there is nothing of them in the way of the numbers, and a 1 of
    a close crop has such.
    """
    above = channel > level
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        same = (above == above[corner]).astype(np.uint8)
        _, labels = cv2.connectedComponents(same)
        part = (labels == labels[corner]).astype(np.uint8)
        if part.mean() > 0.5 or (np.median(channel[part == 0]) > level) == above[corner]:
            continue
        rim = np.argwhere(part & cv2.dilate(1 - part, square(3)))
        if len(rim) < EDGE * max(channel.shape):
            continue
        line = cv2.fitLine(rim.astype(np.float32), cv2.DIST_L2, 0, 0.01, 0.01).ravel()
        strays = np.abs((rim - line[2:]) @ (line[1], -line[0]))
        straight = np.percentile(strays, 90) < STRAYS
        if straight and np.abs(line[:2]).min() > SLANTING and _is_sharp(channel, part):
            yield part


def _parting(values: NDArray[np.uint8]) -> float:
    """The level that best parts values in two (Otsu, 1979); 0 where there are none."""
    if not values.size:
        return 0.0
    return float(cv2.threshold(values.reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)[0])


def _enclosed(small: NDArray[np.uint8]) -> Iterator[Mask]:
    """The filled outlines of oblongs that no way without an edge leads to from the frame.

    A hard shadow that lies over desk and paper parts both, but each part of the desk is at the
    frame.
    """
    smooth = cv2.medianBlur(small, 5)
    steep = steepness(smooth, 3)
    for least in EDGES:
        even = (steep < least).astype(np.uint8)
        # Where a shadow's edge crosses the sheet's, lit desk may be as dark as shaded paper.
        free = cv2.erode(even, square(NECK))
        count, labels = cv2.connectedComponents(free, connectivity=4)
        enclosed = np.ones(count, np.uint8)
        enclosed[ring(labels)] = 0
        enclosed[0] = 1  # the edges
        within = enclosed[labels]
        # A shadow's own edge leads from the sheet's to the frame; the sheet's is none of it.
        within = cv2.erode(morphed(within, cv2.MORPH_OPEN, square(11)), square(9))
        for filled in _outlined(within):
            # Most of a scribble is edges; a frame has the same paper on both sides.
            if even[filled > 0].mean() > EVEN and _step(smooth, filled) > least:
                yield filled


def _step(pixels: NDArray[np.uint8], filled: Mask) -> float:
    """By how much of the light paper and desk differ along a sheet's edge, in the median.

    0 about a drawn frame: on both sides of it is paper.
    """
    widths = [square(side) for side in (9, 17)]
    inner, innermost = (cv2.erode(filled, width) for width in widths)
    near, far = (cv2.dilate(filled, width) for width in widths)
    edge, tones = (near - filled) > 0, []
    for side in (inner - innermost, far - near):  # the brightest there: it may be a double frame
        bright = cv2.dilate(pixels * side[..., None], square(15))
        tones.append(bright[edge].astype(np.float32))
    within, beyond = tones
    steps = np.abs(within - beyond).max(1) / np.maximum(np.maximum(within, beyond).max(1), 32)
    return float(np.median(steps)) if steps.size else 0.0


def _oblong(channel: NDArray[np.uint8], level: float) -> Iterator[Mask]:
    """The filled outlines of oblongs on the other side of a level than the desk, if there are.

    Of most of the frame; or, where the frame cuts the sheet, of all that is not on it.
    """
    above = channel > level
    frame = ring(above).mean()
    cut = min(frame, 1 - frame) > 1 - FRAME
    for paper in (above, ~above) if cut else (above if frame < 0.5 else ~above,):
        for filled in _outlined(paper.astype(np.uint8)):
            if _is_sharp(channel, filled) and not (cut and _is_narrow(1 - filled, paper)):
                yield filled


def _is_narrow(desk: Mask, paper: NDArray[np.bool_]) -> bool:
    """Whether a desk beyond a sheet that the frame cuts is rather strokes along the frame.

    Or has paper in it: then the strokes part the paper.
    """
    wide = cv2.erode(desk, square(2 * round(NARROW * max(desk.shape)) + 1))
    return bool(wide.sum() < desk.sum() / 3 or paper[desk > 0].mean() > STRAY)


def _outlined(tone: Mask) -> Iterator[Mask]:
    """The largest mark's outline, filled, if it is an oblong."""
    outlines, _ = cv2.findContours(tone, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return
    outline = max(outlines, key=cv2.contourArea)
    area, sides = cv2.contourArea(outline), cv2.minAreaRect(outline)[1]
    oblong = area > OBLONG * sides[0] * sides[1] and min(sides) > SLIM * max(sides)
    if area < LEAST * tone.size or not oblong:
        return
    filled = np.zeros_like(tone)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    if float(tone[filled > 0].mean()) > SOLID:
        yield filled


def _contrast(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much lighter or darker it is than around it, where that is narrow, as strokes are."""
    kinds = cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT
    lighter, darker = (cv2.morphologyEx(grey, kind, square(15)) for kind in kinds)
    contrast: NDArray[np.uint8] = np.maximum(lighter, darker)
    return contrast


def _is_sheet(
    filled: Mask,
    small: NDArray[np.uint8],
    grey: NDArray[np.uint8],
    contrast: NDArray[np.uint8],
) -> bool:
    """Whether something is written on an oblong, and nothing around it.

    A panel of a form is an oblong of another tone, too, but it is written around it as well. And
    where a shadow's edge runs through a cell, the part in the light, or in the shadow, is an oblong
    that only the cell's lines keep from the frame. What else there is of a page that the frame cuts
    may be in a shadow, too.
    """
    beside = ring(filled, max(3, round(RIM * max(filled.shape))))
    one_edge = np.count_nonzero(beside != np.roll(beside, 1)) == 2
    cut = _is_cut(filled)
    in_light = cut or (one_edge and beside.mean() > 1 - FRAME)
    if in_light and _is_shadow(small, 1 - filled):
        return False
    desk, paper = (float(np.median(grey[filled == side])) for side in (0, 1))
    if not _is_written_on(contrast, filled, FAINT * paper):
        return False
    around = max(CLEAR * desk, 2 * FAINT * paper)
    large = filled.mean() >= LARGE and not cut
    return large or not _is_written_on(contrast, 1 - filled, around)


def _is_cut(filled: Mask) -> bool:
    """Whether the picture's frame cuts a sheet, which lies on a desk elsewhere."""
    return bool(ring(filled).mean() > 1 - FRAME)


def _is_sharp(grey: NDArray[np.uint8], filled: Mask) -> bool:
    near = square(9)
    inner = (filled > 0) & (cv2.erode(filled, near) == 0)
    outer = (filled == 0) & (cv2.dilate(filled, near) > 0)
    edge = abs(float(grey[inner].mean()) - float(grey[outer].mean()))
    step = abs(float(grey[filled > 0].mean()) - float(grey[filled == 0].mean()))
    return edge > SHARP * step


def _is_written_on(contrast: NDArray[np.uint8], where: Mask, least: float) -> bool:
    """Whether there are strokes there, away from its edges, with more than `least` contrast."""
    within = cv2.erode(where, square(15)) > 0
    return bool(within.any() and (contrast[within] > max(10.0, least)).mean() > WRITTEN)
