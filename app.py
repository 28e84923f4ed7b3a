"""digitrec in the browser: `streamlit run app.py`."""

import streamlit as st

from digitrec.ui import frame

frame.configure()
page = st.navigation(
    [
        st.Page("digitrec/ui/read.py", title="Read", icon=":material/draw:", default=True),
        st.Page("digitrec/ui/train.py", title="Train", icon=":material/model_training:"),
        st.Page("digitrec/ui/models.py", title="Models", icon=":material/inventory_2:"),
        st.Page("digitrec/ui/examples.py", title="Examples", icon=":material/photo_library:"),
        st.Page("digitrec/ui/inside.py", title="Inside", icon=":material/visibility:"),
        st.Page("digitrec/ui/course.py", title="Learn", icon=":material/school:"),
    ]
)
frame.sidebar()
page.run()
