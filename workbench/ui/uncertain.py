"""An uncertain run: the request left and no answer came. Three ways on; a person chooses."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import Json, Run
from workbench.ui import figures


def decide(bench: Workbench, run: Run) -> None:
    """The workbench never sends such a request again by itself: it may be paid for already."""
    st.header("What became of it?", anchor=False)
    st.markdown("Look at the provider's console for this request, then say what you found.")
    closed, again, found = st.columns(3, border=True)
    with closed:
        _close(bench, run)
    with again:
        _send_again(bench, run)
    with found:
        _collect(bench, run)


def _close(bench: Workbench, run: Run) -> None:
    st.markdown("**It is not there.** Close the run: it counts as failed, and nothing more is sent.")
    if st.button("Close it", key="uncertain.close"):
        _done(lambda: bench.close_uncertain(run.id))


def _send_again(bench: Workbench, run: Run) -> None:
    each = f", about {figures.money(run.estimate_micros)} each" if run.estimate_micros else ""
    st.markdown(
        f"**Send it again.** If the first request was accepted after all, both may be charged"
        f"{figures.plain(each)}."
    )
    knows = st.checkbox("I know that it may be charged twice", key="uncertain.knows")
    if st.button("Send again", key="uncertain.again", disabled=not knows):
        _done(lambda: bench.send_again(run.id))


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
