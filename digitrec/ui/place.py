"""The keyboard's place, where what had it goes; and what is heard there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent

_place = st.components.v2.component("digitrec_place", js=(HERE / "place.js").read_text())
_onward = st.components.v2.component("digitrec_onward", js=(HERE / "onward.js").read_text())


def onward() -> None:
    """On every page, what stands next has the place of what is gone."""
    _onward(key="onward", height=1)


def told(words: str, button: str) -> None:
    """What is told beside the buttons, and heard. button: the key of the one to go on with."""
    with st.container(key="told", width="content", gap=None):
        _place(
            key="place",
            data={
                "turn": st.session_state.get("turn", 0),
                "button": button,
                "canvas": st.session_state.get("round", 0),  # each has tools to hide
            },
            height=1,
        )
        st.markdown(words, width="content")


def pass_on() -> None:
    """The button that was pressed goes: the one that `told` names next has the keyboard's place."""
    st.session_state.turn = st.session_state.get("turn", 0) + 1
