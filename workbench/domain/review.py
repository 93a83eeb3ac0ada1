"""Blind reviews: who sees which two clips, and what they say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workbench.domain.rating import Criterion

LONGEST_REASON = 200
WHICH, HOW = "Which clip is better?", "How good is this clip?"


class Choice(StrEnum):
    """What a person says of a pair. Two good clips and two bad ones are different facts; a skip is none."""

    LEFT = "left"
    RIGHT = "right"
    BOTH_GOOD = "both_good"
    BOTH_BAD = "both_bad"
    SKIP = "skip"

    @property
    def is_vote(self) -> bool:
        return self is not Choice.SKIP

    @property
    def is_side(self) -> bool:
        return self in (Choice.LEFT, Choice.RIGHT)


@dataclass(frozen=True, slots=True)
class ReviewClip:
    """A clip that a review shows: the run's ``position``-th."""

    run_id: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What is asked, and how.

    ``question`` is what a reviewer answers; where there is none, the usual one. ``overlap`` is the share of
    pairs that somebody else has judged already, ``repeats`` the share that a person has judged before
    (hidden). A review is over after ``votes_wanted`` votes of all people, at ``until``, or when every 95 %
    interval of a difference is narrower than ``width`` logits; ``None`` is no such rule.

    With ``criteria`` clips are shown one at a time and rated by them; ``overlap``, ``repeats`` and
    ``votes_wanted`` are then of clips, and ``width`` is of means, in points of the scale.

    ``pairs`` are places in ``Review.clips``: where there are any, these two are shown together and no others.
    """

    question: str = ""
    overlap: float = 0.2
    repeats: float = 0.1
    votes_wanted: int | None = None
    until: datetime | None = None
    width: float | None = None
    criteria: tuple[Criterion, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not self.question:
            object.__setattr__(self, "question", HOW if self.criteria else WHICH)


@dataclass(frozen=True, slots=True)
class Review:
    id: str
    name: str
    plan: ReviewPlan
    clips: tuple[ReviewClip, ...]
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clips of a review (their places in ``Review.clips``) as one person sees them.

    ``left_key`` and ``right_key`` are how the person's browser names the clips: they tell nothing.
    ``probability`` is with which these two were chosen. ``repeat_of`` is an earlier pair of the same person
    with the same clips. ``choice`` is what was said last, ``None`` while nothing is (or it was taken back).
    """

    id: str
    review_id: str
    person: str
    left: int
    right: int
    left_key: str
    right_key: str
    probability: float
    repeat_of: str = ""
    choice: Choice | None = None
    reason: str = ""
    voted_at: datetime | None = None

    @property
    def clips(self) -> frozenset[int]:
        return frozenset((self.left, self.right))


@dataclass(frozen=True, slots=True)
class Progress:
    """``votes`` (repeats and skips left out) and ``skips`` of one person."""

    person: str
    votes: int
    skips: int
    last_at: datetime | None
