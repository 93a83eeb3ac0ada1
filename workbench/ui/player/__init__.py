"""Two to six clips on one timeline, held together to the frame; the same in the app and in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Final

import streamlit as st

from workbench.ui.player import assets
from workbench.ui.player.state import Layout, PlayerState, beginning, from_link

__all__ = [
    "MOST_CLIPS",
    "Layout",
    "Note",
    "PlayerClip",
    "PlayerState",
    "beginning",
    "from_link",
    "player",
    "shown",
    "standalone",
]

MOST_CLIPS: Final = 6

_component = st.components.v2.component(
    "workbench.player", html=assets.html(), css=assets.css(), js=assets.script()
)


@dataclass(frozen=True, slots=True)
class PlayerClip:
    """One clip, and what must be known of it before it is loaded.

    ``url`` and ``poster`` may be addresses on this server, ``data:`` or ``file:`` URLs; a server must
    answer Range requests, or nothing can be sought. ``fps`` is the constant rate of its frames.
    """

    url: str
    label: str
    fps: float
    duration_s: float
    width: int
    height: int
    has_audio: bool = False
    poster: str | None = None

    def __post_init__(self) -> None:
        if not (self.fps > 0 and self.duration_s > 0 and self.width > 0 and self.height > 0):
            raise ValueError(
                f"The clip “{self.label}” has {self.width} × {self.height} pixels, {self.fps} frames a "
                f"second and {self.duration_s} s; all four must be above 0."
            )


@dataclass(frozen=True, slots=True)
class Note:
    """A mark on the scrubber: at ``at_s`` of the clip, and moved with it; without one, of the timeline."""

    at_s: float
    text: str
    clip: int | None = None


def shown(key: str, edition: str, clips: int, link: str = "") -> PlayerState:
    """How the player ``key`` stands by now; as ``link`` says where nobody touched it in this ``edition``.

    Known before the player is drawn, so that whatever depends on it can be drawn with it.
    """
    state = st.session_state.get(key)
    told = state.get("state") if state else None
    return from_link(str(told["link"]) if told and told["edition"] == edition else link, clips)


def player(
    clips: Sequence[PlayerClip],
    *,
    key: str,
    edition: str = "",
    state: PlayerState | None = None,
    notes: Sequence[Note] = (),
    label: str = "Player",
    page_keys: bool = False,
    autoplay: bool = False,
) -> PlayerState:
    """Draw it; how it stands by now.

    ``state`` goes in at the first drawing and at each new ``edition``, never in between: what a person
    did since is newer. It comes out once somebody has done something and the player is still – never
    while it plays, so that playing reruns nothing. ``page_keys``: its keys work wherever nothing else on
    the page has the focus; for a page with one player. ``autoplay``: clips that are new to it play at
    once, without sound – unless the browser was told that less should move.

    Raises ValueError for no clip, for more than six, and for a state of another number of clips.
    """
    given = state or beginning(len(clips))
    data = _asked(clips, given, notes, label=label, edition=edition, page_keys=page_keys)
    data["autoplay"] = autoplay
    _component(key=key, data=data, on_state_change=_nothing)
    return shown(key, edition, len(clips), given.link)


def standalone(
    clips: Sequence[PlayerClip],
    *,
    state: PlayerState | None = None,
    notes: Sequence[Note] = (),
    label: str = "Player",
) -> str:
    """The player as one HTML document that needs nothing else, for a report, a notebook or a mail.

    It asks the network for nothing but the clips; with ``data:`` URLs for nothing at all. How it stands is
    kept behind the ``#`` of its address. Raises ValueError as ``player`` does.
    """
    given = state or beginning(len(clips))
    data = json.dumps(_asked(clips, given, notes, label=label, edition="", page_keys=True))
    in_script = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    component = assets.script().replace("export default function component", "function component")
    return _DOCUMENT.format(
        title=escape(label), css=assets.css(), html=assets.html(), script=component, data=in_script
    )


def _asked(
    clips: Sequence[PlayerClip],
    state: PlayerState,
    notes: Sequence[Note],
    *,
    label: str,
    edition: str,
    page_keys: bool,
) -> dict[str, Any]:
    if not 1 <= len(clips) <= MOST_CLIPS:
        raise ValueError(f"A player takes 1 to {MOST_CLIPS} clips, not {len(clips)}.")
    if len(state.offsets_s) != len(clips):
        raise ValueError(f"The state is one of {len(state.offsets_s)} clips; the player has {len(clips)}.")
    return {
        "clips": [asdict(clip) for clip in clips],
        "state": state.link,
        "marks": [asdict(note) for note in notes],
        "label": label,
        "edition": edition,
        "page_keys": page_keys,
    }


def _nothing() -> None:
    """Streamlit keeps the values that have a callback."""


_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{
  color-scheme: light dark;
  --st-text-color: light-dark(#1c1c1b, #e9e8e6);
  --st-background-color: light-dark(#fbfbfa, #141414);
  --st-secondary-background-color: light-dark(#ececea, #232323);
  --st-primary-color: light-dark(#0b6b75, #3fb0b8);
}}
body {{ margin: 0; padding: 0.75rem; background: var(--st-background-color); }}
h1 {{ margin: 0 0 0.5rem; color: var(--st-text-color); font: 650 1.15rem system-ui, sans-serif; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div id="player"><template shadowrootmode="open"><style>{css}</style>{html}</template></div>
</main>
<script type="module">
{script}
const data = {data}
const kept = decodeURIComponent(location.hash.slice(1))
const parentElement = document.getElementById("player").shadowRoot
const setStateValue = (name, {{ link }}) => {{
  try {{
    history.replaceState(null, "", `#${{link || "~"}}`) // "#" alone would be no state, not the beginning
  }} catch {{
    // a document inside another, as in a notebook, has no address of its own
  }}
}}
component({{ data: {{ ...data, state: kept || data.state }}, parentElement, setStateValue }})
</script>
</body>
</html>
"""
