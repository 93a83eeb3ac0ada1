"""Votes drawn from the ranking's own model."""

from __future__ import annotations

import numpy as np

from workbench.review import Outcome, Votes
from workbench.review.model import chances


def drawn(
    *,
    arms: int = 3,
    seeds: int = 4,
    votes: int = 200,
    gap: float = 1.0,
    luck: float = 0.5,
    side: float = 0.2,
    tie: float = 0.5,
    raters: int = 0,
    seed: int = 1,
) -> Votes:
    """Arms evenly ``gap`` logits apart, the last the best; clips of one arm ``luck`` apart."""
    chance = np.random.default_rng(seed)
    clips = arms * seeds
    arm_of = np.repeat(np.arange(arms), seeds)
    theta = gap * arm_of + luck * chance.normal(size=clips)
    left = chance.integers(0, clips, votes)
    right = (left + chance.integers(1, clips, votes)) % clips
    at_left, at_right, tied, _ = chances(theta[left] - theta[right] + side, np.log(tie) if tie else -np.inf)
    odds = np.column_stack([at_left, at_right, tied / 2, tied / 2]).cumsum(1)
    outcome = (chance.random(votes)[:, None] > odds / odds[:, -1:]).sum(1)
    return Votes(
        *(names("arm", arms), names("clip", clips), arm_of, left, right, outcome),
        *((np.arange(votes) % raters, names("rater", raters)) if raters else ()),
    )


def names(kind: str, count: int) -> tuple[str, ...]:
    return tuple(f"{kind} {n}" for n in range(count))


def one_clip_each(arms: int, rows: list[tuple[int, int, Outcome]]) -> Votes:
    """Of arms with one clip each: (left, right, outcome)."""
    left, right, outcome = np.array(rows, np.int64).reshape(-1, 3).T
    return Votes(names("arm", arms), names("clip", arms), np.arange(arms), left, right, outcome)
