"""One clip of a review of ratings, as one person is shown it, and what they said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from immutabledict import immutabledict

Scores = Mapping[str, int | None]  # by criterion; None: “can't tell”


class Said(StrEnum):
    RATED = "rated"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RatingItem:
    """``place`` is the clip's in ``Review.clips``; ``key`` is how the person's browser names it.

    ``repeat_of`` is an earlier item of the same person with the same clip. ``said`` is ``None`` while nothing
    is (or it was taken back).
    """

    id: str
    review_id: str
    person: str
    place: int
    key: str
    repeat_of: str = ""
    said: Said | None = None
    scores: Scores = field(default_factory=immutabledict)
    reason: str = ""
    said_at: datetime | None = None

    @property
    def counts(self) -> bool:
        """Repeats tell how steady a person is, skips nothing."""
        return self.said is Said.RATED and not self.repeat_of
