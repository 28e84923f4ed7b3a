"""The page Train: start a run, watch it, read its report, put the new version in service."""

import streamlit as st

from digitrec import jobs, registry
from digitrec.language import _
from digitrec.snapshot import Snapshot
from digitrec.ui import browser, progress, report_view
from digitrec.ui.history import history
from digitrec.ui.plan_form import plan_form


def choose_report(runs: list[Snapshot], made: dict[str, str]) -> str | None:
    """The version whose report is shown: the address's, else the newest run's. made: by run."""
    names = [version.name for version in registry.versions()]
    newest = next((made[run.id] for run in runs if run.id in made), None)
    asked = st.query_params.get("version")
    first = asked if asked in names else newest
    if first is None:
        return None
    st.divider()
    st.session_state["report-of"] = first

    def keep() -> None:
        st.query_params["version"] = st.session_state["report-of"]

    chosen: str = st.selectbox(_("Report of the version"), names, key="report-of", on_change=keep)
    return chosen


with st.container(key="page", gap="small"):
    st.header(_("Train the network"), anchor=False)
    linked = st.query_params.get("version", "")
    runs, made = jobs.history(), registry.of_runs()
    run = runs[0] if runs else None
    with st.container(key="train-now", gap="small"):
        if run and run.under_way:
            st.session_state.followed = run.id
            progress.follow(run.id)
        else:
            if run and st.session_state.pop("followed", None) == run.id:
                st.session_state.watched = run.id
                if run.id in made:
                    st.query_params.pop("version", None)  # the newest run's report, where it is
            if run and progress.is_news(run, made.get(run.id)):
                progress.ended(run, made.get(run.id))
            plan_form()
    history(runs, made)
    with st.container(key="report", gap="small"):
        if name := choose_report(runs, made):
            report_view.show(name)
            asked = f"{name} {st.session_state.get('report-asked', 0)}"
            browser.reveal(asked if name == linked else "", "report", "start")
