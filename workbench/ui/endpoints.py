"""The configured endpoints: what they serve, how long still, and what each lacks."""

from __future__ import annotations

import pandas as pd
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
            models = provider.models()
            if models:
                table = pd.DataFrame([_row(model) for model in models])
                st.table(table, border="horizontal", hide_index=True, alt=f"Models of {provider.endpoint}")
            else:
                st.caption("It serves no models.")


def _row(model: Capabilities) -> dict[str, str]:
    return {
        "Model": f"`{model.model}`",
        "State": f":{_COLOURS[model.lifecycle.stage]}-badge[{model.lifecycle.stage}]",
        "Until": lifecycle(model.lifecycle),
        "What it is": figures.plain(model.summary),
    }


def lifecycle(cycle: Lifecycle) -> str:
    """When it ends and what to use then."""
    ends = str(cycle.ends_on) if cycle.ends_on else ""
    then = f"then `{cycle.successor}`" if cycle.successor else ""
    return ", ".join(part for part in (ends, then) if part) or "no end announced"
