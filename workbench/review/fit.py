"""Votes → posterior of the arms: Laplace at each σ of a grid, and the grid's weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.review.model import Assumptions, Tally, information, tallied
from workbench.review.newton import Curve, Mode, Near, Prior, mode_at, near_mode
from workbench.review.votes import Floats, Votes

DEFAULTS = Assumptions()
_NODES = 7  # steps of the grid at first
_FEWEST, _MOST = 5, 21  # of its nodes with weight
_THROUGH = 3  # modes, through which the next is looked for
_DEEP = 6.0  # in log density under the top: from there on there is none
_NEARLY_NONE = 3.0  # above that
_MOST_LAYINGS = 100
_LEAST_WEIGHT = 1e-4  # of the heaviest
_LEAST_TOLD = 1e-6  # of a clip by its votes, in 1/logit²; one that always won tells hardly more of itself


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The posterior: Σ ``weights`` × normal at each of ``modes``. Strengths are in logits."""

    votes: Votes
    tally: Tally
    assumptions: Assumptions
    modes: tuple[Mode, ...]
    weights: Floats

    def contrast(self, of: Floats) -> tuple[Floats, Floats]:
        """Of rows of weights on the arms (rows × arms): mean and spread at each σ, rows × grid."""
        means = np.stack([of @ mode.beta for mode in self.modes], -1)
        covs = (mode.cov[:-2, :-2] for mode in self.modes)
        variances = np.stack([np.einsum("ra,ab,rb->r", of, cov, of, optimize=True) for cov in covs], -1)
        return means, np.sqrt(np.maximum(variances, 0.0))

    def term(self, which: int) -> tuple[Floats, Floats]:
        """Mean and spread at each σ of the side (−2) or of η (−1)."""
        means = np.array([mode.outer[which] for mode in self.modes])
        return means, np.sqrt(np.array([mode.cov[which, which] for mode in self.modes]))

    @property
    def sigmas(self) -> Floats:
        return np.array([mode.sigma for mode in self.modes])

    @property
    def sigma(self) -> float:
        """The mean of σ."""
        return float(self.sigmas @ self.weights)

    @property
    def middle(self) -> Mode:
        """The mode whose σ is nearest to the mean: where one σ has to stand for all."""
        return self.modes[int(np.argmin(np.abs(self.sigmas - self.sigma)))]

    def curve(self) -> Curve:
        """The curvature at ``middle``, of z and outer; how d and η go together is left out."""
        mode, tally = self.middle, self.tally
        theta = mode.theta(tally.arm_of)
        told = tally.shown * information(theta[tally.left] - theta[tally.right] + mode.side, mode.eta)
        prior = Prior.of(tally, self.assumptions)
        weights = (told, np.zeros_like(told), 0.0)
        return Curve.of(mode.sigma, tally.arm_of, prior, (tally.left, tally.right), weights)


def fitted(votes: Votes, assumptions: Assumptions = DEFAULTS) -> Fit:
    """The posterior of these votes. σ has a half-normal prior; a fixed ``assumptions.sigma`` is the grid."""
    tally = tallied(votes)
    if assumptions.sigma is not None:
        mode, _ = mode_at(assumptions.sigma, tally, assumptions)
        return Fit(votes, tally, assumptions, (mode,), np.ones(1))
    modes = _Grid(tally, assumptions).laid()
    sigmas = np.array([mode.sigma for mode in modes])
    density = np.array([_log_density(mode, assumptions) for mode in modes])
    steps = np.diff(sigmas)
    shares = np.r_[steps, 0.0] + np.r_[0.0, steps] if len(modes) > 1 else np.ones(1)
    weights = np.exp(density - density.max()) * shares
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT * weights.max())
    weights = weights[kept] / weights[kept].sum()
    return Fit(votes, tally, assumptions, tuple(modes[n] for n in kept), weights)


def _log_density(mode: Mode, assumptions: Assumptions) -> float:
    return mode.log_density - 0.5 * (mode.sigma / assumptions.clip_sd) ** 2


def _further(density: float, steps: int) -> int:
    """How many steps to go on where the density at an end is so far above what has no weight."""
    return 1 if density < _NEARLY_NONE else 1 + steps // 2


def _is_last(density: Floats) -> bool:
    """Whether the node after these, at like steps, has no weight: the parabola and the cubic through the last
    ones say so, by more than they differ. To ask the node itself costs a factor of clips × clips.
    """
    if len(density) < 4:
        return False
    one, two, three, four = density[:-5:-1]
    parabola = 3 * one - 3 * two + three
    cubic = 4 * one - 6 * two + 4 * three - four
    return bool(max(parabola, cubic) + abs(parabola - cubic) < 0)


class _Grid:
    """Nodes in σ at multiples of one step, over where the density has weight.

    The trapezoid rule on them is accurate far beyond its order: the density vanishes at the upper end, and at
    the lower it vanishes or, being even in σ, is flat.
    """

    def __init__(self, tally: Tally, assumptions: Assumptions) -> None:
        self.tally, self.assumptions = tally, assumptions
        self.known: dict[float, Mode] = {}
        self.near = near_mode(assumptions.clip_sd, tally, assumptions)

    def laid(self) -> list[Mode]:
        low, high = self._guess()
        step = (high - low) / _NODES
        first, last = int(low / step), int(np.ceil(high / step))
        for _ in range(_MOST_LAYINGS):
            density = self._densities(first, last, step)
            last = first + len(density) - 1
            seen = first + np.flatnonzero(density > 0)
            if len(seen) > _MOST:
                first, last, step = first // 2, (last + 1) // 2, step * 2
            elif density[-1] > 0 and not _is_last(density):
                last += _further(density[-1], last - first)
            elif density[0] > 0 and first and not _is_last(density[::-1]):
                first = max(first - _further(density[0], last - first), 0)
            elif len(seen) < _FEWEST:
                first, last, step = 2 * max(int(seen[0]) - 1, 0), 2 * (int(seen[-1]) + 1), step / 2
            else:
                break
        return [self._at(n * step) for n in range(seen[0], seen[-1] + 1)]

    def _densities(self, first: int, last: int, step: float) -> Floats:
        """Of these nodes, on a scale where it is ``_DEEP`` at the top; up to where the rest have none."""
        found: list[float] = []
        for n in range(first, last + 1):
            if found and _is_last(np.array(found) - max(found) + _DEEP):
                break
            found.append(self._log_density(n * step))
        return np.array(found) - max(found) + _DEEP

    def _log_density(self, sigma: float) -> float:
        return _log_density(self._at(sigma), self.assumptions)

    def _at(self, sigma: float) -> Mode:
        if sigma not in self.known:
            self.known[sigma], curve = mode_at(sigma, self.tally, self.assumptions, self._from(sigma))
            self.near = replace(self.near, curve=curve)
        return self.known[sigma]

    def _from(self, sigma: float) -> Near:
        """From the nearest mode; on the line, or the parabola, through two or three that are near enough."""
        near = [self.known[at] for at in sorted(self.known, key=lambda at: abs(at - sigma))[:_THROUGH]]
        if not near:
            return self.near
        within = abs(sigma - near[0].sigma) / 1.5
        near = [mode for mode in near if mode is near[0] or abs(mode.sigma - near[0].sigma) > within]
        powers = np.vander([mode.sigma for mode in near], increasing=True)
        shares = np.linalg.solve(powers.T, float(sigma) ** np.arange(len(near)))
        luck = shares @ np.array([mode.sigma * mode.z for mode in near])
        outer = shares @ np.nan_to_num([mode.outer for mode in near], neginf=0.0)
        return Near(luck, outer, self.near.curve)

    def _guess(self) -> tuple[float, float]:
        """Where σ lies if each clip's strength were measured by itself, with the error that its votes leave.

        For u, the deviations from their arms, and v, their error's variance, the log density is about
        −½ Σ (1 − arms/clips) log(σ² + v) + u²/(σ² + v).
        """
        scale = self.assumptions.clip_sd
        tally, near = self.tally, self.near
        theta = near.outer[tally.arm_of] + near.luck
        told = tally.shown * information(
            theta[tally.left] - theta[tally.right] + near.outer[-2], near.outer[-1]
        )
        by_clip = np.bincount(tally.left, told, tally.clips) + np.bincount(tally.right, told, tally.clips)
        seen = by_clip > 0
        error = 1 / np.maximum(by_clip[seen], _LEAST_TOLD)
        deviation = near.luck[seen] * (1 + error / scale**2)
        free = 1 - len(np.unique(tally.arm_of[seen])) / max(int(seen.sum()), 1)
        tried = scale * np.geomspace(0.01, 4.0, 200)
        spread = tried[:, None] ** 2 + error
        density = -0.5 * (free * np.log(spread) + deviation**2 / spread).sum(1) - 0.5 * (tried / scale) ** 2
        likely = tried[density > density.max() - _DEEP]
        low, high = float(likely[0]), max(float(likely[-1]), 1.05 * float(likely[0]))
        return (0.0 if low < high / 3 else low), high
