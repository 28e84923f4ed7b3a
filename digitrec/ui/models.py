"""The page Models: every version, which one reads, and what may be done with each."""

from datetime import datetime

import streamlit as st

from digitrec import registry
from digitrec.language import _, ngettext
from digitrec.ui import browser, report_view
from digitrec.ui.attempt import attempt
from digitrec.ui.words import mean_and_std, moment, plain, recipe, share, size
from digitrec.versions import Version


def roll_back() -> None:
    """Back to the version that served before, if there is one."""
    if previous := registry.previous():
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(_("Roll back"), icon=":material/undo:", key="rollback"):
                attempt(
                    registry.rollback,
                    said=_("{version} is in service.").format(version=plain(previous)),
                )
            st.caption(
                _("{version} served before.").format(version=plain(previous)), width="content"
            )


def card(version: Version) -> None:
    """One version: what it is, how good it is, what can be done with it."""
    name = version.name
    with st.container(border=True, key=f"version-{name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {plain(name)}", width="stretch")
            if version.damaged:
                st.badge(_("Damaged"), icon=":material/broken_image:", color="red")
            if version.in_service or not version.damaged:
                report_view.serve_button(version, f"serve-{name}")
        if version.damaged:
            st.error(plain(str(version.damaged)), icon=":material/error:")
        if version.note:
            st.markdown(f":material/sticky_note_2: {plain(version.note)}")
        st.html(facts(version))
        report_view.verdict(version)
        with st.container(horizontal=True, vertical_alignment="center"):
            if not version.damaged:
                st.page_link(
                    "digitrec/ui/train.py",
                    label=_("Report"),
                    icon=":material/monitoring:",
                    query_params={"version": name},
                )
            report_view.model_downloads(version)
            if not version.shipped:
                change(version)


def facts(version: Version) -> str:
    """Date, recipe, accuracies, size and data, as HTML."""
    pairs = {
        _("Made"): moment(datetime.fromisoformat(version.created)) if version.created else "–",
        _("Recipe"): recipe(version.recipe, version.schedule),
        _("Cross-validated"): ngettext(
            "{accuracy}, {count} fold", "{accuracy}, {count} folds", version.folds
        ).format(accuracy=mean_and_std(version.mean, version.std), count=version.folds)
        if version.folds
        else _("No"),
        _("Test accuracy"): share(version.test_accuracy),
        _("Without contested"): share(version.test_uncontested),
        _("Size"): size(version.bytes),
        _("Data"): version.data or "–",
    }
    rows = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in pairs.items())
    return f'<dl class="facts">{rows}</dl>'


def change(version: Version) -> None:
    """Rename, note, delete; the version in service is not deleted."""
    name = version.name
    if st.button(_("Rename"), icon=":material/edit:", key=f"rename-{name}", type="tertiary"):
        rename(name)
    if st.button(_("Note"), icon=":material/sticky_note_2:", key=f"note-{name}", type="tertiary"):
        note(name, version.note)
    if version.in_service:
        return
    if st.button(_("Delete"), icon=":material/delete:", key=f"delete-{name}", type="tertiary"):
        delete(name)


@st.dialog(_("Rename this version"), icon=":material/edit:")
def rename(name: str) -> None:
    with st.form("rename", border=False):  # so that Enter does it, too
        help_ = _("Letters, digits, - and _.")
        new = st.text_input(_("New name"), name, help=help_, key="new-name")
        sent = st.form_submit_button(_("Rename"), type="primary", key="rename-now")
        browser.focus(name, "text")
    if sent:
        attempt(
            registry.rename,
            name,
            new.strip(),
            said=_("It is called {version} now.").format(version=plain(new.strip())),
        )


@st.dialog(_("A note on this version"), icon=":material/sticky_note_2:")
def note(name: str, now: str) -> None:
    words = st.text_area(_("Note"), now, key="new-note", max_chars=registry.NOTE_LENGTH)
    if st.button(_("Save"), type="primary", key="note-now"):
        attempt(registry.annotate, name, words, said=_("The note is kept."))


@st.dialog(_("Delete this version?"), icon=":material/delete:")
def delete(name: str) -> None:
    st.write(_("{version} and its report are removed for good.").format(version=plain(name)))
    with st.container(horizontal=True):
        if st.button(_("Delete"), type="primary", icon=":material/delete:", key="delete-now"):
            attempt(
                registry.delete, name, said=_("{version} is deleted.").format(version=plain(name))
            )
        if st.button(_("Keep it"), key="delete-not"):
            st.rerun()


with st.container(key="page", gap="small"):
    st.header(_("Models"), anchor=False)
    st.caption(_("Every trained version is kept here. The one in service reads on the page Read."))
    roll_back()
    with st.container(key="models-table", gap="medium"):
        for version in registry.versions():
            card(version)
