"""Into the bin and out again: every deletion offers to be undone."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.ui import figures

_DELETED, _REFUSED = "deletion.ids", "deletion.refused"


def delete(bench: Workbench, ids: Sequence[str]) -> None:
    """For callbacks. Says why when one of the runs can't be deleted yet; then none is."""
    try:
        bench.delete(ids)
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[_DELETED] = list(ids)


def restore(bench: Workbench, ids: Sequence[str]) -> None:
    """For callbacks."""
    try:
        bench.undelete(ids)
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state.pop(_DELETED, None)
    st.toast(f"{_runs(ids)} restored.")


def undo_banner(bench: Workbench) -> None:
    """What has just been deleted, with Undo; stands until it is dismissed or something else is deleted."""
    if refused := st.session_state.pop(_REFUSED, ""):
        st.warning(figures.plain(refused))
    ids: list[str] = st.session_state.get(_DELETED, [])
    if not ids:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wb-undo"):
        stays = "It stays" if len(ids) == 1 else "They stay"
        st.markdown(f"{_runs(ids)} deleted. {stays} in the bin for 30 days.", width="stretch")
        st.button("Undo", key="deletion.undo", type="primary", on_click=restore, args=(bench, ids))
        st.button("Dismiss", key="deletion.dismiss", type="tertiary", on_click=_dismiss)


def _dismiss() -> None:
    st.session_state.pop(_DELETED, None)


def _runs(ids: Sequence[str]) -> str:
    return "1 run" if len(ids) == 1 else f"{len(ids)} runs"
