"""Runs: every run, newest first, as gallery or table."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.runs.filters import filter_bar, read_view
from workbench.ui.runs.run_list import is_first_visit, run_list

st.title("Runs", anchor=False)
log = bench()
if not is_first_visit(log):
    filter_bar(log, read_view())
run_list(log)
