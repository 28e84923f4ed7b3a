"""The language of a session: the address's, the last one chosen, or the browser's."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from digitrec import language
from digitrec.settings import LANGUAGES, settings

COOKIE = "digitrec-language"
YEAR = 365 * 24 * 3600  # seconds

_html = st.components.v2.component(
    "digitrec_language",
    js="""export default ({ data, setTriggerValue }) => {
        document.documentElement.lang = data.language;
        const { cookie, language, age } = data;
        document.cookie = `${cookie}=${language}; max-age=${age}; path=/; samesite=lax`;
        if (!data.switched) return;
        const address = new URL(location);
        address.searchParams.delete("lang");
        history.replaceState(history.state, "", address);
        setTriggerValue("forgotten", true);
    };""",
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
    """Before anything is drawn.

    What the browser does not ask for outlasts a reload in a cookie. In the address it would be put
    there after the page is, and each page that is gone to would take two steps back. Streamlit may
    forget what the switch says, so it is kept beside it.
    """
    asked = st.query_params.get("lang")
    wishes = (asked, st.context.cookies.get(COOKIE), _of_browser())
    first = next(wish for wish in wishes if wish in LANGUAGES)
    spoken = st.session_state.get("spoken", first)
    st.session_state.spoken = st.session_state.setdefault("language", spoken)


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
    chosen = language.language()
    age = YEAR if chosen != _of_browser() else 0
    # A reload would ask for another language again. The browser forgets it first: where the address
    # is not yet what Streamlit makes it, Streamlit adds a step for Back to take.
    switched = st.query_params.get("lang") not in (None, chosen)
    data = {"language": chosen, "cookie": COOKIE, "age": age, "switched": switched}
    _html(
        key="html-language",
        data=data,
        height=1,
        on_forgotten_change=_forget,
    )


def _forget() -> None:
    st.query_params.pop("lang", None)
