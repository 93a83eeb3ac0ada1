"""Who looks or writes: models that read, and what needs none of them; what each lacks and costs."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.api.reading import Estimate
from workbench.domain.brief import BY_MEASURE
from workbench.domain.errors import UnknownModel
from workbench.domain.writing import BY_RULE
from workbench.ui import figures
from workbench.ui.links import link

MEASURES = "Measures on this machine (no model)"
RULES = "Rules on this machine (no model)"
_LOCAL = {BY_MEASURE: MEASURES, BY_RULE: RULES}


def reader_choice(bench: Workbench, label: str, current: str, local: str, *, key: str) -> str:
    """The model's full name, or ``local``. One that is not set up can be chosen; what it lacks then stands
    below. A name that only the settings know stays.
    """
    models = bench.readers()
    labels = {model.model: f"{model.model.partition('/')[0]} · {model.label}" for model in models}
    names = [local, *labels]
    if current and current not in names:
        names.append(current)
    lacking = {name for name in names if missing(bench, name)}

    def shown(name: str) -> str:
        told = _LOCAL.get(name) or labels.get(name, name)
        return f"{told} – not set up" if name in lacking else told

    index = names.index(current) if current in names else 0
    return st.selectbox(label, names, index, shown, key=key) or local


def reader_name(name: str) -> str:
    """Who looked or wrote, as a person reads it."""
    return _LOCAL.get(name, name)


def missing(bench: Workbench, name: str) -> str:
    """What has to be set first, as Markdown; empty where it is ready."""
    try:
        lacks = bench.missing_to_read(name)
    except UnknownModel as error:
        return figures.plain(str(error))
    return "; ".join(f"set `{m.variable}` ({figures.plain(m.what)})" for m in lacks)


def lack(bench: Workbench, name: str) -> bool:
    """Say what it lacks, and where more is to be read; whether it lacks anything."""
    wanted = missing(bench, name)
    if wanted:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f":orange-badge[not set up] {wanted}, then start again.", width="stretch")
            link("settings", "Settings")
    return bool(wanted)


def price_told(estimate: Estimate) -> str:
    """``Free``, ``at most $0.01``; emulators charge nothing."""
    if estimate.micros == 0:
        return "Free – on this machine"
    told = "Price unknown" if estimate.micros is None else f"At most {figures.money(estimate.micros)}"
    return f"{told}, nothing is charged: emulated" if estimate.is_emulated else told
