"""Experiments: a question, a sweep that answers it, and its clips as a grid."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.experiments import STYLESHEET
from workbench.ui.experiments.listing import listing
from workbench.ui.experiments.standing import standing

st.html(STYLESHEET)
if experiment_id := st.query_params.get("id", ""):
    standing(bench(), experiment_id)
else:
    st.title("Experiments", anchor=False)
    listing(bench())
