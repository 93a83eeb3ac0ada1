"""All experiments, newest first, and the way to a new one."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.store.experiments import Experiment
from workbench.ui import figures
from workbench.ui.experiments.before import is_sending, new_experiment
from workbench.ui.experiments.replay import new_replay
from workbench.ui.experiments.told import best_so_far, standing_line
from workbench.ui.links import link

PAGE = 20
BUSY_EVERY_S, IDLE_EVERY_S = 2.0, 10.0
_MORE = "experiments.more"


def listing(bench: Workbench) -> None:
    experiments = bench.experiments()
    if not experiments:
        st.markdown(
            "An experiment asks one question: it sends each prompt with the same models, settings and seeds, "
            "and lays the clips out side by side. Start from one of these, or from an empty form."
        )
        st.button("Make a sample experiment", on_click=_make_sample, args=(bench,))
    with st.expander("New experiment", expanded=not experiments, key="wb-new-experiment"):
        new_experiment(bench)
    new_replay(bench)
    shown = experiments[: PAGE * st.session_state.get(_MORE, 1)]
    is_busy = any(bench.store.experiments.cells.busy(one.id) or is_sending(one.id) for one in shown)
    st.fragment(_list, run_every=BUSY_EVERY_S if is_busy else IDLE_EVERY_S if shown else None)(bench, shown)
    if len(experiments) > len(shown):
        st.button(f"Show {min(PAGE, len(experiments) - len(shown))} more", on_click=_more)


def _list(bench: Workbench, experiments: list[Experiment]) -> None:
    best = best_so_far(bench, experiments)
    for experiment in experiments:
        progress = bench.experiment_progress(experiment.id)
        with st.container(border=True, gap="xsmall", key=f"wb-experiment-{experiment.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                with st.container(width="stretch"):
                    link("experiments", figures.plain(experiment.name), {"id": experiment.id})
                if progress.is_held and progress.missing:
                    st.badge("paused", color="gray")
                st.caption(figures.age(experiment.created_at, bench.clock.now()), width="content")
            if experiment.question:
                st.markdown(figures.plain(experiment.question))
            if progress.whole:
                st.progress(progress.share, text=figures.plain(standing_line(progress)))
            else:
                st.caption("No runs.")
            if experiment.id in best:
                st.caption(figures.plain(best[experiment.id]))


def _more() -> None:
    st.session_state[_MORE] = st.session_state.get(_MORE, 1) + 1


def _make_sample(bench: Workbench) -> None:
    try:
        bench.sample()
    except WorkbenchError as error:
        st.toast(figures.plain(str(error)), icon=":material/error:")
