"""What a report tells, of votes and of ratings alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.api.arms import Arm
from workbench.api.report_clips import Candidate
from workbench.domain.review import Review


@dataclass(frozen=True, slots=True)
class Section:
    """``markup``: HTML, in which whatever people wrote is escaped already."""

    title: str
    markup: str


@dataclass(frozen=True, slots=True)
class Contents:
    """``arms``: the best first; their prompts are told against that of ``first``. ``clips``: of each arm.

    ``unit`` is what people gave, and ``seen`` how much of it. ``picture`` stands above the player, ``before``
    and ``after`` around the prompts. ``texts``: what the clips are called in the zip → what else lies there,
    by name. ``made_at`` is when the report was made.
    """

    reviews: tuple[Review, ...]
    arms: Sequence[Arm]
    first: Arm
    clips: Mapping[str, Sequence[Candidate]]
    unit: str
    sentence: str
    seen: Sequence[str]
    picture: Section
    before: Sequence[Section]
    after: Sequence[Section]
    texts: Callable[[Mapping[Path, str]], Mapping[str, str]]
    made_at: datetime

    @property
    def title(self) -> str:
        return self.reviews[0].name if len(self.reviews) == 1 else "All reviews"


def count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def called(people: Sequence[str], *, names: bool) -> dict[str, str]:
    """Who judged → “Reviewer 1” … in the order given, or the name itself."""
    return {one: one if names else f"Reviewer {number}" for number, one in enumerate(people, 1)}
