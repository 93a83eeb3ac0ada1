"""What one browser session is planning; every change of it is saved as a draft."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import streamlit as st

from workbench.api import Workbench
from workbench.api.forecast import Planned
from workbench.domain.errors import WorkbenchError
from workbench.prompting.sweep import Sweep
from workbench.ui.experiments.outline import Outline, from_draft, to_draft

DRAFT = "experiment"
_KEY = "experiments.session"


@dataclass(slots=True)
class Session:
    """``edition`` names the state that the widgets show: a new one makes them show the outline anew.
    ``planned`` is what was made of ``sweep`` last.
    """

    outline: Outline
    edition: str = field(default_factory=lambda: secrets.token_hex(4))
    complaint: str = ""
    sweep: Sweep | None = None
    planned: Planned | None = None


def session(bench: Workbench) -> Session:
    """This tab's session; a new one goes on from the saved draft."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session(from_draft(bench.store.drafts.load(DRAFT)))
    held: Session = st.session_state[_KEY]
    return held


def keep(bench: Workbench, outline: Outline) -> None:
    """Make ``outline`` the current one and save it, when it differs; the widgets show it already."""
    held = session(bench)
    if held.outline == outline:
        return
    held.outline, held.complaint = outline, ""
    try:
        bench.store.drafts.save(DRAFT, to_draft(outline), bench.clock.now())
    except WorkbenchError as error:
        held.complaint = f"The draft is not saved. {error}"


def show(bench: Workbench, outline: Outline) -> None:
    """Make ``outline`` the current one and have every widget show it."""
    keep(bench, outline)
    session(bench).edition = secrets.token_hex(4)


def planned(bench: Workbench, sweep: Sweep) -> Planned:
    """What ``sweep`` would send; the same sweep is planned once."""
    held = session(bench)
    if held.planned is None or held.sweep != sweep:
        held.planned, held.sweep = bench.plan_experiment(sweep), sweep
    return held.planned
