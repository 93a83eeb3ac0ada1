"""Notes on what is compared: one at the player's time, and those that stand already, each a jump away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.note import LONGEST_NOTE, Note
from workbench.ui import figures
from workbench.ui.compare.address import Shown
from workbench.ui.compare.board import Board, go_to
from workbench.ui.people import UNSAID, name_field, remember, typed
from workbench.ui.player import Note as Mark
from workbench.ui.player import PlayerState

_REFUSED, _DELETED = "compare.note.refused", "compare.note.deleted"
_COUNT = "compare.note.count"
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
    return [Mark(note.at_s, _said(note), place) for place, note in notes if note.at_s is not None]


def note_form(bench: Workbench, board: Board, state: PlayerState) -> None:
    """One line below the player: what is seen, on which clip, at the time that it shows."""
    count = st.session_state.get(_COUNT, 0)
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
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(figures.plain(refused))


def note_list(bench: Workbench, board: Board, state: PlayerState, notes: Sequence[tuple[int, Note]]) -> None:
    """Nothing while there is none; each with a jump to its picture, and a way out that can be undone."""
    if gone := st.session_state.get(_DELETED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("1 note deleted.")
            st.button("Undo", key="compare.note.undo", on_click=_undelete, args=(bench, gone))
    if not notes:
        return
    with st.container(height=230 if len(notes) > TALL else "content", gap="xxsmall", key="wb-notes"):
        for place, note in notes:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _jump(board, state, place, note)
                who = f" – {note.person}" if note.person else ""
                said = figures.plain(f"{note.text}{who}")
                st.markdown(f"**{place + 1}** · {said}", width="stretch")
                st.button(
                    "Delete",
                    key=f"compare.note.delete.{note.id}",
                    type="tertiary",
                    on_click=_delete,
                    args=(bench, note.id),
                )


def local_s(shown: Shown, state: PlayerState, place: int) -> float | None:
    """The player's time on the clip's own; ``None`` where the clip shows nothing then."""
    at_s = state.time_s - state.offsets_s[place]
    return at_s if 0 <= at_s <= shown.clip.media.duration_s else None


def clock(at_s: float) -> str:
    """``0:01.250``."""
    minutes, seconds = divmod(round(at_s * 1000), 60_000)
    return f"{minutes}:{seconds // 1000:02}.{seconds % 1000:03}"


def _jump(board: Board, state: PlayerState, place: int, note: Note) -> None:
    if note.at_s is None:
        st.markdown("all of it", width="content")
        return
    st.button(
        clock(note.at_s),
        key=f"compare.note.jump.{note.id}",
        help=f"Show clip {place + 1} at this time.",
        on_click=go_to,
        args=(board, note.at_s + state.offsets_s[place]),
    )


def _said(note: Note) -> str:
    return f"{note.text} – {note.person}" if note.person else note.text


def _keep(bench: Workbench, board: Board, on: str, text: str, who: str) -> None:
    """At the time that the player shows when it is sent, which may have gone on since it was drawn."""
    state = board.state()
    place = st.session_state.get(on)
    place = state.chosen if place is None else place
    shown, person = board.clips[place], typed(who)
    if not person:
        st.session_state[_REFUSED] = UNSAID
        return
    try:
        bench.note(
            shown.run.id,
            st.session_state.get(text) or "",
            at_s=local_s(shown, state, place),
            person=person,
            position=shown.clip.index,
        )
    except WorkbenchError as error:
        st.session_state[_REFUSED] = str(error)
        return
    remember(person)
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    st.session_state.pop(_DELETED, None)


def _where(board: Board, state: PlayerState, place: int) -> str:
    shown = board.clips[place]
    at_s = local_s(shown, state, place)
    if at_s is None:
        return f"Clip {place + 1} shows nothing at this time: the note will be about all of it."
    frame = int(at_s * shown.clip.media.fps + 1e-3)
    return f"At {clock(at_s)} of clip {place + 1}, frame {frame}: where the player stands."


def _delete(bench: Workbench, note_id: str) -> None:
    bench.delete_note(note_id)
    st.session_state[_DELETED] = note_id


def _undelete(bench: Workbench, note_id: str) -> None:
    bench.undelete_note(note_id)
    st.session_state.pop(_DELETED, None)
