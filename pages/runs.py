"""Runs: every run, newest first, as gallery or table."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.runs.exporting import export_button
from workbench.ui.runs.filters import filter_bar, read_view
from workbench.ui.runs.importing import import_button, what_came
from workbench.ui.runs.run_list import is_first_visit, run_list

st.title("Runs", anchor=False)
log = bench()
with st.container(horizontal=True):
    import_button(log)
    if not (first_visit := is_first_visit(log)):
        export_button(read_view())
if not first_visit:
    filter_bar(log, read_view())
what_came()
run_list(log)
