"""The sidebar's news: the version in service, and what learns now, with its progress."""

from __future__ import annotations

import streamlit as st

from digitrec import adaptation, jobs
from digitrec.adaptation import Status
from digitrec.classifier import in_service
from digitrec.language import _, percent
from digitrec.reader import line_notice
from digitrec.runtime import ModelError
from digitrec.snapshot import Snapshot
from digitrec.ui.words import about, plain, recipe


def recover() -> None:
    """Once a session: a run whose process has vanished goes on."""
    if "recovered" not in st.session_state:
        st.session_state.recovered = jobs.recover()


@st.fragment(run_every=1)
def news() -> None:
    """What serves and what trains; when either changes, the whole page is drawn again."""
    state = st.session_state
    run, adapting = jobs.current(), adaptation.seen()
    serving = _in_service()
    known = (serving, run and run.id, adapting and adapting.state)
    if state.setdefault("known", known) != known:
        state.known = known
        st.rerun()
    with st.container():
        if run:
            _run_status(run)
        if adapting and adapting.state == "running":
            _adapting(adapting)


def _in_service() -> str | None:
    """Show the version in service; return its name."""
    try:
        model = in_service()
    except ModelError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    said = _("Model in service: **{version}**").format(version=plain(model.name))
    st.caption(f":material/memory: {said}")
    for notice in filter(None, (model.notice, line_notice())):
        st.warning(plain(notice), icon=":material/warning:")
    return model.name


def _run_status(run: Snapshot) -> None:
    with st.container(border=True, key="run-status", gap="xsmall"):
        what = recipe(run.plan.recipe, run.plan.schedule).lower()
        said = _("**Training** {recipe}").format(recipe=what)
        st.markdown(f":material/model_training: {said}")
        st.progress(run.progress, how_far(run))
        st.page_link("digitrec/ui/train.py", label=_("Watch it"), icon=":material/monitoring:")


def _adapting(status: Status) -> None:
    with st.container(border=True, key="adapt-status", gap="xsmall"):
        st.markdown(f":material/auto_fix_high: **{_('Adapting')}**")
        st.progress(status.progress, plain(str(status.message)))
        st.page_link(
            "digitrec/ui/examples.py", label=_("Watch it"), icon=":material/photo_library:"
        )


def how_far(run: Snapshot) -> str:
    """The share that is done and, until that is all, the time left, in a few words."""
    done = percent(run.progress)
    if run.seconds_left is None or done == percent(1):
        return done
    return _("{share} · {time} left").format(share=done, time=about(run.seconds_left))
