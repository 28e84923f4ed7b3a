"""A run's charts, as Vega-Lite draws them in the page's own colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from digitrec.language import _, marks

GREY = "#8a8a8a"  # seen on light and on dark
LINE = {"type": "line", "strokeWidth": 2, "aria": False}  # its points are read out, one by one
Histories = Mapping[str, Mapping[str, Sequence[float]]]  # a fit's name -> Keras's history
Spec = dict[str, Any]


def curves(histories: Histories, epochs: int, key: str, *, training: bool = True) -> None:
    """Accuracy and loss by epoch, a line a fit; dashed on the images it was trained on.

    The axes, colours and keys do not depend on how far the fits are, so that a chart which grows is
    not drawn anew.
    """
    held_out, trained_on = _("held out"), _("trained on")
    rows: list[dict[str, Any]] = [
        {
            "fit": name,
            "images": images,
            "epoch": epoch + 1,
            "accuracy": history[f"{prefix}accuracy"][epoch],
            "loss": history[f"{prefix}loss"][epoch],
        }
        for name, history in histories.items()
        for images, prefix in ((held_out, "val_"), (trained_on, ""))
        if (training or prefix) and f"{prefix}loss" in history
        for epoch in range(len(history[f"{prefix}loss"]))
    ]
    left, right = st.columns(2)
    dashed = [held_out, trained_on] if training else None
    for column, measure, title, form, alt in (
        (left, "accuracy", _("Accuracy"), ".1%", _("Accuracy of each fit by epoch")),
        (right, "loss", _("Loss"), ".3~f", _("Loss of each fit by epoch")),
    ):
        with column:
            spec = _curve(measure, title, form, list(histories), epochs, dashed)
            if training:  # a chart that grows has no ends yet
                spec["encoding"]["y"]["scale"] |= _ends(row[measure] for row in rows)
            chart(rows, spec, f"{key}-{measure}", alt)


def _curve(
    measure: str, title: str, form: str, names: list[str], epochs: int, dashed: list[str] | None
) -> Spec:
    """dashed: what solid and dashed lines mean; None where all are solid."""
    span = [1, epochs] if epochs > 1 else [0.5, 1.5]
    ticks = sorted({round(1 + (epochs - 1) * part / 5) for part in range(6)})
    encoding: Spec = {
        "x": {
            "field": "epoch",
            "type": "quantitative",
            "title": _("Epoch"),
            "scale": {"domain": span, "nice": False, "padding": 8},
            "axis": {"values": ticks, "format": "d", "grid": False},
        },
        "y": {
            "field": measure,
            "type": "quantitative",
            "title": title,
            "scale": {"zero": False, "padding": 6},
            "axis": {"format": form, "tickCount": 5},
        },
        "color": {
            "field": "fit",
            "type": "nominal",
            "title": _("Fit"),
            "scale": {"domain": names},
            "legend": {"orient": "bottom", "columns": 3, "title": None},
        },
        "tooltip": [
            {"field": "fit", "title": _("Fit")},
            {"field": "images", "title": _("Images")},
            {"field": "epoch", "title": _("Epoch")},
            {"field": measure, "title": title, "format": form},
        ],
    }
    if dashed:
        encoding["strokeDash"] = {
            "field": "images",
            "type": "nominal",
            "title": _("Images"),
            "scale": {"domain": dashed, "range": [[1, 0], [4, 3]]},
            "legend": None,
        }
        encoding["opacity"] = {
            "field": "images",
            "type": "nominal",
            "title": _("Images"),
            "sort": dashed,
            "scale": {"domain": dashed, "range": [1, 0.55]},
            "legend": None,
        }
    mark = {**LINE, "point": {"size": 28, "aria": True}}
    return {"mark": mark, "encoding": encoding, "height": 300}


def _ends(values: Iterable[float]) -> Spec:
    """Of a scale. Vega looks for them before Streamlit has given it the data, and warns."""
    finite = [value for value in values if math.isfinite(value)]
    return {"domain": [min(finite), max(finite)], "nice": True} if finite else {}


def box_plot(accuracies: Sequence[float], key: str) -> None:
    """The tutorial's box and whiskers of the folds' accuracies, with each fold as a point."""
    rows = [
        {"fold": _("Fold {number}").format(number=k), "accuracy": value}
        for k, value in enumerate(accuracies, 1)
    ]
    x: Spec = {
        "field": "accuracy",
        "type": "quantitative",
        "title": _("Accuracy on held-out images"),
        "scale": {"zero": False, "padding": 12, **_ends(accuracies)},
        "axis": {"format": ".1%", "tickCount": 6},
    }
    points: Spec = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "yOffset": 34},
        "encoding": {
            "x": x,
            "tooltip": [
                {"field": "fold", "title": _("Fold")},
                {"field": "accuracy", "title": _("Accuracy"), "format": ".3%"},
            ],
        },
    }
    box: Spec = {
        "mark": {
            "type": "boxplot",
            "extent": 1.5,
            "size": 34,
            "outliers": False,
            "box": {"aria": False},
            "median": {"aria": False},
            "rule": {"color": GREY, "aria": False},
            "ticks": {"color": GREY, "size": 18, "aria": False},
        },
        "encoding": {"x": x},
    }
    spec: Spec = {"layer": [box, points], "height": 170}
    chart(rows, spec, key, _("Box plot of the accuracies of the folds"))


def reliability(calibration: Mapping[str, Any], key: str) -> None:
    """Accuracy against confidence, before and after the temperature."""
    names = {"before": _("Before calibration"), "after": _("After calibration")}
    rows = [
        {"when": names[when], **group}
        for when in names
        for group in calibration["reliability"][when]
    ]
    share: Spec = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    diagonal: Spec = {
        "data": {"values": [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]},
        "mark": {**LINE, "strokeDash": [2, 4], "color": GREY, "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "confidence", **share, "title": _("Confidence")},
            "y": {"field": "accuracy", **share, "title": _("Accuracy")},
        },
    }
    measured: Spec = {
        "mark": {**LINE, "point": {"size": 45, "aria": True}},
        "encoding": {
            "x": {"field": "confidence", **share, "title": _("Confidence")},
            "y": {"field": "accuracy", **share, "title": _("Accuracy")},
            "color": {
                "field": "when",
                "type": "nominal",
                "title": " ",
                "scale": {"domain": list(names.values())},
                "legend": {"orient": "bottom", "title": None},
            },
            "tooltip": [
                {"field": "when", "title": " "},
                {"field": "confidence", "title": _("Confidence"), "format": ".1%"},
                {"field": "accuracy", "title": _("Accuracy"), "format": ".1%"},
                {"field": "count", "title": _("Images"), "format": ","},
            ],
        },
    }
    spec: Spec = {"layer": [diagonal, measured], "height": 340}
    chart(rows, spec, key, _("Reliability diagram: accuracy against confidence"))


def chart(rows: list[dict[str, Any]], spec: Spec, key: str, alt: str) -> None:
    """Any chart, its numbers as this language writes them."""
    thousands, decimal, space = marks()
    numbers = {
        "decimal": decimal,
        "thousands": thousands,
        "grouping": [3],
        "currency": ["", ""],
        "percent": f"{space}%",
    }
    config = {"locale": {"number": numbers}}
    _say(spec)
    st.vega_lite_chart(rows, spec | {"config": config}, width="stretch", key=key, alt=alt)


def _say(spec: Spec) -> None:
    """Name axes and keys for a screen reader: what Vega makes up itself is English alone."""
    for part in spec.get("layer", [spec]):
        encoding = part["encoding"]
        for channel in ("x", "y"):
            axis = encoding.get(channel, {})
            if title := axis.get("title"):
                axis["axis"] = {**axis.get("axis", {}), "description": title}
        if colour := encoding.get("color"):
            values = colour.get("scale", {}).get("domain", [colour["title"]])
            colour["legend"] = {**colour.get("legend", {}), "description": ", ".join(values)}
