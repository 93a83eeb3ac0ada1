"""Notes: what a person saw in a clip, and when in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONGEST_NOTE = 500


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
