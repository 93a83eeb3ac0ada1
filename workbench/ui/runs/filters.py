"""The bar over the runs: search, layout, filters, measures. Every change goes into the link."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.ui.figures import plain
from workbench.ui.runs.measures import measures_button
from workbench.ui.runs.view import FIRST_DAY, GALLERY, LAST_DAY, RATINGS, TABLE, RunsView, read_view, show
from workbench.ui.status import LOOKS

_KEY = "runs.filter."


def filter_bar(bench: Workbench, view: RunsView) -> None:
    """Search, layout, and the filters behind one button. Every change goes into the link."""
    _fill(view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Search prompts",
            key=_KEY + "text",
            type="search",
            live="400ms",
            placeholder="Words of the prompt or negative prompt",
            on_change=_changed,
        )
        with st.popover(_filters_label(view), icon=":material/tune:", width="content"):
            _filters(bench, view)
        measures_button(view)
        st.segmented_control(
            "Layout",
            (GALLERY, TABLE),
            key=_KEY + "layout",
            required=True,
            on_change=_changed,
            label_visibility="collapsed",
        )
    if view.ignored:
        st.warning(f"The link asks for something that is not to be had: {plain(', '.join(view.ignored))}.")


def _filters(bench: Workbench, view: RunsView) -> None:
    experiments = {e.id: e.name for e in bench.store.experiments.all()}
    models = dict.fromkeys((*(model for model, _ in bench.counts()), *filter(None, [view.model])))
    st.multiselect(
        "Status",
        list(Status),
        key=_KEY + "status",
        format_func=lambda status: LOOKS[status].label,
        placeholder="Any",
        on_change=_changed,
    )
    st.selectbox(
        "Model",
        ["", *models],
        key=_KEY + "model",
        format_func=lambda model: model or "Any",
        on_change=_changed,
    )
    st.selectbox(
        "Experiment",
        list(dict.fromkeys(("", *experiments, view.experiment))),
        key=_KEY + "experiment",
        format_func=lambda e: experiments.get(e, e) or "Any",
        on_change=_changed,
    )
    from_column, to_column = st.columns(2)
    with from_column:
        _day("From (UTC)", "since")
    with to_column:
        _day("To, inclusive", "until")
    st.segmented_control(
        "Rated at least",
        RATINGS,
        key=_KEY + "rating",
        on_change=_changed,
        help="The mean of all ratings of a run.",
    )
    st.toggle("Show the bin", key=_KEY + "deleted", on_change=_changed)
    st.button("Clear filters", on_click=clear, disabled=not view.narrows and not view.deleted)


def _day(label: str, name: str) -> None:
    st.date_input(label, None, FIRST_DAY, LAST_DAY, key=_KEY + name, format="YYYY-MM-DD", on_change=_changed)


def clear() -> None:
    """Everything that narrows goes; how it is shown stays."""
    view = read_view()
    show(RunsView(layout=view.layout, columns=view.columns, order=view.order, lowest_first=view.lowest_first))


_FIELDS = ("text", "model", "status", "since", "until", "rating", "experiment", "deleted", "layout")


def _fill(view: RunsView) -> None:
    """The link is the truth: the widgets show what it says, also after the browser's Back."""
    for name in _FIELDS:
        value = getattr(view, name)
        st.session_state[_KEY + name] = list(value) if isinstance(value, tuple) else value


def _changed() -> None:
    values = {name: st.session_state[_KEY + name] for name in _FIELDS if _KEY + name in st.session_state}
    values["status"] = tuple(values.get("status", ()))
    values["text"] = (values.get("text") or "").strip()
    show(replace(read_view(), **values, pages=()))


def _filters_label(view: RunsView) -> str:
    parts = (view.model, view.status, view.since, view.until, view.rating, view.experiment, view.deleted)
    count = sum(bool(part) for part in parts)
    return f"Filters ({count})" if count else "Filters"
