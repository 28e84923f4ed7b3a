"""Upload and Camera: pictures of numbers, with the boxes of what was read drawn over them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec import ImageError, Reading, load, read
from digitrec.classifier import Classifier, ModelError, in_service
from digitrec.reader import Box
from digitrec.settings import settings
from digitrec.ui.answer import Result
from digitrec.ui.words import plain, refusal, tone

EXTENSIONS = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif"]
SAMPLES = Path(__file__).resolve().parent / "samples"
NOTHING = "No digits were found: move closer, or use a darker pen."
SHOWN_SIDE = 1000  # pixels: what a page shows of a picture


@dataclass(frozen=True)
class Look:
    """A picture that was read. preview, thumbnail: data URLs, upright and small."""

    reading: Reading
    preview: str
    thumbnail: str
    width: int
    height: int


def choose_files() -> list[UploadedFile]:
    """Any number of files; while there is none, samples to try."""
    files = st.file_uploader(
        "Pictures of handwritten numbers",
        EXTENSIONS,
        accept_multiple_files=True,
        key="files",
        max_upload_size=settings().max_megabytes,
        help="One picture or many at once. Phones offer the camera here too.",
    )
    if not files:
        _samples()
    return files


def look_at(files: list[UploadedFile]) -> Result:
    """The only file, the one picked from the table of several, or the sample that was clicked."""
    sample = st.session_state.get("sample")
    if len(files) > 1:
        return _several([(file.name, file.getvalue()) for file in files])
    if files:
        return _one(files[0].name, files[0].getvalue())
    return _one(sample, (SAMPLES / sample).read_bytes()) if sample else Result()


def photograph() -> Result:
    """A photo; the last one stays until it is replaced or cleared."""

    def keep() -> None:
        taken = st.session_state["photo"]
        st.session_state["kept_photo"] = taken.getvalue() if taken else None

    st.camera_input("Hold the number up to the camera", key="photo", on_change=keep)
    photo = st.session_state.get("kept_photo")
    return _one("photo.jpg", photo) if photo else Result()


def _samples() -> None:
    """A row of pictures to click, for someone with none at hand."""
    st.caption("No picture at hand? Try one of these.")
    with st.container(horizontal=True, gap="small", key="samples"):
        for path in sorted(SAMPLES.glob("*.jpg")):
            words = path.stem.partition("-")[2].replace("-", " ")
            st.button(
                f"![Sample: {words}]({_sample_url(path)})",
                key=f"sample-{path.stem}",
                on_click=st.session_state.__setitem__,
                args=("sample", path.name),
            )


@st.cache_data(show_spinner=False)
def _sample_url(path: Path) -> str:
    with Image.open(path) as picture:
        picture.thumbnail((800, 132))  # twice as high as shown, for fine screens
        return _url(picture)


def _one(name: str, data: bytes, problems: tuple[str, ...] = ()) -> Result:
    """One picture with the boxes over it; `problems` of other files are told beside it."""
    look = _look(data)
    if isinstance(look, str):
        return Result(problems=(*problems, look))
    if not look.reading.numbers and not look.reading.refused:
        problems = (*problems, NOTHING)
    key = hashlib.sha256(data).hexdigest()
    shown = _picture(look, name)
    return Result(look.reading, Path(name).stem, shown, problems, key, partial(load, data))


def _several(files: list[tuple[str, bytes]]) -> Result:
    """A table of them all, as a CSV too, and a closer look at the one that is picked."""
    progress = st.empty()
    looks = []
    for done, (name, data) in enumerate(files):
        progress.progress(done / len(files), f"Reading {plain(name)}")
        looks.append(_look(data))
    progress.empty()

    rows = [_row(name, look) for (name, _), look in zip(files, looks, strict=True)]
    picked = st.dataframe(
        rows,
        hide_index=True,
        row_height=56,
        column_order=["picture", "number", "confidence", "file", "note"],
        column_config={
            "picture": st.column_config.ImageColumn("Picture"),
            "number": st.column_config.TextColumn("Number"),
            "confidence": st.column_config.ProgressColumn("Confidence", format="percent"),
            "file": st.column_config.TextColumn("File"),
            "note": st.column_config.TextColumn("Note"),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        key="table",
        alt="The files that were uploaded, with the number read in each",
    )
    st.download_button(
        "CSV",
        _csv(rows),
        file_name="numbers.csv",
        mime="text/csv",
        icon=":material/download:",
        help="Download the table",
        on_click="ignore",
    )
    row = next(iter(picked["selection"]["rows"]), 0)
    row = row if row < len(files) else 0  # the picked file may have been removed
    unread = tuple(
        f"{name}: {look}"
        for other, ((name, _), look) in enumerate(zip(files, looks, strict=True))
        if isinstance(look, str) and other != row
    )
    return _one(*files[row], unread)


def _row(name: str, look: Look | str) -> dict[str, str | float | None]:
    if isinstance(look, str):
        return {"picture": "", "file": name, "number": "", "confidence": None, "note": look}
    sure = float(np.prod([number.confidence for number in look.reading.numbers]))
    return {
        "picture": look.thumbnail,
        "file": name,
        "number": look.reading.text,
        "confidence": round(sure, 3) if look.reading.numbers else None,
        "note": refusal(look.reading),
    }


def _csv(rows: list[dict[str, str | float | None]]) -> str:
    file = io.StringIO()
    table = csv.DictWriter(file, ["file", "number", "confidence", "note"], extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()


def _look(data: bytes) -> Look | str:
    """A picture read, or the sentence that says why it was not."""
    try:
        return _read(data, in_service())
    except (ImageError, ModelError) as error:
        return str(error)


@st.cache_data(
    max_entries=64,
    show_spinner=False,
    hash_funcs={Classifier: lambda classifier: (classifier.name, id(classifier))},
)
def _read(data: bytes, classifier: Classifier) -> Look:
    """Cached by the picture and the version that reads it: every click runs the page again."""
    photo = load(data)
    reading = read(photo, classifier)
    picture = Image.fromarray(photo.pixels)
    picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    thumbnail = picture.copy()
    thumbnail.thumbnail((160, 160))
    return Look(reading, _url(picture), _url(thumbnail), photo.width, photo.height)


def _url(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _picture(look: Look, name: str) -> str:
    """The picture as HTML with its boxes: doubtful digits coloured, refused shapes dashed."""
    boxes = [
        _box(look, digit.box, tone(digit.confidence), str(digit.digit))
        for number in look.reading.numbers
        for digit in number.digits
    ] + [_box(look, shape.box, "refused", "") for shape in look.reading.refused]
    said = f"read as {look.reading.text}" if look.reading.text else "in which nothing was read"
    return (
        f'<figure class="picture"><img src="{look.preview}" '
        f'alt="{escape(name)}, {said}">{"".join(boxes)}</figure>'
    )


def _box(look: Look, box: Box, tone: str, label: str) -> str:
    x, y, w, h = box
    return (
        f'<i class="{tone}" style="left:{x / look.width:.2%};top:{y / look.height:.2%};'
        f'width:{w / look.width:.2%};height:{h / look.height:.2%}"><b>{label}</b></i>'
    )
