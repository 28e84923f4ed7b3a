"""digitrec in the browser: `streamlit run app.py`."""

import streamlit as st

from digitrec.ui import frame

frame.configure()
page = st.navigation(
    [st.Page("digitrec/ui/read.py", title="Read", icon=":material/draw:", default=True)]
)
frame.sidebar()
page.run()
