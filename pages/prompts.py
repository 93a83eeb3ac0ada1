"""Prompts: the library, and one prompt with its versions and what came of it."""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.prompts.listing import listing
from workbench.ui.prompts.opened import opened

if name := st.query_params.get("prompt", ""):
    opened(bench(), name)
else:
    listing(bench())
