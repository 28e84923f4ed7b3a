"""Upload and Camera: where pictures come from, and the table of many."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec import imports
from digitrec.language import N_, _, bound, ngettext, number
from digitrec.settings import settings
from digitrec.ui import address, browser, kept, photo, table
from digitrec.ui.answer import Result
from digitrec.ui.blank import blank
from digitrec.ui.data_urls import data_url
from digitrec.ui.photo import Look, Source
from digitrec.ui.view import WHOLE
from digitrec.ui.words import certainty, corrections, least_sure, percent, plain, refusal

EXTENSIONS = [suffix.removeprefix(".") for suffix in sorted(imports.PICTURES)]
SAMPLES = Path(__file__).resolve().parent / "samples"
SHOWN = {
    "1-one-digit-in-black-ink.jpg": N_("Sample: one digit in black ink"),
    "2-blue-ink-on-squared-paper.jpg": N_("Sample: blue ink on squared paper"),
    "3-red-ink-on-yellow-paper.jpg": N_("Sample: red ink on yellow paper"),
    "4-pencil-in-a-soft-shadow.jpg": N_("Sample: pencil in a soft shadow"),
    "5-chalk-on-a-blackboard.jpg": N_("Sample: chalk on a blackboard"),
    "6-a-telephone-number.jpg": N_("Sample: a telephone number"),
}
# The table of many: what there is room for from the first on, and how wide at least, CSS pixels.
LEAST = {"picture": 60, "number": 104, "sure": 122, "file": 140, "note": 200}
MARK = 36  # CSS pixels: of the row that is picked
TITLES = {
    "picture": N_("Picture"),
    "number": N_("Number"),
    "sure": N_("How sure"),
    "file": N_("File"),
    "note": N_("Note"),
}
MOST = 500  # at once: of more than `photo` keeps, each click would read every one again
NOTHING = N_("No digits were found: move closer, or use a darker pen.")
NOTHING_HERE = N_("No digits were found in this part: press Reset, and crop again.")


def choose_files() -> list[UploadedFile]:
    """Any number of files; while there is none, samples to try.

    Streamlit forgets the uploader with its page, though it has the bytes for as long as the
    session: what was there stays, and what comes now is added.
    """
    state = st.session_state
    if "files" not in state:
        state.earlier = [*state.get("earlier", []), *state.get("uploaded", [])]
    files: list[UploadedFile] = st.file_uploader(
        _("Pictures of handwritten numbers"),
        EXTENSIONS,
        accept_multiple_files=True,
        key="files",
        max_upload_size=settings().max_megabytes,
        help=_("One picture or many at once. Phones offer the camera here too."),
    )
    state.uploaded = files
    # Where the page before was left before the browser had drawn it, its uploader kept them.
    here = {file.file_id for file in files}
    earlier: list[UploadedFile] = [file for file in state.earlier if file.file_id not in here]
    state.earlier = earlier
    if earlier:
        said = ngettext(
            "One picture from before is still here.",
            "{count} pictures from before are still here.",
            len(earlier),
        ).format(count=number(len(earlier)))
        with st.container(horizontal=True, vertical_alignment="center", key="earlier"):
            st.caption(said, width="content")
            st.button(
                _("Remove"),
                icon=":material/delete:",
                key="forget",
                on_click=state.__setitem__,
                args=("earlier", []),
            )
    else:
        blank()
    if not files and not earlier:
        _samples()
    else:
        blank(2)
    return [*earlier, *files]


def look_at(files: list[UploadedFile]) -> Result:
    """The only file, the one picked from the table of several, or the sample that was clicked."""
    sources = [Source(file.file_id, file.name, file.getvalue) for file in files]
    if len(sources) > MOST:
        said = _(
            "{count} pictures are too many for this page; send at most {most} at once, or use "
            "“python -m digitrec read FOLDER --out numbers.csv”."
        )
        return Result(problems=(said.format(count=number(len(sources)), most=MOST),))
    if len(sources) > 1:
        return _several(sources)
    if sources:
        return _one(sources[0])
    address.follow("sample", SHOWN, "")
    if sample := st.session_state.sample:
        return _one(Source(sample, sample, (SAMPLES / sample).read_bytes))
    return Result()


def photograph() -> Result:
    """A photo; the last one stays until it is replaced or cleared."""

    def keep() -> None:
        photo: UploadedFile | None = st.session_state["photo"]
        st.session_state["kept_photo"] = photo and (photo.file_id, photo.getvalue())

    st.camera_input(_("Hold the number up to the camera"), key="photo", on_change=keep)
    if not (kept := st.session_state.get("kept_photo")):
        return Result()
    key, content = kept
    return _one(Source(key, "photo.jpg", lambda: content))


def _samples() -> None:
    """A row of pictures to click, for someone with none at hand; the address keeps which."""
    st.caption(_("No picture at hand? Try one of these."))
    with st.container(horizontal=True, gap="small", key="samples"):
        for name in SHOWN:
            st.button(
                f"![{_(SHOWN[name])}]({_sample_url(SAMPLES / name)})",
                key=f"sample-{Path(name).stem}",
                on_click=address.choose,
                args=("sample", name),
            )


@st.cache_data(show_spinner=False)
def _sample_url(path: Path) -> str:
    with Image.open(path) as picture:
        picture.thumbnail((800, 132))  # twice as high as shown, for fine screens
        return data_url(photo.jpeg(picture), "jpeg")


def _one(source: Source, *, one_of_many: bool = False) -> Result:
    """One picture with the boxes over it, or what is wrong with it."""
    look = photo.look_at(source)
    name = f"{source.name}: " if one_of_many else ""
    if isinstance(look, str):
        return Result(problems=(name + look,))
    view = photo.view_of(source)
    problems: tuple[str, ...] = ()
    if not look.reading.numbers and not look.reading.refused:
        problems = (name + _(NOTHING if view.crop == WHOLE else NOTHING_HERE),)
    return Result(
        look.reading,
        Path(source.name).stem,
        _key(source),
        partial(photo.seen, source, view, look.reading.turned),
        partial(photo.show, source, _corrected(source, look)),
        problems,
        one_of_many,
    )


def _key(source: Source) -> str:
    return f"{source.key} {photo.view_of(source)}"


def _corrected(source: Source, look: Look) -> Look:
    return replace(look, reading=kept.corrected(look.reading, _key(source)))


def _several(sources: list[Source]) -> Result:
    """A table of them all, as CSV and JSON too, and a closer look at the one that is picked."""
    progress = st.empty()
    looks = []
    for done, source in enumerate(sources):
        progress.progress(done / len(sources), _("Reading {file}").format(file=plain(source.name)))
        looks.append(photo.look_at(source))
    progress.empty()

    column, widths = st.column_config, _widths(browser.room())
    row, by_hand = _follow([source.key for source in sources], list(widths))
    shown = [
        look if isinstance(look, str) else _corrected(source, look)
        for source, look in zip(sources, looks, strict=True)
    ]
    st.dataframe(
        [_row(source.name, look) for source, look in zip(sources, shown, strict=True)],
        hide_index=True,
        row_height=56,
        column_order=list(widths),
        column_config={
            name: (column.ImageColumn if name == "picture" else column.TextColumn)(
                _(TITLES[name]), width=width
            )
            for name, width in widths.items()
        },
        on_select="rerun",
        selection_mode="single-row-required",
        key="table",
        alt=_("The files that were uploaded, with the number read in each"),
    )
    with st.container(horizontal=True, gap="xsmall"):  # one row of a phone's
        _downloads(sources, shown)
        _steps(row, len(sources))
    if "file" in widths:
        blank()
    else:
        st.caption(plain(sources[row].name))
    picked = sources[row].key if by_hand else ""
    return replace(_one(sources[row], one_of_many=True), picked=picked)


def _widths(room: int) -> dict[str, int]:
    """The table's columns that there is room for, all in CSS pixels, and how wide they are.

    What is left out is told when a row is picked. The room that is over goes to the texts.
    """
    shown: dict[str, int] = {}
    left = room - MARK
    for name, width in LEAST.items():
        if width > left:
            break
        shown[name] = width
        left -= width
    wider = shown.keys() & {"file", "note"} or {"number"}
    return {name: width + left // len(wider) * (name in wider) for name, width in shown.items()}


def _follow(keys: list[str], columns: list[str]) -> tuple[int, bool]:
    """The row that is picked: that of the same picture as before, where the rows have moved.

    And whether a person picked it in the table as it is drawn. Streamlit keeps the row's number,
    and that only for as long as the table is drawn so.
    """
    state = st.session_state
    now = (keys, columns)
    before, last, by_hand = state.get("tabled", ((), "", False))
    kept_up = "table" in state and before == now
    picked = last
    if kept_up:
        picked = next((keys[row] for row in state.table["selection"]["rows"][:1]), "")
    row = keys.index(picked) if picked in keys else 0
    by_hand = kept_up and (by_hand or picked != last)
    if not kept_up:
        _pick(row)
    state.tabled = (now, keys[row], by_hand)
    return row, by_hand


def _pick(row: int) -> None:
    st.session_state.table = {"selection": {"rows": [row], "columns": [], "cells": []}}


def _steps(row: int, count: int) -> None:
    """The pictures one after the other: no key reaches a row of Streamlit's table."""
    for words, to in ((_("Previous"), row - 1), (_("Next"), row + 1)):
        st.button(words, on_click=_pick, args=(to,), disabled=not 0 <= to < count)


def _row(name: str, look: Look | str) -> dict[str, str]:
    if isinstance(look, str):
        return {"picture": "", "number": _("Not read"), "sure": "", "file": name, "note": look}
    sure = ""
    if (least := least_sure(look.reading)) is not None:
        sure = f"{certainty(least)}, {percent(least)}"
    return {
        "picture": data_url(look.thumbnail, "webp"),
        "number": look.reading.written or _("Nothing found"),
        "sure": sure,
        "file": name,
        "note": " ".join(filter(None, (refusal(look.reading), corrections(look.reading)))),
    }


def _downloads(sources: list[Source], looks: list[Look | str]) -> None:
    readings = [
        (source.name, look if isinstance(look, str) else look.reading)
        for source, look in zip(sources, looks, strict=True)
    ]
    stem = _("numbers")
    for name, content, mime, help_text in (
        ("CSV", table.to_csv, "text/csv", _("Download every number, one a row")),
        (
            "JSON",
            table.to_json,
            "application/json",
            _("Download every digit, box, alternative"),
        ),
    ):
        st.download_button(
            name,
            bound(partial(content, readings)),
            file_name=f"{stem}.{name.lower()}",
            mime=mime,
            icon=":material/download:",
            help=help_text,
            on_click="ignore",
            key=f"all-{name.lower()}",
        )
