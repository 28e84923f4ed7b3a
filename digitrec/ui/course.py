"""The page Learn: a short course, each chapter with something to turn and watch."""

from typing import Literal

import streamlit as st

from digitrec.datasets import DatasetError
from digitrec.language import N_, _
from digitrec.runtime import ModelError
from digitrec.ui import address, browser
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


NUMBERS = [str(number + 1) for number in range(len(CHAPTERS))]


@st.fragment
def page() -> None:
    names = dict(zip(NUMBERS, CHAPTERS, strict=True))
    st.header(_("How a computer learns to read digits"), anchor=False)
    address.follow("chapter", NUMBERS, NUMBERS[0])
    st.segmented_control(
        _("Chapter"),
        NUMBERS,
        format_func=lambda number: _(names[number]),
        required=True,
        key="chapter",
        on_change=address.write,
        args=("chapter",),
        persist_state="session",
        label_visibility="collapsed",
    )
    chosen: str = st.session_state.chapter
    number = int(chosen)
    st.subheader(f"{number}. {_(TITLES[number - 1])}", anchor=False)
    with st.container(key=f"chapter-{number}"):
        try:
            CHAPTERS[names[chosen]]()
        except (ModelError, DatasetError) as error:
            st.error(plain(str(error)), icon=":material/error:")
    sides: Literal["distribute", "right"] = "distribute" if number > 1 else "right"
    with st.container(horizontal=True, horizontal_alignment=sides, key="turn"):
        if number > 1:
            _turn(number - 1, names, ":material/arrow_back:", "left")
        if number < len(names):
            _turn(number + 1, names, ":material/arrow_forward:", "right")
    browser.reveal(st.session_state.pop("turned", ""), "course", "start")


def _turn(number: int, names: dict[str, str], icon: str, side: Literal["left", "right"]) -> None:
    def turn() -> None:
        address.choose("chapter", str(number))
        st.session_state.turned = str(number)

    st.button(
        _(names[str(number)]),
        icon=icon,
        icon_position=side,
        key=f"turn-{side}",
        on_click=turn,
    )


with st.container(key="page"), st.container(key="course", gap="small"):
    page()
