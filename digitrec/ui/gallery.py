"""A page of examples as tiles, some of which are chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from digitrec.example import NOT_A_DIGIT, Example, named
from digitrec.language import N_, _
from digitrec.ui.data_urls import png_url
from digitrec.ui.words import moment

HERE = Path(__file__).resolve().parent
SOURCES = {
    "drawn": N_("drawn"),
    "camera": N_("camera"),
    "uploaded": N_("uploaded"),
    "imported": N_("imported"),
}

_tiles = st.components.v2.component(
    "digitrec_gallery",
    html='<button type="button" class="all"></button><div class="grid"></div>',
    css=(HERE / "gallery.css").read_text(),
    js=(HERE / "gallery.js").read_text(),
)


def choose(found: list[Example]) -> list[int]:
    """Draw the examples; the ids of those that the person has chosen."""
    tiles = [
        {
            "id": example.id,
            "image": png_url(example.ink),
            "caption": _caption(example),
            "title": title(example),
            "wrong": example.read not in (None, example.label),
        }
        for example in found
    ]
    state = _tiles(
        key="tiles",
        data={"tiles": tiles, "all": _("Choose all on this page, or none")},
        default={"chosen": []},
        on_chosen_change=lambda: None,
    )
    chosen = state.chosen if isinstance(state.chosen, list) else []
    return [example.id for example in found if example.id in chosen]


def title(example: Example) -> str:
    """One example in words."""
    said = _("{label}, read as {read}, by {writer}; {source}, {when}")
    if not example.writer:
        said = _("{label}, read as {read}; {source}, {when}")
    return said.format(
        label=named(example.label),
        read=_("unknown") if example.read is None else named(example.read),
        writer=example.writer,
        source=_(SOURCES.get(example.source, example.source)),
        when=moment(datetime.fromtimestamp(example.created, UTC)),
    )


def _caption(example: Example) -> str:
    """What was read, where that is not the label, and the label."""
    if example.read is None or example.read == example.label:
        return _short(example.label)
    return f"{_short(example.read)} → {_short(example.label)}"


def _short(label: int) -> str:
    return "×" if label == NOT_A_DIGIT else str(label)
