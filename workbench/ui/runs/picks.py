"""The runs that a person has picked, in the gallery or the table, and what can be done with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Run
from workbench.player import MOST_CLIPS
from workbench.ui import deletion
from workbench.ui.compare.address import LEAST_CLIPS, clips_of, compared_runs
from workbench.ui.links import link

_PICKED, _BOX = "runs.picked", "runs.pick."


def picked() -> list[str]:
    """Ids in the order of picking."""
    ids: list[str] = st.session_state.setdefault(_PICKED, [])
    return ids


def pick_box(run: Run) -> None:
    """A checkbox; it agrees with what was picked in the table or on another page."""
    key = _BOX + run.id
    st.session_state[key] = run.id in picked()
    st.checkbox("Select", key=key, on_change=_toggle, args=(run.id,))


def pick_of_page(shown: Collection[str], chosen: Sequence[str]) -> None:
    """What is picked of the runs ``shown`` is ``chosen`` now; other pages keep theirs."""
    kept = [i for i in picked() if i not in shown or i in chosen]
    st.session_state[_PICKED] = kept + [i for i in chosen if i not in kept]


def pick_bar(bench: Workbench, *, in_bin: bool) -> None:
    """Nothing while nothing is picked."""
    runs = bench.store.runs.get_many(picked())
    runs = [run for run in runs if bool(run.deleted_at) == in_bin]
    if not runs:
        return
    ids = [run.id for run in runs]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wb-bar-picks"):
        st.markdown(f"**{len(ids)} selected**", width="stretch")
        if len(runs) == 1:
            link("run", "Open", {"id": ids[0]}, icon=":material/open_in_full:")
        _compare(runs)
        _review(runs)
        if in_bin:
            st.button("Restore", icon=":material/restore_from_trash:", on_click=_restore, args=(bench, ids))
        else:
            st.button("Delete", icon=":material/delete:", on_click=_delete, args=(bench, ids))
        st.button("Clear selection", type="tertiary", on_click=_clear)


def _compare(runs: Sequence[Run]) -> None:
    why = None
    if not LEAST_CLIPS <= len(runs) <= MOST_CLIPS:
        why = f"Select {LEAST_CLIPS} to {MOST_CLIPS} runs to compare their clips."
    elif without := [run.id for run in runs if not clips_of(run)]:
        why = f"Run {without[0]} has no clip to compare."
    link(
        "compare",
        "Compare",
        compared_runs(runs),
        icon=":material/compare:",
        disabled=why is not None,
        reason=why,
    )


def _review(runs: Sequence[Run]) -> None:
    if len(runs) > 1 and all(clips_of(run) for run in runs):
        link(
            "review", "Review blind", {"runs": "~".join(run.id for run in runs)}, icon=":material/visibility:"
        )


def _toggle(run_id: str) -> None:
    ids = picked()
    ids.remove(run_id) if run_id in ids else ids.append(run_id)


def _delete(bench: Workbench, ids: Sequence[str]) -> None:
    deletion.delete(bench, ids)
    _clear()


def _restore(bench: Workbench, ids: Sequence[str]) -> None:
    deletion.restore(bench, ids)
    _clear()


def _clear() -> None:
    st.session_state[_PICKED] = []
