"""Which arm is better, and how sure that is: intervals of effects and differences, from votes.

Intervals hold 95 % of the posterior (``workbench.review.fit``); the unit is the clip, so they narrow with
more clips of an arm, and with more votes only down to what the luck of the clips leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.review.fit import DEFAULTS, Fit, fitted
from workbench.review.mixture import below, quantile
from workbench.review.model import Assumptions
from workbench.review.votes import Floats, Ints, Outcome, Votes

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """In logits, or what the field says. ``value`` is the posterior's mean."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One arm. ``effect`` is against the mean of the arms that it was compared with, directly or through
    others (``group``); where there is none, ``effect`` is what was assumed before any vote.

    ``best_rank`` to ``worst_rank`` are the places in its group that the intervals of its differences leave
    open (1 is the best); ``mean_rank`` is their posterior mean. ``votes`` and ``clips``: in which it stood;
    ``wins`` and ``losses`` against other arms, the two kinds of ties apart.
    """

    arm: str
    group: int
    effect: Interval
    best_rank: int
    worst_rank: int
    mean_rank: float
    votes: int
    clips: int
    wins: int
    losses: int
    both_good: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class Difference:
    """``ahead`` less ``behind``, with ``chance`` = P(ahead > behind) ≥ 0.5.

    ``votes`` are those on a clip of each, ``clips`` those of both arms that have any vote.
    """

    ahead: str
    behind: str
    gap: Interval
    chance: float
    votes: int
    clips: int

    @property
    def is_settled(self) -> bool:
        return self.gap.excludes_zero


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """``standings`` and ``differences`` with the best first. Differences are between arms of one group only:
    nothing was seen of any other.

    ``sigma`` is the spread of clips of one arm; ``side`` how much the left place gains (both in logits);
    ``tie`` is ν, the odds of a tie against a win between two equals being ν : 1.
    """

    standings: tuple[Standing, ...]
    differences: tuple[Difference, ...]
    groups: tuple[tuple[str, ...], ...]
    sigma: Interval
    side: Interval
    tie: Interval
    votes: int
    clips: int
    fit: Fit

    def standing(self, arm: str) -> Standing:
        return next(one for one in self.standings if one.arm == arm)

    def difference(self, one: str, other: str) -> Difference | None:
        """In the order ahead, behind; ``None`` where no votes link the two."""
        both = {one, other}
        return next((found for found in self.differences if {found.ahead, found.behind} == both), None)


def ranked(votes: Votes, assumptions: Assumptions = DEFAULTS) -> Ranking:
    fit = fitted(votes, assumptions)
    group_of = connected(votes)
    counts = _Counts.of(votes)
    pairs = _pairs(fit, group_of)
    standings = _standings(fit, group_of, counts, pairs)
    standings.sort(key=_place)
    order = {one.arm: n for n, one in enumerate(standings)}
    differences = _differences(votes, counts, pairs)
    differences.sort(key=lambda one: (order[one.ahead], order[one.behind]))
    groups: list[list[str]] = [[] for _ in range(int(group_of.max(initial=-1)) + 1)]
    for one in standings:
        groups[one.group].append(one.arm)
    return Ranking(
        *(tuple(standings), tuple(differences), tuple(tuple(group) for group in groups)),
        *(_sigma(fit), _term(fit, -2), _tie(fit)),
        *(len(votes), int(counts.seen.sum()), fit),
    )


def connected(votes: Votes) -> Ints:
    """For each arm its group: arms are in one where votes link them, over others if need be.

    Group 0 has the most arms; of equal ones, it has votes, or holds the earlier arm.
    """
    count = len(votes.arms)
    if not count:
        return np.zeros(0, np.int64)
    left, right = votes.arm_of[votes.left], votes.arm_of[votes.right]
    graph = coo_array((np.ones(len(votes)), (left, right)), shape=(count, count))
    number, group = connected_components(graph, directed=False)
    sizes, voted = np.bincount(group), np.bincount(group[left], minlength=number) > 0
    first = [int(np.flatnonzero(group == n)[0]) for n in range(number)]
    rank = np.empty(number, np.int64)
    rank[sorted(range(number), key=lambda n: (-sizes[n], not voted[n], first[n]))] = np.arange(number)
    groups: Ints = rank[group]
    return groups


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """``shown`` by arm and arm, ``met`` of each outcome by arm; ``seen`` by clip."""

    seen: Floats
    between: Ints
    votes: Ints
    clips: Ints
    wins: Ints
    losses: Ints
    both_good: Ints
    both_bad: Ints

    @classmethod
    def of(cls, votes: Votes) -> _Counts:
        arms = len(votes.arms)
        left, right = votes.arm_of[votes.left], votes.arm_of[votes.right]
        seen = np.zeros(len(votes.clips), bool)
        seen[votes.left] = seen[votes.right] = True
        other = left != right
        between = np.bincount(left * arms + right, minlength=arms * arms).reshape(arms, arms)
        between = between + between.T

        def met(at_left: Outcome, at_right: Outcome) -> Ints:
            found: Ints = np.bincount(left[other & (votes.outcome == at_left)], minlength=arms)
            return found + np.bincount(right[other & (votes.outcome == at_right)], minlength=arms)

        return cls(
            seen,
            between,
            between.sum(1) - np.diag(between) // 2,
            np.bincount(votes.arm_of[seen], minlength=arms),
            met(Outcome.LEFT, Outcome.RIGHT),
            met(Outcome.RIGHT, Outcome.LEFT),
            met(Outcome.BOTH_GOOD, Outcome.BOTH_GOOD),
            met(Outcome.BOTH_BAD, Outcome.BOTH_BAD),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Of every two arms of one group: ``first`` less ``second``."""

    first: Ints
    second: Ints
    mean: Floats
    low: Floats
    high: Floats
    chance: Floats


def _pairs(fit: Fit, group_of: Ints) -> _Pairs:
    first, second = np.triu_indices(len(group_of), 1)
    together = group_of[first] == group_of[second]
    first, second = first[together], second[together]
    betas = np.stack([mode.beta for mode in fit.modes], -1)
    means = betas[first] - betas[second]
    covs = np.stack([mode.cov[:-2, :-2] for mode in fit.modes], -1)
    variances = covs[first, first] + covs[second, second] - 2 * covs[first, second]
    sds = np.sqrt(np.maximum(variances, 0.0))
    low, high = (quantile(share, means, sds, fit.weights) for share in (_TAIL, 1 - _TAIL))
    chance = 1 - below(np.zeros(len(first)), means, sds, fit.weights)
    return _Pairs(first, second, means @ fit.weights, low, high, chance)


_TAIL = (1 - LEVEL) / 2


def _standings(fit: Fit, group_of: Ints, counts: _Counts, pairs: _Pairs) -> list[Standing]:
    arms = len(group_of)
    together = (group_of[:, None] == group_of[None, :]).astype(float)
    sizes = together.sum(1)
    of = np.eye(arms) - np.where(sizes > 1, together / np.maximum(sizes, 1), 0.0)
    means, sds = fit.contrast(of)
    value = means @ fit.weights
    low, high = (quantile(share, means, sds, fit.weights) for share in (_TAIL, 1 - _TAIL))
    above, sure_above, sure_below = np.zeros(arms), np.zeros(arms, int), np.zeros(arms, int)
    np.add.at(above, pairs.first, 1 - pairs.chance)
    np.add.at(above, pairs.second, pairs.chance)
    for ahead, behind, sure in (
        (pairs.first, pairs.second, pairs.low > 0),
        (pairs.second, pairs.first, pairs.high < 0),
    ):
        np.add.at(sure_above, behind[sure], 1)
        np.add.at(sure_below, ahead[sure], 1)
    return [
        Standing(
            arm=fit.votes.arms[n],
            group=int(group_of[n]),
            effect=Interval(float(value[n]), float(low[n]), float(high[n])),
            best_rank=1 + int(sure_above[n]),
            worst_rank=int(sizes[n]) - int(sure_below[n]),
            mean_rank=1 + float(above[n]),
            votes=int(counts.votes[n]),
            clips=int(counts.clips[n]),
            wins=int(counts.wins[n]),
            losses=int(counts.losses[n]),
            both_good=int(counts.both_good[n]),
            both_bad=int(counts.both_bad[n]),
        )
        for n in range(arms)
    ]


def _differences(votes: Votes, counts: _Counts, pairs: _Pairs) -> list[Difference]:
    is_first = np.round(pairs.chance, 9) >= 0.5  # of even ones the earlier, whatever floats round to
    sign = np.where(is_first, 1.0, -1.0)
    ahead, behind = np.where(is_first, (pairs.first, pairs.second), (pairs.second, pairs.first))
    columns = (
        *(ahead, behind, sign * pairs.mean),
        *(np.where(is_first, pairs.low, -pairs.high), np.where(is_first, pairs.high, -pairs.low)),
        *(np.where(is_first, pairs.chance, 1 - pairs.chance), counts.between[ahead, behind]),
        counts.clips[ahead] + counts.clips[behind],
    )
    arms = votes.arms
    return [
        Difference(arms[one], arms[other], Interval(mean, low, high), chance, met, clips)
        for one, other, mean, low, high, chance, met, clips in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _place(one: Standing) -> tuple[int, float, float]:
    """The best first; what differs by no more than the rounding of floats stays in its order."""
    return one.group, round(one.mean_rank, 9), round(-one.effect.value, 9)


def _sigma(fit: Fit) -> Interval:
    """From the grid; between two nodes the logarithm of the density is taken to be straight."""
    sigmas = fit.sigmas
    if len(sigmas) < 2:
        return Interval(fit.sigma, fit.sigma, fit.sigma)
    steps = np.diff(sigmas)
    density = np.log(fit.weights / (np.r_[steps, 0.0] + np.r_[0.0, steps]))
    fine = np.linspace(sigmas[0], sigmas[-1], 1_001)
    sums = np.cumsum(np.exp(np.interp(fine, sigmas, density)))
    low, high = np.interp([_TAIL, 1 - _TAIL], sums / sums[-1], fine)
    return Interval(fit.sigma, float(low), float(high))


def _term(fit: Fit, which: int) -> Interval:
    means, sds = fit.term(which)
    low, high = (quantile(share, means, sds, fit.weights) for share in (_TAIL, 1 - _TAIL))
    return Interval(float(means @ fit.weights), float(low), float(high))


def _tie(fit: Fit) -> Interval:
    """ν, whose middle is the median: its logarithm is what has a normal distribution."""
    if not fit.tally.ties.any():
        return Interval(0.0, 0.0, 0.0)
    eta = _term(fit, -1)
    return Interval(*(float(np.exp(value)) for value in (eta.value, eta.low, eta.high)))
