"""Words that Streamlit has in English alone, where style cannot put ours over them.

They are heard and not seen, as the name of a button that is an icon, or come late, as what is wrong
with a file. What is seen at once is in widgets.css, for which ours are there before any script is.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from digitrec.language import N_, _

# As Streamlit says them, with what it fills in; of those that fit, the first is taken.
TEXTS = (
    N_("Page not found"),
    N_("The page that you have requested does not seem to exist. Running the app's main page."),
    N_("Skip to main content"),
    N_("No results"),
    N_("Select {count} matches"),
    N_("Use arrow keys to navigate dates. Enter to select. Escape to close."),
    N_("Error: "),
    N_("{kind} files are not allowed."),
    N_("File must be {limit}B or smaller."),
)
NAMES = (
    N_("Sidebar"),
    N_("App pages"),
    N_("Navigate to home page"),
    N_("Expand sidebar"),
    N_("Collapse sidebar"),
    N_("Main menu"),
    N_("Theme"),
    N_("Notifications"),
    N_("Running..."),
    N_("Close"),
    N_("Dismiss"),
    N_("Help for {name}"),
    N_("Open"),
    N_("Clear value"),
    N_("Clear all"),
    N_("Selected values"),
    N_("Remove {name}"),
    N_("Increment"),
    N_("Decrement"),
    N_("Choose date range"),
    N_("Clear dates"),
    N_("Previous month"),
    N_("Next month"),
    N_("Previous page"),
    N_("Next page"),
    N_("Add files"),
    N_("file upload"),
    N_("Fullscreen: {name}"),
    N_("Show data: {name}"),
    N_("Download as PNG: {name}"),
    N_("Copy Vega-Lite spec: {name}"),
    N_("Snapshot"),
    N_("Switch camera"),
    N_("visualization"),  # this and the next are Vega's, for the parts of a chart
    N_("axis"),
    N_("legend"),
    N_("bar"),
    N_("group mark container"),
    N_("symbol mark container"),
    N_("rect mark container"),
)

_borrowed = st.components.v2.component(
    "digitrec_borrowed", js=(Path(__file__).resolve().parent / "borrowed.js").read_text()
)


def speak() -> None:
    """Have the browser put our words where Streamlit's are, whenever those come."""
    data = {
        kind: {theirs: _(theirs) for theirs in all_ if _(theirs) != theirs}
        for kind, all_ in (("texts", TEXTS), ("names", NAMES))
    }
    _borrowed(key="borrowed", data=data, height=1)
