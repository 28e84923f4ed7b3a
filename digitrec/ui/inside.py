"""The page Inside: a digit on its way through the network, and why it is read so."""

import streamlit as st

from digitrec.classifier import Classifier, in_service
from digitrec.datasets import DatasetError, as_input
from digitrec.examples import ExamplesError
from digitrec.inside import inspector
from digitrec.language import N_, _
from digitrec.runtime import ModelError
from digitrec.ui import flow, reasons
from digitrec.ui.specimen import (
    FIRST,
    Specimen,
    drawn,
    from_examples,
    from_mnist,
    look_at,
    test_digits,
)
from digitrec.ui.words import plain

SOURCES = {
    "Draw": (":material/draw:", N_("Draw")),
    "MNIST": (":material/grid_view:", N_("A test digit")),
    "kept": (":material/photo_library:", N_("An example")),
}
NAMED_BY = {"MNIST": "test", "kept": "example"}  # in the address


@st.fragment  # a stroke runs this again, and nothing around it
def page() -> None:
    st.header(_("Inside the network"), anchor=False)
    source = st.segmented_control(
        _("Which digit to look into"),
        list(SOURCES),
        format_func=lambda source: f"{SOURCES[source][0]} {_(SOURCES[source][1])}",
        default=next((one for one in NAMED_BY if NAMED_BY[one] in st.query_params), "Draw"),
        required=True,
        key="inside-source",
        label_visibility="collapsed",
    )
    for other, name in NAMED_BY.items():
        if other != source:
            st.query_params.pop(name, None)
    try:
        classifier = in_service()
        if source == "Draw":
            specimen = drawn(classifier)
        elif source == "MNIST":
            specimen = from_mnist(classifier)
        else:
            specimen = from_examples(classifier)
        explain(specimen, classifier)
    except (ModelError, DatasetError, ExamplesError) as error:
        st.error(plain(str(error)), icon=":material/error:")


def explain(specimen: Specimen | None, classifier: Classifier) -> None:
    """What the network sees first, as it is there at once; what has to be searched for after it."""
    if specimen is None:
        specimen = look_at(as_input(test_digits()[0][FIRST : FIRST + 1])[0, ..., 0], classifier)
    with st.container(key="flow-section"):
        seen = classifier.looks(specimen.ink)
        flow.show(inspector(classifier).flow(specimen.ink), specimen.ink, specimen.p, len(seen))
    with st.container(key="reasons", gap="xsmall"):
        reasons.looks(seen)
        reasons.strokes(specimen, classifier)
        reasons.resembles(specimen, classifier)
        reasons.otherwise(specimen, classifier)


with st.container(key="page"), st.container(key="inside", gap="small"):
    page()
