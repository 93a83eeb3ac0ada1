"""Which model: grouped by endpoint, with what each makes, how long it will last and what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, Stage
from workbench.domain.run import Kind
from workbench.ui import figures
from workbench.ui.facts import is_emulated, known_model
from workbench.ui.links import link


def model_choice(bench: Workbench, current: str, edition: str) -> str:
    """The model's full name. One that is not set up can be chosen; what it lacks then stands below.

    A model that no endpoint lists (any more) stays, as long as its endpoint knows the name.
    """
    models = bench.models()
    if current not in {m.model for m in models}:
        if unlisted := known_model(bench, current):
            models.append(unlisted)
        else:
            if current:
                st.caption(f"No endpoint serves {figures.plain(current)}; choose another model.")
            current = models[0].model
    ready = {m.model for m in models if not bench.missing(m.model)}
    by_name = {m.model: m for m in _grouped(models, ready)}
    names = list(by_name)
    return st.selectbox(
        "Model",
        names,
        names.index(current),
        lambda name: label(by_name[name], is_ready=name in ready),
        help=by_name[current].summary or None,
        key=f"model.{edition}",
    )


def label(model: Capabilities, *, is_ready: bool) -> str:
    """``vertex · Veo 3.1 – preview until 2027-05-04, not set up``."""
    cycle = model.lifecycle
    notes = ["image"] if model.kind is Kind.IMAGE else []
    stage = cycle.stage.value if cycle.stage is not Stage.LIVE else ""
    notes.append(" ".join(part for part in (stage, _ends(model)) if part))
    notes += [] if is_ready else ["not set up"]
    told = ", ".join(note for note in notes if note)
    name = f"{model.model.partition('/')[0]} · {model.label}"
    return f"{name} – {told}" if told else name


def model_line(bench: Workbench, model: Capabilities) -> None:
    """What stands in the model's way, or is about to; nothing for one that simply works."""
    if is_emulated(bench, model.model):
        st.caption("This endpoint is an emulator: its clips are made up, and nothing is charged.")
    if model.lifecycle.stage is Stage.DEPRECATED and model.lifecycle.successor:
        until = f" until {model.lifecycle.ends_on}" if model.lifecycle.ends_on else ""
        st.caption(f"It works{until}; then use {figures.plain(model.lifecycle.successor)}.")
    if missing := bench.missing(model.model):
        wanted = "; ".join(f"set `{m.variable}` ({figures.plain(m.what)})" for m in missing)
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-missing"):
            st.markdown(f":orange-badge[not set up] {wanted}", width="stretch")
            link("settings", "Settings")


def _grouped(models: Sequence[Capabilities], ready: Collection[str]) -> list[Capabilities]:
    """Endpoints in the order in which they come, those that are set up first; within each, clips before
    pictures, retired ones last.
    """
    endpoints = list(dict.fromkeys(m.model.partition("/")[0] for m in models))

    def place(m: Capabilities) -> tuple[bool, int, bool, bool]:
        endpoint = m.model.partition("/")[0]
        return (
            m.model not in ready,
            endpoints.index(endpoint),
            m.lifecycle.stage is Stage.RETIRED,
            m.kind is Kind.IMAGE,
        )

    return sorted(models, key=place)


def _ends(model: Capabilities) -> str:
    cycle = model.lifecycle
    if cycle.ends_on is None:
        return ""
    return f"since {cycle.ends_on}" if cycle.stage is Stage.RETIRED else f"until {cycle.ends_on}"
