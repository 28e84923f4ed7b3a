"""Figures that are read at a glance."""

from __future__ import annotations

import streamlit as st


def show_tiles(tiles: list[tuple[str, str]]) -> None:
    """Labels and values side by side, as many in a row as there is room for."""
    drawn = "".join(
        f'<div class="tile"><span>{label}</span><b>{value}</b></div>' for label, value in tiles
    )
    st.html(f'<div class="tiles">{drawn}</div>')
