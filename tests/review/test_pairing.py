from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from tests.review.worlds import drawn, names, one_clip_each
from workbench.domain.errors import RequestError
from workbench.review import (
    Assumptions,
    Choice,
    Fit,
    Outcome,
    Votes,
    choose,
    fitted,
    matters,
    pairing,
    worth,
)

L, R, GOOD, BAD = Outcome


@pytest.mark.parametrize("top_share", [0.0, 0.5, 1.0])
def test_what_a_vote_is_said_to_teach_is_what_it_teaches(top_share: float) -> None:
    """Against the precision of everything, written out vote by vote, with one vote more."""
    votes = drawn(arms=3, seeds=2, votes=60, tie=0)
    assumptions = Assumptions(sigma=0.7, side_sd=0)
    fit = fitted(votes, assumptions)
    first, second = np.array([0, 0, 1, 2]), np.array([2, 5, 3, 5])
    weights = matters(fit, top_share)
    said = worth(fit, first, second, weights)
    mode = fit.modes[0]
    before = np.linalg.inv(_precision(fit))
    for n in range(len(first)):
        x = np.zeros(len(before))
        x[first[n]], x[second[n]] = fit.modes[0].sigma, -fit.modes[0].sigma
        x[6 + votes.arm_of[first[n]]] += 1
        x[6 + votes.arm_of[second[n]]] -= 1
        arms = votes.arm_of[[first[n], second[n]]]
        y = np.r_[np.zeros(6), np.eye(3)[arms[0]] - np.eye(3)[arms[1]]]
        d = norm(mode.beta[arms[0]] - mode.beta[arms[1]], np.sqrt(y @ before @ y + 2 * mode.sigma**2))
        weight = d.expect(lambda at: expit(at) * expit(-at))
        after = np.linalg.inv(_precision(fit) + weight * np.outer(x, x))
        assert said[n] == pytest.approx(1 - _summed(after, weights) / _summed(before, weights), rel=1e-3)


def _precision(fit: Fit) -> np.ndarray:
    """Of (z, β), written out vote by vote."""
    mode, votes = fit.modes[0], fit.votes
    clips, arms = len(votes.clips), len(votes.arms)
    theta = mode.theta(votes.arm_of)
    total = np.diag(np.r_[np.ones(clips), np.full(arms, fit.assumptions.arm_sd**-2)])
    for left, right in zip(votes.left, votes.right, strict=True):
        x = np.zeros(clips + arms)
        x[left], x[right] = mode.sigma, -mode.sigma
        x[clips + votes.arm_of[left]] += 1
        x[clips + votes.arm_of[right]] -= 1
        total += np.outer(x, x) / (2 + 2 * np.cosh(theta[left] - theta[right]))
    return total


def _summed(cov: np.ndarray, weights: np.ndarray) -> float:
    beta = cov[6:, 6:]
    own = np.diag(beta)
    return float((weights * (own[:, None] + own[None, :] - 2 * beta)).sum())


def test_what_matters_is_who_may_be_the_best() -> None:
    fit = fitted(drawn(arms=6, seeds=6, votes=90, gap=0.8))
    even, mixed, top = (matters(fit, share) for share in (0.0, 0.5, 1.0))
    assert even == pytest.approx((1 - np.eye(6)) / 30)
    assert mixed == pytest.approx((even + top) / 2)
    assert top.sum() == pytest.approx(1)
    assert np.unravel_index(top.argmax(), top.shape) in {(4, 5), (5, 4)}
    assert top[:3, :3].sum() < 0.01, "those three are far behind"
    settled = fitted(drawn(arms=3, seeds=9, votes=4_000, gap=4.0))
    assert matters(settled, 1.0)[2] == pytest.approx([0.25, 0.25, 0], abs=0.01)


def test_of_two_arms_the_one_difference_is_all_that_matters() -> None:
    fit = fitted(drawn(arms=2, seeds=3, votes=40))
    assert matters(fit, 1.0) == pytest.approx(matters(fit, 0.0))


def test_an_arm_without_a_clip_matters_to_nobody() -> None:
    votes = drawn(arms=3, seeds=2, votes=30)
    fit = fitted(replace(votes, arms=(*votes.arms, "none")))
    assert matters(fit)[3].tolist() == [0, 0, 0, 0]
    assert matters(fit).sum() == pytest.approx(1)


def test_arms_that_nothing_links_come_first() -> None:
    votes = one_clip_each(4, [(0, 1, L), (1, 0, R), (2, 3, L), (3, 2, R)] * 10)
    fit = fitted(votes)
    for seed in range(20):
        chosen = choose(fit, seed, random_share=0)
        assert (chosen.left < 2) != (chosen.right < 2)


def test_a_clip_that_was_seen_less_comes_before_one_seen_often() -> None:
    rows = [(0, 2, L), (2, 0, L), (0, 3, R), (3, 0, R)] * 20
    left, right, outcome = np.array(rows).T
    votes = Votes(names("arm", 2), names("clip", 4), np.array([0, 0, 1, 1]), left, right, outcome)
    chosen = choose(fitted(votes), 1, random_share=0)
    assert 1 in (chosen.left, chosen.right)


def test_the_same_seed_chooses_the_same() -> None:
    fit = fitted(drawn(arms=3, seeds=4, votes=0))
    assert choose(fit, [7, 1]) == choose(fit, [7, 1])
    assert len({choose(fit, [7, n]) for n in range(20)}) > 5


def test_the_probability_told_is_how_often_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = fitted(drawn(arms=2, seeds=3, votes=10))
    times = 4_000
    first = [choose(fit, seed) for seed in range(50)]
    for function in (matters, worth):  # the same whatever the seed, so once is enough
        monkeypatch.setattr(pairing, function.__name__, _once(function))
    chosen = [choose(fit, seed) for seed in range(times)]
    assert chosen[: len(first)] == first
    seen: Counter[tuple[int, int]] = Counter(_pair(one) for one in chosen)
    told = {_pair(one): one.probability for one in chosen}
    assert sum(told.values()) == pytest.approx(1)
    for pair, probability in told.items():
        error = np.sqrt(probability * (1 - probability) / times)
        assert seen[pair] / times == pytest.approx(probability, abs=4 * error)
    assert sum(one.at_random for one in chosen) / times == pytest.approx(0.2, abs=0.03)


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    kept: list[Any] = []

    def again(*arguments: Any) -> Any:
        kept[:] = kept or [function(*arguments)]
        return kept[0]

    return again


def test_no_pair_comes_twice_in_a_row_unless_there_is_but_one() -> None:
    fit = fitted(drawn(arms=2, seeds=2, votes=5))
    last = (0, 2)
    for seed in range(40):
        chosen = choose(fit, seed, avoid=[last])
        assert _pair(chosen) != tuple(sorted(last))
        last = (chosen.left, chosen.right)
    only = fitted(one_clip_each(2, []))
    assert _pair(choose(only, 1, avoid=[(1, 0)])) == (0, 1)
    assert choose(only, 1, avoid=[(1, 0)]).probability == pytest.approx(1)


def test_sides_are_balanced_for_each_clip() -> None:
    votes = drawn(arms=3, seeds=3, votes=0)
    for n in range(90):
        chosen = choose(fitted(votes, Assumptions(sigma=0.7)), n)
        votes = _with(votes, chosen, Outcome(n % 4))
    shown = np.bincount(votes.left, minlength=9), np.bincount(votes.right, minlength=9)
    assert np.abs(shown[0] - shown[1]).max() <= 2
    assert (shown[0] + shown[1]).min() > 10


def test_only_the_pairs_given_are_chosen() -> None:
    fit = fitted(drawn(arms=3, seeds=2, votes=30))
    allowed = np.array([[3, 1], [0, 5]])
    assert {_pair(choose(fit, seed, pairs=allowed)) for seed in range(40)} == {(1, 3), (0, 5)}


@pytest.mark.parametrize(
    ("votes", "how", "sentence"),
    [
        (
            Votes(("A",), ("a", "b"), np.zeros(2, int)),
            {},
            "There is no pair to show: it takes a clip of each of two arms.",
        ),
        (one_clip_each(2, []), {"pairs": [[0, 0]]}, "A pair is two different clips; use 0 to 1."),
        (one_clip_each(2, []), {"pairs": [[0, 2]]}, "A pair is two different clips; use 0 to 1."),
        (one_clip_each(2, []), {"random_share": 1.5}, "A share of 1.5 is none; give 0 to 1."),
        (one_clip_each(2, []), {"top_share": -0.5}, "A share of -0.5 is none; give 0 to 1."),
    ],
)
def test_what_cannot_be_chosen(votes: Votes, how: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        choose(fitted(votes), 1, **how)  # type: ignore[arg-type]
    assert str(refused.value) == sentence


def _pair(chosen: Choice) -> tuple[int, int]:
    return min(chosen.left, chosen.right), max(chosen.left, chosen.right)


def _with(votes: Votes, chosen: Choice, outcome: Outcome) -> Votes:
    return Votes(
        *(votes.arms, votes.clips, votes.arm_of),
        *(np.r_[votes.left, chosen.left], np.r_[votes.right, chosen.right], np.r_[votes.outcome, outcome]),
    )
