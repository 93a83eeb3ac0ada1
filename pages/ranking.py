"""Ranking: which prompt, model or setting is better, and how sure that is."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.ranking.filters import filter_row
from workbench.ui.ranking.rated import rated
from workbench.ui.ranking.standing import standing

st.title("Ranking", anchor=False)
filter_row(bench())
if not rated(bench()):
    standing(bench())
