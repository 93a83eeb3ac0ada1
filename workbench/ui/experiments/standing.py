"""One experiment: its question, how far it is, what can be done with it, and its clips as a grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import streamlit as st

from workbench.api import Workbench
from workbench.api.cells import MOST_CELLS, ExperimentGrid
from workbench.api.experimenting import ExperimentProgress
from workbench.domain.errors import RequestError, WorkbenchError
from workbench.domain.run import Status
from workbench.store.experiments import Experiment
from workbench.ui import figures
from workbench.ui.experiments.before import MOST_REASONS, begin, is_sending, send, trouble
from workbench.ui.experiments.laid import NONE, Axes, axes_of, named, table_html
from workbench.ui.experiments.replay import old_against_new
from workbench.ui.experiments.told import best_so_far, standing_line
from workbench.ui.links import go, link

EVERY_S = 1.0
LARGE, LARGE_EVERY_S = 1_000, 3.0  # runs from which on looking takes longer
_REFUSED, _REVIEW = "experiments.refused.", "experiments.review"


def standing(bench: Workbench, experiment_id: str) -> None:
    with st.container(key="wb-experiments-back"):
        link("experiments", "All experiments", icon=":material/arrow_back:")
    try:
        experiment = bench.experiment(experiment_id)
    except RequestError:
        st.title("Experiment", anchor=False)
        st.info("There is no such experiment, or it was deleted.")
        return
    st.title(figures.plain(experiment.name), anchor=False)
    if experiment.question:
        st.markdown(figures.plain(experiment.question))
    progress = bench.experiment_progress(experiment.id)
    if best := best_so_far(bench, [experiment]).get(experiment.id):
        st.markdown(f"**So far:** {figures.plain(best)}")
    live = _is_live(experiment, progress)
    old_against_new(bench, experiment, live=live)
    axes = _axes(bench, experiment)
    every = LARGE_EVERY_S if progress.whole > LARGE else EVERY_S
    st.fragment(_live, run_every=every if live else None)(bench, experiment, axes, live)


def _is_live(experiment: Experiment, progress: ExperimentProgress) -> bool:
    return bool(progress.busy) or is_sending(experiment.id)


def _live(bench: Workbench, experiment: Experiment, axes: Axes, live: bool) -> None:
    progress = bench.experiment_progress(experiment.id)
    if _is_live(experiment, progress) != live:
        st.rerun()
    if review_id := st.session_state.pop(_REVIEW, ""):
        go("review", {"id": review_id})
    for told in (st.session_state.get(_REFUSED + experiment.id, ""), trouble(experiment.id)):
        if told:
            st.error(figures.plain(told))
    if progress.whole:
        st.progress(progress.share, text=figures.plain(standing_line(progress)))
    if notes := _notes(experiment, progress):
        st.caption(figures.plain(notes))
    _bar(bench, experiment, progress)
    grid = bench.experiment_grid(experiment.id)
    if not grid.placed:
        st.info("This experiment has no runs.")
        return
    if grid.whole > len(grid.placed):
        st.caption(f"The first {MOST_CELLS} of {grid.whole:,} cells are shown; Runs has all.")
    st.html(table_html(grid, axes))
    _holes(grid)


def _holes(grid: ExperimentGrid) -> None:
    """Why some of the cells that are shown have no run, in full."""
    reasons = Counter(one.hole for one in grid.placed if one.hole)
    if reasons:
        with st.expander(f"{reasons.total():,} of these cells are left out", key="wb-holes-shown"):
            for why, count in reasons.most_common(MOST_REASONS):
                st.markdown(f"**{count:,}** – {figures.plain(why)}")


def _notes(experiment: Experiment, progress: ExperimentProgress) -> str:
    told = []
    if experiment.cap_micros is not None:
        told.append(f"At most {figures.money(experiment.cap_micros)}.")
    if progress.holes:
        told.append(f"{progress.holes:,} cells are left out.")
    if uncertain := progress.counts.get(Status.UNCERTAIN, 0):
        told.append(f"{uncertain:,} got no answer and may have been charged; open them to decide.")
    return " ".join(told)


def _bar(bench: Workbench, experiment: Experiment, progress: ExperimentProgress) -> None:
    """What fits how it stands; the rest is not offered."""
    one = experiment.id
    is_swept = progress.planned is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="wb-bar-experiment"):
        if progress.busy and is_swept:
            _button("Pause", "pause", partial(_do, one, partial(bench.pause_experiment, one)))
        if progress.missing and is_swept and not is_sending(one):
            word = "Resume" if progress.is_held else "Send the rest"
            _button(f"{word} ({progress.missing:,})", "play_arrow", partial(begin, bench, one))
        if progress.busy:
            _button("Cancel", "stop", partial(_do, one, partial(bench.cancel_experiment, one)))
        if progress.failed and is_swept:
            retry = partial(send, one, partial(bench.retry_failed, one))
            _button(f"Retry failed ({progress.failed:,})", "replay", retry, help=_RETRY)
        if is_swept:
            _add_seeds(bench, one)
        if progress.counts.get(Status.SUCCEEDED, 0) > 1:
            review = partial(_do, one, partial(_send_to_review, bench, experiment))
            _button("Send to Review", "visibility", review, kind="primary")
            link("ranking", "Ranking", {"experiment": one}, icon=":material/leaderboard:")
        link("runs", "Runs", {"experiment": one}, icon=":material/video_library:")


_RETRY = "Sends them once more, as they were. What failed may have been charged; a retry costs again."


def _button(
    label: str, icon: str, act: Callable[[], object], *, help: str | None = None, kind: str = "secondary"
) -> None:
    st.button(
        label,
        key=f"experiments.do.{icon}",
        icon=f":material/{icon}:",
        on_click=lambda: _run(act),
        help=help,
        type="primary" if kind == "primary" else "secondary",
    )


def _run(act: Callable[[], object]) -> None:
    """A callback gives nothing back."""
    act()


def _add_seeds(bench: Workbench, experiment_id: str) -> None:
    with st.popover("Add seeds", icon=":material/add:", key="wb-add-seeds"):
        st.markdown("Runs every combination with as many seeds more.")
        count = st.number_input("Seeds more", 1, 100, 1, 1, key="experiments.more_seeds")
        st.button(
            "Add and send",
            key="experiments.add_seeds",
            type="primary",
            on_click=partial(send, experiment_id, partial(bench.add_seeds, experiment_id, int(count))),
        )


def _axes(bench: Workbench, experiment: Experiment) -> Axes:
    """Which factor goes along and which down, by choice; the address keeps it for whoever gets the link."""
    factors = bench.experiment_grid(experiment.id, 1 if bench.sweep_of(experiment.id) else MOST_CELLS).factors
    if not factors:
        return Axes()
    query = st.query_params
    axes = axes_of(factors, query.get("x", ""), query.get("y", ""))
    if len(factors) < 2:
        return axes
    st.session_state["experiments.x"], st.session_state["experiments.y"] = axes.x, axes.y or NONE
    with st.container(horizontal=True, gap="small", key="wb-axes"):
        st.selectbox(
            "Across", list(factors), format_func=named, key="experiments.x", on_change=_turn, width=220
        )
        st.selectbox(
            "Down",
            [NONE, *(name for name in factors if name != axes.x)],
            format_func=lambda name: "Nothing" if name == NONE else named(name),
            key="experiments.y",
            on_change=_turn,
            width=220,
        )
    return axes


def _turn() -> None:
    x, y = st.session_state["experiments.x"], st.session_state["experiments.y"]
    st.query_params["x"], st.query_params["y"] = x, y


def _do(experiment_id: str, act: Callable[[], object]) -> None:
    told = ""
    try:
        act()
    except WorkbenchError as error:
        told = str(error)
    st.session_state[_REFUSED + experiment_id] = told


def _send_to_review(bench: Workbench, experiment: Experiment) -> None:
    """A callback can't leave its page: the next drawing does."""
    st.session_state[_REVIEW] = bench.review(experiment.name, experiment=experiment.id).id
