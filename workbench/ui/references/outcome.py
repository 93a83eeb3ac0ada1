"""The run that was made from the desk last: how far it is, and its clip once it is there."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import UnknownRun, WorkbenchError
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.clip import shown_html
from workbench.ui.links import link
from workbench.ui.references.state import Session
from workbench.ui.status import LOOKS, badges

EVERY_S = 1.0


def outcome(bench: Workbench, held: Session) -> None:
    """Looks again every second while the run is busy; nothing where none was made."""
    run = _run(bench, held.desk.run_id)
    if run is not None:
        busy = run.status.is_busy
        st.fragment(_drawn, run_every=EVERY_S if busy else None)(bench, run.id, busy)


def _drawn(bench: Workbench, run_id: str, busy: bool) -> None:
    run = bench.run(run_id)
    if run.status.is_busy != busy:
        st.rerun()
    with st.container(border=True, gap="small", key="wb-outcome"):
        if busy:
            _progress(bench, run)
        elif run.clip:
            st.html(shown_html(run.clip, "Clip made from these references", autoplay=True))
        if not busy:
            st.markdown(f"{badges(run)} {figures.plain(run.outcome)}")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            link("run", f"Open run {run.id[-6:]}", {"id": run.id}, icon=":material/open_in_full:")
            link("compose", "Go on in Compose", {"from": run.id}, icon=":material/edit_note:")


def _progress(bench: Workbench, run: Run) -> None:
    waits = bench.holdups([run]).get(run.id, run.waits_for)
    note = waits or run.progress_note
    told = LOOKS[run.status].label + (f" – {figures.plain(note)}" if note else "")
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        st.progress(min(max(run.progress or 0.0, 0.0), 1.0), text=told)
        if not run.cancel_requested:
            st.button("Cancel", key="desk.cancel", type="tertiary", on_click=_cancel, args=(bench, run.id))


def _cancel(bench: Workbench, run_id: str) -> None:
    try:
        bench.cancel(run_id)
    except WorkbenchError as error:  # it was done in the moment of the click
        st.toast(figures.plain(str(error)))


def _run(bench: Workbench, run_id: str) -> Run | None:
    try:
        return bench.run(run_id) if run_id else None
    except UnknownRun:  # deleted for good
        return None
