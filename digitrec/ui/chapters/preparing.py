"""Preparing the data: from a drawing to the 28 x 28 that the network expects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitrec import Photo, lessons
from digitrec.classifier import in_service
from digitrec.example import named
from digitrec.language import _
from digitrec.preprocess import BOX, Ink, ink_map, normalise
from digitrec.ui import drawing, pixels
from digitrec.ui.blank import blank
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import test_digits
from digitrec.ui.words import percent, plain

EXAMPLE = 0  # of the test set, a 7, until something is drawn


def draw() -> None:
    st.markdown(
        _(
            "MNIST's digits all look alike in one way: each was scaled to fit 20 × 20 pixels and "
            "set by its centre of mass in 28 × 28. **A network trained on them expects just "
            "that.** Draw one digit, small and in a corner if you like, and then frame it badly on "
            "purpose."
        )
    )
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="draw", gap="xsmall"):
        result = drawing.draw()
    if result.problems:
        st.error(plain(" ".join(result.problems)), icon=":material/error:")
    else:
        blank()
    with right:
        box = st.slider(_("Size of the digit, in pixels"), 8, 28, BOX, key="prepare-box")
        across = st.slider(_("Moved across, in pixels"), -8, 8, 0, key="prepare-across")
        down = st.slider(_("Moved down, in pixels"), -8, 8, 0, key="prepare-down")
    ink = _drawn_ink(result.photo)
    _steps(ink, lessons.cut_out(ink), normalise(ink, box, (across, down)))
    st.markdown(
        _(
            "Most demonstrations skip this: they squeeze the whole drawing into 28 × 28, as on the "
            "right. The same network, the same digit, and often another answer. The page Read "
            "never does."
        )
    )


def _drawn_ink(photo: Callable[[], Photo] | None) -> Ink:
    """The ink on the canvas, (h, w); a test digit in a corner while there is none."""
    if photo and (ink := ink_map(photo().pixels)).any():
        return ink
    images = test_digits()[0]
    return lessons.in_a_corner((images[EXAMPLE] / 255).astype(np.float32))


def _steps(drawn: Ink, cut: Ink, framed: Ink) -> None:
    classifier = in_service()
    squeezed = lessons.squeezed(drawn)
    answers = []
    for ink in (framed, squeezed):
        p = classifier.probabilities(ink[None, ..., None])[0]
        answers.append(
            _("Read as {digit}, {share}").format(
                digit=named(int(p.argmax())), share=percent(float(p.max()))
            )
        )
    pixels.show(
        [
            Picture(
                lessons.reduced(drawn, 160), _("The drawing"), _("1  The ink"), _("On its own")
            ),
            Picture(lessons.reduced(cut, 56), _("The ink cut out"), _("2  Cut out"), _("Squared")),
            Picture(
                framed,
                _("Framed. {answer}").format(answer=answers[0]),
                _("3  Framed"),
                answers[0],
                tone="chosen",
            ),
            Picture(
                squeezed,
                _("Squeezed. {answer}").format(answer=answers[1]),
                _("Or squeezed"),
                answers[1],
                tone="other",
            ),
        ],
        "prepare-steps",
        side="11rem",
        layout="four",
    )
