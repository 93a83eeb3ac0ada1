"""Ratings: one person's 1–5 on one clip by one criterion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Criterion:
    name: str
    label: str
    question: str


CRITERIA = (
    Criterion("prompt_adherence", "Prompt adherence", "Does it show what the prompt asks for?"),
    Criterion("motion", "Motion", "Does everything move as it should?"),
    Criterion("visual_quality", "Visual quality", "Is the picture clean and well made?"),
    Criterion("consistency", "Consistency", "Does it keep to the references, and to itself?"),
    Criterion("audio", "Audio", "Does the sound fit and is it clean?"),
)


@dataclass(frozen=True, slots=True)
class Rating:
    """A changed mind is a new rating; the newest of a person counts.

    ``blind`` is false for ratings made while looking at the prompt: they stay out of rankings by
    default.
    """

    run_id: str
    criterion: str
    score: int
    position: int = 0
    person: str = ""
    comment: str = ""
    blind: bool = False
    created_at: datetime | None = None
