"""Two to six clips on one timeline, held together to the frame; the same in the app and in a file."""

from workbench.player.clips import MOST_CLIPS, Note, PlayerClip
from workbench.player.standalone import Embedded, embedded, standalone
from workbench.player.state import Layout, PlayerState, beginning, from_link

__all__ = [
    "MOST_CLIPS",
    "Embedded",
    "Layout",
    "Note",
    "PlayerClip",
    "PlayerState",
    "beginning",
    "embedded",
    "from_link",
    "standalone",
]
