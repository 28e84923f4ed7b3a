"""The page Read: draw a number, upload pictures of some, or take a photo, and see it read."""

import streamlit as st

from digitrec.language import N_, _
from digitrec.ui import address, answer, drawing, pictures

INPUTS = {
    "Draw": (":material/draw:", N_("Draw")),
    "Upload": (":material/upload:", N_("Upload")),
    "Camera": (":material/photo_camera:", N_("Camera")),
}


@st.fragment  # a stroke runs this again, and nothing around it
def page() -> None:
    st.header(_("Read a number"), anchor=False)
    address.follow("input", INPUTS, "Draw")
    chosen = st.segmented_control(
        _("How to give the number"),
        list(INPUTS),
        format_func=lambda name: f"{INPUTS[name][0]} {_(INPUTS[name][1])}",
        required=True,
        key="input",
        on_change=address.write,
        args=("input",),
        persist_state="session",
        label_visibility="collapsed",
    )

    # What is not chosen is hidden and not removed: Streamlit forgets a widget that is not drawn,
    # and with it the drawing or the files. Only the camera goes, for a hidden one would film on.
    hidden = [f".st-key-{name.lower()}" for name in INPUTS if name != chosen]
    st.html(f"<style>{','.join(hidden)} {{display: none}}</style>")

    with st.container(key="draw", gap="xsmall"):
        result = drawing.draw()
    with st.container(key="upload"):
        if chosen == "Upload" or st.session_state.get("files"):
            files = pictures.choose_files()
        if chosen == "Upload":
            result = pictures.look_at(files)
    with st.container(key="camera"):
        if chosen == "Camera":
            result = pictures.photograph()
    answer.show(result)


with st.container(key="page", gap="small"):
    page()
