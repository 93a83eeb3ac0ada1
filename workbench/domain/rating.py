"""Ratings: one person's 1–5 on one clip by one criterion."""

from __future__ import annotations

from collections.abc import Mapping
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


def criteria(written: Mapping[str, str]) -> tuple[Criterion, ...]:
    """What clips are rated by: ``written`` in ``workbench.toml`` (name → question), else the built-in."""
    return tuple(Criterion(name, label_of(name), asks) for name, asks in written.items()) or CRITERIA


def label_of(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


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
