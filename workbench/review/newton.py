"""The mode of the model at a given σ, and the normal distribution about it: penalised Newton.

The unknowns are z (one a clip) and “outer”: β of each arm, side, η. What votes tell of two clips is a
Laplacian on the clips; z, whose prior is the unit matrix, is eliminated by its Schur complement, so that
one Cholesky factor of clips × clips is the whole cost, and it exists at σ = 0 too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from workbench.review.model import Assumptions, Tally, chances
from workbench.review.votes import Bools, Floats, Ints

_MOST_STEPS, _MOST_HALVINGS = 100, 40
_SETTLED = 1e-8  # what a step promises in log density; the error after it is about the square of this


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
    sigma: float, tally: Tally, assumptions: Assumptions, start: tuple[Floats, Floats] | None = None
) -> Mode:
    """Newton's method with halved steps; ``start`` is a z and an outer to begin from."""
    prior = Prior.of(tally, assumptions)
    z, outer = start or (np.zeros(tally.clips), np.zeros(tally.arms + 2))
    if not tally.has_ties:
        outer = np.r_[outer[:-1], -np.inf]
    point = _Point.at(sigma, z, outer, tally, prior)
    for _ in range(_MOST_STEPS):
        curve, slope_z, slope_outer = point.curve(tally, prior)
        step_z, step_outer = curve.solve(slope_z, slope_outer)
        gain = 0.5 * float(slope_z @ step_z + slope_outer @ step_outer)
        for halving in range(_MOST_HALVINGS):
            share = 0.5**halving
            tried = _Point.at(sigma, point.z + share * step_z, point.outer + share * step_outer, tally, prior)
            if gain < _SETTLED or tried.log_joint > point.log_joint:
                break
        else:  # no step upwards is left to the precision of a float
            break
        point = tried
        if gain < _SETTLED:
            break
    return Mode(sigma, point.z, point.outer, curve.outer_cov(), point.log_joint - 0.5 * curve.log_det)


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
    """The curvature of minus the log density in (z, outer): the inverse of their joint covariance."""

    sigma: float
    arm_of: Ints
    to_outer: Floats
    inner: tuple[Floats, bool]
    solved: Floats
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
        inner = _sums(low * clips + high, weight, clips * clips).reshape(clips, clips).T  # the lower half
        degree = _sums(left, weight, clips) + _sums(right, weight, clips)
        inner *= -(sigma**2)
        inner[np.diag_indices_from(inner)] = 1.0 + sigma**2 * degree
        by_arm = -_sums(left * arms + arm_of[right], weight, clips * arms)
        by_arm -= _sums(right * arms + arm_of[left], weight, clips * arms)
        by_arm[np.arange(clips) * arms + arm_of] += degree
        to_outer = np.column_stack(
            [by_arm.reshape(clips, arms), net(pairs, weight, clips), net(pairs, weight_tie, clips)]
        )
        corner = np.zeros((arms + 2, arms + 2))
        np.add.at(corner, arm_of, to_outer)
        corner[-2:, :-2] = corner[:-2, -2:].T
        corner[-2, -2], corner[-1, -1] = weight.sum(), told_of_tie
        corner[-1, -2] = corner[-2, -1] = weight_tie.sum()
        out = prior.left_out
        corner[out], corner[:, out], to_outer[:, out] = 0.0, 0.0, 0.0
        corner[np.diag_indices_from(corner)] += np.where(out, 1.0, prior.precision)
        factor = cho_factor(inner, lower=True, check_finite=False, overwrite_a=True)
        to_outer *= sigma
        solved = cho_solve(factor, to_outer, check_finite=False)
        rest = corner - to_outer.T @ solved
        schur = cho_factor(0.5 * (rest + rest.T), lower=True, check_finite=False)
        return cls(sigma, arm_of, to_outer, factor, solved, schur, out)

    def solve(self, z: Floats, outer: Floats) -> tuple[Floats, Floats]:
        alone = cho_solve(self.inner, z, check_finite=False)
        found = cho_solve(self.schur, outer - self.to_outer.T @ alone, check_finite=False)
        return alone - self.solved @ found, found

    @property
    def log_det(self) -> float:
        factors = (self.inner[0], self.schur[0])
        return 2 * float(sum(np.log(np.diag(factor)).sum() for factor in factors))

    def outer_cov(self) -> Floats:
        cov: Floats = cho_solve(self.schur, np.eye(len(self.left_out)), check_finite=False)
        cov[self.left_out], cov[:, self.left_out] = 0.0, 0.0
        return 0.5 * (cov + cov.T)

    def theta_cov(self) -> tuple[Floats, Floats]:
        """Of the clips' strengths: their covariance with outer (clips × outer), and with each other."""
        outer = self.outer_cov()
        across = outer[self.arm_of] - self.sigma * self.solved @ outer
        alone = cho_solve(self.inner, np.eye(len(self.arm_of)), check_finite=False)
        z_outer = -self.solved @ outer
        z = alone - self.solved @ z_outer.T
        shared = self.sigma * z_outer[:, self.arm_of]
        return across, outer[np.ix_(self.arm_of, self.arm_of)] + shared + shared.T + self.sigma**2 * z


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Where Newton stands: chances there, and the log density of votes and parameters together."""

    sigma: float
    z: Floats
    outer: Floats
    left: Floats
    right: Floats
    tie: Floats
    log_joint: float

    @classmethod
    def at(cls, sigma: float, z: Floats, outer: Floats, tally: Tally, prior: Prior) -> _Point:
        theta = outer[tally.arm_of] + sigma * z
        d = theta[tally.left] - theta[tally.right] + outer[-2]
        left, right, tie, log_d = chances(d, outer[-1])
        likely = 0.5 * d @ (tally.wins_left - tally.wins_right) - tally.shown @ log_d
        present = np.where(prior.left_out, 0.0, outer)
        likely += tally.ties.sum() * present[-1]
        log_joint = float(likely - 0.5 * (z @ z + prior.precision @ present**2))
        return cls(sigma, z, outer, left, right, tie, log_joint)

    def curve(self, tally: Tally, prior: Prior) -> tuple[Curve, Floats, Floats]:
        """Curvature, and the slope of the log density in z and in outer."""
        pairs, shown = (tally.left, tally.right), tally.shown
        lean = 0.5 * (self.left - self.right)
        slope = 0.5 * (tally.wins_left - tally.wins_right) - shown * lean
        weight = shown * (0.25 * (self.left + self.right) - lean**2)
        told = (weight, -shown * lean * self.tie, float((shown * self.tie * (1 - self.tie)).sum()))
        by_clip = net(pairs, slope, tally.clips)
        by_arm = _sums(tally.arm_of, by_clip, tally.arms)
        slopes = np.r_[by_arm, slope.sum(), (tally.ties - shown * self.tie).sum()]
        present = np.where(prior.left_out, 0.0, self.outer)
        slope_outer = np.where(prior.left_out, 0.0, slopes - prior.precision * present)
        curve = Curve.of(self.sigma, tally.arm_of, prior, pairs, told)
        return curve, self.sigma * by_clip - self.z, slope_outer


def net(pairs: tuple[Ints, Ints], value: Floats, clips: int) -> Floats:
    """By clip: the values of the pairs where it stood left, less those where it stood right."""
    total: Floats = _sums(pairs[0], value, clips) - _sums(pairs[1], value, clips)
    return total


def _sums(at: Ints, value: Floats, count: int) -> Floats:
    return np.bincount(at, value, count).astype(np.float64, copy=False)  # of nothing it makes whole numbers
