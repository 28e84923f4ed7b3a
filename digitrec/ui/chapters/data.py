"""MNIST: what the network learnt from, and how a computer sees it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.datasets import mnist
from digitrec.language import _, number
from digitrec.ui import pixels
from digitrec.ui.pixels import Picture

SHOWN = 18


@lru_cache(maxsize=1)
def _training() -> list[tuple[NDArray[np.uint8], NDArray[np.uint8], int]]:
    """For each digit: its first 200 training images, the mean of all, and how many there are."""
    data = mnist()
    found = []
    for digit in range(10):
        own = data.x_train[data.y_train == digit]
        found.append((own[:200].copy(), own.mean(0).astype(np.uint8), len(own)))
    return found


def draw() -> None:
    st.markdown(
        _(
            "A network is as good as its examples. **MNIST** holds 70,000 digits, written by hand "
            "on paper by some 500 people and scanned around 1990: 60,000 to learn from, 10,000 to "
            "be tested on. Choose a digit, and press one to see it as a computer does."
        )
    )
    digit = st.segmented_control(
        _("Digit"), list(range(10)), default=4, required=True, key="mnist-digit"
    )
    images, mean, count = _training()[digit]
    turn = st.slider(_("Other hands"), 1, len(images) // SHOWN, 1, key="mnist-page")
    page = images[(turn - 1) * SHOWN : turn * SHOWN]
    pressed = pixels.choose(
        [
            Picture(
                image / 255,
                _("A {digit}, number {number} on this page").format(digit=digit, number=k),
            )
            for k, image in enumerate(page, 1)
        ],
        "mnist-images",
        side="4.2rem",
    )
    kept = st.session_state.setdefault("mnist-chosen", {})
    if pressed is not None:
        kept[digit, turn] = pressed
    chosen = kept.get((digit, turn), 0)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(_numbers(page[chosen]))
        st.caption(
            _("To the computer it is this table: 784 numbers, from 0 for paper to 255 for ink.")
        )
    with right:
        pixels.show(
            [
                Picture(
                    mean / 255,
                    _("The mean of all training images of a {digit}").format(digit=digit),
                    _("The mean of all {count}").format(count=number(count)),
                    _("Blurred where hands differ, dark where they agree."),
                )
            ],
            "mnist-mean",
            side="min(16rem, 100%)",
            layout="row",
        )


def _numbers(image: NDArray[np.uint8]) -> str:
    """The image as its values, each on its own shade."""
    cells = "".join(
        f'<i style="--ink:{100 * value / 255:.0f}%">{value or ""}</i>'
        for value in image.ravel().tolist()
    )
    label = _("Its 28 by 28 values")
    return f'<div class="numbers" role="img" aria-label="{label}">{cells}</div>'
