"""The most confident mistakes of a network as pictures, each with what it was labelled and read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digitrec import figures
from digitrec.language import _, ngettext
from digitrec.ui.data_urls import png_url
from digitrec.ui.words import share

AT_FIRST = 20  # shown without a click


def show(found: list[dict[str, Any]], of: str) -> None:
    """The first few, and the rest a click away; what looks like an error of the label is marked.

    found: a report's ``mistakes``. of: a sentence that says of which images.
    """
    suspects = sum(mistake["label_error"] for mistake in found)
    said = [of]
    if suspects:
        said.append(
            ngettext(
                "{count} of these {shown} looks like an error of the label.",
                "{count} of these {shown} look like errors of the label.",
                suspects,
            ).format(count=suspects, shown=len(found))
        )
    st.write(" ".join(said))
    st.html(f'<div class="mistakes">{"".join(map(_mistake, found[:AT_FIRST]))}</div>')
    if rest := found[AT_FIRST:]:
        with st.expander(_("{count} more").format(count=len(rest))):
            st.html(f'<div class="mistakes">{"".join(map(_mistake, rest))}</div>')


def _mistake(mistake: dict[str, Any]) -> str:
    label, answer = int(mistake["label"]), int(mistake["predicted"])
    suspect = mistake["label_error"]
    alt = _("Labelled {label}, read as {digit}").format(label=label, digit=answer)
    wrong = _("The label looks wrong")
    said = _("Read as {digit}").format(digit=answer)
    labelled = _("Label: {label}").format(label=label)
    if suspect:
        labelled += f"<br><em>{wrong}</em>"
    return (
        f'<figure class="mistake{" suspect" if suspect else ""}">'
        f'<img src="{png_url(figures.picture(mistake))}" alt="{alt}">'
        f"<figcaption><b>{said}</b>"
        f"{share(mistake['confidence'], 1)}<br>"
        f"{labelled}</figcaption></figure>"
    )
