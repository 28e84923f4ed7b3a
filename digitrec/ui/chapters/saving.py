"""Saving: what a trained network is made of, and how exactly its numbers must be kept."""

from __future__ import annotations

import streamlit as st

from digitrec import lessons
from digitrec.classifier import Classifier, in_service
from digitrec.datasets import as_input
from digitrec.inside import inspector
from digitrec.language import _, number
from digitrec.runtime import MODEL
from digitrec.ui.specimen import test_digits
from digitrec.ui.tiles import show_tiles
from digitrec.ui.words import plain, share, size

IMAGES = 500
BITS = (2, 3, 4, 5, 6, 8, 32)


def draw() -> None:
    classifier = in_service()
    layers = [layer for layer in inspector(classifier).layers if layer.weights]
    total = sum(layer.weights for layer in layers)
    st.markdown(
        _(
            "Once trained, a network is a list of layers and their weights: {count} numbers in a "
            "file. **Copy the file, and you have copied everything it has learnt.** digitrec "
            "keeps two: `model.keras`, to go on training, and `model.tflite`, small and quick, "
            "which reads."
        ).format(count=number(total))
    )
    most = max(layer.weights for layer in layers)
    rows = "".join(
        f"<tr><th scope='row'>{_(layer.kind)}</th>"
        f"<td><div class='bar'><i style='width:{100 * layer.weights / most:.1f}%'></i></div></td>"
        f"<td>{number(layer.weights)}</td></tr>"
        for layer in layers
    )
    st.html(f"<table class='weights'>{rows}</table>")
    st.markdown(
        _(
            "How exact must those numbers be? Each takes 32 bits. **Keep fewer**, and see when the "
            "network forgets how to read."
        )
    )
    bits = st.select_slider(_("Bits a weight"), BITS, 8, key="saving-bits")
    with st.spinner(_("Reading with the rounded weights…")):
        whole, rounded = (_accuracy(classifier, n) for n in (32, bits))
    show_tiles(
        [
            (_("Their size at 32 bits"), size(4 * total)),
            (_("At {bits} bits").format(bits=bits), size(total * bits // 8)),
            (_("Right at 32 bits"), share(whole, 1)),
            (_("Right at {bits} bits").format(bits=bits), share(rounded, 1)),
        ]
    )
    st.caption(
        _(
            "Read anew just now: the first {count} test digits by version {version}, each weight "
            "rounded to one of {values} values. Nothing is saved."
        ).format(count=IMAGES, version=plain(classifier.name), values=number(2**bits - 1))
    )


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Classifier: lambda c: c.sha256})
def _accuracy(classifier: Classifier, bits: int) -> float:
    """Of MNIST's first test images."""
    images, labels = test_digits()
    content = (classifier.folder / MODEL).read_bytes()
    return lessons.rounded_accuracy(content, bits, as_input(images[:IMAGES]), labels[:IMAGES])
