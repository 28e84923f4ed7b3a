"""What stands around every page: its configuration, its style and the sidebar."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from digitrec import language
from digitrec.language import N_, _
from digitrec.settings import settings
from digitrec.ui import borrowed, browser, memory, place, status, switch

memory.limit_arenas()  # once, before a picture is decoded
language.ask(switch.of_session)
HERE = Path(__file__).resolve().parent
ABOUT = N_("digitrec reads handwritten numbers. Nothing you draw or upload leaves this computer.")


def configure() -> None:
    """Set the page up; the first call of every run. With unusable settings it is the last."""
    try:
        settings()
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    switch.begin()
    st.set_page_config(
        page_title="digitrec",
        page_icon=str(HERE / "logo.svg"),
        layout="wide",
        menu_items={
            "About": _(ABOUT)
        },  # with nothing in it the menu, and its theme switch, is hidden
    )
    st.html(HERE / "style.css")
    st.html(HERE / "train.css")
    st.html(HERE / "inside.css")
    st.html(HERE / "widgets.css")
    st.html(f"<style>:root {{ {_accents()} {_own_words()} }}</style>")


def _accents() -> str:
    """The theme's colours as CSS variables, for the little that Streamlit does not draw itself."""
    pairs = {"accent": "primaryColor", "doubt": "orangeColor", "refused": "grayColor"}
    return " ".join(
        f"--{name}: light-dark({st.get_option(f'theme.light.{option}')},"
        f" {st.get_option(f'theme.dark.{option}')});"
        for name, option in pairs.items()
    )


def _own_words() -> str:
    """What widgets.css puts over the words that Streamlit has in English alone, as variables."""
    words = {
        "upload": _("Upload"),
        "limit": _("Up to {limit} MB a file").format(limit=settings().max_megabytes),
        "zip-limit": _("Up to {limit} MB a file").format(
            limit=st.get_option("server.maxUploadSize")
        ),
        "take": _("Take a photo"),
        "again": _("Another photo"),
        "no-camera": _(
            "The browser does not allow the camera yet: allow it where it asks, or beside the "
            "address. Or use Upload."
        ),
        "all": _("Select all"),
        "day": _("dd"),
        "year": _("yyyy"),
        "system": _("System"),
        "light": _("Light"),
        "dark": _("Dark"),
        "about": _("About"),
    }
    return " ".join(f"--{name}: '{text}';" for name, text in words.items())


def sidebar() -> None:
    """Name, model in service, the run under way, how to write so that it is read; the language."""
    st.logo(str(HERE / "logo.svg"), size="large")
    with st.sidebar:
        said = _("Reads handwritten numbers. Nothing leaves this computer.")
        st.markdown(f"### digitrec\n{said}")
        status.recover()
        status.news()
        with st.expander(_("Writing that reads well"), icon=":material/edit_note:"):
            st.markdown(
                _(
                    "- Leave a gap between the digits.\n"
                    "- Write them about the same height, on one line.\n"
                    "- In a photo, let the number fill the picture and keep your own shadow off "
                    "it.\n"
                    "- Any pen, any paper, dark on light or light on dark."
                )
            )
        switch.switch()
        borrowed.speak()
        browser.refill()
        place.onward()
