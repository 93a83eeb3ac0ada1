from __future__ import annotations

from dataclasses import astuple, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.review.worlds import drawn, one_clip_each
from workbench.domain.errors import RequestError
from workbench.review import Assumptions, Outcome, Ranking, Votes, connected, ranked, votes_of

L, R, GOOD, BAD = Outcome
NEAR = 2e-6  # what the order of a sum, or a grid a hair apart, may change


def figures(ranking: Ranking) -> dict[str, tuple[float, ...]]:
    """Everything that is told, by name, so that two rankings can be held beside each other."""
    told: dict[str, tuple[float, ...]] = {}
    for one in ranking.standings:
        told[one.arm] = (
            *astuple(one.effect),
            *(one.best_rank, one.worst_rank, one.mean_rank, one.votes, one.clips),
            *(one.wins, one.losses, one.both_good, one.both_bad),
        )
    for pair in ranking.differences:
        same = pair.ahead < pair.behind
        gap, chance = astuple(pair.gap), pair.chance
        told[" ".join(sorted((pair.ahead, pair.behind)))] = (
            *(gap if same else (-gap[0], -gap[2], -gap[1])),
            *(chance if same else 1 - chance, pair.votes, pair.clips),
        )
    told["sigma"], told["tie"] = astuple(ranking.sigma), astuple(ranking.tie)
    return told


def assert_alike(one: Ranking, other: Ranking) -> None:
    ours, theirs = figures(one), figures(other)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert values == pytest.approx(theirs[name], abs=NEAR), name


WORLDS = st.builds(
    drawn,
    arms=st.integers(2, 4),
    seeds=st.integers(1, 3),
    votes=st.integers(1, 60),
    gap=st.floats(-2, 2),
    tie=st.sampled_from([0.0, 0.5, 3.0]),
    seed=st.integers(0, 10_000),
)
quickly = settings(max_examples=25, deadline=None)


@quickly
@given(WORLDS)
def test_swapped_sides_change_the_side_alone(votes: Votes) -> None:
    as_is, swapped = ranked(votes), ranked(votes.mirrored())
    assert_alike(as_is, swapped)
    side = swapped.side
    assert astuple(as_is.side) == pytest.approx((-side.value, -side.high, -side.low), abs=NEAR)


@quickly
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_votes_clips_and_arms_does_not_matter(votes: Votes, chance) -> None:  # type: ignore[no-untyped-def]
    def shuffled(count: int) -> np.ndarray:
        return np.array(chance.sample(range(count), count), np.int64)

    arms, clips, order = shuffled(len(votes.arms)), shuffled(len(votes.clips)), shuffled(len(votes))
    arm_at, clip_at = np.argsort(arms), np.argsort(clips)
    other = Votes(
        *(tuple(votes.arms[n] for n in arms), tuple(votes.clips[n] for n in clips)),
        *(arm_at[votes.arm_of[clips]], clip_at[votes.left[order]], clip_at[votes.right[order]]),
        votes.outcome[order],
    )
    assert_alike(ranked(votes), ranked(other))


@quickly
@given(WORLDS, st.integers(0, 3))
def test_a_clip_that_nobody_saw_changes_nothing(votes: Votes, of: int) -> None:
    more = Votes(
        *(votes.arms, (*votes.clips, "unseen"), np.r_[votes.arm_of, of % len(votes.arms)]),
        *(votes.left, votes.right, votes.outcome),
    )
    assert_alike(ranked(votes), ranked(more))


def test_an_arm_that_nobody_saw_stands_apart_and_changes_nothing() -> None:
    votes = drawn(arms=3)
    more = Votes(
        *((*votes.arms, "new"), (*votes.clips, "unseen"), np.r_[votes.arm_of, 3]),
        *(votes.left, votes.right, votes.outcome),
    )
    before, after = ranked(votes), ranked(more)
    assert after.groups == (*before.groups, ("new",))
    assert {one.arm: one for one in after.standings}["new"].votes == 0
    for name, values in figures(before).items():
        assert values == pytest.approx(figures(after)[name], abs=NEAR)


def test_the_best_come_first_and_what_was_simulated_is_found() -> None:
    ranking = ranked(drawn(arms=3, seeds=12, votes=3_000, gap=1.5, luck=0.5, side=0.4, tie=0.5))
    assert [one.arm for one in ranking.standings] == ["arm 2", "arm 1", "arm 0"]
    assert [(one.ahead, one.behind) for one in ranking.differences] == [
        ("arm 2", "arm 1"),
        ("arm 2", "arm 0"),
        ("arm 1", "arm 0"),
    ]
    for one, truth in zip(ranking.differences, (1.5, 3.0, 1.5), strict=True):
        assert one.gap.low < truth < one.gap.high
        assert one.chance > 0.999
        assert one.is_settled
    assert [(one.best_rank, one.worst_rank) for one in ranking.standings] == [(1, 1), (2, 2), (3, 3)]
    assert ranking.side.low < 0.4 < ranking.side.high
    assert ranking.tie.low < 0.5 < ranking.tie.high
    assert ranking.sigma.low < 0.5 < ranking.sigma.high
    assert ranking.sigma.high < 0.9
    assert sum(one.effect.value for one in ranking.standings) == pytest.approx(0, abs=1e-9)


def test_counts_are_of_votes_and_of_clips_that_were_seen() -> None:
    rows = [
        ("a1", "b1", "left", ""),
        ("b1", "a1", "left", ""),
        ("a1", "b2", "both_good", ""),
        ("b2", "a2", "both_bad", ""),
        ("a1", "a2", "right", ""),
    ]
    ranking = ranked(votes_of(rows, {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "b3": "B"}))
    a, b = ranking.standing("A"), ranking.standing("B")
    assert (a.votes, a.clips, a.wins, a.losses, a.both_good, a.both_bad) == (5, 2, 1, 1, 1, 1)
    assert (b.votes, b.clips, b.wins, b.losses, b.both_good, b.both_bad) == (4, 2, 1, 1, 1, 1)
    between = ranking.difference("A", "B")
    assert (between.votes, between.clips, ranking.votes, ranking.clips) == (4, 4, 5, 4)


def test_good_ties_and_bad_ties_compare_alike() -> None:
    good = one_clip_each(2, [(0, 1, L), (0, 1, GOOD), (1, 0, GOOD)])
    bad = one_clip_each(2, [(0, 1, L), (0, 1, BAD), (1, 0, BAD)])
    one, other = ranked(good).differences[0], ranked(bad).differences[0]
    assert one == other


def test_more_clips_narrow_what_more_votes_do_not() -> None:
    def width(seeds: int, votes: int) -> float:
        widths = []
        for seed in range(6):
            gap = ranked(drawn(arms=2, seeds=seeds, votes=votes, luck=0.9, seed=seed)).differences[0].gap
            widths.append(gap.high - gap.low)
        return float(np.mean(widths))

    few = width(3, 150)
    assert width(3, 600) > 0.75 * few
    assert width(12, 600) < 0.6 * few


HOSTILE = {
    "no vote": one_clip_each(2, []),
    "one vote": one_clip_each(2, [(0, 1, L)]),
    "all good ties": one_clip_each(3, [(0, 1, GOOD), (1, 2, GOOD), (2, 0, GOOD)] * 400),
    "all bad ties": one_clip_each(2, [(0, 1, BAD)]),
    "always left": one_clip_each(2, [(0, 1, L), (1, 0, L)] * 200),
    "perfect separation": one_clip_each(3, [(0, 1, L), (2, 0, R), (1, 2, L)] * 300),
    "a circle": one_clip_each(3, [(0, 1, L), (1, 2, L), (2, 0, L)] * 100),
    "two islands": one_clip_each(4, [(0, 1, L), (2, 3, R)] * 5),
    "one arm": Votes(("A",), ("a", "b"), np.zeros(2, int), np.array([0]), np.array([1]), np.array([0])),
    "nothing at all": Votes((), (), np.zeros(0, int)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("votes", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "assumptions", [Assumptions(), Assumptions(sigma=0), Assumptions(arm_sd=50), Assumptions(arm_sd=1e4)]
)
def test_no_votes_are_so_odd_that_a_figure_is_none(votes: Votes, assumptions: Assumptions) -> None:
    ranking = ranked(votes, assumptions)
    for values in figures(ranking).values():
        assert np.isfinite(values).all()
    intervals = [one.effect for one in ranking.standings] + [one.gap for one in ranking.differences]
    for one in [*intervals, ranking.sigma, ranking.side, ranking.tie]:
        assert one.low <= one.value + 1e-9
        assert one.value <= one.high + 1e-9
    assert all(0.5 <= one.chance <= 1 for one in ranking.differences)
    assert sorted(name for group in ranking.groups for name in group) == sorted(votes.arms)


@pytest.mark.parametrize("case", ["no vote", "one vote", "all good ties", "always left", "a circle"])
def test_what_tells_nothing_settles_nothing(case: str) -> None:
    ranking = ranked(HOSTILE[case])
    assert not any(one.is_settled for one in ranking.differences)
    assert all(one.best_rank == 1 for one in ranking.standings)


def test_a_rater_who_always_says_left_shows_as_side() -> None:
    ranking = ranked(HOSTILE["always left"])
    assert ranking.side.low > 2
    assert ranking.differences[0].gap.value == pytest.approx(0, abs=1e-6)


def test_perfect_separation_of_clips_alone_does_not_settle_arms() -> None:
    """One clip each: the better clip may have been luck, however many votes say so."""
    ranking = ranked(HOSTILE["perfect separation"])
    assert [one.arm for one in ranking.standings] == ["arm 0", "arm 1", "arm 2"]
    assert ranking.difference("arm 0", "arm 2").chance > 0.9


def test_arms_that_no_vote_links_are_ranked_apart() -> None:
    votes = one_clip_each(5, [(3, 4, L), (3, 4, L), (4, 1, L), (0, 2, R)])
    assert connected(votes).tolist() == [1, 0, 1, 0, 0]
    ranking = ranked(votes)
    assert ranking.groups == (("arm 3", "arm 4", "arm 1"), ("arm 2", "arm 0"))
    linked = {frozenset((one.ahead, one.behind)) for one in ranking.differences}
    assert frozenset(("arm 3", "arm 2")) not in linked
    assert frozenset(("arm 3", "arm 1")) in linked
    assert [one.worst_rank for one in ranking.standings] == [3, 3, 3, 2, 2]


@pytest.mark.parametrize("votes", [255, 256, 65_536])
def test_a_link_of_many_votes_is_a_link(votes: int) -> None:
    assert connected(one_clip_each(3, [(1, 2, L)] * votes)).tolist() == [1, 0, 0]


def test_of_groups_as_large_the_one_with_votes_comes_first() -> None:
    votes = Votes(
        ("A", "B"), ("a", "b", "c"), np.array([0, 1, 1]), np.array([1]), np.array([2]), np.array([0])
    )
    assert ranked(votes).groups == (("B",), ("A",))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"arm_sd": 0.0}, "“arm_sd” is 0.0; give a number above 0."),
        ({"clip_sd": float("nan")}, "“clip_sd” is nan; give a number above 0."),
        ({"side_sd": -1.0}, "“side_sd” is -1.0; give 0 or a number above it."),
        ({"sigma": float("inf")}, "“sigma” is inf; give 0 or a number above it."),
    ],
)
def test_assumptions_are_checked(wrong: dict[str, float], sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        Assumptions(**wrong)
    assert str(refused.value) == sentence


def test_a_large_review_is_fitted_as_its_votes_are() -> None:
    votes = drawn(arms=12, seeds=10, votes=9_000, gap=0.1, luck=0.7)
    ranking = ranked(votes)
    assert ranking.sigma.low < 0.7 < ranking.sigma.high
    assert ranking.sigma.high - ranking.sigma.low < 0.3
    held = []
    for one in ranking.differences:
        truth = 0.1 * (votes.arms.index(one.ahead) - votes.arms.index(one.behind))
        held.append(one.gap.low < truth < one.gap.high)
    assert len(held) == 66
    assert np.mean(held) > 0.85


def test_of_arms_that_are_even_the_earlier_stands_ahead() -> None:
    """Which is ahead would else hang on the last bit of a float, and differ from machine to machine."""
    votes = drawn(arms=6, seeds=1, votes=60)
    tied = replace(votes, outcome=np.full(len(votes), GOOD))
    order = [one.arm for one in ranked(tied).standings]
    pairs = [(one.ahead, one.behind) for one in ranked(tied).differences]
    assert pairs == list(combinations(order, 2))
