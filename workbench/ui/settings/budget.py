"""The cap on a day's spending."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.ui import figures
from workbench.ui.facts import is_emulated


def budget(bench: Workbench) -> None:
    cap = bench.settings.budget_usd
    if cap is None:
        st.markdown("No cap is set. `WORKBENCH_BUDGET_USD=10` would allow ten dollars a day (UTC).")
        return
    is_rehearsal = any(is_emulated(bench, f"{p.endpoint}/") for p in bench.endpoints())
    rehearsed = " Emulated runs count as if they were paid." if is_rehearsal else ""
    st.markdown(
        f"**{figures.plain(figures.of_budget(bench.spending(), cap))}** today (UTC).{rehearsed} "
        f"A run that does not fit is refused before anything is sent."
    )
