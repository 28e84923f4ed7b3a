"""Why it is read so: strokes that mattered, training images like it, what would turn it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.changes import Change, smallest_change
from digitrec.classifier import NOT_A_DIGIT, Classifier
from digitrec.inside import Array, inspector, occlusion
from digitrec.neighbours import Neighbours, neighbours
from digitrec.preprocess import Ink
from digitrec.ui import pixels
from digitrec.ui.flow import class_name
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import Specimen
from digitrec.ui.words import percent, share

ALIKE = 8
MODELS = 2  # training images that the change is sought towards


def strokes(specimen: Specimen, classifier: Classifier) -> None:
    """Which of its strokes the answer rests on."""
    st.subheader("The strokes that mattered", anchor=False)
    worth = _worth(classifier, specimen.ink, specimen.answer)
    strongest = max(float(np.abs(worth).max()), 0.5)  # what hardly matters is not blown up
    best = class_name(specimen.answer)
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="center")
    with left:
        pixels.show(
            [
                Picture(
                    specimen.ink,
                    f"The strokes that speak for {best} in blue, those against it in orange",
                    tint=worth / strongest,
                    faint=0.35,
                )
            ],
            "strokes",
            side="12rem",
            layout="row",
        )
    with right:
        st.markdown(
            f"Small squares are rubbed out one after another. Where that makes **{best}** less "
            "sure the ink is :primary[coloured]; where it makes it surer, "
            ":orange[orange]. Pale ink could go without a word."
        )


def resembles(specimen: Specimen, classifier: Classifier) -> None:
    """The training images nearest to it in feature space."""
    st.subheader("What it reminds the network of", anchor=False)
    known = _known(classifier)
    features = inspector(classifier).features(specimen.ink[None, ..., None])[0]
    nearest = known.nearest(features, ALIKE)
    pixels.show(
        [
            Picture(
                known.images[i] / 255,
                f"A training image of a {known.labels[i]}",
                title=f"A {known.labels[i]}",
                words=f"{100 * alike:.1f} % alike",
                tone="" if known.labels[i] == specimen.answer else "other",
            )
            for i, alike in nearest
        ],
        "nearest",
        side="5rem",
    )
    st.caption(
        f"Of {len(known.images):,} training images, those that the last layer but one finds most "
        "like it: not pixel by pixel, but in what it has learnt to look for."
    )


def otherwise(specimen: Specimen, classifier: Classifier) -> None:
    """The smallest change found after which it is read as another digit."""
    st.subheader("What would make it another digit", anchor=False)
    others = [k for k in np.argsort(-specimen.p[:NOT_A_DIGIT]) if k != specimen.answer]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            "What would make it a",
            [k for k in range(NOT_A_DIGIT) if k != specimen.answer],
            default=int(others[0]),
            required=True,
            key=f"target-{specimen.answer}",
        )
    change = _change(classifier, specimen.ink, int(target))
    with st.container():
        if change is None:
            st.caption(f"No change was found that makes it a {target}.")
            return
        _show_change(specimen, change, int(target))
    st.caption(
        "Found by exchanging small squares for those of the nearest training images of a "
        f"{target}, and putting back what was not needed. A smaller change may exist."
    )


def _show_change(specimen: Specimen, change: Change, target: int) -> None:
    before = class_name(specimen.answer)
    pixels.show(
        [
            Picture(
                specimen.ink,
                f"The digit as it is, read as {before}",
                f"Read as {before}",
                percent(float(specimen.p.max())),
            ),
            Picture(
                np.maximum(specimen.ink, change.ink),
                "What is added in blue, what is taken away in orange",
                "The change",
                f"{share(change.share, 0)} of its ink",
                tint=change.ink - specimen.ink,
                faint=0.35,
            ),
            Picture(
                change.ink,
                f"The digit after the change, read as {target}",
                f"Read as {target}",
                percent(change.confidence),
            ),
        ],
        "change",
        side="min(9rem, 30%)",
        layout="row",
    )


# The last digits that were looked into are kept: a change of target, or another session with the
# same test digit, costs nothing then.
@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Classifier: lambda c: c.sha256})
def _worth(classifier: Classifier, ink: Ink, answer: int) -> Array:
    return occlusion(classifier, ink, answer)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Classifier: lambda c: c.sha256})
def _change(classifier: Classifier, ink: Ink, target: int) -> Change | None:
    models = neighbours(classifier).closest(ink, target, MODELS)
    return smallest_change(classifier, ink, target, models)


def _known(classifier: Classifier) -> Neighbours:
    with st.spinner("Looking through the training images, once for this version…", show_time=True):
        return neighbours(classifier)
