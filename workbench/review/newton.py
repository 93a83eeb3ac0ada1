"""The mode of the model at a given σ, and the normal distribution about it: penalised Newton.

The unknowns are z (one a clip) and “outer”: β of each arm, side, η. What votes tell of two clips is a
Laplacian on the clips; z, whose prior is the unit matrix, is eliminated by its Schur complement, so that
one Cholesky factor of clips × clips is the whole cost, and it exists at σ = 0 too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from workbench.review.model import Assumptions, Tally, leaning
from workbench.review.votes import Bools, Floats, Ints

_MOST_STEPS, _MOST_HALVINGS = 100, 40
_SETTLED = 1e-8  # what a step promises in log density; the error after it is about the square of this
_ROUGHLY = 1e-2  # the same, of a point to begin from
_AT_MODE = 1e-11  # the same, where the curvature taken there is to be good to six digits
_SLOW = 0.1  # of what the step before promised: with a curvature of elsewhere, no more may be left


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """The mode at one σ and the normal distribution about it (Laplace).

    ``outer`` is (β of each arm, side, η) and ``cov`` its covariance, z integrated out; ``z`` of each clip.
    ``log_density`` is that of the votes at σ, up to a constant: Laplace's log ∫ p(votes, z, outer).
    """

    sigma: float
    z: Floats
    outer: Floats
    cov: Floats
    log_density: float

    @property
    def beta(self) -> Floats:
        return self.outer[:-2]

    @property
    def side(self) -> float:
        return float(self.outer[-2])

    @property
    def eta(self) -> float:
        """The logarithm of ν; minus infinity where no vote is a tie."""
        return float(self.outer[-1])

    def theta(self, arm_of: Ints) -> Floats:
        strengths: Floats = self.beta[arm_of] + self.sigma * self.z
        return strengths


def mode_at(
    sigma: float, tally: Tally, assumptions: Assumptions, near: Near | None = None
) -> tuple[Mode, Curve]:
    """Newton's method with halved steps, from ``near`` on.

    The curvature at the mode is what the normal distribution and the density are made of; it is returned
    beside it, for the next σ.
    """
    prior = Prior.of(tally, assumptions)
    point, curve = _climbed(sigma, near, tally, prior, roughly=False)
    return Mode(sigma, point.z, point.outer, curve.outer_cov(), point.log_joint - 0.5 * curve.log_det), curve


def near_mode(sigma: float, tally: Tally, assumptions: Assumptions) -> Near:
    """From nothing to where the mode lies, roughly."""
    point, curve = _climbed(sigma, None, tally, Prior.of(tally, assumptions), roughly=True)
    return Near(sigma * point.z, point.outer, curve)


def _climbed(
    sigma: float, near: Near | None, tally: Tally, prior: Prior, *, roughly: bool
) -> tuple[_Point, Curve]:
    """The mode, and the curvature taken there.

    A curvature costs more than many steps, and that of a point nearby leads to the same mode: a new one is
    taken where it leads there too slowly, and at last.
    """
    luck, outer = (near.luck, near.outer) if near else (np.zeros(tally.clips), np.zeros(tally.arms + 2))
    z = luck / sigma if sigma else np.zeros(tally.clips)
    outer = outer if tally.has_ties else np.r_[outer[:-1], -np.inf]
    point = _Point.at(sigma, z, outer, tally, prior)
    is_own = not (near and near.curve.sigma and sigma)
    curve = point.curve(tally, prior) if is_own or near is None else near.curve
    before = np.inf
    for _ in range(_MOST_STEPS):
        slope = point.slope(tally, prior)
        step, gain = curve.step(sigma, slope)
        if not is_own and (gain > _SLOW * before or (gain < _AT_MODE and not roughly)):
            curve, is_own = point.curve(tally, prior), True
            step, gain = curve.step(sigma, slope)
        point, went_up = _up(point, step, gain, tally, prior)
        if not went_up or (gain < _ROUGHLY if roughly else is_own and gain < _SETTLED):
            break
        is_own, before = False, gain
    return point, curve


def _up(
    point: _Point, step: tuple[Floats, Floats], gain: float, tally: Tally, prior: Prior
) -> tuple[_Point, bool]:
    """The step, halved until it leads upwards; the point itself where none is left to the precision of a
    float."""
    for halving in range(_MOST_HALVINGS):
        share = 0.5**halving
        z, outer = point.z + share * step[0], point.outer + share * step[1]
        tried = _Point.at(point.sigma, z, outer, tally, prior)
        if gain < _SETTLED or tried.log_joint > point.log_joint:
            return tried, True
    return point, False


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Where to begin: σ·z of each clip, outer, and a curvature of thereabouts, perhaps of another σ."""

    luck: Floats
    outer: Floats
    curve: Curve


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """``precision`` of outer; ``left_out`` is what is no part of the model: the side where it is assumed
    away, η where no vote is a tie."""

    precision: Floats
    left_out: Bools

    @classmethod
    def of(cls, tally: Tally, assumptions: Assumptions) -> Prior:
        has_side = assumptions.side_sd > 0
        side = assumptions.side_sd**-2 if has_side else 0.0
        precision = np.r_[np.full(tally.arms, assumptions.arm_sd**-2), side, assumptions.tie_sd**-2]
        return cls(precision, np.r_[np.zeros(tally.arms, bool), not has_side, not tally.has_ties])


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The curvature of minus the log density in (z, outer): the inverse of their joint covariance.

    ``inner`` is the lower factor of z's part, ``to_outer`` the part between the two, solved by that factor,
    and ``schur`` the factor of what is left of outer's.
    """

    sigma: float
    arm_of: Ints
    inner: Floats
    to_outer: Floats
    schur: tuple[Floats, bool]
    left_out: Bools

    @classmethod
    def of(
        cls,
        sigma: float,
        arm_of: Ints,
        prior: Prior,
        pairs: tuple[Ints, Ints],
        weights: tuple[Floats, Floats, float],
    ) -> Curve:
        """``weights`` of each (left, right) pair: of d, of d with η, and the sum of those of η."""
        clips, arms = len(arm_of), len(prior.precision) - 2
        weight, weight_tie, told_of_tie = weights
        left, right = pairs
        low, high = np.minimum(left, right), np.maximum(left, right)
        inner = _sums(low * clips + high, -(sigma**2) * weight, clips * clips)
        inner = inner.reshape(clips, clips).T  # the lower half
        degree = _sums(left, weight, clips) + _sums(right, weight, clips)
        inner[np.diag_indices_from(inner)] = 1.0 + sigma**2 * degree
        by_arm = -_sums(arm_of[right] * clips + left, weight, arms * clips)
        by_arm -= _sums(arm_of[left] * clips + right, weight, arms * clips)
        by_arm[arm_of * clips + np.arange(clips)] += degree
        of_outer = [by_arm.reshape(arms, clips), net(pairs, weight, clips), net(pairs, weight_tie, clips)]
        to_outer = np.vstack(of_outer).T  # column by column, as LAPACK has it
        corner = np.zeros((arms + 2, arms + 2))
        corner[:-2] = (np.arange(arms)[:, None] == arm_of) @ to_outer
        corner[-2:, :-2] = corner[:-2, -2:].T
        corner[-2, -2], corner[-1, -1] = weight.sum(), told_of_tie
        corner[-1, -2] = corner[-2, -1] = weight_tie.sum()
        out = prior.left_out
        corner[out], corner[:, out], to_outer[:, out] = 0.0, 0.0, 0.0
        corner[np.diag_indices_from(corner)] += np.where(out, 1.0, prior.precision)
        factor = cholesky(inner, lower=True, check_finite=False, overwrite_a=True)
        to_outer *= sigma
        to_outer = solve_triangular(factor, to_outer, lower=True, check_finite=False, overwrite_b=True)
        schur = cho_factor(corner - to_outer.T @ to_outer, lower=True, check_finite=False)
        return cls(sigma, arm_of, factor, to_outer, schur, out)

    def solve(self, z: Floats, outer: Floats) -> tuple[Floats, Floats]:
        half = solve_triangular(self.inner, z, lower=True, check_finite=False)
        found = cho_solve(self.schur, outer - self.to_outer.T @ half, check_finite=False)
        return self._back(half - self.to_outer @ found), found

    def step(self, sigma: float, slope: tuple[Floats, Floats]) -> tuple[tuple[Floats, Floats], float]:
        """Newton's step at ``sigma``, and what it promises in log density. Where σ is another than this
        curvature's, what votes tell is taken for the same: it is of σ·z."""
        scale = self.sigma / sigma if sigma != self.sigma else 1.0
        z, outer = self.solve(scale * slope[0], slope[1])
        z = scale * z
        return (z, outer), 0.5 * float(slope[0] @ z + slope[1] @ outer)

    @property
    def log_det(self) -> float:
        factors = (self.inner, self.schur[0])
        return 2 * float(sum(np.log(np.diag(factor)).sum() for factor in factors))

    def outer_cov(self) -> Floats:
        cov: Floats = cho_solve(self.schur, np.eye(len(self.left_out)), check_finite=False)
        cov[self.left_out], cov[:, self.left_out] = 0.0, 0.0
        return 0.5 * (cov + cov.T)

    def theta_cov(self) -> tuple[Floats, Floats]:
        """Of the clips' strengths: their covariance with outer (clips × outer), and with each other."""
        outer = self.outer_cov()
        solved = self._back(self.to_outer)
        z_outer = -solved @ outer
        across = outer[self.arm_of] + self.sigma * z_outer
        alone = cho_solve((self.inner, True), np.eye(len(self.arm_of)), check_finite=False)
        z = alone - solved @ z_outer.T
        shared = self.sigma * z_outer[:, self.arm_of]
        return across, outer[np.ix_(self.arm_of, self.arm_of)] + shared + shared.T + self.sigma**2 * z

    def _back(self, half: Floats) -> Floats:
        found: Floats = solve_triangular(self.inner, half, lower=True, trans="T", check_finite=False)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Where Newton stands: ``lean`` (P(left) − P(right)) and ``tie`` of each pair there, and the log density
    of votes and parameters together."""

    sigma: float
    z: Floats
    outer: Floats
    lean: Floats
    tie: Floats
    log_joint: float

    @classmethod
    def at(cls, sigma: float, z: Floats, outer: Floats, tally: Tally, prior: Prior) -> _Point:
        theta = outer[tally.arm_of] + sigma * z
        d = theta[tally.left] - theta[tally.right] + outer[-2]
        lean, tie, log_d = leaning(d, outer[-1])
        likely = 0.5 * d @ tally.ahead - tally.shown @ log_d
        present = np.where(prior.left_out, 0.0, outer)
        likely += tally.ties.sum() * present[-1]
        log_joint = float(likely - 0.5 * (z @ z + prior.precision @ present**2))
        return cls(sigma, z, outer, lean, tie, log_joint)

    def slope(self, tally: Tally, prior: Prior) -> tuple[Floats, Floats]:
        """Of the log density, in z and in outer."""
        shown = tally.shown
        by_pair = 0.5 * (tally.ahead - shown * self.lean)
        by_clip = net((tally.left, tally.right), by_pair, tally.clips)
        by_arm = _sums(tally.arm_of, by_clip, tally.arms)
        slopes = np.r_[by_arm, by_pair.sum(), (tally.ties - shown * self.tie).sum()]
        present = np.where(prior.left_out, 0.0, self.outer)
        outer = np.where(prior.left_out, 0.0, slopes - prior.precision * present)
        return self.sigma * by_clip - self.z, outer

    def curve(self, tally: Tally, prior: Prior) -> Curve:
        of_tie = tally.shown * self.tie
        weight = 0.25 * (tally.shown * (1 - self.lean**2) - of_tie)
        told = (weight, -0.5 * of_tie * self.lean, float(of_tie @ (1 - self.tie)))
        return Curve.of(self.sigma, tally.arm_of, prior, (tally.left, tally.right), told)


def net(pairs: tuple[Ints, Ints], value: Floats, clips: int) -> Floats:
    """By clip: the values of the pairs where it stood left, less those where it stood right."""
    total: Floats = _sums(pairs[0], value, clips) - _sums(pairs[1], value, clips)
    return total


def _sums(at: Ints, value: Floats, count: int) -> Floats:
    return np.bincount(at, value, count).astype(np.float64, copy=False)  # of nothing it makes whole numbers
