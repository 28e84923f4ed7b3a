"""One digit on its way through the network: every layer's maps, and the evidence at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from digitrec.example import named
from digitrec.graph import Layer
from digitrec.inside import Array, Flow
from digitrec.language import N_, _, ngettext, number
from digitrec.preprocess import Ink
from digitrec.ui.pixels import PALETTE, in_bytes, signed_bytes
from digitrec.ui.words import percent

HERE = Path(__file__).resolve().parent
DONE_BY = {
    N_("Convolution"): N_("Slides small patterns over what came before"),
    N_("Depthwise convolution"): N_("Slides one small pattern over each map"),
    N_("Max pooling"): N_("Keeps the strongest of each window"),
    N_("Average pooling"): N_("Keeps the mean of each window"),
    N_("Average"): N_("Keeps the mean of each map"),
    N_("Sum"): N_("Adds two layers up"),
    N_("Dense"): N_("Each unit weighs everything before it"),
}

_flow = st.components.v2.component(
    "digitrec_flow",
    html='<div class="flow"></div>',
    css=(HERE / "flow.css").read_text(),
    js=PALETTE + (HERE / "flow.js").read_text(),
)


def show(flow: Flow, ink: Ink, p: Array, looks: int) -> None:
    """The network with this digit in it, at first sight.

    ink: (28, 28). p: (11,), the calibrated answer, which is of so many looks.
    """
    votes = flow.votes
    _flow(
        key="flow",
        data={
            "input": in_bytes(ink),
            "layers": [_layer(*pair) for pair in zip(flow.layers, flow.maps, strict=True)],
            "classes": [
                {
                    "name": named(k),
                    "logit": float(logit),
                    "added": number(float(logit), 1).replace("-", "−"),
                    "share": percent(float(p[k])),
                    "p": bool(k == int(p.argmax())),
                }
                for k, logit in enumerate(flow.logits)
            ],
            "votes": None
            if votes is None
            else signed_bytes(votes / max(float(np.abs(votes).max()), 1e-9)),
            "words": _words(),
            "head": _("What the last layer adds up for each; the percentages follow from it")
            if looks == 1
            else _(
                "What the last layer adds up for each at first sight; "
                "the percentages are of all three looks"
            ),
        },
    )


def _words() -> dict[str, str]:
    """What flow.js says, with {placeholders} that it fills in."""
    return {
        "input": _("What goes in"),
        "pixels": _("The 28 by 28 pixels that the network sees"),
        "evidence": _("Evidence for each digit"),
        "maps": _("{layer}: {count} maps. The arrow keys choose one."),
        "units": _("{layer}: {count} units."),
        "all": _("All {count}"),
        "fewer": _("Fewer"),
        "speaking": _("Blue units speak for {name}, orange ones against it."),
        "map": _("{layer}: map {number} of {count}"),
        "unit": _("{layer}: unit {number} of {count}"),
        "sees": _(
            "Sees {width} × {height} pixels of the input, and answers with {share} of the "
            "layer's strongest."
        ),
        "rest": _("Point at a cell to see what it looks at; click a map to enlarge it."),
    }


def _layer(layer: Layer, maps: Array) -> dict[str, Any]:
    rows, columns, count = layer.shape if len(layer.shape) == 3 else (1, 1, layer.shape[-1])
    window = "" if layer.window is None else f" {layer.window[0]} × {layer.window[1]}"
    if rows * columns > 1:
        what = _("{count} maps of {rows} × {columns}").format(
            count=count, rows=rows, columns=columns
        )
    else:
        what = ngettext("{count} unit", "{count} units", count).format(count=count)
    if layer.weights:
        what = _("{what}, {count} weights").format(what=what, count=number(layer.weights))
    return {
        "title": _(layer.kind) + window,
        "words": f"{what}. {_(DONE_BY[layer.kind])}.",
        "shape": [rows, columns, count],
        "values": in_bytes(maps / max(float(maps.max(initial=0)), 1e-9)),
        "rows": [layer.fields[0].size, layer.fields[0].stride, layer.fields[0].start],
        "columns": [layer.fields[1].size, layer.fields[1].stride, layer.fields[1].start],
    }
