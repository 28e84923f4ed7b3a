"""Places on the page where nothing stands now."""

from __future__ import annotations

import streamlit as st


def blank(places: int = 1) -> None:
    """Put nothing where something may have stood, so that it goes now.

    What a run of a fragment does not draw again is taken away only when the browser hears that it
    has ended. It may never hear: where another fragment, such as the sidebar's each second, starts
    before the word is sent, Streamlit turns it into that of a run cut short, after which all stays
    (`ForwardMsgQueue.clear`); the sentence about a drawing that was refused then stands beside the
    answer to the next one.
    """
    for _ in range(places):
        st.empty()
