"""Settings: endpoints, readers and what each lacks, the data folder, the budget, workbench.toml, health."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.settings.access import access
from workbench.ui.settings.budget import budget
from workbench.ui.settings.endpoints import endpoints
from workbench.ui.settings.flow import flow
from workbench.ui.settings.health import checks, versions
from workbench.ui.settings.readers import readers
from workbench.ui.settings.storage import bin_and_sweep, storage
from workbench.ui.settings.tidying import tidying
from workbench.ui.settings.written import written

st.title("Settings", anchor=False)
log = bench()
st.markdown(
    "Settings are environment variables, or lines of a file `.env` in the folder where the workbench was "
    "started. They are read at the start: change them there and start again."
)
wide, narrow = st.columns([3, 2], gap="large")
with wide:
    st.header("Endpoints", anchor=False)
    endpoints(log)
    st.header("Looking and writing", anchor=False)
    readers(log)
    st.header("Google Flow", anchor=False)
    flow()
    st.header("Health", anchor=False)
    checks(log)
with narrow:
    st.header("Data folder", anchor=False)
    storage(log)
    st.header("Access", anchor=False)
    access(log)
    st.header("Budget", anchor=False)
    budget(log)
    st.header("workbench.toml", anchor=False)
    written(log)
    st.header("Bin", anchor=False)
    bin_and_sweep(log)
    st.header("Tidying", anchor=False)
    tidying(log)
    st.header("Versions", anchor=False)
    versions()
