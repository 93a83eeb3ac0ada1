"""Notes: what a person saw in a clip, and when in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONGEST_NOTE = 500
# What a note may name before a colon, where a reviewer picked it: “Flicker, Sound: at the cut”.
DEFECTS = ("Morphing", "Flicker", "Anatomy", "Physics", "Camera", "Text", "Off the prompt", "Sound")


@dataclass(frozen=True, slots=True)
class Note:
    """``at_s`` is on the clip's own time; ``None`` is about the clip as a whole. ``id`` is the log's."""

    run_id: str
    text: str
    at_s: float | None = None
    position: int = 0
    person: str = ""
    id: str = ""
    created_at: datetime | None = None

    @property
    def defects(self) -> tuple[str, ...]:
        """Those that it names, of ``DEFECTS``."""
        return tuple(name for name in self.text.split(":")[0].split(", ") if name in DEFECTS)

    @property
    def signed(self) -> str:
        return f"{self.text} – {self.person}" if self.person else self.text
