"""The estimate beside the bill, and what is known of the charge, in words."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.price import Price
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.facts import facts_html, known_model


def costs(bench: Workbench, run: Run) -> None:
    st.markdown(f"**Cost** {figures.plain(figures.cost_sentence(run))}")
    if not run.estimate_micros and not run.billed_micros:
        return
    model = known_model(bench, run.request.model)
    rate = model.price.told_for(run.request) if model and isinstance(model.price, Price) else ""
    unknown = "none" if run.is_emulated else "the provider does not tell it"
    st.html(
        facts_html(
            [
                ("Estimate", figures.money(run.estimate_micros) if run.estimate_micros is not None else ""),
                ("Bill", figures.money(run.billed_micros) if run.billed_micros is not None else unknown),
                ("Rate today", rate),
            ]
        )
    )
