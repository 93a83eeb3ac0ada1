"""Compare: two clips side by side, what differs between them, and a rating for each."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.compare.comparison import comparison, pickers
from workbench.ui.links import link

st.title("Compare", anchor=False)
log = bench()
left, right = pickers(log)
if left and right:
    comparison(log, left, right)
else:
    st.markdown(
        "Choose two clips above, or select two runs in the list of runs. "
        "The address of this page then opens the same comparison for somebody else."
    )
    link("runs", "All runs", icon=":material/video_library:")
