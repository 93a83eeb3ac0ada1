"""The list of the Runs page: live while something in it is busy, paged by key, never empty without a word."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.query import Page, RunFilter
from workbench.ui import figures
from workbench.ui.deletion import undo_banner
from workbench.ui.links import link
from workbench.ui.runs import filters, gallery, run_table
from workbench.ui.runs.filters import RunsView
from workbench.ui.runs.picks import pick_bar
from workbench.ui.under_way import under_way

BUSY_EVERY_S, IDLE_EVERY_S = 1.0, 5.0  # idle: another tab or the command line may start something


def is_first_visit(bench: Workbench) -> bool:
    """Neither the log nor the bin holds anything: there is nothing to filter yet."""
    return not bench.counts() and not bench.store.runs.page(RunFilter(deleted=True), 1).runs


def run_list(bench: Workbench) -> None:
    """Drawn again every second while a run of this page is busy, else when another page of runs stands
    in the log.
    """
    page = _page(bench, filters.read_view())
    live = _busy(page)
    st.fragment(_list, run_every=BUSY_EVERY_S if live else None)(bench, live)
    if not live:
        st.fragment(_watch, run_every=IDLE_EVERY_S)(bench, _standing(page))


def _list(bench: Workbench, live: bool) -> None:
    view = filters.read_view()
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
    if view.layout == filters.TABLE:
        run_table.run_table(page.runs)
    else:
        gallery.gallery(page.runs, bench.clock.now())
    with bar:
        pick_bar(bench, in_bin=view.deleted)
    _pager(view, page)


def _watch(bench: Workbench, drawn: tuple[str, ...]) -> None:
    if _standing(_page(bench, filters.read_view())) != drawn:
        st.rerun()


def _standing(page: Page) -> tuple[str, ...]:
    return tuple(f"{run.id} {run.status}" for run in page.runs)


def _page(bench: Workbench, view: RunsView) -> Page:
    limit = run_table.PAGE if view.layout == filters.TABLE else gallery.PAGE
    return bench.store.runs.page(view.wanted, limit, view.before)


def _busy(page: Page) -> bool:
    return any(run.status.is_busy for run in page.runs)


def _pager(view: RunsView, page: Page) -> None:
    if not view.pages and page.older is None:
        return
    older = (*view.pages, page.older) if page.older is not None else view.pages
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            disabled=not view.pages,
            on_click=filters.show,
            args=(replace(view, pages=view.pages[:-1]),),
        )
        st.markdown(f"Page {len(view.pages) + 1}", width="content")
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=page.older is None,
            on_click=filters.show,
            args=(replace(view, pages=older),),
        )


def _nothing(bench: Workbench, view: RunsView) -> None:
    if view.pages:
        st.info("There is nothing older.")
        st.button("Back to the newest", on_click=filters.show, args=(replace(view, pages=()),))
    elif view.narrows:
        place = "in the bin" if view.deleted else "in the log"
        st.info(f"No run {place} matches these filters.")
        st.button("Clear filters", key="runs.clear", on_click=filters.clear)
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
