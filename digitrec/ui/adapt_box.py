"""Adapt now: let the version in service learn the examples, and see what came of it."""

from __future__ import annotations

import streamlit as st

from digitrec import adaptation, registry
from digitrec.adaptation import FEWEST, AdaptationError, Status
from digitrec.language import _
from digitrec.registry import RegistryError
from digitrec.ui import report_view
from digitrec.ui.words import plain


def adapt_box(count: int) -> None:
    """The button, the progress, or the outcome. count: of examples there are."""
    with st.container(border=True, key="adapt", gap="small"):
        status = adaptation.seen()
        if status and status.state == "running":
            _follow()
            return
        st.markdown("#### " + _("Adapt now"))
        st.caption(
            _(
                "The version in service learns your examples in a minute or two, without "
                "forgetting MNIST. It becomes another version, and you decide whether it reads."
            )
        )
        if status:
            _outcome(status)
        st.button(
            _("Adapt now"),
            type="primary",
            icon=":material/auto_fix_high:",
            key="adapt-now",
            disabled=count < FEWEST,
            help=None
            if count >= FEWEST
            else _("It takes at least {count} examples.").format(count=FEWEST),
            on_click=_start,
        )
        if problem := st.session_state.pop("adapt-problem", None):
            st.error(plain(problem), icon=":material/error:")


def _start() -> None:
    try:
        adaptation.start()
    except AdaptationError as error:
        st.session_state["adapt-problem"] = str(error)


@st.fragment(run_every=1)
def _follow() -> None:
    status = adaptation.seen()
    if status is None or status.state != "running":
        st.rerun()
    st.markdown("#### " + _("Adapting"))
    st.progress(status.progress, plain(str(status.message)))
    st.caption(_("It goes on if you leave this page."))


def _outcome(status: Status) -> None:
    """What the last one came to."""
    if status.state != "done" or status.version is None:
        st.error(
            _("The last one did not finish. {why}").format(why=plain(str(status.message))),
            icon=":material/error:",
        )
        return
    st.success(plain(str(status.message)), icon=":material/check_circle:")
    try:
        version = registry.version(status.version)
    except RegistryError:  # it was renamed or deleted since
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        report_view.serve_button(version, "adapt-serve")
        st.page_link(
            "digitrec/ui/train.py",
            label=_("Report"),
            icon=":material/monitoring:",
            query_params={"version": version.name},
        )
