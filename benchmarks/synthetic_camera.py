"""A flat sheet, lit and photographed: shadows, lens, desk, sensor, and the way from sheet to photo.

For `synthetic_pages`, whose sheets these are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import Box, light, soft_noise

DESKS = {
    "oak": (176, 140, 98),
    "walnut": (92, 66, 46),
    "black": (38, 38, 42),
    "grey": (150, 142, 134),
    "white": (236, 234, 228),
}
ROOM = 1.6  # of the desk around the sheet, of a digit's height


@dataclass(frozen=True)
class Camera:
    """shadow: 0 to 1, the light it takes; hard: whether its edge is. vignette: 0 to 1, likewise.

    cast: what is left of red, green and blue. tilt: of the page, degrees anticlockwise. desk:
    a name in `DESKS`, where the page's edges and the desk are in the frame. blur: sigma in pixels.
    jpeg: quality.
    """

    shadow: float = 0.2
    hard: bool = False
    vignette: float = 0.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    tilt: float = 0.0
    desk: str | None = None
    blur: float = 0.7
    jpeg: int | None = None


def photograph(
    scene: NDArray[np.float32], camera: Camera, height: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture, and the (2, 3) affine way from the sheet to it."""
    room = round(ROOM * height) if camera.desk else 0
    h, w = scene.shape[:2]
    size = (w + 2 * room, h + 2 * room)
    to_photo = cv2.getRotationMatrix2D((w / 2, h / 2), camera.tilt, 1.0) + [[0, 0, room]] * 2
    photo = cv2.warpAffine(scene, to_photo, size, borderMode=cv2.BORDER_REPLICATE)
    if camera.desk:
        here = cv2.warpAffine(np.ones((h, w), np.float32), to_photo, size)[..., None]
        desk = np.array(DESKS[camera.desk], np.float32)
        grain = 1 + 0.25 * (soft_noise(size[::-1], 3.0, rng) - 0.5)
        photo = here * photo + (1 - here) * desk * grain[..., None]
    down, across = np.ogrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    falloff = 1 - camera.vignette * (down**2 + across**2) / 2
    lit = light(size[::-1], camera.shadow, rng, 300 if camera.hard else 11) * falloff
    photo = photo * lit[..., None] * np.array(camera.cast)
    photo = cv2.GaussianBlur(photo, (0, 0), camera.blur) + rng.normal(0, 2.2, photo.shape)
    pixels = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    if camera.jpeg is not None:
        _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    return pixels, to_photo


def box_of(x: int, y: int, ink: NDArray[np.float32], to_photo: NDArray[np.float64]) -> Box:
    """The box in the picture of ink whose top left corner is at `x`, `y` on the sheet."""
    rows, columns = np.nonzero(ink > 0.5)
    points = np.stack([columns + x, rows + y, np.ones_like(rows)])
    left, top, right, bottom = np.rint(
        np.concatenate([f(to_photo @ points, 1) for f in (np.min, np.max)])
    )
    return int(left), int(top), int(right - left) + 1, int(bottom - top) + 1
