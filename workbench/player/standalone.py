"""The player as one HTML document, and as a part of a larger one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from workbench.player import assets
from workbench.player.clips import Note, PlayerClip, told
from workbench.player.state import PlayerState, beginning


@dataclass(frozen=True, slots=True)
class Embedded:
    """``markup`` goes where the player shall stand, ``script`` as a module behind it; one a document.

    Colours are those of the custom properties ``--st-text-color`` and its like, where the document has them.
    """

    markup: str
    script: str


def embedded(
    clips: Sequence[PlayerClip],
    *,
    state: PlayerState | None = None,
    notes: Sequence[Note] = (),
    label: str = "Player",
    page_keys: bool = False,
) -> Embedded:
    """The player for a document that has more in it. How it stands is kept behind the ``#`` of its address.

    ``page_keys``: its keys work wherever nothing else has the focus. Raises ValueError as ``player`` does.
    """
    given = state or beginning(len(clips))
    data = json.dumps(told(clips, given, notes, label=label, edition="", page_keys=page_keys))
    in_script = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    component = assets.script().replace("export default function component", "function component")
    return Embedded(
        _MARKUP.format(css=assets.css(), html=assets.html()),
        _SCRIPT.format(script=component, data=in_script),
    )


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
    parts = embedded(clips, state=state, notes=notes, label=label, page_keys=True)
    return _DOCUMENT.format(title=escape(label), css=_CSS, markup=parts.markup, script=parts.script)


_MARKUP: Final = (
    '<div id="player"><template shadowrootmode="open"><style>{css}</style>{html}</template></div>'
)

_SCRIPT: Final = """
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
"""

_CSS: Final = """:root {
  color-scheme: light dark;
  --st-text-color: light-dark(#1c1c1b, #e9e8e6);
  --st-background-color: light-dark(#fbfbfa, #141414);
  --st-secondary-background-color: light-dark(#ececea, #232323);
  --st-primary-color: light-dark(#0b6b75, #3fb0b8);
}
body { margin: 0; padding: 0.75rem; background: var(--st-background-color); }
h1 { margin: 0 0 0.5rem; color: var(--st-text-color); font: 650 1.15rem system-ui, sans-serif; }"""

_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{markup}
</main>
<script type="module">{script}</script>
</body>
</html>
"""
