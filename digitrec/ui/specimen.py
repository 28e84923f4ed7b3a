"""The digit that is looked into: drawn on the page, of MNIST's test set, or a kept example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec import examples
from digitrec.classifier import Classifier
from digitrec.datasets import as_input, mnist
from digitrec.example import NOT_A_DIGIT, Which, named
from digitrec.inside import Array
from digitrec.language import _
from digitrec.preprocess import Ink
from digitrec.reading import Digit, Number, Reading, Refusal
from digitrec.ui import answer, drawing, gallery, pixels
from digitrec.ui.blank import blank

FIRST = 0  # the test digit to begin with: a seven
DEALT = 16


@dataclass(frozen=True, eq=False)
class Specimen:
    """ink: (28, 28) as the network takes it. p: (11,), what it says."""

    ink: Ink
    p: Array

    @property
    def answer(self) -> int:
        """A digit, or `NOT_A_DIGIT`."""
        return int(self.p.argmax())


@lru_cache(maxsize=1)
def test_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test set: (10000, 28, 28) and its labels, without the training images' memory."""
    data = mnist()
    return data.x_test.copy(), data.y_test.copy()


def drawn(classifier: Classifier) -> Specimen | None:
    """The canvas, its reading, and the digit of it that is chosen."""
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="draw", gap="xsmall"):
        result = drawing.draw()
    reading = result.reading or Reading((), (), 0.0)
    with right:
        answer.message(result.problems, reading)
        if not reading.numbers and not reading.refused:
            st.markdown(
                _(
                    "Draw a digit and watch it go through the network: every layer follows the "
                    "pen. Until then, here is one of MNIST's test set on its way to the answer."
                )
            )
        else:
            blank()
        _said(reading)
        marks: list[Digit | Refusal] = [d for n in reading.numbers for d in n.digits]
        marks += reading.refused
        chosen = 0
        if len(marks) > 1:
            chosen = _choose(marks)
        else:
            blank()
    return look_at(marks[chosen].ink, classifier) if marks else None


def from_mnist(classifier: Classifier) -> Specimen:
    """A digit of the test set, picked from a handful; the address names it."""
    images, labels = test_digits()
    asked = st.query_params.get("test", "")
    index = int(asked) if re.fullmatch("[0-9]{1,4}", asked) else FIRST  # of ten thousand
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="dealt", gap="xsmall"):
        deal = st.session_state.setdefault("deal", 1)
        dealt = np.random.default_rng(deal).choice(len(images), DEALT, replace=False)
        pictures = [
            pixels.Picture(images[i] / 255, _("A {digit} from MNIST").format(digit=labels[i]))
            for i in dealt
        ]
        pressed = pixels.choose(pictures, "deal-of-digits", side="4rem")
        if pressed is not None:
            index = int(dealt[pressed])
        st.button(_("Others"), icon=":material/shuffle:", on_click=_deal)
        st.caption(_("Ten thousand digits that the network was never trained on."))
    if asked != str(index):
        st.query_params["test"] = str(index)
    specimen = look_at(as_input(images[index : index + 1])[0, ..., 0], classifier)
    with right:
        _said(_as_reading(specimen))
        st.caption(
            _("Test digit {number}, labelled {label}.").format(number=index, label=labels[index])
        )
    return specimen


def from_examples(classifier: Classifier) -> Specimen | None:
    """One of those that corrections and imports left, the newest first; the address names it."""
    state = st.session_state
    count = examples.count(Which())
    start = min(state.get("examples-from", 0), max(0, count - 1) // DEALT * DEALT)
    shown = examples.find(Which(), DEALT, start)
    if not shown:
        st.markdown(
            _(
                "No examples are kept yet. Say on the page Read whether a reading is right, and "
                "its digits can be looked into here."
            )
        )
        return None
    asked = st.query_params.get("example", "")
    ids = (int(asked),) if re.fullmatch("[0-9]{1,15}", asked) else ()
    linked = examples.find(Which(ids=ids), 1) if ids else []

    def turn(to: int) -> None:
        state["examples-from"] = to

    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="dealt", gap="xsmall"):
        pictures = [pixels.Picture(one.ink / 255, gallery.title(one)) for one in shown]
        pressed = pixels.choose(pictures, f"examples-{start}", side="4rem")
        chosen = shown[pressed] if pressed is not None else [*linked, shown[0]][0]
        if count > DEALT:
            with st.container(horizontal=True, gap="small"):
                for words, to in ((_("Newer"), start - DEALT), (_("Older"), start + DEALT)):
                    st.button(words, on_click=turn, args=(to,), disabled=not 0 <= to < count)
    if asked != str(chosen.id):
        st.query_params["example"] = str(chosen.id)
    specimen = look_at(as_input(chosen.ink[None])[0, ..., 0], classifier)
    with right:
        _said(_as_reading(specimen))
        st.caption(
            _("Example {number}, labelled {label}.").format(
                number=chosen.id, label=named(chosen.label)
            )
        )
    return specimen


def look_at(ink: Ink, classifier: Classifier) -> Specimen:
    return Specimen(ink, classifier.probabilities(ink[None, ..., None])[0])


def _deal() -> None:
    st.session_state.deal += 1


def _said(reading: Reading) -> None:
    """The answer, and how sure it is; each in a place of its own."""
    answer.number(reading)
    if reading.numbers:
        answer.confidence(reading)
    else:
        blank()


def _choose(marks: list[Digit | Refusal]) -> int:
    """Which of several to look into; the last at first."""
    names = [str(mark.digit) if isinstance(mark, Digit) else _("left out") for mark in marks]
    chosen = st.segmented_control(
        _("Look into"),
        range(len(marks)),
        default=len(marks) - 1,
        format_func=names.__getitem__,
        required=True,
        key=f"look-into-{len(marks)}",
    )
    return int(chosen)


def _as_reading(specimen: Specimen) -> Reading:
    if specimen.answer == NOT_A_DIGIT:
        return Reading((), (), 0.0)
    digit, p, box = specimen.answer, float(specimen.p.max()), (0, 0, 28, 28)
    one = Digit(digit, p, box, ((digit, p),), specimen.ink)
    return Reading((Number(str(digit), p, box, (one,)),), (), 0.0)
