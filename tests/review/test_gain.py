from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.review.worlds import drawn
from workbench.domain.errors import RequestError
from workbench.review import Assumptions, Fit, Votes, fitted, gain_of, seeds_needed


def fit_of(votes: Votes) -> Fit:
    return fitted(votes, Assumptions(sigma=0.7))


def test_more_votes_narrow_more_but_never_beyond_the_luck_of_the_clips() -> None:
    fit = fit_of(drawn(arms=2, seeds=3, votes=60, luck=0.7))
    factors = [gain_of(fit, "arm 0", "arm 1", votes).by_votes for votes in (10, 100, 1_000, 100_000)]
    assert all(more < fewer for fewer, more in pairwise([1.0, *factors]))
    most = gain_of(fit, "arm 0", "arm 1", 10).at_most
    assert factors[-1] == pytest.approx(most, rel=1e-2)
    sd = float(fit.contrast(np.array([[1.0, -1.0]]))[1][0, 0])
    floor = (2 * 0.7**2 / 3) ** -1 + (2 * 2.0**2) ** -1  # the luck of three clips each, and the prior
    assert most * sd == pytest.approx(floor**-0.5, rel=2e-2)


def test_seeds_help_where_clips_are_few_and_votes_many_and_votes_in_the_other_case() -> None:
    assert gain_of(fit_of(drawn(arms=2, seeds=3, votes=300)), "arm 0", "arm 1", 60).prefers_seed
    assert not gain_of(fit_of(drawn(arms=2, seeds=12, votes=40)), "arm 0", "arm 1", 60).prefers_seed


def test_what_is_promised_of_votes_comes_about() -> None:
    told, came = [], []
    for seed in range(30):
        votes = _across(drawn(arms=2, seeds=3, votes=420, luck=0.7, seed=seed))
        fit = fit_of(votes.only(np.arange(60)))
        told.append(gain_of(fit, "arm 0", "arm 1", 100).by_votes)
        came.append(_sd(fit_of(votes.only(np.arange(160)))) / _sd(fit))
    assert np.mean(told) == pytest.approx(np.mean(came), abs=0.02)


def test_what_is_promised_of_a_seed_comes_about() -> None:
    told, came = [], []
    for seed in range(30):
        votes = _across(drawn(arms=2, seeds=4, votes=600, luck=0.7, seed=seed))
        is_new = (votes.left % 4 == 3) | (votes.right % 4 == 3)
        old, new = np.flatnonzero(~is_new)[:60], np.flatnonzero(is_new)[:60]
        fit = fit_of(_first_three(votes.only(old)))
        told.append(gain_of(fit, "arm 0", "arm 1", 60).by_seed)
        came.append(_sd(fit_of(votes.only(np.r_[old, new]))) / _sd(fit))
    assert np.mean(told) == pytest.approx(np.mean(came), abs=0.02)


def test_how_many_seeds_would_settle_it() -> None:
    near = fit_of(drawn(arms=2, seeds=3, votes=120, gap=0.5, luck=0.7, seed=3))
    wide = fit_of(drawn(arms=2, seeds=6, votes=600, gap=3.0, luck=0.7))
    assert seeds_needed(wide, "arm 0", "arm 1", 20) == 0
    needed = seeds_needed(near, "arm 0", "arm 1", 20)
    assert needed is not None
    assert needed > 1
    assert seeds_needed(near, "arm 0", "arm 1", 20, most=1) is None


@pytest.mark.parametrize(
    ("arms", "votes", "sentence"),
    [
        (("A", "A"), 9, "“A” is compared with itself; name two arms."),
        (("A", "X"), 9, "There is no arm “X”; there are A, B, C."),
        (("A", "C"), 9, "“C” has no clip; make one first."),
        (("A", "B"), 0, "0 more votes are none; give 1 or more."),
    ],
)
def test_what_cannot_be_asked(arms: tuple[str, str], votes: int, sentence: str) -> None:
    fit = fit_of(Votes(("A", "B", "C"), ("a", "b"), np.array([0, 1])))
    with pytest.raises(RequestError) as refused:
        gain_of(fit, *arms, votes)
    assert str(refused.value) == sentence


def _across(votes: Votes) -> Votes:
    return votes.only(votes.arm_of[votes.left] != votes.arm_of[votes.right])


def _first_three(votes: Votes) -> Votes:
    """Of four clips an arm the first three: the fourth was not made yet."""
    kept = np.flatnonzero(np.arange(len(votes.clips)) % 4 != 3)
    at = np.cumsum(np.arange(len(votes.clips)) % 4 != 3) - 1
    return Votes(
        *(votes.arms, tuple(votes.clips[n] for n in kept), votes.arm_of[kept]),
        *(at[votes.left], at[votes.right], votes.outcome),
    )


def _sd(fit: Fit) -> float:
    return float(fit.contrast(np.array([[1.0, -1.0]]))[1][0, 0])
