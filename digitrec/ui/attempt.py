"""Actions that may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from digitrec.jobs import JobError
from digitrec.registry import RegistryError
from digitrec.ui.words import plain


def attempt(action: Callable[..., Any], *arguments: Any, said: str = "") -> None:
    """Do it, say so and draw the page anew; or say in one sentence why it cannot be done."""
    try:
        action(*arguments)
    except (JobError, RegistryError) as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        if said:
            st.toast(said, icon=":material/check_circle:")
        st.rerun()
