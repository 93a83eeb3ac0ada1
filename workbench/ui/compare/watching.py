"""The clips in one player, and the notes on them: drawn again without the rest of the page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.player import PlayerClip
from workbench.ui import address_bar
from workbench.ui.clip import media_url
from workbench.ui.compare.address import PLAYER, Shown
from workbench.ui.compare.board import PLAYER_KEY, Board, said
from workbench.ui.compare.notes import marks, note_form, note_list, notes_of
from workbench.ui.player import player


@st.fragment
def watching(bench: Workbench, board: Board, names: Sequence[str]) -> None:
    """The link keeps how the player stands."""
    before = board.state()
    notes = notes_of(bench, board.clips)
    state = player(
        [played(clip, name) for clip, name in zip(board.clips, names, strict=True)],
        key=PLAYER_KEY,
        edition=board.edition,
        state=before,
        notes=marks(notes),
        label="Compared clips",
        page_keys=True,
    )
    address_bar.say(PLAYER, said(state))
    note_form(bench, board, state)
    note_list(bench, board, state, notes)


def played(shown: Shown, name: str) -> PlayerClip:
    """A clip as the player takes it."""
    clip, media = shown.clip, shown.clip.media
    return PlayerClip(
        media_url(media),
        name,
        media.fps,
        media.duration_s,
        media.width,
        media.height,
        has_audio=media.has_audio,
        poster=media_url(clip.poster) if clip.poster else None,
    )
