"""Why it is read so: strokes that mattered, training images like it, what would turn it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.changes import Change, smallest_change
from digitrec.classifier import Classifier, Look
from digitrec.example import NOT_A_DIGIT, named
from digitrec.inside import Array, inspector, occlusion
from digitrec.language import N_, _, number
from digitrec.neighbours import Neighbours, neighbours
from digitrec.preprocess import Ink
from digitrec.ui import pixels
from digitrec.ui.blank import blank
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import Specimen
from digitrec.ui.words import percent, share

ALIKE = 8
MODELS = 2  # training images that the change is sought towards


LOOKS = (N_("As it is"), N_("A little wider"), N_("A little narrower"))


def looks(seen: list[Look]) -> None:
    """What it said to each of several looks; nothing where one was enough."""
    if len(seen) == 1:
        blank(3)
        return
    st.subheader(_("It looked again"), anchor=False)
    pictures = []
    for words, (ink, p) in zip(LOOKS, seen, strict=True):
        read = _("Read as {digit}").format(digit=named(int(p.argmax())))
        sure = percent(float(p.max()))
        pictures.append(Picture(ink, f"{_(words)}. {read}, {sure}", _(words), f"{read}, {sure}"))
    pixels.show(pictures, "looks", side="min(9rem, 30%)", layout="row")
    st.caption(
        _(
            "At first sight the network was not sure, so it looked twice more, at the digit made "
            "a little wider and a little narrower. Its answer is the mean of the three."
        )
    )


def strokes(specimen: Specimen, classifier: Classifier) -> None:
    """Which of its strokes the answer rests on."""
    st.subheader(_("The strokes that mattered"), anchor=False)
    worth = _worth(classifier, specimen.ink, specimen.answer)
    strongest = max(float(np.abs(worth).max()), 0.5)  # what hardly matters is not blown up
    best = named(specimen.answer)
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="center")
    with left:
        pixels.show(
            [
                Picture(
                    specimen.ink,
                    _(
                        "The strokes that speak for {digit} in blue, those against it in orange"
                    ).format(digit=best),
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
            _(
                "Small squares are rubbed out one after another. Where that makes **{digit}** "
                "less sure the ink is :primary[coloured]; where it makes it surer, "
                ":orange[orange]. Pale ink could go without a word."
            ).format(digit=best)
        )


def resembles(specimen: Specimen, classifier: Classifier) -> None:
    """The training images nearest to it in feature space."""
    st.subheader(_("What it reminds the network of"), anchor=False)
    known = _known(classifier)
    features = inspector(classifier).features(specimen.ink[None, ..., None])[0]
    nearest = known.nearest(features, ALIKE)
    pixels.show(
        [
            Picture(
                known.images[i] / 255,
                _("A training image of a {digit}").format(digit=known.labels[i]),
                title=_("A {digit}").format(digit=known.labels[i]),
                words=_("{share} alike").format(share=share(alike, 1)),
                tone="" if known.labels[i] == specimen.answer else "other",
            )
            for i, alike in nearest
        ],
        "nearest",
        side="5rem",
    )
    st.caption(
        _(
            "Of {count} training images, those that the last layer but one finds most like it: "
            "not pixel by pixel, but in what it has learnt to look for."
        ).format(count=number(len(known.images)))
    )


def otherwise(specimen: Specimen, classifier: Classifier) -> None:
    """The smallest change found after which it is read as another digit."""
    st.subheader(_("What would make it another digit"), anchor=False)
    others = [k for k in np.argsort(-specimen.p[:NOT_A_DIGIT]) if k != specimen.answer]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            _("What would make it a"),
            [k for k in range(NOT_A_DIGIT) if k != specimen.answer],
            default=int(others[0]),
            required=True,
            key=f"target-{specimen.answer}",
        )
    change = _change(classifier, specimen.ink, int(target))
    with st.container():
        if change is None:
            st.caption(_("No change was found that makes it a {digit}.").format(digit=target))
            return
        _show_change(specimen, change, int(target))
    st.caption(
        _(
            "Found by exchanging small squares for those of the nearest training images of a "
            "{digit}, and putting back what was not needed. A smaller change may exist."
        ).format(digit=target)
    )


def _show_change(specimen: Specimen, change: Change, target: int) -> None:
    before = named(specimen.answer)
    pixels.show(
        [
            Picture(
                specimen.ink,
                _("The digit as it is, read as {digit}").format(digit=before),
                _("Read as {digit}").format(digit=before),
                percent(float(specimen.p.max())),
            ),
            Picture(
                np.maximum(specimen.ink, change.ink),
                _("What is added in blue, what is taken away in orange"),
                _("The change"),
                _("{share} of its ink").format(share=share(change.share, 0)),
                tint=change.ink - specimen.ink,
                faint=0.35,
            ),
            Picture(
                change.ink,
                _("The digit after the change, read as {digit}").format(digit=target),
                _("Read as {digit}").format(digit=target),
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
    with st.spinner(
        _("Looking through the training images, once for this version…"), show_time=True
    ):
        return neighbours(classifier)
