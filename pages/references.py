"""References: what is kept to look at, what was seen in it, and the prompt written from that."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.references.layout import halves, looked_at, work
from workbench.ui.references.shelf import shelf

log = bench()
shelf_half, look_half = halves()
with shelf_half:
    st.title("References", anchor=False)
    shelf(log)
with look_half:
    looked_at(log)
work(log)
