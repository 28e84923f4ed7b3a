"""Pictures that a page carries in itself, as data URLs."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]  # a page of the gallery has a hundred


def png_url(pixels: NDArray[np.uint8]) -> str:
    """A grey (h, w) picture."""
    return data_url(cv2.imencode(".png", pixels, _FAST)[1].tobytes(), "png")


def data_url(content: bytes, kind: str) -> str:
    """An image's bytes. kind: "jpeg", "png" or "webp"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
