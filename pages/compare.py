"""Compare: two to six clips on one timeline, what differs between them, notes and a rating."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.compare.comparison import comparison

st.title("Compare", anchor=False)
comparison(bench())
