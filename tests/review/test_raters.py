from __future__ import annotations

import numpy as np
import pytest

from tests.review.worlds import drawn, names, one_clip_each
from workbench.review import Outcome, Votes, raters_of
from workbench.review.raters import share

L, R, GOOD, BAD = Outcome


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (0, 0, 0, 1),
        (0, 10, 0, 0.2775),
        (10, 10, 0.7225, 1),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    found = share(count, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def with_rater(votes: Votes, outcome: np.ndarray) -> Votes:
    """One more rater, who is shown what the first was and says ``outcome``."""
    own = votes.only(votes.rater == 0)
    count = len(own)
    return Votes(
        *(votes.arms, votes.clips, votes.arm_of),
        *(np.r_[votes.left, own.left], np.r_[votes.right, own.right], np.r_[votes.outcome, outcome[:count]]),
        *(np.r_[votes.rater, np.full(count, len(votes.raters))], (*votes.raters, "new")),
    )


WORLD = drawn(arms=4, seeds=4, votes=600, gap=1.0, luck=0.6, raters=3)
FIRST = WORLD.only(WORLD.rater == 0)


def test_raters_like_each_other_agree_as_is_expected() -> None:
    for one in raters_of(WORLD):
        assert one.expected is not None
        assert one.panel.low < one.expected < one.panel.high
        assert not one.is_apart
        assert one.votes == 200
        assert one.panel.of == one.left.of == one.votes - one.ties


def test_a_rater_who_says_the_opposite_stands_apart() -> None:
    opposite = np.where(FIRST.is_tie, FIRST.outcome, 1 - FIRST.outcome)
    new = raters_of(with_rater(WORLD, opposite))[-1]
    assert new.is_apart
    assert new.panel.share is not None
    assert new.panel.share < 0.5


def test_a_rater_who_draws_lots_stands_apart() -> None:
    new = raters_of(with_rater(WORLD, np.random.default_rng(1).integers(0, 2, len(FIRST))))[-1]
    assert new.is_apart


def test_a_rater_who_always_says_left_leans() -> None:
    *others, new = raters_of(with_rater(WORLD, np.zeros(len(FIRST), int)))
    assert new.leans
    assert (new.left.count, new.left.of) == (200, 200)
    assert new.is_apart
    assert len(others) == 3


def test_repeats_count_whichever_way_round() -> None:
    rows = [
        *[(0, 1, L), (1, 0, R)],  # the same clip
        *[(0, 1, R)],  # another than before
        *[(2, 1, GOOD), (1, 2, BAD)],  # a tie both times
        *[(2, 1, L)],
        *[(2, 0, L)],  # comes once
    ]
    votes = one_clip_each(3, rows)
    votes = Votes(
        *(votes.arms, votes.clips, votes.arm_of, votes.left, votes.right, votes.outcome),
        *(np.zeros(len(votes), int), ("Ann",)),
    )
    (ann,) = raters_of(votes)
    assert (ann.repeats.count, ann.repeats.of) == (2, 4)


def test_a_rater_alone_has_no_panel() -> None:
    votes = drawn(arms=2, seeds=2, votes=20, raters=1)
    (alone,) = raters_of(votes)
    assert (alone.panel.of, alone.panel.share, alone.expected) == (0, None, None)
    assert not alone.is_apart


def test_clips_that_only_one_saw_do_not_count() -> None:
    rows = [(0, 1, L)] * 3 + [(2, 3, L)] * 5
    votes = one_clip_each(4, rows)
    votes = Votes(
        *(votes.arms, votes.clips, votes.arm_of, votes.left, votes.right, votes.outcome),
        *(np.array([0, 0, 1, 1, 1, 1, 1, 1]), ("Ann", "Bo")),
    )
    ann, bo = raters_of(votes)
    assert (ann.panel.of, bo.panel.of) == (2, 1)


def test_raters_without_votes_and_votes_without_raters() -> None:
    votes = Votes(("A", "B"), ("a", "b"), np.array([0, 1]), raters=names("rater", 2))
    assert [one.votes for one in raters_of(votes)] == [0, 0]
    assert raters_of(drawn()) == ()
