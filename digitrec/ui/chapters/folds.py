"""Cross-validation: every example is once held out, and the spread says how far to trust it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from digitrec import lessons, registry
from digitrec.ui import charts, pixels
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import test_digits
from digitrec.ui.words import mean_and_std, plain, share

IMAGES = 60  # a thousandth of MNIST's training set


def draw() -> None:
    st.markdown(
        "Who learns the answers by heart does well in the same test again. So a network is tested "
        "on digits that it has **not** seen. Cross-validation deals the examples into folds, "
        "trains once for each fold **without** it, and tests on it: every example is once the test."
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        folds = st.slider("Folds", 2, 10, 5, key="folds-count")
    with right:
        held_out = st.segmented_control(
            "Held out", list(range(1, folds + 1)), default=1, required=True, key=f"held-{folds}"
        )
    _dealt(folds, int(held_out))
    st.subheader("How it went for real", anchor=False)
    _for_real()


def _dealt(folds: int, held_out: int) -> None:
    images, labels = test_digits()
    fold = lessons.deal(IMAGES, folds) + 1
    pixels.show(
        [
            Picture(
                images[i] / 255,
                f"A {labels[i]}, {'held out' if fold[i] == held_out else 'trained on'}",
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
        f"Fold {held_out} of {folds}: {count} digits, in orange, are held out; the network learns "
        f"from the other {IMAGES - count}. Of MNIST's 60,000 it would be {60_000 // folds:,}."
    )


def _for_real() -> None:
    """The folds of the version in service, or of the newest that has any."""
    known = [v for v in registry.versions() if v.folds > 1 and v.mean is not None]
    if not known:
        st.info(
            "No version here was cross-validated yet. Choose Folds on the page Train, and this "
            "chapter shows how they came out.",
            icon=":material/model_training:",
        )
        st.page_link("digitrec/ui/train.py", label="Train", icon=":material/model_training:")
        return
    names = [version.name for version in known]
    name = st.selectbox("Version", names, key="folds-version") if len(names) > 1 else names[0]
    found: dict[str, Any] = registry.report(name)
    accuracies = [fold["accuracy"] for fold in found["folds"]]
    st.markdown(
        f"**{plain(name)}** was trained {len(accuracies)} times: "
        f"**{mean_and_std(found['mean'], found['std'])}**."
    )
    charts.box_plot(accuracies, "course-folds")
    fold = st.segmented_control(
        "Look at fold",
        list(range(1, len(accuracies) + 1)),
        default=1,
        required=True,
        key=f"course-fold-{name}",
    )
    chosen = found["folds"][int(fold) - 1]
    st.markdown(f"Fold {fold}: {share(chosen['accuracy'], 3)}, epoch by epoch.")
    history = {f"Fold {fold}": chosen["history"]}
    charts.curves(history, len(chosen["history"]["loss"]), "course-fold")
    st.caption(
        "Solid: on the held-out fold. Dashed: on what it was trained on. Where they part, "
        "it learns by heart."
    )
