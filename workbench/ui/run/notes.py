"""Notes on a run's clip: leaving one at a time of it, and reading those that stand there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.note import LONGEST_NOTE, Note
from workbench.domain.run import Clip, Run
from workbench.ui import figures
from workbench.ui.note_keeping import delete_button, edition, keep, refused, undo_line
from workbench.ui.people import name_field, typed


def notes(bench: Workbench, run: Run, clip: Clip | None) -> None:
    if clip is None:
        st.markdown("There is no clip that a note could be about.")
        return
    form, there = st.columns([2, 3], gap="medium")
    with form:
        _form(bench, run, clip)
    with there:
        found = [note for note in bench.notes(run.id) if note.position == clip.index]
        _there(bench, found)
        if found and clip.media.is_video:
            _to_an_editor(bench, run)


def _form(bench: Workbench, run: Run, clip: Clip) -> None:
    place = f"run.note.{run.id}.{clip.index}.{edition()}"
    with st.form(place, border=False, enter_to_submit=False):
        st.text_input(
            "Note", key=f"{place}.text", max_chars=LONGEST_NOTE, placeholder="What is to be seen here?"
        )
        if clip.media.is_video:
            st.number_input(
                "At (seconds)",
                0.0,
                clip.media.duration_s,
                None,
                format="%.3f",
                key=f"{place}.at",
                placeholder="All of it",
            )
        who = name_field(bench, "run.note")
        st.form_submit_button("Add note", on_click=_keep, args=(bench, run, clip, place, who))
    refused()


def _there(bench: Workbench, found: Sequence[Note]) -> None:
    undo_line(bench)
    if not found:
        st.markdown("Nobody has left a note yet.")
    for note in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("all of it" if note.at_s is None else figures.clock(note.at_s), width="content")
            st.markdown(figures.plain(note.signed), width="stretch")
            delete_button(bench, note)


def _to_an_editor(bench: Workbench, run: Run) -> None:
    """Of all its clips: an editor wants one list."""
    for found in bench.markers([run.id], f"Notes on run {run.id}"):
        st.download_button(
            "Markers for an editor (EDL)",
            found.text,
            f"notes-{run.id[-6:]}-{found.base}fps.edl",
            "text/plain",
            key=f"run.markers.{run.id}.{found.base}",
            help="For DaVinci Resolve or Avid: an event for each clip with notes, a marker for each note.",
            on_click="ignore",
        )


def _keep(bench: Workbench, run: Run, clip: Clip, place: str, who: str) -> None:
    text, at_s = st.session_state.get(f"{place}.text") or "", st.session_state.get(f"{place}.at")
    keep(bench, run.id, text, at_s=at_s, person=typed(who), position=clip.index)
