"""The CNN: what one small kernel finds in a digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec import lessons
from digitrec.classifier import in_service
from digitrec.inside import inspector
from digitrec.language import N_, _
from digitrec.lessons import Array
from digitrec.ui import pixels
from digitrec.ui.pixels import Picture
from digitrec.ui.specimen import test_digits

KERNELS = {
    N_("Upright edges"): [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    N_("Level edges"): [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    N_("Slanted strokes"): [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
    N_("Outline"): [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    N_("Blur"): [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
}
DIGITS = (3, 2, 1, 18, 4, 15, 11, 0, 61, 7)  # of the test set: 0 to 9


def draw() -> None:
    st.markdown(
        _(
            "A **convolution** is a small window that slides over the picture. At each place it "
            "multiplies what it sees by its nine weights and adds up: much where the picture looks "
            "like the weights, little elsewhere. **Turn the weights** and see what lights up."
        )
    )
    images, labels = test_digits()
    first, second = st.columns([3, 2], gap="large")
    with first:
        index = st.segmented_control(
            _("Digit"),
            DIGITS,
            format_func=lambda i: str(labels[i]),
            default=DIGITS[4],
            required=True,
            key="kernel-digit",
        )
    with second:
        st.selectbox(
            _("Begin with"),
            list(KERNELS),
            format_func=_,
            key="kernel-preset",
            on_change=_preset,
        )
    _defaults()
    left, right = st.columns([2, 5], gap="large")
    with left:
        kernel = _kernel()
    ink = (images[index] / 255).astype(np.float32)
    with right:
        _show(ink, kernel)
    own = inspector(in_service()).layers[0].kernel
    st.markdown(
        _(
            "In a network nobody turns the weights by hand: training does. After a convolution, "
            "**ReLU** keeps what is above zero, and **pooling** keeps the strongest of each four, "
            "so that the next layer sees further. "
        )
        + (
            _("These are the {count} kernels of the first layer of the network in service:").format(
                count=len(own)
            )
            if own is not None and own.ndim == 4
            else ""
        )
    )
    if own is not None and own.ndim == 4:
        _learnt(own)
    st.page_link(
        "digitrec/ui/inside.py", label=_("See all its layers"), icon=":material/visibility:"
    )


def _preset() -> None:
    for row, weights in enumerate(KERNELS[st.session_state["kernel-preset"]]):
        for column, weight in enumerate(weights):
            st.session_state[f"kernel-{row}-{column}"] = weight


def _defaults() -> None:
    if "kernel-0-0" not in st.session_state:
        _preset()


def _kernel() -> Array:
    """The nine weights, as they are set."""
    rows = []
    for row in range(3):
        with st.container(horizontal=True, gap="xsmall", key=f"kernel-row-{row}"):
            rows.append(
                [
                    st.number_input(
                        _("Weight, row {row}, column {column}").format(
                            row=row + 1, column=column + 1
                        ),
                        -9,
                        9,
                        step=1,
                        key=f"kernel-{row}-{column}",
                        label_visibility="collapsed",
                    )
                    for column in range(3)
                ]
            )
    return np.array(rows, np.float32)


def _show(ink: Array, kernel: Array) -> None:
    answer = lessons.convolve(ink, kernel)
    strongest = max(float(np.abs(answer).max()), 1e-6)
    blank = np.zeros_like(ink)
    kept = np.maximum(answer, 0) / strongest
    pooled = lessons.pool(np.asarray(kept, np.float32))
    pixels.show(
        [
            Picture(ink, _("The digit"), _("The digit")),
            Picture(
                blank,
                _("What the kernel answers: blue above zero, orange below"),
                _("Convolution"),
                _("Blue above zero, orange below"),
                tint=answer / strongest,
            ),
            Picture(blank, _("The same above zero"), _("ReLU"), _("What is above zero"), tint=kept),
            Picture(
                np.zeros_like(pooled),
                _("The strongest of each four"),
                _("Max pooling"),
                _("14 × 14 are left"),
                tint=pooled,
            ),
        ],
        "kernel-result",
        side="11rem",
        layout="four",
    )


def _learnt(kernels: Array) -> None:
    strongest = np.abs(kernels).max((1, 2, 3))
    pixels.show(
        [
            Picture(
                np.zeros(kernel.shape[:2], np.float32),
                _("Kernel {number} of the first layer").format(number=k),
                tint=kernel[..., 0] / max(float(most), 1e-9),
            )
            for k, (kernel, most) in enumerate(zip(kernels, strongest, strict=True), 1)
        ],
        "kernel-learnt",
        side="2.6rem",
        layout="row",
    )
