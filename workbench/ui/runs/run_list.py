"""The list of the Runs page: live while something in it is busy, paged by key, never empty without a word."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.metric import Measured
from workbench.domain.query import RunFilter
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.deletion import undo_banner
from workbench.ui.links import link
from workbench.ui.measured import SHOWN
from workbench.ui.runs import filters, gallery, run_table
from workbench.ui.runs.picks import pick_bar
from workbench.ui.runs.view import TABLE, RunsView, ranked_key, read_view, show
from workbench.ui.under_way import under_way

BUSY_EVERY_S, IDLE_EVERY_S = 1.0, 5.0  # idle: another tab or the command line may start something


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of runs; ``next`` is the key of the page after it."""

    runs: tuple[Run, ...]
    next: str | None


def is_first_visit(bench: Workbench) -> bool:
    """Neither the log nor the bin holds anything: there is nothing to filter yet."""
    return not bench.counts() and not bench.store.runs.page(RunFilter(deleted=True), 1).runs


def run_list(bench: Workbench) -> None:
    """Drawn again every second while a run of this page is busy, else when another page of runs stands
    in the log.
    """
    page = _page(bench, read_view())
    live = _busy(page)
    st.fragment(_list, run_every=BUSY_EVERY_S if live else None)(bench, live)
    if not live:
        st.fragment(_watch, run_every=IDLE_EVERY_S)(bench, _standing(page))


def _list(bench: Workbench, live: bool) -> None:
    view = read_view()
    page = _page(bench, view)
    if _busy(page) != live:
        st.rerun()
    undo_banner(bench)
    if live and not view.deleted:
        whole = under_way(bench)
        if len(whole.runs) > 1:
            st.progress(whole.share, text=figures.plain(str(whole)))
    if not page.runs:
        _nothing(bench, view)
        return
    bar = st.container()
    names = view.shown_metrics
    measured = _measured(bench, page.runs) if names else {}
    if view.order:
        first = "lowest" if view.lowest_first else "highest"
        st.caption(f"{SHOWN[view.order].label}, {first} first. Runs without this value are left out.")
    if view.layout == TABLE:
        run_table.run_table(page.runs, names, measured, order=view.order)
    else:
        gallery.gallery(page.runs, bench.clock.now(), names, measured)
    with bar:
        pick_bar(bench, in_bin=view.deleted)
    _pager(view, page)


def _watch(bench: Workbench, drawn: tuple[str, ...]) -> None:
    if _standing(_page(bench, read_view())) != drawn:
        st.rerun()


def _measured(bench: Workbench, runs: tuple[Run, ...]) -> dict[str, Measured]:
    """Of the first clip of each, as runs are filtered and ordered by."""
    found = bench.metrics_of([run.id for run in runs])
    return {run_id: one for (run_id, position), one in found.items() if position == 0}


def _standing(page: Listed) -> tuple[str, ...]:
    return tuple(f"{run.id} {run.status}" for run in page.runs)


def _page(bench: Workbench, view: RunsView) -> Listed:
    limit = run_table.PAGE if view.layout == TABLE else gallery.PAGE
    if view.order:
        ranked = bench.ranked(
            view.order, view.wanted, descending=not view.lowest_first, limit=limit, after=view.after
        )
        key = ranked_key(ranked.next) if ranked.next else None
        return Listed(tuple(run for run, _ in ranked.runs), key)
    page = bench.store.runs.page(view.wanted, limit, view.before)
    return Listed(page.runs, None if page.older is None else str(page.older))


def _busy(page: Listed) -> bool:
    return any(run.status.is_busy for run in page.runs)


def _pager(view: RunsView, page: Listed) -> None:
    if not view.pages and page.next is None:
        return
    before, after = ("Previous", "Next") if view.order else ("Newer", "Older")
    further = (*view.pages, page.next) if page.next is not None else view.pages
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(
            before,
            icon=":material/chevron_left:",
            disabled=not view.pages,
            on_click=show,
            args=(replace(view, pages=view.pages[:-1]),),
        )
        st.markdown(f"Page {len(view.pages) + 1}", width="content")
        st.button(
            after,
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=page.next is None,
            on_click=show,
            args=(replace(view, pages=further),),
        )


def _nothing(bench: Workbench, view: RunsView) -> None:
    if view.pages:
        st.info("There is nothing after this." if view.order else "There is nothing older.")
        st.button(
            "Back to the first page" if view.order else "Back to the newest",
            on_click=show,
            args=(replace(view, pages=()),),
        )
    elif view.narrows:
        place = "in the bin" if view.deleted else "in the log"
        st.info(f"No run {place} matches these filters.")
        st.button("Clear filters", key="runs.clear", on_click=filters.clear)
    elif view.order:
        st.info(
            f"No run has a value of “{SHOWN[view.order].label}” yet. The app measures new clips by itself."
        )
        st.button("Newest first", on_click=show, args=(replace(view, order=""),))
    elif view.deleted:
        st.info("The bin is empty. Deleted runs wait here for 30 days.")
        st.button("Back to all runs", on_click=filters.clear)
    else:
        _first_visit(bench)


def _first_visit(bench: Workbench) -> None:
    st.header("No runs yet", anchor=False)
    st.markdown(
        "Every clip that is made lands here, with its prompt, seed, latency and cost. "
        "A sample experiment shows how that looks: two prompts with three seeds each, rendered on this "
        "machine in under a minute, without a key and at no cost."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Make a sample experiment", type="primary", on_click=_make_sample, args=(bench,))
        link("compose", "Write a prompt of your own", icon=":material/edit:")


def _make_sample(bench: Workbench) -> None:
    try:
        bench.sample()
    except WorkbenchError as error:
        st.toast(figures.plain(str(error)), icon=":material/error:")
