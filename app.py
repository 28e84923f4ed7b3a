"""digitrec in the browser: `streamlit run app.py`."""

import streamlit as st

from digitrec.language import _
from digitrec.ui import frame

frame.configure()
page = st.navigation(
    [
        st.Page("digitrec/ui/read.py", title=_("Read"), icon=":material/draw:", default=True),
        st.Page("digitrec/ui/train.py", title=_("Train"), icon=":material/model_training:"),
        st.Page("digitrec/ui/models.py", title=_("Models"), icon=":material/inventory_2:"),
        st.Page("digitrec/ui/examples.py", title=_("Examples"), icon=":material/photo_library:"),
        st.Page("digitrec/ui/inside.py", title=_("Inside"), icon=":material/visibility:"),
        st.Page("digitrec/ui/course.py", title=_("Learn"), icon=":material/school:"),
    ]
)
frame.sidebar()
page.run()
