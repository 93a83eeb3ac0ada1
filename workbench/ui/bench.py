"""The workbench of this process, for pages; a folder that can't be used becomes one clear sentence."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.api.current import current
from workbench.domain.errors import WorkbenchError


def bench() -> Workbench:
    """Shows what is wrong with the data folder, and stops the page, when it can't be opened."""
    try:
        return current()
    except WorkbenchError as error:
        st.error(str(error), icon=":material/folder_off:")
        st.stop()
