"""Keeping and deleting notes, for every page that has them: refusals are told, a deletion can be undone."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.note import Note
from workbench.ui import figures
from workbench.ui.people import UNSAID, remember

_REFUSED, _DELETED, _COUNT = "note.refused", "note.deleted", "note.count"


def edition() -> int:
    """Another one after each note that is kept: a form with it in its key begins empty again."""
    return int(st.session_state.get(_COUNT, 0))


def keep(bench: Workbench, run_id: str, text: str, *, at_s: float | None, person: str, position: int) -> None:
    """For callbacks. What is refused is told by ``refused`` at the next drawing; nothing typed is lost."""
    if not person:
        st.session_state[_REFUSED] = UNSAID
        return
    try:
        bench.note(run_id, text, at_s=at_s, person=person, position=position)
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
        return
    remember(person)
    st.session_state[_COUNT] = edition() + 1
    st.session_state.pop(_DELETED, None)


def refused() -> None:
    if why := st.session_state.pop(_REFUSED, ""):
        st.error(figures.plain(why))


def undo_line(bench: Workbench) -> None:
    """Nothing unless a note was deleted just now."""
    if gone := st.session_state.get(_DELETED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("1 note deleted.")
            st.button("Undo", key="note.undo", on_click=_undelete, args=(bench, gone))


def delete_button(bench: Workbench, note: Note) -> None:
    key = f"note.delete.{note.id}"
    st.button("Delete", key=key, type="tertiary", on_click=_delete, args=(bench, note.id))


def _delete(bench: Workbench, note_id: str) -> None:
    bench.delete_note(note_id)
    st.session_state[_DELETED] = note_id


def _undelete(bench: Workbench, note_id: str) -> None:
    bench.undelete_note(note_id)
    st.session_state.pop(_DELETED, None)
