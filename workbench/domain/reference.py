"""``Reference``: a picture or clip that is kept by name, to be looked at and used in requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.domain.media import Media


@dataclass(frozen=True, slots=True)
class Reference:
    """``origin`` says in words where it came from (“an upload”, “example.com”, “run 4T6K2A”)."""

    media: Media
    name: str
    origin: str
    added_at: datetime
