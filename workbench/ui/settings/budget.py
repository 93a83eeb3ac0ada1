"""The cap on a day's spending."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.ui import figures


def budget(bench: Workbench) -> None:
    cap = bench.settings.budget_usd
    if cap is None:
        st.markdown("No cap is set. `WORKBENCH_BUDGET_USD=10` would allow ten dollars a day (UTC).")
        return
    st.markdown(
        f"At most **{figures.plain(f'${cap:,.2f}')}** a day (UTC), estimates and what is reserved included. "
        f"A run that does not fit is refused before anything is sent."
    )
