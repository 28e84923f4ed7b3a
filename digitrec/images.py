"""Bytes, a path, a file or an array -> an upright RGB photo, or a sentence saying what is wrong."""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    Image,
    TiffImagePlugin,  # noqa: F401  named, or Pillow imports its forty other readers to find it
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401  the same
)
from PIL.Image import Resampling, Transpose

from digitrec.language import _, number
from digitrec.settings import settings
from digitrec.storage import words

__all__ = ["ImageError", "Photo", "content", "load"]

pillow_heif.register_heif_opener()
_ALLOWED = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "HEIF")

_SMALLEST = 8  # pixels on the long side: the smallest digits in use are 8x8 (optdigits)
_OVERSHOT = 1.5  # how far a bicubic or Lanczos resize carries thin strokes that run from 0 to 1
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# One picture is decoded at a time: the memory it takes stays that of one photo however many
# people upload, and warnings.catch_warnings is not safe in two threads at once.
_decoding = threading.Lock()


class ImageError(ValueError):
    """The input cannot be read as a picture; the message says what to do, in one sentence."""


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright picture, reduced for work; equal to itself alone.

    pixels: (h, w, 3) uint8, RGB. scale: pixels of the upright original per pixel of `pixels`, >= 1.
    width, height: of the upright original.
    """

    pixels: NDArray[np.uint8]
    scale: float
    width: int
    height: int


def load(
    source: bytes | str | Path | BinaryIO | NDArray[Any] | Image.Image, side: int | None = None
) -> Photo:
    """Load a picture, turn it upright and reduce its long side to `side` pixels.

    side: `settings().work_side` where it is None.

    A file (its bytes, its path or an open binary file) may be PNG, JPEG, WEBP, BMP, GIF (first
    frame), TIFF or HEIC, told by its content. An array is (h, w), (h, w, 1), (h, w, 3) RGB or
    (h, w, 4) RGBA, of bools, integers or floats. Integers of 0 and 1 alone are a mask, as bools
    are: 1 is white. Floats are taken to run from 0 to 1 if none is above 1.5, and what is above 1
    is clipped, for a smooth resize goes so far beyond. Transparent pixels become white paper, or
    black where white would hide light ink.

    Raises `ImageError` for anything else, and where a limit of `settings()` is passed; plain
    ``ValueError`` for a setting that cannot be understood.
    """
    settings()  # a setting that cannot be understood is not the picture's fault
    try:
        # Not under the lock: a slow disk or network holds up nobody else.
        given = source if isinstance(source, np.ndarray | Image.Image) else content(source)
        with _decoding, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged metadata, which is not used
            if Image.MAX_IMAGE_PIXELS is not None:  # Pillow's guard, which must not undercut ours
                limit = settings().max_megapixels * 10**6
                Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, limit)
            return _decoded(given, side)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            _(
                "This picture has far more than {limit} megapixels, the limit; make it "
                "smaller and try again."
            ).format(limit=settings().max_megapixels)
        ) from None
    except Exception as error:  # decoders fed damaged bytes raise nearly anything
        raise ImageError(
            _("This picture is damaged or incomplete; save or download it again.")
        ) from error


def content(source: bytes | str | Path | BinaryIO) -> bytes:
    """The bytes of a file. Raises `ImageError` where there are none or too many."""
    limit = settings().max_megabytes * 10**6
    try:
        if isinstance(source, bytes | bytearray | memoryview):
            found = bytes(source)
        elif isinstance(source, str | Path):
            with Path(source).open("rb") as file:
                found = file.read(limit + 1)
        else:
            found = source.read(limit + 1)
    except FileNotFoundError:
        raise ImageError(_("There is no such file.")) from None
    except IsADirectoryError:
        raise ImageError(_("This is a folder, not a picture.")) from None
    except PermissionError:
        raise ImageError(_("This file may not be read: you lack the permission.")) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = words(error, reading=True) if isinstance(error, OSError) else error
        raise ImageError(_("This file cannot be opened: {why}.").format(why=why)) from None
    if len(found) > limit:
        raise ImageError(
            _(
                "This file is larger than {limit} MB, the limit; save the picture smaller and try "
                "again."
            ).format(limit=settings().max_megabytes)
        )
    if not found:
        raise ImageError(_("This file is empty."))
    return found


def _decoded(given: bytes | NDArray[Any] | Image.Image, side: int | None) -> Photo:
    if isinstance(given, np.ndarray):
        return _photo(_from_array(given), side)
    if isinstance(given, Image.Image):
        return _photo(given, side)
    try:
        with Image.open(io.BytesIO(given), formats=_ALLOWED) as image:
            return _photo(image, side, given)
    except UnidentifiedImageError:
        raise ImageError(_unknown(given)) from None


def _unknown(content: bytes) -> str:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"%pdf"):
        return _("This is a PDF, not a picture; save its page as PNG or JPEG and try again.")
    if b"<svg" in head:
        return _("This is an SVG drawing, which is not read; export it as PNG and try again.")
    return _("This is not a picture of a known kind; use PNG, JPEG, WEBP, BMP, GIF, TIFF or HEIC.")


def _photo(image: Image.Image, side: int | None, content: bytes | None = None) -> Photo:
    """Check the size, decode, reduce, composite, turn upright: the order that saves memory."""
    width, height = image.size
    megapixels, limit = width * height / 1e6, settings().max_megapixels
    if megapixels > limit:
        raise ImageError(
            _(
                "This picture has {count} megapixels; the limit is {limit}: make it smaller and "
                "try again."
            ).format(count=number(math.ceil(megapixels * 10) / 10, None), limit=limit)
        )
    if max(width, height) < _SMALLEST or min(width, height) < 1:
        raise ImageError(
            _(
                "This picture is only {width} x {height} pixels, too few to hold a digit; use a "
                "larger one."
            ).format(width=width, height=height)
        )
    scale = max(1.0, max(width, height) / (side or settings().work_side))
    if content and scale >= 2 and image.format == "WEBP" and image.mode == "RGB":
        decoded = _webp_draft(content, scale)
    else:
        if content:  # it works in place, and a caller's own picture stays as it is
            image.draft(None, (max(1, int(width / scale)), max(1, int(height / scale))))
        drafted, decoded = image.size, image
        image.load()
        if image.size != drafted:  # a TIFF turns itself upright as it loads
            width, height = height, width
    turn = _UPRIGHT.get(_orientation(image))  # a PNG may tell it after its pixels
    size = max(1, round(width / scale)), max(1, round(height / scale))
    upright = _on_paper(_reduced(decoded, size))
    if turn is not None:
        upright = upright.transpose(turn)
        if turn.name in {"TRANSPOSE", "TRANSVERSE", "ROTATE_90", "ROTATE_270"}:
            width, height = height, width
    return Photo(np.asarray(upright), scale, width, height)


def _webp_draft(content: bytes, scale: float) -> Image.Image:
    """Decode a large opaque WEBP at a half, a quarter or an eighth of its size.

    Pillow has no draft mode for WEBP, and takes 16 bytes a pixel to decode one.
    """
    if scale >= 8:
        flag = cv2.IMREAD_REDUCED_COLOR_8
    else:
        flag = cv2.IMREAD_REDUCED_COLOR_4 if scale >= 4 else cv2.IMREAD_REDUCED_COLOR_2
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise OSError("OpenCV cannot decode this WEBP")
    return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  damaged EXIF raises anything, and must not cost the picture
        return 1


def _reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Average the picture down to `size`, in mode L, RGB, RGBA or CMYK.

    Done by strips, since converting 50 megapixels whole takes 200 MB each time.
    """
    width, height = size
    step = image.height / height
    deep = image.mode.startswith(("I", "F"))
    span = _span(_rows(image)) if deep else (0.0, 255.0)
    reduced: Image.Image | None = None
    for top in range(0, height, 128):
        bottom = min(height, top + 128)
        first, last = math.floor(top * step), min(image.height, math.ceil(bottom * step))
        strip = image.crop((0, first, image.width, last))
        if deep:
            strip = Image.fromarray(_to_8_bits(np.asarray(strip), *span))
        elif image.has_transparency_data:
            strip = strip.convert("RGBA")
        elif image.mode not in {"L", "RGB", "CMYK"}:
            strip = strip.convert("L" if image.mode == "1" else "RGB")
        box = (0, top * step - first, image.width, min(strip.height, bottom * step - first))
        strip = strip.resize((width, bottom - top), Resampling.BOX, box)
        reduced = reduced or Image.new(strip.mode, size)
        reduced.paste(strip, (0, top))
    return reduced or image


def _rows(image: Image.Image) -> Iterator[NDArray[Any]]:
    for top in range(0, image.height, 256):
        bottom = min(image.height, top + 256)
        yield np.asarray(image.crop((0, top, image.width, bottom)))


def _on_paper(image: Image.Image) -> Image.Image:
    """Composite over white; over black where nearly all that is visible is light ink."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    paper = "white"
    alpha = np.asarray(image.getchannel("A"))
    if alpha.min(initial=255) == 255:
        return image.convert("RGB")
    visible = alpha >= max(1, alpha.max() // 2)
    # Light paper cut out of its background is mostly opaque, or has dark ink on it.
    if 0 < visible.mean() < 0.5:
        luminance = np.asarray(image.convert("RGB").convert("L"))[visible]
        if np.percentile(luminance, 2) > 128:
            paper = "black"
    return Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("RGB")


def _from_array(array: NDArray[Any]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and (array.ndim != 3 or array.shape[2] not in (3, 4)):
        raise ImageError(
            _(
                "An array must be (height, width), (height, width, 3) or (height, width, 4), "
                "not {shape}."
            ).format(shape=array.shape)
        )
    if array.dtype.kind not in "buif":
        raise ImageError(
            _("An array must hold bools, integers or floats, not {kind}.").format(kind=array.dtype)
        )
    if array.size == 0:
        raise ImageError(_("This array holds no pixels."))
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    if array.dtype != np.uint8 or array.max() <= 1:
        array = _to_8_bits(array, *_span([array]))
    return Image.fromarray(np.ascontiguousarray(array))


def _span(parts: Iterable[NDArray[Any]]) -> tuple[float, float]:
    """The values that become 0 and 255, so that nothing that counts is clipped at any depth.

    Integers run to the largest number of as many bits as they use: 12 bits kept in 16 come out
    right too; a mask runs to 1. Floats run from 0, or their minimum where that is below, to 1 where
    none is above `_OVERSHOT`, else to the first of 255 and their maximum that is large enough.
    """
    extremes = [(finite.min().item(), finite.max().item()) for finite in map(_finite, parts)]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    if isinstance(high, int):
        return 0.0, 1.0 if high <= 1 else 2.0 ** max(8, high.bit_length()) - 1
    return min(0.0, low), 1.0 if high <= _OVERSHOT else max(255.0, high)


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    finite: NDArray[np.float32] = np.nan_to_num(values.astype(np.float32).clip(-1e30, 1e30))
    return finite


def _to_8_bits(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    scaled = (_finite(values).astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    levels: NDArray[np.uint8] = np.rint(scaled.clip(0, 255)).astype(np.uint8)
    return levels
