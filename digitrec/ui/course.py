"""The page Learn: a short course, each chapter with something to turn and watch."""

from typing import Literal

import streamlit as st

from digitrec.datasets import DatasetError
from digitrec.language import N_, _
from digitrec.runtime import ModelError
from digitrec.ui.chapters import convolution, data, folds, learning, preparing, saving, testing
from digitrec.ui.words import plain

CHAPTERS = {
    N_("Deep learning"): learning.draw,
    N_("MNIST"): data.draw,
    N_("Preparing"): preparing.draw,
    N_("The CNN"): convolution.draw,
    N_("Folds"): folds.draw,
    N_("Saving"): saving.draw,
    N_("Testing"): testing.draw,
}
TITLES = (
    N_("What deep learning is"),
    N_("MNIST, the examples"),
    N_("Preparing the data"),
    N_("The convolutional network"),
    N_("Cross-validation"),
    N_("Saving what was learnt"),
    N_("Testing"),
)


@st.fragment
def page() -> None:
    names = list(CHAPTERS)
    st.header(_("How a computer learns to read digits"), anchor=False)
    asked = st.query_params.get("chapter", "")
    state = st.session_state
    state.setdefault("chapter", names[_number(asked, len(names)) - 1])
    st.segmented_control(
        _("Chapter"),
        names,
        format_func=_,
        required=True,
        key="chapter",
        label_visibility="collapsed",
    )
    name: str = state.chapter
    number = names.index(name) + 1
    st.query_params["chapter"] = str(number)  # a reload stays here
    st.subheader(f"{number}. {_(TITLES[number - 1])}", anchor=False)
    with st.container(key=f"chapter-{number}"):
        try:
            CHAPTERS[name]()
        except (ModelError, DatasetError) as error:
            st.error(plain(str(error)), icon=":material/error:")
    with st.container(horizontal=True, horizontal_alignment="distribute", key="turn"):
        if number > 1:
            _turn(names[number - 2], ":material/arrow_back:", "left")
        if number < len(names):
            _turn(names[number], ":material/arrow_forward:", "right")


def _number(text: str, last: int) -> int:
    """The chapter that the address asks for; the first where it makes no sense."""
    return int(text) if text in map(str, range(1, last + 1)) else 1


def _turn(name: str, icon: str, side: Literal["left", "right"]) -> None:
    st.button(
        _(name),
        icon=icon,
        icon_position=side,
        key=f"turn-{side}",
        on_click=st.session_state.__setitem__,
        args=("chapter", name),
    )


with st.container(key="page"), st.container(key="course", gap="small"):
    page()
