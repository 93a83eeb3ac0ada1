"""Compose: write, generate, see the clip beside the one that it follows from."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.compose.composer import composer, halves, take_over_link
from workbench.ui.compose.first_run import first_run
from workbench.ui.compose.latest import latest
from workbench.ui.compose.progress import progress

log = bench()
take_over_link(log)
writing, clips = halves()
with writing:
    composer(log)
with clips:
    with st.container(key="wb-progress"):
        progress(log)
    with st.container(key="wb-latest"):
        if log.counts():
            latest(log)
        else:
            first_run(log)
