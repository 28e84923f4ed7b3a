"""Bring examples in: a zip or a folder, looked at before any of it is kept."""

from __future__ import annotations

import io
from collections import Counter
from itertools import islice

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec import examples, imports
from digitrec.classifier import ModelError
from digitrec.examples import NOT_A_DIGIT, ExamplesError
from digitrec.imports import Found, ImportRefusedError, Taken
from digitrec.settings import settings
from digitrec.ui.gallery import NAMES
from digitrec.ui.words import plain

SHOWN = 12
KINDS = [suffix.removeprefix(".") for suffix in sorted(imports.PICTURES)]


def import_form() -> None:
    """Choose, look, keep."""
    st.caption(
        "Name each picture after what it shows, as in 4__1.png or 1042__1.jpg, or put them into "
        "folders called 0 to 9 and not_a_digit."
    )
    kind = st.segmented_control(
        "From", ["A zip", "A folder"], default="A zip", required=True, key="import-kind"
    )
    state = st.session_state
    generation = state.setdefault("import-generation", 0)  # another uploader after each import
    if kind == "A zip":
        sent = st.file_uploader(
            "Zip", ["zip"], key=f"import-zip-{generation}",
            max_upload_size=settings().max_megabytes,
        )  # fmt: skip
        files = [sent] if sent else []
    else:
        files = st.file_uploader(
            "Folder", KINDS, accept_multiple_files="directory",
            key=f"import-folder-{generation}", max_upload_size=settings().max_megabytes,
        )  # fmt: skip
    if not files:
        return
    try:
        found = _looked_into(files)
        _preview(found)
        writer = st.text_input("Whose hand is it?", key="import-writer", placeholder="If you like")
        if found.items and st.button(
            f"Keep these {len(found.items):,}" if len(found.items) > 1 else "Keep it",
            type="primary",
            icon=":material/check:",
            key="import-now",
        ):
            _keep(_taken(found, writer))
    except (ImportRefusedError, ExamplesError, ModelError) as error:
        st.error(plain(str(error)), icon=":material/error:")


def _looked_into(files: list[UploadedFile]) -> Found:
    if files[0].name.lower().endswith(".zip"):
        return imports.in_zip(io.BytesIO(files[0].getvalue()))
    return imports.in_files((file.name, file.getvalue()) for file in files)


def _preview(found: Found) -> None:
    """How many of each label will be taken, and what will not, with the reasons."""
    counts = Counter(label for item in found.items for label in item.labels)
    with st.container(key="import-preview"):
        st.markdown(f"**{len(found.items):,} pictures** will be taken:")
        st.table(
            {NAMES[label]: f"{counts[label]:,}" for label in sorted(counts)},
            border="horizontal",
        )
        some = [f"{plain(item.name)}: {_said(item.labels)}" for item in found.items[:SHOWN]]
        if some:
            st.caption(" · ".join(some) + (" …" if len(found.items) > SHOWN else ""))
        _refused(found.refused)


def _said(labels: tuple[int, ...]) -> str:
    if labels == (NOT_A_DIGIT,):
        return NAMES[NOT_A_DIGIT]
    return "".join(map(str, labels))


def _refused(refused: tuple[tuple[str, str], ...]) -> None:
    if not refused:
        return
    with st.expander(f"{len(refused):,} left out", icon=":material/block:"):
        lines = [f"- {plain(name)}: {plain(why)}" for name, why in islice(refused, 100)]
        st.markdown("\n".join(lines) + ("\n- …" if len(refused) > 100 else ""))


def _taken(found: Found, writer: str) -> Taken:
    bar = st.progress(0.0, "Reading the pictures")
    taken = imports.taken(found, writer, lambda done: bar.progress(done, "Reading the pictures"))
    bar.empty()
    return taken


def _keep(taken: Taken) -> None:
    examples.add(taken.new)
    state = st.session_state
    state["import-generation"] += 1
    left_out = f" {len(taken.refused)} pictures were left out." if taken.refused else ""
    st.toast(f"{len(taken.new)} examples are kept.{left_out}", icon=":material/check_circle:")
    state["import-refused"] = taken.refused
    st.rerun()
