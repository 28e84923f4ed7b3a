"""Bring examples in: a zip or a folder, looked at before any of it is kept."""

from __future__ import annotations

import io
from collections import Counter
from itertools import islice
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec import backup, examples, imports
from digitrec.example import NOT_A_DIGIT, named
from digitrec.examples import ExamplesError
from digitrec.imports import Found, ImportRefusedError, Item, Taken
from digitrec.language import N_, _, language, ngettext, number
from digitrec.runtime import ModelError
from digitrec.settings import settings
from digitrec.ui.pictures import EXTENSIONS
from digitrec.ui.words import plain

SHOWN = 12
EXPORTED = Path(backup.FILE).suffix


def import_form() -> None:
    """Choose, look, keep."""
    st.caption(
        _(
            "Name each picture after what it shows, as in 4__1.png or 1042__1.jpg, or put them "
            "into folders called 0 to 9 and not_a_digit."
        )
    )
    kind = st.segmented_control(
        _("From"),
        [N_("A zip"), N_("A folder")],
        format_func=_,
        default="A zip",
        required=True,
        key="import-kind",
    )
    state = st.session_state
    generation = state.setdefault("import-generation", 0)  # another uploader after each import
    if kind == "A zip":
        sent = st.file_uploader(
            _("Zip"), ["zip"], key=f"import-zip-{generation}",  # as large as the server takes
            help=_(
                "A larger one can be brought in by “python -m digitrec examples import FILE.zip”."
            ),
        )  # fmt: skip
        files = [sent] if sent else []
    else:
        files = st.file_uploader(
            _("Folder"), [*EXTENSIONS, EXPORTED], accept_multiple_files="directory",
            key=f"import-folder-{generation}", max_upload_size=settings().max_megabytes,
        )  # fmt: skip
    if not files:
        state.pop("import-looked", None)
        _refused(state.get("import-refused", ()))
        return
    try:
        found = _looked_once(files)
        _preview(found)
        writer = st.text_input(
            _("Whose hand is it?"), key="import-writer", placeholder=_("If you like")
        )
        if found.items and st.button(
            ngettext("Keep this picture", "Keep these {count}", len(found.items)).format(
                count=number(len(found.items))
            ),
            type="primary",
            icon=":material/check:",
            key="import-now",
        ):
            _keep(_taken(_looked_into(files), writer))
    except (ImportRefusedError, ExamplesError, ModelError) as error:
        st.error(plain(str(error)), icon=":material/error:")


def _looked_once(files: list[UploadedFile]) -> Found:
    """What will be taken, without its content: each click on the page comes here.

    What is kept takes it from the files again, within a new limit on what they unpack to.
    """
    state = st.session_state
    of = (language(), *(file.file_id for file in files))
    if state.get("import-looked", (None,))[0] != of:
        found = _looked_into(files)
        items = tuple(Item(item.name, item.labels, bytes) for item in found.items)
        state["import-looked"] = (of, Found(items, found.refused))
    looked: Found = state["import-looked"][1]
    return looked


def _looked_into(files: list[UploadedFile]) -> Found:
    if files[0].name.lower().endswith(".zip"):
        return imports.in_zip(io.BytesIO(files[0].getvalue()))
    return imports.in_files((file.name, file.getvalue()) for file in files)


def _preview(found: Found) -> None:
    """How many of each label will be taken, and what will not, with the reasons."""
    counts = Counter(label for item in found.items for label in item.labels)
    with st.container(key="import-preview"):
        st.markdown(
            ngettext(
                "**{count} picture** will be taken:",
                "**{count} pictures** will be taken:",
                len(found.items),
            ).format(count=number(len(found.items)))
        )
        st.table(
            {named(label): number(counts[label]) for label in sorted(counts)},
            border="horizontal",
        )
        some = [f"{plain(item.name)}: {_said(item.labels)}" for item in found.items[:SHOWN]]
        if some:
            st.caption(" · ".join(some) + (" …" if len(found.items) > SHOWN else ""))
        _refused(found.refused)


def _said(labels: tuple[int, ...]) -> str:
    if labels == (NOT_A_DIGIT,):
        return named(NOT_A_DIGIT)
    return "".join(map(str, labels))


def _refused(refused: tuple[tuple[str, str], ...]) -> None:
    if not refused:
        return
    with st.expander(
        _("{count} left out").format(count=number(len(refused))), icon=":material/block:"
    ):
        lines = [f"- {plain(file)}: {plain(why)}" for file, why in islice(refused, 100)]
        st.markdown("\n".join(lines) + ("\n- …" if len(refused) > 100 else ""))


def _taken(found: Found, writer: str) -> Taken:
    words = _("Reading the pictures")
    bar = st.progress(0.0, words)
    taken = imports.taken(found, writer, lambda done: bar.progress(done, words))
    bar.empty()
    return taken


def _keep(taken: Taken) -> None:
    count = len(examples.add(taken.new).ids)
    state = st.session_state
    state["import-generation"] += 1
    said = ngettext("{count} example is kept.", "{count} examples are kept.", count)
    said = said.format(count=number(count))
    if taken.there:
        said += " " + imports.already_there(taken.there)
    if left_out := len(taken.refused):
        said += " " + ngettext(
            "{count} picture was left out.", "{count} pictures were left out.", left_out
        ).format(count=number(left_out))
    st.toast(said, icon=":material/check_circle:")
    state["import-refused"] = taken.refused
    st.rerun()
