"""What deep learning is: a rule made by hand against one that was learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from digitrec import lessons, registry
from digitrec.language import N_, _
from digitrec.registry import RegistryError
from digitrec.ui import charts, pixels
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import test_digits
from digitrec.ui.words import share

PAIRS = {N_("1 and 0"): (0, 1), N_("4 and 7"): (7, 4), N_("3 and 8"): (3, 8)}
WRONG = 9  # of the rule's mistakes shown
BINS = 40


def draw() -> None:
    st.markdown(
        _(
            "How would you tell a computer what a 1 looks like? The old way is to write a rule. "
            "**Here is one: measure the ink in the middle of the picture.** A 0 has little there, "
            "a 1 has much. Move the border between them, and see how far the rule gets."
        )
    )
    left, right = st.columns([1, 2], gap="large", vertical_alignment="bottom")
    with left:
        pair = st.segmented_control(
            _("Tell apart"),
            list(PAIRS),
            format_func=_,
            default="1 and 0",
            required=True,
            key="rule-pair",
        )
    with right:
        border = st.slider(_("The border, in per cent of ink"), 0, 100, 20, key="rule-border")
    little, much = PAIRS[pair]
    images, labels = test_digits()
    chosen = np.isin(labels, (little, much))
    images, labels = images[chosen], labels[chosen]
    measure = lessons.middle_ink(images)
    right_ones = lessons.rule_is_right(measure, labels == little, border / 100)
    _histogram(measure, labels, border)
    first, second = st.columns(2)
    first.metric(_("Your rule is right"), share(float(right_ones.mean()), 1), border=True)
    if (learnt := _learnt(little, much)) is not None:
        second.metric(_("The network is right"), share(learnt, 1), border=True)
    wrong = np.flatnonzero(~right_ones)[:WRONG]
    if len(wrong):
        st.caption(_("What your rule gets wrong, for instance:"))
        pixels.show(
            [
                Picture(
                    images[i] / 255,
                    _("A {digit}").format(digit=labels[i]),
                    words=_("a {digit}").format(digit=labels[i]),
                    tint=_frame(),
                )
                for i in wrong
            ],
            "rule-wrong",
            side="4.5rem",
            layout="row",
        )
    st.markdown(
        _(
            "**Deep learning** leaves the rule to the computer. It begins with hundreds of "
            "thousands of numbers set at random, looks at examples whose answer is known, and "
            "after each one turns every number a little towards the right answer. *Deep* means "
            "that it works in layers: strokes from pixels, shapes from strokes, digits from shapes."
        )
    )


def _frame() -> Any:
    """The outline of the middle that the rule looks at, as a tint."""
    tint = np.zeros((28, 28), np.float32)
    tint[lessons.MIDDLE, lessons.MIDDLE] = -0.3
    return tint


def _learnt(one: int, other: int) -> float | None:
    """The share of these two digits that the version in service read right in its test."""
    try:
        table = registry.report(registry.in_service())["test"]["confusion"]
        rows = [table[one], table[other]]
        return float((rows[0][one] + rows[1][other]) / sum(map(sum, rows)))
    except (RegistryError, KeyError, TypeError, IndexError, ZeroDivisionError):
        return None


def _histogram(measure: Any, labels: Any, border: int) -> None:
    rows: list[dict[str, Any]] = []
    for digit in sorted({int(label) for label in labels}):
        counts, edges = np.histogram(100 * measure[labels == digit], BINS, (0, 100))
        rows += [
            {"digit": str(digit), "ink": float(edge), "to": float(edge + 100 / BINS), "n": int(n)}
            for edge, n in zip(edges, counts, strict=False)
        ]
    spec: dict[str, Any] = {
        "height": 190,
        "layer": [
            {
                "mark": {"type": "bar", "opacity": 0.75, "binSpacing": 1},
                "encoding": {
                    "x": {
                        "field": "ink",
                        "type": "quantitative",
                        "bin": {"binned": True},
                        "title": _("Ink in the middle, per cent"),
                        "scale": {"domain": [0, 100]},
                    },
                    "x2": {"field": "to"},
                    "y": {
                        "field": "n",
                        "type": "quantitative",
                        "stack": None,
                        "scale": {"domain": [0, max(row["n"] for row in rows)], "nice": True},
                        "title": _("Test digits"),
                    },
                    "color": {"field": "digit", "type": "nominal", "title": _("Digit")},
                },
            },
            {
                "data": {"values": [{"border": border}]},
                "mark": {
                    "type": "rule",
                    "size": 2,
                    "strokeDash": [5, 3],
                    "color": "#8a8a8a",
                    "aria": False,
                },
                "encoding": {"x": {"field": "border", "type": "quantitative"}},
            },
        ],
    }
    charts.chart(rows, spec, "rule-chart", _("Ink in the middle, for both digits"))
