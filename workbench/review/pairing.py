"""Which pair to show next: mostly the one whose vote teaches most, sometimes any.

What a vote on clips i, j teaches is by how much it is expected to reduce Σ m_ab Var(β_a − β_b) over all arms:
with w its expected Fisher information, V the variance of θ_i − θ_j and g_a the covariance of β_a with it,
that is w Σ m_ab (g_a − g_b)² / (1 + w V): a weighted A-optimal design, one step ahead (Chaloner and
Verdinelli, 1995). Arms that no vote links yet have the variance of the prior, so they come first.

How much a difference matters, m, is half the same for all and half P(a is best) P(b is best): how often two
draws of the posterior name these two (as in top-two sampling, Russo, 2016). So arms that may still be the
best are told apart with far fewer votes, and the others about as well as by random pairs.

w is the mean over what is known of the two arms and over the luck of any of their clips; what was seen of
these two clips is left out of it. Pairs of clips that seem to be close would otherwise be sought out, and
that makes clips look further apart than they are (Bramley, 2015, on adaptive comparative judgement): in
simulation σ came out by a sixth too large, and the intervals as much too wide.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.errors import RequestError
from workbench.review.fit import Fit
from workbench.review.model import information
from workbench.review.votes import Bools, Floats, Ints

RANDOM_SHARE = 0.2
TOP_SHARE = 0.5  # of what matters: which arm is the best, rather than all differences alike
_AT, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)  # the mean over a normal distribution
_DRAWS = 2_000
_AS_GOOD = 1e-9  # a share of the best by which another may fall short and still count as its equal


@dataclass(frozen=True, slots=True)
class Choice:
    """Clips (indices) to show, and ``probability`` with which these two were chosen, either way round.

    ``teaches``: the share of the summed variance of the arms' differences, each as far as it matters, that
    the vote is expected to take away. ``at_random``: chosen regardless of it.
    """

    left: int
    right: int
    probability: float
    teaches: float
    at_random: bool


def choose(
    fit: Fit,
    seed: int | Sequence[int],
    *,
    pairs: Ints | None = None,
    avoid: Collection[tuple[int, int]] = (),
    random_share: float = RANDOM_SHARE,
    top_share: float = TOP_SHARE,
) -> Choice:
    """The same for the same votes and ``seed``.

    ``pairs`` (n × 2) may be shown; without it any two clips of different arms. Those in ``avoid`` – what this
    person saw last, what others have before them – are not, unless there are no others. ``top_share`` of 0
    cares for all differences alike. Raises ``RequestError`` where there is no pair, or for a share that is
    none.
    """
    for share in (random_share, top_share):
        if not 0 <= share <= 1:
            raise RequestError(f"A share of {share} is none; give 0 to 1.")
    first, second = _candidates(fit, pairs, avoid)
    chance = np.random.default_rng(seed)
    taught = worth(fit, first, second, matters(fit, top_share))
    best = np.flatnonzero(taught >= taught.max() * (1 - _AS_GOOD))
    at_random = bool(chance.random() < random_share)
    n = int(chance.integers(len(first)) if at_random else best[chance.integers(len(best))])
    probability = random_share / len(first)
    if n in best:
        probability += (1 - random_share) / len(best)
    one, other = int(first[n]), int(second[n])
    if _goes_right(fit, one, other, chance):
        one, other = other, one
    return Choice(one, other, float(probability), float(taught[n]), at_random)


def matters(fit: Fit, top_share: float = TOP_SHARE) -> Floats:
    """How much the difference of every two arms matters, arms × arms, with a sum of 1.

    P(best) is of draws of the posterior, among the arms that have a clip; each wins one draw more, so that
    there is always a second.
    """
    arms = len(fit.votes.arms)
    shown = np.unique(fit.votes.arm_of)
    even = np.zeros((arms, arms))
    even[np.ix_(shown, shown)] = 1.0
    spread = np.linalg.cholesky(fit.middle.cov[:-2, :-2][np.ix_(shown, shown)])
    normal = np.random.default_rng(0).normal(size=(_DRAWS, len(shown)))
    drawn = fit.middle.beta[shown] + normal @ spread.T
    best = np.zeros(arms)
    best[shown] = 1 + np.bincount(drawn.argmax(1), minlength=len(shown))
    found: Floats = top_share * _scaled(np.outer(best, best)) + (1 - top_share) * _scaled(even)
    return found


def _scaled(weights: Floats) -> Floats:
    """Of different arms alone, and with a sum of 1 where there is any."""
    np.fill_diagonal(weights, 0.0)
    return weights / (weights.sum() or 1.0)


def worth(fit: Fit, first: Ints, second: Ints, weights: Floats) -> Floats:
    """For each pair the share of Σ m_ab Var(β_a − β_b) that one vote on it is expected to take away;
    ``weights`` are m."""
    arm_of, curve = fit.votes.arm_of, fit.curve()
    across, cov = curve.theta_cov()
    beta, g = curve.outer_cov()[:-2, :-2], across[:, :-2]
    of_all = np.diag(weights.sum(1)) - weights  # x' of_all x = Σ m_ab (x_a − x_b)² / 2
    shared = g @ of_all @ g.T
    total = float((of_all * beta).sum())
    weight = _told(fit, beta)[arm_of[first], arm_of[second]]
    taken = weight * _of_difference(shared)[first, second]
    left = 1 + weight * _of_difference(cov)[first, second]
    share: Floats = taken / left / total if total else np.zeros(len(first))
    return share


def _told(fit: Fit, beta: Floats) -> Floats:
    """What a vote on clips of two arms is expected to tell, arms × arms."""
    mode = fit.middle
    gap = mode.beta[:, None] - mode.beta[None, :]
    spread = np.sqrt(_of_difference(beta) + 2 * mode.sigma**2)
    likely = gap + spread * _AT[:, None, None]
    told = information(likely + mode.side, mode.eta) + information(likely - mode.side, mode.eta)
    mean: Floats = np.average(told, axis=0, weights=_WEIGHTS) / 2
    return mean


def _of_difference(cov: Floats) -> Floats:
    """The variance of the difference of every two."""
    own = np.diag(cov)
    found: Floats = np.maximum(own[:, None] + own[None, :] - 2 * cov, 0.0)
    return found


def _candidates(fit: Fit, pairs: Ints | None, avoid: Collection[tuple[int, int]]) -> tuple[Ints, Ints]:
    clips, arm_of = len(fit.votes.clips), fit.votes.arm_of
    if pairs is None:
        first, second = np.triu_indices(clips, 1)
        apart = arm_of[first] != arm_of[second]
        first, second = first[apart], second[apart]
    else:
        table = np.asarray(pairs, np.int64).reshape(-1, 2)
        first, second = table.min(1), table.max(1)
        if len(table) and (first.min() < 0 or second.max() >= clips or (first == second).any()):
            raise RequestError(f"A pair is two different clips; use 0 to {clips - 1}.")
    if not len(first):
        raise RequestError("There is no pair to show: it takes a clip of each of two arms.")
    is_free = _free(first, second, avoid, clips)
    return (first[is_free], second[is_free]) if is_free.any() else (first, second)


def _free(first: Ints, second: Ints, avoid: Collection[tuple[int, int]], clips: int) -> Bools:
    avoided = [min(pair) * clips + max(pair) for pair in avoid]
    free: Bools = ~np.isin(first * clips + second, avoided)
    return free


def _goes_right(fit: Fit, one: int, other: int, chance: np.random.Generator) -> bool:
    """Whichever of the two stood left more often, over all votes, goes right; of equals, either."""
    votes = fit.votes
    ahead = [int((votes.left == clip).sum()) - int((votes.right == clip).sum()) for clip in (one, other)]
    return ahead[0] > ahead[1] if ahead[0] != ahead[1] else bool(chance.random() < 0.5)
