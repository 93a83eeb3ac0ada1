"""What can be done with one run."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Role
from workbench.domain.run import Origin, Parenthood, Run
from workbench.ui import deletion
from workbench.ui.facts import known_model
from workbench.ui.lineage import parent_of
from workbench.ui.links import go, link


def actions(bench: Workbench, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="wb-bar-actions"):
        link("compose", "Remix", {"from": run.id}, icon=":material/edit_note:")
        if st.button(
            "Another seed" if run.request.seed is not None else "Another take", icon=":material/casino:"
        ):
            _take_another(bench, run)
        _extend(bench, run)
        _compare(bench, run)
        if run.status.is_busy:
            st.button(
                "Cancelling …" if run.cancel_requested else "Cancel",
                icon=":material/stop_circle:",
                disabled=run.cancel_requested,
                on_click=_cancel,
                args=(bench, run.id),
            )
        elif run.deleted_at:
            st.button(
                "Restore",
                icon=":material/restore_from_trash:",
                on_click=deletion.restore,
                args=(bench, [run.id]),
            )
        elif run.status.is_final:
            st.button("Delete", icon=":material/delete:", on_click=deletion.delete, args=(bench, [run.id]))
    if refused := st.session_state.pop(_REFUSED, ""):
        st.warning(refused)


_REFUSED = "run.refused"


def another_take(bench: Workbench, run: Run) -> str:
    """The same request with a seed drawn anew (or the next take, where the model has none); its run's id."""
    if run.request.seed is None:
        request = replace(run.request, take=run.request.take + 1)
    else:
        request = replace(run.request, seed=None)
    return bench.submit(request, Origin(run.id, Parenthood.TAKE, run.origin.experiment_id))


def _take_another(bench: Workbench, run: Run) -> None:
    try:
        new = another_take(bench, run)
    except WorkbenchError as error:
        st.error(str(error))
        return
    go("run", {"id": new})


def _extend(bench: Workbench, run: Run) -> None:
    model, why = known_model(bench, run.request.model), None
    if run.clip is None:
        why = "There is no clip to go on from."
    elif model is None or Role.SOURCE_CLIP not in model.roles:
        why = f"{run.request.model} can't extend clips; Remix it with a model that can."
    link("compose", "Extend", {"extend": run.id}, icon=":material/update:", disabled=bool(why), reason=why)


def _compare(bench: Workbench, run: Run) -> None:
    parent = parent_of(bench, run)
    if parent is None:
        link("compare", "Compare", {"a": run.id}, icon=":material/compare:", disabled=run.clip is None)
        return
    both = bool(run.clip and parent.clip)
    link(
        "compare",
        "Compare with parent",
        {"a": parent.id, "b": run.id},
        icon=":material/compare:",
        disabled=not both,
        reason=None if both else "One of the two has no clip.",
    )


def _cancel(bench: Workbench, run_id: str) -> None:
    """It may have finished in the meantime; then the log says so."""
    try:
        bench.cancel(run_id)
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
