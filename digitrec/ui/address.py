"""What is chosen on a page stays in its address: for a reload, and for Back and Forward."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def follow(name: str, choices: Collection[str], first: str) -> None:
    """Choose what the address says, where the browser asks for it: opened, reloaded, Back, Forward.

    The choice is the session's `name`. A link leads to an address without it: the choice stays as
    it is, and Back to that address brings it back.
    """
    state = st.session_state
    asked = st.query_params.get(name)
    unnamed = f"{name}-unnamed"
    run = get_script_run_ctx()
    # Nothing is chosen for a run where what the browser knows is in the language of before.
    if state.get(name) is None or (run and run.is_history_navigation):
        state[name] = asked if asked in choices else state.get(unnamed, first)
    elif asked is None and not (run and run.fragment_ids_this_run):  # whose address may be old
        state[unnamed] = state[name]


def write(name: str) -> None:
    """After a choice, as a callback: the address says it, and Back has where to go."""
    if st.session_state[name] is not None:
        st.query_params[name] = st.session_state[name]


def choose(name: str, choice: str) -> None:
    """The same for what is no widget's value, or another widget's."""
    st.session_state[name] = choice
    write(name)
