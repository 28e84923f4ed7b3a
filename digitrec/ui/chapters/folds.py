"""Cross-validation: every example is once held out, and the spread says how far to trust it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from digitrec import lessons, registry
from digitrec.language import _, number
from digitrec.ui import charts, pixels
from digitrec.ui.pixels import Picture
from digitrec.ui.report_view import as_far_as_it_goes
from digitrec.ui.specimen import test_digits
from digitrec.ui.words import mean_and_std, plain, share

IMAGES = 60  # a thousandth of MNIST's training set


def draw() -> None:
    st.markdown(
        _(
            "Who learns the answers by heart does well in the same test again. So a network is "
            "tested on digits that it has **not** seen. Cross-validation deals the examples into "
            "folds, trains once for each fold **without** it, and tests on it: every example is "
            "once the test."
        )
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        folds = st.slider(_("Folds"), 2, 10, 5, key="folds-count")
    with right:
        held_out = st.segmented_control(
            _("Held out"), list(range(1, folds + 1)), default=1, required=True, key=f"held-{folds}"
        )
    _dealt(folds, int(held_out))
    st.subheader(_("How it went for real"), anchor=False)
    _for_real()


def _dealt(folds: int, held_out: int) -> None:
    images, labels = test_digits()
    fold = lessons.deal(IMAGES, folds) + 1
    pixels.show(
        [
            Picture(
                images[i] / 255,
                (
                    _("A {digit}, held out") if fold[i] == held_out else _("A {digit}, trained on")
                ).format(digit=labels[i]),
                tint=np.full((28, 28), -0.35 if fold[i] == held_out else 0.12),
            )
            for i in range(IMAGES)
        ],
        "folds-dealt",
        side="2.9rem",
        layout="row",
    )
    count = int((fold == held_out).sum())
    st.caption(
        _(
            "Fold {number} of {folds}: {count} digits, in orange, are held out; the network learns "
            "from the other {others}. Of MNIST's 60,000 it would be {whole}."
        ).format(
            number=held_out,
            folds=folds,
            count=count,
            others=IMAGES - count,
            whole=number(60_000 // folds),
        )
    )


def _for_real() -> None:
    """The folds of the version in service, or of the newest that has any."""
    known = [v for v in registry.versions() if v.folds > 1 and v.mean is not None]
    if not known:
        st.info(
            _(
                "No version here was cross-validated yet. Choose Folds on the page Train, and this "
                "chapter shows how they came out."
            ),
            icon=":material/model_training:",
        )
        st.page_link("digitrec/ui/train.py", label=_("Train"), icon=":material/model_training:")
        return
    names = [version.name for version in known]
    name = st.selectbox(_("Version"), names, key="folds-version") if len(names) > 1 else names[0]
    with as_far_as_it_goes(name):
        _went(name, registry.report(name))


def _went(name: str, found: dict[str, Any]) -> None:
    accuracies = [fold["accuracy"] for fold in found["folds"]]
    st.markdown(
        _("**{version}** was trained {count} times: **{accuracy}**.").format(
            version=plain(name),
            count=len(accuracies),
            accuracy=mean_and_std(found["mean"], found["std"]),
        )
    )
    charts.box_plot(accuracies, "course-folds")
    fold = st.segmented_control(
        _("Look at fold"),
        list(range(1, len(accuracies) + 1)),
        default=1,
        required=True,
        key=f"course-fold-{name}",
    )
    chosen = found["folds"][int(fold) - 1]
    st.markdown(
        _("Fold {number}: {accuracy}, epoch by epoch.").format(
            number=fold, accuracy=share(chosen["accuracy"], 3)
        )
    )
    history = {_("Fold {number}").format(number=fold): chosen["history"]}
    charts.curves(history, len(chosen["history"]["loss"]), "course-fold")
    st.caption(
        _(
            "Solid: on the held-out fold. Dashed: on what it was trained on. Where they part, "
            "it learns by heart."
        )
    )
