"""The player's files put together as they are delivered; nothing of Streamlit, nothing to be built."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent

# Each after what it imports.
MODULES = (
    "frames.js",
    "clock.js",
    "sync.js",
    "view.js",
    "state.js",
    "keys.js",
    "playback.js",
    "stage.js",
    "timeline.js",
    "panel.js",
    "player.js",
)

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js"\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def html() -> str:
    return _read("player.html")


def css() -> str:
    return _read("player.css")


@cache
def script() -> str:
    """All modules as one, with the component as its default export.

    They share one scope then, so no two may use a name twice; a test holds them to it.
    """
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _read(name))) for name in MODULES)


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
