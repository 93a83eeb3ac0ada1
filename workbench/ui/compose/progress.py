"""Open runs, live: read from the log, so that every tab shows the same and a closed one loses nothing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import BUSY, Run, Status
from workbench.ui import figures
from workbench.ui.links import link
from workbench.ui.status import LOOKS
from workbench.ui.under_way import under_way

BUSY_EVERY_S, IDLE_EVERY_S = 1.0, 5.0  # idle: another tab or the command line may start something
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page has to be drawn again for: a run was born, or one settled."""

    newest: int
    busy: frozenset[str]


def progress(bench: Workbench) -> None:
    """A line for each open run with its Cancel; the whole page is drawn again when one settles."""
    drawn = _standing(bench)
    every = BUSY_EVERY_S if drawn.busy else IDLE_EVERY_S
    st.fragment(_watch, run_every=every)(bench, drawn)


def _watch(bench: Workbench, drawn: Standing) -> None:
    if _standing(bench) != drawn:
        st.rerun()
    runs = _open_runs(bench)
    if len(runs) > SHOWN:
        whole = under_way(bench)
        st.progress(whole.share, text=figures.plain(str(whole)))
    waits = bench.holdups(runs[:SHOWN])
    for run in runs[:SHOWN]:
        _line(bench, run, waits.get(run.id, run.waits_for))
    if len(runs) > SHOWN:
        more = f"{len(runs) - SHOWN}{'+' if len(runs) > 99 else ''}"
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-more"):
            st.caption(f"{more} more are queued or under way.", width="content")
            link("runs", "All in Runs")


def _line(bench: Workbench, run: Run, waits_for: str) -> None:
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        st.progress(_share(run), text=_told(run, waits_for))
        if run.cancel_requested:
            return
        st.button(
            "Cancel",
            key=f"cancel.{run.id}",
            type="tertiary",
            help=f"Cancel run {run.id}",
            on_click=_cancel,
            args=(bench, run.id),
        )


def _cancel(bench: Workbench, run_id: str) -> None:
    try:
        bench.cancel(run_id)
    except WorkbenchError as error:  # it was done in the moment of the click
        st.toast(figures.plain(str(error)))


def _share(run: Run) -> float:
    if run.status is Status.DOWNLOADING:
        return 1.0
    return min(max(run.progress or 0.0, 0.0), 1.0)


def _told(run: Run, waits_for: str) -> str:
    word = "cancelling" if run.cancel_requested else LOOKS[run.status].label
    share = f" {run.progress:.0%}" if run.progress and run.status is Status.GENERATING else ""
    note = waits_for or (run.progress_note if run.progress_note != word else "")
    overdue = " · longer than usual, still being collected" if run.overdue else ""
    told = f"{word}{share}" + (f" – {figures.plain(note)}" if note else "") + overdue
    return f"{figures.plain(figures.first_line(run.request.prompt, 72))} · {told}"


def _standing(bench: Workbench) -> Standing:
    newest = bench.runs().page(1).runs
    return Standing(newest[0].rowid if newest else 0, frozenset(run.id for run in _open_runs(bench)))


def _open_runs(bench: Workbench) -> list[Run]:
    """Oldest first: the next to settle stands on top."""
    return list(reversed(bench.runs(status=sorted(BUSY)).page(100).runs))
