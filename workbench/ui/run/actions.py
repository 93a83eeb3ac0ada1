"""What can be done with one run."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Role
from workbench.domain.run import Kind, Run
from workbench.player import MOST_CLIPS
from workbench.ui import deletion, figures
from workbench.ui.compare.address import LEAST_CLIPS, clips_of, compared, compared_runs
from workbench.ui.compare.picker import takes_of
from workbench.ui.compose.composition import another_take
from workbench.ui.compose.state import session
from workbench.ui.facts import known_model
from workbench.ui.links import go, link
from workbench.ui.run.lineage import parent_of


def actions(bench: Workbench, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="wb-bar-actions"):
        link("compose", "Remix", {"from": run.id}, icon=":material/edit_note:")
        _take_another(bench, run)
        if run.kind is Kind.IMAGE:
            _use_still(run)
        else:
            _extend(bench, run)
            _edit(bench, run)
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
        st.warning(figures.plain(refused))


_REFUSED, _TAKEN = "run.refused", "run.taken"


def _take_another(bench: Workbench, run: Run) -> None:
    """The same request with a seed drawn anew, or the next take where the model has none."""
    model = known_model(bench, run.request.model)
    label = "Another take" if model and model.seed is None else "Another seed"
    why = None if model else f"No endpoint serves {run.request.model} any more; Remix it with another model."
    if not st.button(label, icon=":material/casino:", disabled=model is None, help=why) or model is None:
        return
    if not session(bench).is_double_click(("take", run.id), bench.clock.now()):
        try:
            st.session_state[_TAKEN] = bench.submit(*another_take(run, model))
        except WorkbenchError as error:
            st.session_state[_REFUSED] = str(error)
            return
    go("run", {"id": st.session_state[_TAKEN]})


def _extend(bench: Workbench, run: Run) -> None:
    model, why = known_model(bench, run.request.model), None
    if run.clip is None:
        why = "There is no clip to go on from."
    elif model is None or Role.SOURCE_CLIP not in model.roles:
        why = f"{run.request.model} can't extend clips; Remix it with a model that can."
    link("compose", "Extend", {"extend": run.id}, icon=":material/update:", disabled=bool(why), reason=why)


def _edit(bench: Workbench, run: Run) -> None:
    """Only where the model takes a clip to edit: few do, and a grey button would teach nothing."""
    model = known_model(bench, run.request.model)
    if run.clip and model and Role.EDITED_CLIP in model.roles:
        link("compose", "Edit", {"edit": run.id}, icon=":material/auto_fix_high:")


def _use_still(run: Run) -> None:
    why = None if run.clip else "There is no picture to use."
    link(
        "compose",
        "Start a clip from it",
        {"still": run.id},
        icon=":material/add_photo_alternate:",
        disabled=bool(why),
        reason=why or "It becomes the first frame of what stands in Compose, or a reference.",
    )


def _compare(bench: Workbench, run: Run) -> None:
    if run.kind is Kind.IMAGE:
        return
    parent = parent_of(bench, run)
    takes = takes_of(bench, run, MOST_CLIPS)
    if parent is not None and parent.kind is not Kind.IMAGE:
        both = bool(clips_of(run) and clips_of(parent))
        link(
            "compare",
            "Compare with parent",
            compared_runs([parent, run]),
            icon=":material/compare:",
            disabled=not both,
            reason=None if both else "One of the two has no clip.",
        )
    if clips_of(run) and len(takes) >= LEAST_CLIPS:
        link(
            "compare",
            "Compare takes",
            compared(takes),
            icon=":material/grid_view:",
            reason="This clip beside others of the same request.",
        )
    elif parent is None or parent.kind is Kind.IMAGE:
        link(
            "compare",
            "Compare",
            compared_runs([run]),
            icon=":material/compare:",
            disabled=not clips_of(run),
        )


def _cancel(bench: Workbench, run_id: str) -> None:
    """It may have finished in the meantime; then the log says so."""
    try:
        bench.cancel(run_id)
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
