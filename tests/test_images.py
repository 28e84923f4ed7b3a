"""The loader: every kind of picture comes out the same, and all else in one sentence."""

import io
import os
import struct
import zlib
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw

from digitrec import images
from digitrec.images import ImageError, Photo, load
from digitrec.settings import Settings

LOSSLESS = ["PNG", "BMP", "GIF", "TIFF", "WEBP"]
LOSSY = ["JPEG", "HEIF"]


def a_four(size=(90, 60)) -> Image.Image:
    """Dark ink on light paper, with no symmetry, so that a wrong turn shows."""
    image = Image.new("RGB", size, (235, 230, 220))
    pen = ImageDraw.Draw(image)
    pen.line([(20, 8), (12, 35), (45, 35)], fill=(20, 20, 60), width=5)
    pen.line([(36, 14), (34, 54)], fill=(20, 20, 60), width=5)
    return image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    if kind == "WEBP":
        options.setdefault("lossless", True)
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"")[:9])
        + chunk(b"IEND", b"")
    )


def close_to_the_four(photo: Photo, tolerance: float = 0.0) -> bool:
    difference = np.abs(photo.pixels.astype(int) - np.asarray(a_four()).astype(int))
    return photo.pixels.shape == (60, 90, 3) and float(difference.mean()) <= tolerance


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_kinds_come_out_as_they_went_in(kind):
    photo = load(encoded(a_four(), kind))
    assert close_to_the_four(photo, 0.5 if kind == "GIF" else 0)
    assert photo.pixels.dtype == np.uint8
    assert (photo.width, photo.height, photo.scale) == (90, 60, 1.0)


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_kinds_come_out_nearly_so(kind):
    assert close_to_the_four(load(encoded(a_four(), kind, quality=95)), 4)


def test_every_way_to_hand_over_a_picture(tmp_path):
    content = encoded(a_four(), "PNG")
    path = tmp_path / "four.jpeg"  # the content tells, not the name
    path.write_bytes(content)
    with path.open("rb") as file:
        for source in (content, path, str(path), file, io.BytesIO(content), a_four()):
            assert close_to_the_four(load(source))
    assert close_to_the_four(load(np.asarray(a_four())))


def test_a_picture_handed_over_stays_as_it_is() -> None:
    file = io.BytesIO()
    Image.new("RGB", (5000, 3000), "white").save(file, "JPEG")
    picture = Image.open(file)
    assert (load(picture).width, picture.size) == (5000, (5000, 3000))


def test_an_animation_gives_its_first_frame():
    other = Image.new("RGB", (90, 60), "red")
    for kind in ("GIF", "WEBP", "PNG"):
        content = encoded(a_four(), kind, save_all=True, append_images=[other])
        assert close_to_the_four(load(content), 0.5)


def test_a_phone_s_jpeg_of_two_pictures_is_read_as_its_first():
    content = encoded(a_four(), "MPO", save_all=True, append_images=[a_four()], quality=95)
    assert close_to_the_four(load(content), 4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(kind, orientation):
    undo = [0, 1, 2, 3, 4, 5, 8, 7, 6][orientation]
    turned = a_four()
    if orientation > 1:
        turned = turned.transpose(images._UPRIGHT[undo])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind == "JPEG" else {}
    photo = load(encoded(turned, kind, exif=exif, **options))
    assert close_to_the_four(photo, 4 if kind == "JPEG" else 0)
    assert (photo.width, photo.height) == (90, 60)


def test_a_turned_heic_comes_out_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = a_four().transpose(Image.Transpose.ROTATE_90)
    photo = load(encoded(turned, "HEIF", quality=95, exif=exif.tobytes()))
    assert close_to_the_four(photo, 4)
    assert (photo.width, photo.height) == (90, 60)


def test_damaged_exif_does_not_cost_the_picture():
    content = encoded(a_four(), "JPEG", quality=95, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert close_to_the_four(load(content), 4)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "PA"])
def test_every_mode_in_memory_is_read(mode):
    if mode == "LAB":
        source = Image.merge("LAB", [a_four().convert("L")] + [Image.new("L", (90, 60), 128)] * 2)
    elif mode == "PA":
        source = a_four().convert("RGBA").convert("PA")
    else:
        source = a_four().convert(mode)
    grey = np.asarray(Image.fromarray(load(source).pixels).convert("L"))
    assert grey[32:38, 18:23].mean() < 90
    assert grey[2:12, 70:88].mean() > 200


def test_cmyk_jpeg():
    assert close_to_the_four(load(encoded(a_four().convert("CMYK"), "JPEG", quality=95)), 6)


GREY = np.asarray(a_four().convert("L"))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled_not_clipped(kind):
    content = encoded(Image.fromarray(GREY.astype(np.uint16) * 257), kind)
    assert np.abs(load(content).pixels[..., 0].astype(int) - GREY).max() <= 1


@pytest.mark.parametrize(
    "deep",
    [
        GREY.astype(np.uint16) * 16,  # 12 bits in 16
        GREY.astype(np.int32) * 2**22,
        GREY.astype(np.float32) / 255,
        GREY.astype(np.float32),
    ],
    ids=["12 bits", "32 bits", "0 to 1", "0 to 255"],
)
def test_other_depths_of_tiff(deep):
    photo = load(encoded(Image.fromarray(deep), "TIFF"))
    assert np.abs(photo.pixels[..., 0].astype(int) - GREY).max() <= 1


def test_a_float_tiff_with_gaps_is_read():
    values = GREY.astype(np.float32) / 255
    values[0, 0], values[0, 1] = np.nan, np.inf
    photo = load(encoded(Image.fromarray(values), "TIFF"))
    assert photo.pixels.shape == (60, 90, 3)


def on_transparent(ink: str) -> Image.Image:
    image = Image.new("RGBA", (90, 60), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 8), (12, 35), (45, 35)], fill=ink, width=5)
    return image


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("black", 255), ("navy", 255), ("red", 255), ("white", 0), ("yellow", 0), ("#ccc", 0)],
)
def test_ink_on_transparent_never_vanishes(ink, paper):
    grey = np.asarray(Image.fromarray(load(on_transparent(ink)).pixels).convert("L")).astype(int)
    assert grey[5, 80] == paper
    assert abs(grey[35, 20] - paper) > 120


def test_light_ink_is_seen_in_every_kind_with_transparency():
    for content in (
        encoded(on_transparent("white"), "PNG"),
        encoded(on_transparent("white").convert("LA"), "PNG"),
        encoded(on_transparent("white").quantize(8), "PNG"),
        encoded(on_transparent("white"), "WEBP"),
        encoded(on_transparent("white"), "TIFF"),
    ):
        pixels = load(content).pixels
        assert (pixels.min(), pixels.max()) == (0, 255)


def test_light_paper_cut_out_of_its_background_stays_on_white():
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste(a_four(), (20, 20))
    assert load(image).pixels[0, 0].tolist() == [255, 255, 255]


def test_an_empty_transparent_canvas_is_white():
    assert load(Image.new("RGBA", (90, 60), (0, 0, 0, 0))).pixels.min() == 255


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_a_large_picture_is_reduced(monkeypatch, kind):
    monkeypatch.setattr(images, "settings", lambda: Settings(work_side=200))
    photo = load(encoded(a_four().resize((900, 600)), kind))
    assert photo.pixels.shape == (133, 200, 3)
    assert (photo.width, photo.height, photo.scale) == (900, 600, 4.5)
    expected = np.asarray(a_four().resize((200, 133), Image.Resampling.BOX)).astype(int)
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_reducing_by_strips_is_reducing_whole(monkeypatch, mode):
    monkeypatch.setattr(images, "settings", lambda: Settings(work_side=700))
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1100, 3), np.uint8)
    image = Image.fromarray(noise).convert(mode)
    whole = image.resize((513, 700), Image.Resampling.BOX).convert("RGB")
    assert np.abs(load(image).pixels.astype(int) - np.asarray(whole)).max() <= 1


@pytest.mark.parametrize(("side", "part"), [(900, 8), (500, 4), (250, 2)])
def test_a_large_webp_is_decoded_small(monkeypatch, side, part):
    monkeypatch.setattr(images, "settings", lambda: Settings(work_side=100))
    content = encoded(a_four().resize((side, 200)), "WEBP")
    assert images._webp_draft(content, side / 100).width == side // part
    assert load(content).pixels.shape[1] == 100


def test_a_thread_of_a_picture_keeps_a_pixel_of_width():
    photo = load(Image.new("L", (20_000, 1)))
    assert photo.pixels.shape == (1, Settings().work_side, 3)


# Bad input.


def svg() -> bytes:
    return b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"hello, this is no picture", "not a picture of a known kind; use PNG, JPEG"),
        (svg(), "an SVG drawing"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF, not a picture"),
        (png_header(9000, 9000), "has 81 megapixels; the limit is 50: make it smaller"),
        (png_header(7100, 7100), r"has 50\.5 megapixels"),
        (png_header(60_000, 60_000), "far more than 50 megapixels"),
        (encoded(Image.new("L", (2, 2)), "PNG"), "only 2 x 2 pixels"),
        (encoded(a_four(), "PPM"), "not a picture of a known kind"),
        (encoded(a_four(), "PNG")[:200], "damaged or incomplete"),
        (encoded(a_four(), "JPEG")[:900], "damaged or incomplete"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_bad_content_ends_in_one_sentence(content, message):
    with pytest.raises(ImageError, match=message) as raised:
        load(content)
    text = str(raised.value)
    assert text.endswith(".")
    assert "\n" not in text


def test_a_limit_above_pillow_s_own_is_kept(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert close_to_the_four(load(encoded(a_four(), "PNG")))
    monkeypatch.setattr(images, "settings", lambda: Settings(max_megapixels=300))
    with pytest.raises(ImageError, match="has 324 megapixels; the limit is 300"):
        load(png_header(18_000, 18_000))
    with pytest.raises(ImageError, match="far more than 300 megapixels"):
        load(png_header(25_000, 25_000))


def test_too_many_bytes(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with pytest.raises(ImageError, match="larger than 20 MB"):
            load(source)


def test_bad_paths(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        load(tmp_path / "missing.png")
    with pytest.raises(ImageError, match="a folder, not a picture"):
        load(tmp_path)
    with pytest.raises(ImageError, match="cannot be opened"):
        load("null\0character.png")
    with pytest.raises(ImageError, match=r"cannot be opened: the name is too long\.$"):
        load("long" * 2000)


def test_permission_denied(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(a_four(), "PNG"))
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read anything

        def refuse(*_args):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(images.Path, "open", refuse)
    with pytest.raises(ImageError, match="you lack the permission"):
        load(path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(9), r"not \(9,\)"),
        (np.zeros((9, 9, 2)), r"not \(9, 9, 2\)"),
        (np.zeros((2, 9, 9, 3)), "An array must be"),
        (np.zeros((0, 9)), "holds no pixels"),
        (np.zeros((9, 9), complex), "not complex128"),
        (np.full((9, 9), "a"), "must hold bools, integers or floats"),
        (np.zeros((8000, 8000), np.uint8), "64 megapixels"),
    ],
)
def test_bad_arrays(array, message):
    with pytest.raises(ImageError, match=message):
        load(array)


@pytest.mark.parametrize(
    "array",
    [
        GREY,
        GREY[:, :, None],
        np.dstack([GREY] * 3),
        np.dstack([GREY] * 3 + [np.full_like(GREY, 255)]),
        GREY / 255,
        GREY.astype(np.float16) / 255,
        GREY.astype(np.int64),
        GREY.astype(np.uint16) * 257,
        np.asfortranarray(GREY),
    ],
)
def test_good_arrays(array):
    assert np.abs(load(array).pixels[..., 0].astype(int) - GREY).max() <= 1


def test_an_array_of_bools_is_black_and_white():
    assert np.array_equal(load(GREY > 100).pixels[..., 1], np.where(GREY > 100, 255, 0))


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.int64])
@pytest.mark.parametrize("channels", [1, 3])
def test_integers_of_0_and_1_are_a_mask(kind, channels):
    mask = np.repeat((GREY > 100)[..., None], channels, axis=2)
    assert np.array_equal(load(mask.astype(kind)).pixels, load(mask).pixels)


def test_integers_of_0_and_2_are_no_mask():
    assert load((GREY > 100).astype(np.uint8) * 2).pixels.max() == 2


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("most", [np.nextafter(np.float32(1), np.float32(2)), 1.4])
def test_floats_that_a_resize_carried_over_1_are_clipped(kind, most):
    values = GREY.astype(kind) / 255
    values[0, :9] = most
    pixels = load(values).pixels[..., 0].astype(int)
    assert (pixels[0, :9] == 255).all()
    assert np.abs(pixels[1:] - GREY[1:]).max() <= 1


def test_floats_from_0_to_255_stay_so():
    assert np.abs(load(GREY.astype(np.float32)).pixels[..., 0].astype(int) - GREY).max() <= 1


def test_an_array_about_zero_keeps_its_contrast():
    pixels = load(GREY / 127.5 - 1).pixels
    assert pixels.min() < 40
    assert pixels.max() > 225


def test_a_slow_file_holds_up_no_other_picture():
    class Slow(io.BytesIO):
        """Comes when another picture has been loaded, or not been for long."""

        def read(self, size=-1):
            other = Thread(target=load, args=(GREY,))
            other.start()
            other.join(20)
            waiting.append(other.is_alive())
            return super().read(size)

    waiting = []
    assert close_to_the_four(load(Slow(encoded(a_four(), "PNG"))))
    assert waiting == [False]


def test_the_next_picture_works_after_a_bad_one():
    with pytest.raises(ImageError):
        load(b"bad")
    assert close_to_the_four(load(encoded(a_four(), "PNG")))


# Properties. Warnings are errors here, so none of Pillow's leaks out either.


def photo_or_sentence(source) -> None:
    try:
        photo = load(source)
    except ImageError:
        return
    assert photo.pixels.ndim == 3
    assert photo.pixels.shape[2] == 3
    assert photo.pixels.dtype == np.uint8
    assert photo.scale >= 1


MAGIC = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"RIFF\x00\x01\x00\x00WEBPVP8 ",
    b"BM",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"\x00\x00\x00\x18ftypheic",
]


@given(st.sampled_from([b"", *MAGIC]), st.binary(max_size=400))
def test_any_bytes(magic, rest):
    photo_or_sentence(magic + rest)


REAL = [encoded(a_four(), kind) for kind in [*LOSSLESS, *LOSSY]] + [
    encoded(a_four(), "TIFF", compression="tiff_lzw"),
    encoded(a_four(), "JPEG", progressive=True),
    encoded(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG"),
]


@given(st.sampled_from(REAL), st.floats(0, 1))
def test_any_truncation_of_a_real_file(content, part):
    photo_or_sentence(content[: int(part * len(content))])


@given(
    st.sampled_from(REAL),
    st.lists(
        st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5
    ),
)
def test_any_damage_to_a_real_file(content, patches):
    damaged = bytearray(content)
    for place, patch in patches:
        start = int(place * len(damaged))
        damaged[start : start + len(patch)] = patch
    photo_or_sentence(bytes(damaged))


@given(
    st.one_of(
        hnp.boolean_dtypes(),
        hnp.integer_dtypes(),
        hnp.unsigned_integer_dtypes(),
        hnp.floating_dtypes(),
        hnp.complex_number_dtypes(),
    ).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, max_side=12))
    )
)
def test_any_array(array):
    photo_or_sentence(array)
