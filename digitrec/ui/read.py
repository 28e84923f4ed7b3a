"""The page Read: draw a number, upload pictures of some, or take a photo, and see it read."""

import streamlit as st

from digitrec.ui import drawing, pictures

INPUTS = {
    "Draw": ":material/draw: Draw",
    "Upload": ":material/upload: Upload",
    "Camera": ":material/photo_camera: Camera",
}

with st.container(key="page", gap="small"):
    st.header("Read a number", anchor=False)
    asked = st.query_params.get("input", "Draw")
    chosen = st.segmented_control(
        "How to give the number",
        list(INPUTS),
        format_func=INPUTS.__getitem__,
        default=asked if asked in INPUTS else "Draw",
        required=True,
        key="input",
        label_visibility="collapsed",
    )
    st.query_params["input"] = chosen  # a reload stays here

    # What is not chosen is hidden and not removed: Streamlit forgets a widget that is not drawn,
    # and with it the drawing or the files.
    hidden = [name.lower() for name in INPUTS if name != chosen]
    st.html(f"<style>{','.join('.st-key-' + name for name in hidden)} {{display: none}}</style>")

    drawing.section(shown=chosen == "Draw")
    if chosen == "Upload" or st.session_state.get("files"):
        pictures.upload(shown=chosen == "Upload")
    if chosen == "Camera":  # removed when not chosen: a hidden camera would go on filming
        pictures.camera()
