"""An uncertain run: the request left and no answer came. Three ways on; a person chooses."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import Json, Run
from workbench.providers.base import Found
from workbench.ui import figures
from workbench.ui.facts import known_model

SHOWN = 12


def decide(bench: Workbench, run: Run) -> None:
    """The workbench never sends such a request again by itself: it may be paid for already."""
    model = known_model(bench, run.request.model)
    can_find = bool(model and model.can_find)
    st.header("What became of it?", anchor=False)
    where = "Ask the provider, or look" if can_find else "Look"
    st.markdown(f"{where} at its console for this request, then say what you found.")
    found, again, closed = st.columns(3, border=True)
    with found:
        _look_for_it(bench, run) if can_find else _collect(bench, run)
    with again:
        _send_again(bench, run)
    with closed:
        _close(bench, run)


def _look_for_it(bench: Workbench, run: Run) -> None:
    """The provider lists its operations: those that may be this run's, the likeliest first."""
    st.markdown("**Look for it.** The provider lists what it was sent; asking costs nothing.")
    key = f"uncertain.found.{run.id}"
    if st.button("Ask the provider", key="uncertain.find", type="primary"):
        try:
            with st.spinner("Asking …"):
                st.session_state[key] = bench.find(run.id)
        except WorkbenchError as error:
            st.error(figures.plain(str(error)))
    candidates: Sequence[Found] | None = st.session_state.get(key)
    if candidates is not None:
        _candidates(bench, run, candidates)
    with st.expander("Give its name instead"):
        _collect(bench, run)


def _candidates(bench: Workbench, run: Run, candidates: Sequence[Found]) -> None:
    if not candidates:
        st.markdown(
            "It lists nothing since this run was sent. Some seconds may pass before it does; then ask again."
        )
        return
    for number, found in enumerate(candidates[:SHOWN]):
        likely = ":green-badge[likely this one] " if found.is_likely else ""
        moment = figures.moment(found.created_at) if found.created_at else ""
        when = f" · {moment}" if moment and moment not in found.label else ""
        st.markdown(f"{likely}{figures.plain(found.label)}{when}")
        if st.button(f"Collect number {number + 1}", key=f"uncertain.take.{number}"):
            _adopt(bench, run, found.operation)
    if len(candidates) > SHOWN:
        st.caption(f"{len(candidates) - SHOWN} more are not shown.")


def _send_again(bench: Workbench, run: Run) -> None:
    each = f", about {figures.money(run.estimate_micros)} each" if run.estimate_micros else ""
    st.markdown(
        f"**Send it again.** If the first request was accepted after all, both may be charged"
        f"{figures.plain(each)}."
    )
    knows = st.checkbox("I know that it may be charged twice", key="uncertain.knows")
    if st.button("Send again", key="uncertain.again", disabled=not knows):
        _done(lambda: bench.send_again(run.id))


def _close(bench: Workbench, run: Run) -> None:
    st.markdown("**It is not there.** Close the run: it counts as failed, and nothing more is sent.")
    if st.button("Close it", key="uncertain.close"):
        _done(lambda: bench.close_uncertain(run.id))


def _collect(bench: Workbench, run: Run) -> None:
    st.markdown("**It is there.** Give its operation as JSON, as the provider names it, to collect it.")
    text = st.text_area(
        "Operation", key="uncertain.operation", placeholder='{"name": "operations/…"}', height=68
    )
    if not st.button("Collect it", key="uncertain.collect", disabled=not text):
        return
    operation = _operation(text)
    if operation is None:
        st.error('That is no JSON object. It looks like {"name": "…"}; copy it from the provider\'s console.')
        return
    _adopt(bench, run, operation)


def _adopt(bench: Workbench, run: Run, operation: Json) -> None:
    _done(lambda: bench.adopt_operation(run.id, operation))


def _operation(text: str) -> Json | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value else None


def _done(act: Callable[[], None]) -> None:
    """Another tab may have decided meanwhile: its sentence is shown then."""
    try:
        act()
    except WorkbenchError as error:
        st.error(figures.plain(str(error)))
        return
    st.rerun()
