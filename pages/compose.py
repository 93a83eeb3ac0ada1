"""Compose: write, generate, see the clip beside the one that it follows from."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.composer import composer, halves, take_over_link
from workbench.ui.first_run import first_run
from workbench.ui.latest import latest
from workbench.ui.progress import progress

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
