"""Clips of a run that went by a rule: the sentence that says so, and the poster that stands for each."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.clip import image_html


def dropped(bench: Workbench, run: Run) -> bool:
    """Whether there are any."""
    found = bench.dropped_clips(run.id)
    for one in found:
        if one.poster:
            st.html(image_html(one.poster, f"Poster of clip {one.position + 1}, which was dropped"))
        st.markdown(f":orange-badge[dropped] {figures.plain(one.told)}")
    return bool(found)
