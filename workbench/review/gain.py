"""What would narrow a difference more: new clips, or more votes on those there are.

Computed from the model: a vote on clips i, j adds its Fisher information at the present mode to the
curvature, a new clip adds an unknown of variance σ². So votes alone never bring the variance of a difference
below what the luck of its clips leaves, about σ²(1/m + 1/n) for m and n clips. That σ itself becomes
better known is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.domain.errors import RequestError
from workbench.review.fit import Fit
from workbench.review.model import information
from workbench.review.newton import Curve, Mode, Prior
from workbench.review.votes import Floats, Ints

_SLIGHT = 0.01  # weight of a σ that is left out
_MANY = 200  # clips, from which σ is known well enough for one to stand for all
_NO_END = 1_000_000_000  # votes
_HALF = 1.96  # of an interval, in standard deviations


@dataclass(frozen=True, slots=True)
class Gain:
    """Factors by which the interval of one difference is expected to shrink (1: not at all).

    ``by_votes``: with ``votes`` more on the clips there are; ``by_seed``: with one new clip of each arm and
    as many votes on pairs that hold a new one; ``at_most``: with votes without end on the clips there are.
    """

    votes: int
    by_votes: float
    by_seed: float
    at_most: float

    @property
    def prefers_seed(self) -> bool:
        return self.by_seed < self.by_votes


def gain_of(fit: Fit, one: str, other: str, votes: int) -> Gain:
    """Raises ``RequestError`` for an arm that is not known or has no clip, and for no votes."""
    if votes < 1:
        raise RequestError(f"{votes} more votes are none; give 1 or more.")
    arms = [_arm(fit, name) for name in (one, other)]
    if arms[0] == arms[1]:
        raise RequestError(f"“{one}” is compared with itself; name two arms.")
    now, by_votes, by_seed, at_most = (
        _spread(fit, arms, seeds, more) for seeds, more in ((0, 0), (0, votes), (1, votes), (0, _NO_END))
    )
    return Gain(votes, by_votes / now, by_seed / now, at_most / now)


def seeds_needed(fit: Fit, one: str, other: str, votes_a_seed: int, most: int = 64) -> int | None:
    """How many new clips of each arm, with so many votes on each, until the interval of the difference is
    expected to leave out 0, if its middle stays. Of 0, 1, 2, 3, 4, 6, 8, 12 … up to ``most``; ``None``: more.
    """
    arms = [_arm(fit, name) for name in (one, other)]
    of = np.zeros((1, len(fit.votes.arms)))
    of[0, arms[0]], of[0, arms[1]] = 1, -1
    middle = abs(float((fit.contrast(of)[0] @ fit.weights)[0]))
    doubled = [1 << n for n in range(most.bit_length())]
    for seeds in sorted({0, *doubled, *(3 * n for n in doubled if 3 * n <= most)}):
        if middle > _HALF * _spread(fit, arms, seeds, seeds * votes_a_seed * 2):
            return seeds
    return None


def _arm(fit: Fit, name: str) -> int:
    if name not in fit.votes.arms:
        raise RequestError(f"There is no arm “{name}”; there are {', '.join(fit.votes.arms) or 'none'}.")
    at = fit.votes.arms.index(name)
    if not (fit.votes.arm_of == at).any():
        raise RequestError(f"“{name}” has no clip; make one first.")
    return at


def _spread(fit: Fit, arms: list[int], seeds: int, votes: int) -> float:
    """The standard deviation of the difference with ``seeds`` new clips of both arms and ``votes`` more."""
    kept = np.flatnonzero(fit.weights >= min(_SLIGHT, float(fit.weights.max())))
    if fit.tally.clips > _MANY:
        kept = np.array([fit.modes.index(fit.middle)])
    weights = fit.weights[kept] / fit.weights[kept].sum()
    modes = [fit.modes[n] for n in kept]
    middles = np.array([mode.beta[arms[0]] - mode.beta[arms[1]] for mode in modes])
    covs = [_after(fit, mode, arms, seeds, votes) for mode in modes]
    first, second = arms
    variances = np.array([c[first, first] + c[second, second] - 2 * c[first, second] for c in covs])
    return float(np.sqrt(weights @ (variances + (middles - weights @ middles) ** 2)))


def _after(fit: Fit, mode: Mode, arms: list[int], seeds: int, votes: int) -> Floats:
    tally = fit.tally
    arm_of = np.r_[tally.arm_of, np.repeat(arms, seeds)]
    theta = np.r_[mode.theta(tally.arm_of), np.repeat(mode.beta[arms], seeds)]
    one, other = _new_pairs(arm_of, arms, tally.clips if seeds else 0)
    left, right = np.r_[tally.left, one, other], np.r_[tally.right, other, one]
    each = votes / max(2 * len(one), 1)
    shown = np.r_[tally.shown, np.full(2 * len(one), each)]
    d = theta[left] - theta[right] + mode.side
    told = shown * information(d, mode.eta)
    # The cross terms of d with η cancel over the two sides of a pair, nearly; η is no part of a difference.
    curve = Curve.of(
        *(mode.sigma, arm_of, Prior.of(tally, fit.assumptions), (left, right)),
        (told, np.zeros_like(told), 0.0),
    )
    return curve.outer_cov()


def _new_pairs(arm_of: Ints, arms: list[int], new_from: int) -> tuple[Ints, Ints]:
    """Every clip of the one arm with every one of the other; of new clips, those pairs that hold one."""
    one, other = (np.flatnonzero(arm_of == arm) for arm in arms)
    first, second = (grid.ravel() for grid in np.meshgrid(one, other, indexing="ij"))
    kept = np.maximum(first, second) >= new_from
    return first[kept], second[kept]
