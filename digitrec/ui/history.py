"""The runs so far, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from digitrec import jobs
from digitrec.language import N_, _, duration, ngettext, number
from digitrec.snapshot import Snapshot
from digitrec.ui import progress
from digitrec.ui.attempt import attempt
from digitrec.ui.words import mean_and_std, moment, plain, recipe

BADGES = {
    "done": (N_("Done"), ":material/check:", "green"),
    "failed": (N_("Failed"), ":material/error:", "red"),
    "interrupted": (N_("Interrupted"), ":material/power_off:", "orange"),
    "cancelled": (N_("Cancelled"), ":material/stop_circle:", "gray"),
}
SHOWN = 20


def history(runs: list[Snapshot], made: dict[str, str]) -> None:
    """Those that have ended; each with its report or what went wrong.

    made: what the runs' versions are called now, by the runs' ids.
    """
    runs = [run for run in runs if not run.under_way]
    if not runs:
        return
    title = _("Earlier runs ({count})").format(count=len(runs))
    with (
        st.expander(title, icon=":material/history:", key="train-history"),
        st.container(key="earlier-runs"),
    ):
        for run in runs[:SHOWN]:
            _entry(run, made.get(run.id))


def _entry(run: Snapshot, version: str | None) -> None:
    key = f"earlier-{run.id}"
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=key):
        words, icon, colour = BADGES[run.state]
        plan = run.plan
        parts = (
            ngettext("{count} fold", "{count} folds", plan.folds) if plan.folds else _("no folds"),
            ngettext("{epochs} epoch", "{epochs} epochs", plan.epochs),
            ngettext("{images} image", "{images} images", plan.images),
        )
        what = ", ".join(parts).format(
            count=plan.folds, epochs=plan.epochs, images=number(plan.images)
        )
        name = f"{plain(version)} · " if version else ""
        st.markdown(
            f"**{recipe(plan.recipe, plan.schedule)}** :{colour}-badge[{icon} {_(words)}]  \n"
            f"{name}{moment(datetime.fromtimestamp(run.started, UTC))} · {what} · "
            f"{duration(run.seconds)}"
            + (f" · {mean_and_std(run.mean, run.std)}" if run.mean is not None else ""),
            width="stretch",
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if version:
                st.button(
                    _("Report"),
                    icon=":material/monitoring:",
                    key=f"report-{run.id}",
                    on_click=_show_report,
                    args=(version,),
                )
            if run.resumable and st.button(
                _("Resume"), icon=":material/resume:", key=f"resume-{run.id}"
            ):
                attempt(jobs.resume, run.id)
            popover = st.popover(
                _("Log"), icon=":material/article:", key=f"log-{run.id}", on_change="rerun"
            )
            with popover:
                st.caption(plain(run.message))
                if popover.open:  # the twenty of them can be a megabyte
                    st.code(jobs.log(run.id) or _("The log is empty."), language=None, height=320)
            if st.button(
                _("Remove"), icon=":material/delete:", key=f"forget-{run.id}", type="tertiary"
            ):
                progress.throw_away(run, jobs.forget, progress.REMOVE)


def _show_report(version: str) -> None:
    """Below on this page, and in sight; also where it is below already."""
    st.query_params["version"] = version
    st.session_state["report-asked"] = st.session_state.get("report-asked", 0) + 1
