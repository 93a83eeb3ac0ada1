"""Notes on what is compared: one at the player's time, and those that stand already, each a jump away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.note import LONGEST_NOTE, Note
from workbench.player import Note as Mark
from workbench.player import PlayerState
from workbench.ui import figures
from workbench.ui.compare.address import Shown
from workbench.ui.compare.board import Board, go_to
from workbench.ui.note_keeping import delete_button, edition, keep, refused, undo_line
from workbench.ui.people import name_field, typed

TALL = 5  # more notes scroll in their place


def notes_of(bench: Workbench, clips: Sequence[Shown]) -> list[tuple[int, Note]]:
    """The notes on these clips, each with the place of its clip, in the order of time."""
    places = {(clip.run.id, clip.clip.index): place for place, clip in enumerate(clips)}
    notes = bench.notes(*{clip.run.id: None for clip in clips})
    found = [
        (place, note) for note in notes if (place := places.get((note.run_id, note.position))) is not None
    ]
    return sorted(found, key=lambda one: -1.0 if one[1].at_s is None else one[1].at_s)


def marks(notes: Sequence[tuple[int, Note]]) -> list[Mark]:
    """As the scrubber shows them."""
    return [Mark(note.at_s, note.signed, place) for place, note in notes if note.at_s is not None]


def note_form(bench: Workbench, board: Board, state: PlayerState) -> None:
    """One line below the player: what is seen, on which clip, at the time that it shows."""
    count = edition()
    with st.form(f"compare.note.form.{count}", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="wb-note"):
            on = f"compare.note.on.{board.name}.{state.chosen}"
            place = st.segmented_control(
                "Note on clip",
                range(len(board.clips)),
                default=state.chosen,
                required=True,
                format_func=lambda place: str(place + 1),
                key=on,
            )
            text = f"compare.note.text.{count}"
            st.text_input(
                "Note",
                key=text,
                max_chars=LONGEST_NOTE,
                placeholder="What is to be seen here?",
                autocomplete="off",
            )
            who = name_field(bench, "compare.note")
            st.form_submit_button(
                "Add note",
                icon=":material/add_comment:",
                on_click=_keep,
                args=(bench, board, on, text, who),
            )
        st.caption(_where(board, state, state.chosen if place is None else place))
    refused()


def note_list(bench: Workbench, board: Board, state: PlayerState, notes: Sequence[tuple[int, Note]]) -> None:
    """Nothing while there is none; each with a jump to its picture, and a way out that can be undone."""
    undo_line(bench)
    if not notes:
        return
    with st.container(height=230 if len(notes) > TALL else "content", gap="xxsmall", key="wb-notes"):
        for place, note in notes:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _jump(board, state, place, note)
                st.markdown(f"**{place + 1}** · {figures.plain(note.signed)}", width="stretch")
                delete_button(bench, note)


def local_s(shown: Shown, state: PlayerState, place: int) -> float | None:
    """The player's time on the clip's own; ``None`` where the clip shows nothing then."""
    at_s = state.time_s - state.offsets_s[place]
    return at_s if 0 <= at_s <= shown.clip.media.duration_s else None


def _jump(board: Board, state: PlayerState, place: int, note: Note) -> None:
    if note.at_s is None:
        st.markdown("all of it", width="content")
        return
    st.button(
        figures.clock(note.at_s),
        key=f"compare.note.jump.{note.id}",
        help=f"Show clip {place + 1} at this time.",
        on_click=go_to,
        args=(board, note.at_s + state.offsets_s[place]),
    )


def _keep(bench: Workbench, board: Board, on: str, text: str, who: str) -> None:
    """At the time that the player shows when it is sent, which may have gone on since it was drawn."""
    state = board.state()
    place = st.session_state.get(on)
    place = state.chosen if place is None else place
    shown = board.clips[place]
    text_now, at_s = st.session_state.get(text) or "", local_s(shown, state, place)
    keep(bench, shown.run.id, text_now, at_s=at_s, person=typed(who), position=shown.clip.index)


def _where(board: Board, state: PlayerState, place: int) -> str:
    shown = board.clips[place]
    at_s = local_s(shown, state, place)
    if at_s is None:
        return f"Clip {place + 1} shows nothing at this time: the note will be about all of it."
    frame = int(at_s * shown.clip.media.fps + 1e-3)
    return f"At {figures.clock(at_s)} of clip {place + 1}, frame {frame}: where the player stands."
