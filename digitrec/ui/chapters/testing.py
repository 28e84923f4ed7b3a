"""Testing: ten thousand digits never seen, the mistakes, and when to say "I am not sure"."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec import lessons
from digitrec.classifier import in_service
from digitrec.example import NOT_A_DIGIT, named
from digitrec.language import N_, _, number
from digitrec.settings import settings
from digitrec.ui import pixels
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import test_digits
from digitrec.ui.tiles import show_tiles
from digitrec.ui.words import percent, share

SHOWN = 24


def draw() -> None:
    classifier = in_service()
    st.markdown(
        _(
            "Now the 10,000 digits that the network has never seen. Besides its answer it says "
            "**how sure** it is. Let it keep silent when it is less sure than you ask for: it "
            "answers less often, and is wrong less often."
        )
    )
    asked = st.slider(
        _("Answer only when at least this sure, per cent"),
        0,
        99,
        min(99, round(100 * settings().doubt_below)),
        key="testing-sure",
    )
    with st.spinner(_("Reading the 10,000 test digits, once for this version…"), show_time=True):
        p, labels = lessons.test_answers(classifier)
    answers, sure = p.argmax(1), p.max(1)
    answered = (sure >= asked / 100) & (answers != NOT_A_DIGIT)
    right = answers == labels
    show_tiles(
        [
            (_("Answered"), share(float(answered.mean()))),
            (
                _("Right, of those"),
                share(float(right[answered].mean()) if answered.any() else None),
            ),
            (_("Wrong"), number(int((answered & ~right).sum()))),
            (_("Kept silent"), number(int((~answered).sum()))),
        ]
    )
    which = st.segmented_control(
        _("Show"),
        [N_("Wrong"), N_("Kept silent")],
        format_func=_,
        default="Wrong",
        required=True,
        key="testing-show",
    )
    found = np.flatnonzero(~answered if which == "Kept silent" else answered & ~right)
    found = found[np.argsort(-sure[found], kind="stable")][:SHOWN]
    if not len(found):
        st.caption(_("None at all."))
        return
    images = test_digits()[0]
    pressed = pixels.choose(
        [
            Picture(
                images[i] / 255,
                _("Labelled {label}, read as {digit}. Look inside").format(
                    label=labels[i], digit=named(int(answers[i]))
                ),
                _("{label}, read as {digit}").format(label=labels[i], digit=named(int(answers[i]))),
                percent(float(sure[i])),
            )
            for i in found
        ],
        "testing-mistakes",
        side="6rem",
    )
    st.caption(_("Would you have read them better? Press one to see what went on inside."))
    if pressed is not None:
        st.switch_page("digitrec/ui/inside.py", query_params={"test": str(found[pressed])})
