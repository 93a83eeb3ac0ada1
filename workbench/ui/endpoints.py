"""The configured endpoints: what they serve, how long still, and what each lacks."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, Lifecycle, Stage
from workbench.ui import figures

_COLOURS = {Stage.PREVIEW: "blue", Stage.LIVE: "green", Stage.DEPRECATED: "orange", Stage.RETIRED: "gray"}


def endpoints(bench: Workbench) -> None:
    """Keys are asked for by the name of their variable and never shown."""
    for provider in bench.endpoints():
        missing = provider.missing()
        with st.container(border=True, gap="small"):
            state = ":orange-badge[not set up]" if missing else ":green-badge[ready]"
            st.markdown(f"**{figures.plain(provider.endpoint)}** {state}")
            for m in missing:
                st.markdown(f"Set `{m.variable}`: {figures.plain(m.what)}.")
            for model in provider.models():
                _model(model)


def _model(model: Capabilities) -> None:
    stage = model.lifecycle.stage
    st.markdown(f"`{model.model}` :{_COLOURS[stage]}-badge[{stage}] {lifecycle(model.lifecycle)}")
    st.html(f'<div class="wb-small">{escape(model.summary)}</div>')


def lifecycle(cycle: Lifecycle) -> str:
    """When it ends and what to use then."""
    ends = str(cycle.ends_on) if cycle.ends_on else ""
    then = f"then `{cycle.successor}`" if cycle.successor else ""
    return ", ".join(part for part in (ends, then) if part)
