"""Before an experiment is sent: its runs, cost, time and holes. At the click: it is logged and begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.api.forecast import Planned
from workbench.domain.errors import RequestError, WorkbenchError
from workbench.prompting.sweep import Sweep
from workbench.ui import errands, figures
from workbench.ui.experiments.outline import Outline, reading
from workbench.ui.experiments.sheet import sheet
from workbench.ui.experiments.state import keep, planned, session

MOST_REASONS = 8
_ERRAND = "experiments.errand."


@st.fragment
def new_experiment(bench: Workbench) -> None:
    """The form, and what it comes to; drawn again at each change of it."""
    outline = sheet(bench)
    with st.container(key="wb-before", gap="small"):
        _before(bench, outline)


def begin(bench: Workbench, experiment_id: str) -> None:
    """Log its runs without keeping the page waiting; ``trouble`` tells what went wrong."""
    send(experiment_id, lambda: bench.resume_experiment(experiment_id))


def send(experiment_id: str, work: Callable[[], object]) -> None:
    """Do it beside the page."""
    st.session_state[_ERRAND + experiment_id] = errands.send(work)


def is_sending(experiment_id: str) -> bool:
    token = st.session_state.get(_ERRAND + experiment_id, "")
    return errands.is_known(token) and not errands.is_done(token)


def trouble(experiment_id: str) -> str:
    """Why not all of its runs were logged, where that was tried from this tab."""
    token = st.session_state.get(_ERRAND + experiment_id, "")
    if not errands.is_done(token):
        return ""
    try:
        errands.outcome(token, object)
    except WorkbenchError as error:
        return str(error)
    return ""


def tell_planned(found: Planned, *further: str) -> None:
    """Its runs, cost, time and holes, in a few lines."""
    st.markdown(_sum(found))
    if notes := [*_unknown(found), *further]:
        st.caption(figures.plain(" ".join(notes)))
    _holes(found)


def _before(bench: Workbench, outline: Outline) -> None:
    held = session(bench)
    found, refused = _planned(bench, outline)
    if found:
        tell_planned(found, *_untold(found))
    elif refused:
        (st.info if outline.is_empty else st.warning)(figures.plain(refused))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="wb-begin"):
        name = st.text_input(
            "Name",
            outline.name,
            key=f"experiments.name.{held.edition}",
            max_chars=200,
            placeholder=figures.first_line(outline.question, 60) if outline.question.strip() else "A name",
            width="stretch",
        )
        cap = st.number_input(
            "Cap in US dollars",
            0.0,
            None,
            outline.cap_usd,
            key=f"experiments.cap.{held.edition}",
            placeholder="None",
            help="The most that all runs of this experiment may cost together, retries and added seeds, too.",
            width=170,
        )
        outline = replace(outline, name=name, cap_usd=cap)
        keep(bench, outline)
        clicked = st.button("Start", type="primary", key="experiments.start")
    if clicked:
        _start(bench, outline, found, refused)
    if held.complaint:
        st.error(figures.plain(held.complaint))


def _planned(bench: Workbench, outline: Outline) -> tuple[Planned | None, str]:
    """What it comes to, or why it comes to nothing."""
    try:
        sweep = outline.sweep(lambda text: _read(bench, outline, text), bench.settings.written.lists)
        return planned(bench, sweep), ""
    except RequestError as error:
        return None, str(error)


def _read(bench: Workbench, outline: Outline, text: str) -> Sweep:
    return reading(bench.model, outline.models, frozenset(), bench.settings.written.lists)(text)


def _start(bench: Workbench, outline: Outline, found: Planned | None, refused: str) -> None:
    held = session(bench)
    if found is None:
        held.complaint = refused
        return
    name = outline.name.strip() or figures.first_line(outline.question, 60)
    if not outline.name.strip() and not outline.question.strip():
        held.complaint = "Write the question, or a name: it is how the experiment is found again."
        return
    try:
        made = bench.start_experiment(name, outline.question, found.sweep, outline.cap_usd, run=False)
    except WorkbenchError as error:
        held.complaint = str(error)
        return
    held.complaint = ""
    begin(bench, made.id)
    st.query_params.from_dict({"id": made.id})
    st.rerun()


def _sum(found: Planned) -> str:
    """``**24 runs** · $4.80 estimated · about 3 min``."""
    runs = len(found.plan.cells)
    told = [f"**{runs:,} run{'' if runs == 1 else 's'}**"]
    if found.plan.holes:
        told.append(f"{len(found.plan.holes):,} left out")
    if runs:
        told.append(cost(found))
        told.append(f"about {figures.seconds(found.time_s)}" if found.time_s else "")
    return " · ".join(figures.plain(part) if "**" not in part else part for part in told if part)


def cost(found: Planned) -> str:
    if len(found.unpriced) == len(found.runs):
        return "price unknown"
    paid = [name for name in found.runs if name not in found.emulated]
    if not found.cost_micros:
        return "free"
    return f"{figures.money(found.cost_micros)} estimated" + (
        "" if paid else ", nothing is charged: emulated"
    )


def _unknown(found: Planned) -> list[str]:
    """What the sum leaves out."""
    if not found.plan.cells:
        return []
    told = []
    if found.unpriced and len(found.unpriced) < len(found.runs):
        told.append(f"The estimate leaves out {_some(found.unpriced)}: no price is known.")
    if found.untimed:
        told.append(f"How long it takes is not known for {_some(found.untimed)}: nothing ran there yet.")
    elif found.time_s:
        told.append("The time goes by earlier runs of these models, without what is queued already.")
    return told


def _untold(found: Planned) -> list[str]:
    """What the runs can't tell."""
    if not found.plan.cells:
        return []
    told = [
        f"Of {_named(name)}, nothing is left of {_some([level or 'none' for level in levels])}."
        for name, levels in found.plan.gone.items()
    ]
    if found.plan.lost:
        told.append(f"These runs can't tell the effect of {_some([_named(n) for n in found.plan.lost])}.")
    return told


def _holes(found: Planned) -> None:
    reasons = found.plan.reasons
    if not reasons:
        return
    is_all = not found.plan.cells
    with st.expander(f"{len(found.plan.holes):,} runs are left out", key="wb-holes", expanded=is_all):
        for why, count in list(reasons.items())[:MOST_REASONS]:
            st.markdown(f"**{count:,}** – {figures.plain(why)}")
        if len(reasons) > MOST_REASONS:
            st.caption(f"And {len(reasons) - MOST_REASONS:,} reasons more.")


def _some(names: Sequence[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def _named(factor: str) -> str:
    """As a sentence calls it; a slot keeps its braces."""
    return factor if factor.startswith("{") else factor.removesuffix("_s").replace("_", " ")
