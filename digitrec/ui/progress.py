"""A run under way, and what there is to say about one that has ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from digitrec import jobs, registry, runs
from digitrec.jobs import JobError
from digitrec.language import N_, _, duration
from digitrec.registry import RegistryError
from digitrec.runs import FINAL, Part, part_name
from digitrec.snapshot import Snapshot
from digitrec.ui import charts, report_view
from digitrec.ui.attempt import attempt
from digitrec.ui.status import how_far
from digitrec.ui.tiles import show_tiles
from digitrec.ui.words import mean_and_std, plain, recipe, share

STARTING = N_("Starting the processes that train.")
ASKED_AFTER = 60  # seconds of work that nobody throws away by a slip of the hand
# The question, and the answers yes and no.
CANCEL = (N_("Cancel this run?"), N_("Cancel the run"), N_("Let it go on"))
REMOVE = (N_("Remove this run?"), N_("Remove"), N_("Keep the run"))


@st.fragment(run_every=1)
def follow(run_id: str) -> None:
    """The run, drawn anew each second; when it ends, the whole page is."""
    try:
        run = jobs.snapshot(run_id)
    except JobError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if not run.under_way:
        st.rerun()
    with st.container(key="train-progress"):
        with st.container(horizontal=True, vertical_alignment="center"):
            what = recipe(run.plan.recipe, run.plan.schedule).lower()
            st.subheader(_("Training {recipe}").format(recipe=what), anchor=False, width="stretch")
            if st.button(_("Cancel"), icon=":material/stop_circle:", key="cancel"):
                throw_away(run, jobs.cancel, CANCEL)
        st.progress(run.progress, how_far(run))
        notice = st.info if run.resumed else st.caption
        notice(plain(run.message) if run.progress else _(STARTING))
        _tiles(run)
        st.html(f'<div class="parts">{"".join(map(_row, run.parts))}</div>')
        _curves(run)


def throw_away(run: Snapshot, action: Callable[[str], None], words: tuple[str, str, str]) -> None:
    """Cancel or remove a run; asked first where that loses much work. words: as in `CANCEL`."""
    if (run.under_way or run.resumable) and run.seconds > ASKED_AFTER:
        st.dialog(_(words[0]), icon=":material/delete_forever:")(_confirm)(run.id, action, words)
    else:
        attempt(action, run.id)


def _confirm(run_id: str, action: Callable[[str], None], words: tuple[str, str, str]) -> None:
    st.write(_("What it has learnt so far is thrown away. The version in service is not touched."))
    with st.container(horizontal=True):
        if st.button(_(words[1]), type="primary", key="throw-away"):
            attempt(action, run_id)
        if st.button(_(words[2]), key="throw-away-not"):
            st.rerun()


def _tiles(run: Snapshot) -> None:
    finished = sum(part.state == "done" for part in run.parts if part.name != FINAL)
    tiles = [(_("Worked for"), duration(run.seconds))]
    if run.plan.folds:
        label = _("Mean, {finished} of {count} folds finished")
        label = label.format(finished=finished, count=run.plan.folds)
        tiles.append((label, mean_and_std(run.mean, run.std)))
    tiles.append((_("Machine busy"), share(min(1.0, run.load), 0)))
    show_tiles(tiles)


def _row(part: Part) -> str:
    """A fold, or the final fit: how far it is, its accuracy, and how that came about."""
    name = str(part_name(part.name))
    epoch = _("Epoch {number} of {count}").format(
        number=min(part.epoch + 1, part.epochs), count=part.epochs
    )
    state = {"waiting": _("Waiting"), "done": _("Done")}.get(part.state, epoch)
    return (
        f'<div class="part {part.state}"><b>{name}</b><span>{state}</span>'
        f'<div class="bar" role="meter" aria-label="{name}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{100 * part.progress:.0f}"><i style="width:{part.progress:.1%}"></i></div>'
        f"{_sparkline([epoch.val_accuracy for epoch in part.history])}"
        f"<b>{share(part.accuracy)}</b></div>"
    )


def _sparkline(values: list[float]) -> str:
    """A line of accuracies, cut out of the theme's colour: `st.html` takes no SVG."""
    if len(values) < 2:
        return '<i class="spark"></i>'
    low, span = min(values), (max(values) - min(values)) or 1.0
    line = [
        (100 * place / (len(values) - 1), 85 * (1 - (value - low) / span))
        for place, value in enumerate(values)
    ]
    under = [(x, y + 15) for x, y in reversed(line)]  # the line is 15 % of its box thick
    outline = ",".join(f"{x:.1f}% {y:.1f}%" for x, y in line + under)
    said = _("Accuracy from {first} to {last}").format(
        first=share(values[0]), last=share(values[-1])
    )
    return (
        f'<i class="spark" role="img" aria-label="{said}" '
        f'style="background:var(--accent);clip-path:polygon({outline})"></i>'
    )


def _curves(run: Snapshot) -> None:
    histories = {
        str(part_name(part.name)): {
            "val_accuracy": [epoch.val_accuracy for epoch in part.history],
            "val_loss": [epoch.val_loss for epoch in part.history],
        }
        for part in run.parts
    }
    if any(part.history for part in run.parts):
        charts.curves(histories, run.plan.epochs, "growing", training=False)
    else:
        st.caption(_("The curves begin when the first epoch is finished."))


def is_news(run: Snapshot, version: str | None) -> bool:
    """Whether there is something to say of the run that ended last.

    To those who watched it until they dismiss it; to all of what can go on, and of a version that
    nobody has dismissed or put in service. version: what the one that it made is called now.
    """
    if run.resumable:
        return True
    if run.dismissed or st.session_state.get("dismissed") == run.id:
        return False
    if st.session_state.get("watched") == run.id:
        return True
    if run.state != "done" or version is None:
        return False
    try:
        return not registry.version(version).in_service
    except RegistryError:  # it was deleted in this moment
        return False


def ended(run: Snapshot, version: str | None) -> None:
    """What became of a run: its result; or why it has none, its log, and the way on.

    version: what the one that it made is called now.
    """
    with st.container(key="train-progress"):
        what = recipe(run.plan.recipe, run.plan.schedule)
        if run.state == "done" and run.version:
            with st.container(border=True):
                _done(run, version or run.version)
            return
        if run.state == "cancelled":
            said = _("The last run ({recipe}) was cancelled.").format(recipe=what)
            st.info(said, icon=":material/stop_circle:")
            _dismiss(run)
            return
        said = _("The last run ({recipe}) did not finish. {why}")
        st.error(said.format(recipe=what, why=plain(run.message)), icon=":material/error:")
        with st.container(horizontal=True):
            if st.button(_("Resume"), icon=":material/resume:", type="primary", key="resume"):
                attempt(jobs.resume, run.id)
            if st.button(_("Dismiss"), icon=":material/close:", key="dismiss"):
                throw_away(run, jobs.forget, REMOVE)
        with st.expander(_("Log"), icon=":material/article:"):
            st.code(jobs.log(run.id) or _("The log is empty."), language=None, height=320)


def _done(run: Snapshot, name: str) -> None:
    """The result in short, and the way to use it: the report is further down."""
    st.success(
        _("Done in {time}: {version}.").format(time=duration(run.seconds), version=plain(name)),
        icon=":material/check_circle:",
    )
    try:
        version = registry.version(name)
    except RegistryError:  # it was renamed or deleted since
        _dismiss(run)
        return
    tiles = [(_("Test accuracy"), share(version.test_accuracy))]
    if version.folds:
        label = _("Mean of {count} folds").format(count=version.folds)
        tiles.insert(0, (label, mean_and_std(version.mean, version.std)))
    show_tiles(tiles)
    report_view.verdict(version)
    with st.container(horizontal=True, vertical_alignment="center"):
        report_view.serve_button(version, "done-serve")
        _dismiss(run)


def _dismiss(run: Snapshot) -> None:
    def dismissed() -> None:
        st.session_state.dismissed = run.id  # by this session, where it cannot be written
        with suppress(OSError):
            runs.dismiss(jobs.runs_folder() / run.id)

    st.button(_("Dismiss"), icon=":material/close:", key="dismiss", on_click=dismissed)
