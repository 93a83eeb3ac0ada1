"""The player on a page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.player import Note, PlayerClip, PlayerState, assets, beginning, from_link
from workbench.player.clips import told

_component = st.components.v2.component(
    "workbench.player", html=assets.html(), css=assets.css(), js=assets.script()
)


def shown(key: str, edition: str, clips: int, link: str = "") -> PlayerState:
    """How the player ``key`` stands by now; as ``link`` says where nobody touched it in this ``edition``.

    Known before the player is drawn, so that whatever depends on it can be drawn with it.
    """
    state = st.session_state.get(key)
    said = state.get("state") if state else None
    return from_link(str(said["link"]) if said and said["edition"] == edition else link, clips)


def player(
    clips: Sequence[PlayerClip],
    *,
    key: str,
    edition: str = "",
    state: PlayerState | None = None,
    notes: Sequence[Note] = (),
    label: str = "Player",
    page_keys: bool = False,
    taken: str = "",
    autoplay: bool = False,
    blind: bool = False,
) -> PlayerState:
    """Draw it; how it stands by now.

    ``state`` goes in at the first drawing and at each new ``edition``, never in between: what a person
    did since is newer. It comes out once somebody has done something and the player is still – never
    while it plays, so that playing reruns nothing. ``page_keys``: its keys work wherever nothing else on
    the page has the focus; for a page with one player. ``taken``: keys that the page has for something
    else. ``autoplay``: clips that are new to it play at once, without sound – unless the browser was told
    that less should move. ``blind``: nothing is told of size, rate, length in frames or sound, which may tell
    the model.

    Raises ValueError for no clip, for more than six, and for a state of another number of clips.
    """
    given = state or beginning(len(clips))
    data = told(
        *(clips, given, notes),
        label=label,
        edition=edition,
        page_keys=page_keys,
        taken=taken,
        blind=blind,
    )
    data["autoplay"] = autoplay
    _component(key=key, data=data, on_state_change=_nothing)
    return shown(key, edition, len(clips), given.link)


def _nothing() -> None:
    """Streamlit keeps the values that have a callback."""
