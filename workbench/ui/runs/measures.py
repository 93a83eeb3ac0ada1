"""What was measured, in the list of runs: which values are shown, in whose order, and within which bounds."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.domain.metric import MetricRange
from workbench.ui.measured import ARROWS, SHOWN, meaning
from workbench.ui.runs.view import RunsView, read_view, show

HIGHEST, LOWEST = "Highest first", "Lowest first"
_KEY = "runs.measures."
_COLUMNS, _ORDER, _DIRECTION = _KEY + "columns", _KEY + "order", _KEY + "direction"


def measures_button(view: RunsView) -> None:
    """Every change goes into the link."""
    count = len(view.shown_metrics)
    with st.popover(
        f"Measures ({count})" if count else "Measures", icon=":material/straighten:", width="content"
    ):
        _fill(view)
        st.multiselect(
            "Show",
            list(SHOWN),
            key=_COLUMNS,
            format_func=_label,
            placeholder="Nothing measured",
            on_change=_changed,
        )
        st.selectbox(
            "Order by",
            ["", *SHOWN],
            key=_ORDER,
            format_func=lambda name: _label(name) if name else "Newest first",
            on_change=_changed,
            help="Orders the whole log, not just this page. Runs without the value are left out.",
        )
        if view.order:
            st.segmented_control(
                "Direction",
                (HIGHEST, LOWEST),
                key=_DIRECTION,
                required=True,
                on_change=_changed,
                label_visibility="collapsed",
            )
        for name in _bounded(view):
            _bounds(name)


def _bounded(view: RunsView) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*view.shown_metrics, *(one.name for one in view.ranges))))


def _bounds(name: str) -> None:
    about = SHOWN[name]
    aside = " · ".join(part for part in (about.unit, ARROWS[about.direction]) if part)
    st.markdown(f"**{about.label}**" + (f" {aside}" if aside else ""), help=meaning(about))
    least, most = st.columns(2)
    least.number_input("From", key=_end(name, "least"), format="%g", step=None, on_change=_changed)
    most.number_input("To", key=_end(name, "most"), format="%g", step=None, on_change=_changed)


def _label(name: str) -> str:
    return SHOWN[name].label


def _end(name: str, which: str) -> str:
    return f"{_KEY}{name}.{which}"


def _fill(view: RunsView) -> None:
    """The link is the truth, as for the filters."""
    st.session_state[_COLUMNS] = list(view.columns)
    st.session_state[_ORDER] = view.order
    if view.order:
        st.session_state[_DIRECTION] = LOWEST if view.lowest_first else HIGHEST
    ranges = {one.name: one for one in view.ranges}
    for name in _bounded(view):
        one = ranges.get(name, MetricRange(name))
        st.session_state[_end(name, "least")] = one.least
        st.session_state[_end(name, "most")] = one.most


def _changed() -> None:
    """Bounds that were typed the wrong way round are meant the other way."""
    state, view = st.session_state, read_view()
    ranges = []
    for name in _bounded(view):
        ends = [state.get(_end(name, which)) for which in ("least", "most")]
        if None not in ends:
            ends.sort()
        if ends != [None, None]:
            ranges.append(MetricRange(name, *ends))
    order = state.get(_ORDER, "")
    lowest_first = order == view.order and state.get(_DIRECTION) == LOWEST
    columns = tuple(state.get(_COLUMNS, ()))
    show(
        replace(view, columns=columns, order=order, lowest_first=lowest_first, ranges=tuple(ranges), pages=())
    )
