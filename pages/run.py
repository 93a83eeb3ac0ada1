"""One run: its clip, its exact request, what it took, where it came from. ``?id=`` says which."""

from __future__ import annotations

import streamlit as st

from workbench.domain.errors import UnknownRun
from workbench.ui import figures
from workbench.ui.bench import bench
from workbench.ui.links import link
from workbench.ui.run.details import run_details

log = bench()
wanted = st.query_params.get("id", "")
try:
    run = log.run(wanted) if wanted else None
except UnknownRun:
    run = None

link("runs", "All runs", icon=":material/arrow_back:")
if run is None:
    st.title("Run", anchor=False)
    st.info(
        f"The log holds no run {figures.plain(wanted)}; its id may be cut, or it was deleted for good."
        if wanted
        else "No run was asked for. Open one from the list of all runs."
    )
else:
    st.title(figures.plain(figures.first_line(run.request.prompt)), anchor=False)
    run_details(log, run.id)
