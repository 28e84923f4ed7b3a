"""The language of a session: what the address says, else the browser's, until it is switched."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from digitrec import language
from digitrec.settings import LANGUAGES, settings

_html = st.components.v2.component(
    "digitrec_language",
    js="export default ({ data }) => { document.documentElement.lang = data.language; };",
)


def of_session() -> str | None:
    """The language of the session whose page this thread draws; None where it draws none.

    A fragment runs in a thread of its own and without app.py, so the session is asked each time.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return st.session_state.get("spoken") or _of_browser()


def _of_browser() -> str:
    accepted = f"{st.context.headers.get('Accept-Language', '')},{st.context.locale or ''}"
    return language.preferred(accepted) or settings().language


def begin() -> None:
    """Before anything is drawn. The address keeps over a reload what the browser does not ask for.

    A page that is gone to has an address of its own, so it is told anew each time. Streamlit may
    forget what the switch says, so it is kept beside it.
    """
    asked = st.query_params.get("lang")
    first = asked if asked in LANGUAGES else _of_browser()
    spoken = st.session_state.get("spoken", first)
    chosen = st.session_state.spoken = st.session_state.setdefault("language", spoken)
    if chosen == _of_browser():
        st.query_params.pop("lang", None)
    else:
        st.query_params["lang"] = chosen


def switch() -> None:
    """English or French."""
    st.segmented_control(
        "Language, langue",
        list(language.NAMES),
        format_func=language.NAMES.__getitem__,
        required=True,
        key="language",
        label_visibility="collapsed",
    )
    _html(key="html-language", data={"language": language.language()}, height=1)
