"""What was measured of a run's clip."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Clip, Run
from workbench.ui import figures
from workbench.ui.facts import facts_html
from workbench.ui.measured import NO_SCORE, SHOWN, meaning, number
from workbench.ui.sparkline import strip_html


def measured(bench: Workbench, run: Run, clip: Clip | None) -> None:
    if clip is None or not clip.media.is_video:
        st.markdown("There is no clip to measure.")
        return
    found = bench.metrics(run.id, clip.index)
    if found is None:
        st.markdown("It is not measured yet; the app does it by itself.")
        return
    if found.fault:
        st.markdown(f"It could not be measured: {figures.plain(found.fault)}")
    for strip in strip_html([found.strip]):
        st.html(strip)
    values = {name: value for name in SHOWN if (value := found.value(name)) is not None}
    st.html(
        facts_html(
            [(SHOWN[name].label, f"{number(value)} {SHOWN[name].unit}") for name, value in values.items()],
            stacked=True,
        )
    )
    if values:
        st.caption(NO_SCORE)
        with st.expander("What each of these means"):
            st.html(facts_html([(SHOWN[name].label, meaning(SHOWN[name])) for name in values]))
