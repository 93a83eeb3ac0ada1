"""The model of a vote, what is assumed before any, and votes counted by pair.

A clip's strength is θ = β(arm) + σ·z with z ~ N(0, 1): clips of one arm differ by luck. With
d = θ(left) − θ(right) + side and ν = exp(η), Davidson (1970) has

    P(left) = e^(d/2) / D,   P(tie) = ν / D,   P(right) = e^(−d/2) / D,   D = e^(d/2) + e^(−d/2) + ν,

which is the model of Bradley and Terry (1952) where ν = 0. It is of the exponential family in (d, η), so
minus its log-likelihood is convex, and with the weak normal priors below its mode is one and finite for
any votes. Where no vote is a tie, ν is 0: its estimate of greatest likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.domain.errors import RequestError
from workbench.review.votes import Floats, Ints, Outcome, Votes


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Priors, in logits: β ~ N(0, ``arm_sd``²), σ ~ half-normal of scale ``clip_sd``, side ~ N(0,
    ``side_sd``²), η ~ N(0, ``tie_sd``²).

    ``sigma`` sets σ instead of integrating over it (0: clips of one arm are alike); ``side_sd`` of 0 leaves
    the side out. Raises ``RequestError`` for a spread that is no positive number.
    """

    arm_sd: float = 2.0
    clip_sd: float = 1.0
    side_sd: float = 1.0
    tie_sd: float = 2.0
    sigma: float | None = None

    def __post_init__(self) -> None:
        for name in ("arm_sd", "clip_sd", "tie_sd"):
            if not 0 < getattr(self, name) < np.inf:
                raise RequestError(f"“{name}” is {getattr(self, name)}; give a number above 0.")
        for name in ("side_sd", "sigma"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise RequestError(f"“{name}” is {value}; give 0 or a number above it.")


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes by ordered pair: clip shown left, clip shown right, and how often each side won or none did."""

    left: Ints
    right: Ints
    wins_left: Floats
    wins_right: Floats
    ties: Floats
    arm_of: Ints
    arms: int

    @property
    def clips(self) -> int:
        return len(self.arm_of)

    @cached_property
    def shown(self) -> Floats:
        return self.wins_left + self.wins_right + self.ties

    @cached_property
    def ahead(self) -> Floats:
        """How many more the left clip won than the right one."""
        return self.wins_left - self.wins_right

    @property
    def has_ties(self) -> bool:
        return bool(self.ties.any())


def tallied(votes: Votes) -> Tally:
    clips = len(votes.clips)
    keys, at = np.unique(votes.left * max(clips, 1) + votes.right, return_inverse=True)
    counts = np.bincount(at * 3 + np.minimum(votes.outcome, Outcome.BOTH_GOOD), minlength=3 * len(keys))
    by = counts.reshape(-1, 3).astype(np.float64)
    return Tally(
        *(keys // max(clips, 1), keys % max(clips, 1)),
        *(by[:, 0].copy(), by[:, 1].copy(), by[:, 2].copy()),
        *(votes.arm_of, len(votes.arms)),
    )


def chances(d: Floats, eta: float) -> tuple[Floats, Floats, Floats, Floats]:
    """P(left), P(right), P(tie) and log D at each difference ``d``."""
    lean, tied, log_d = leaning(d, eta)
    decided = 1 - tied
    return 0.5 * (decided + lean), 0.5 * (decided - lean), tied, log_d


def leaning(d: Floats, eta: float) -> tuple[Floats, Floats, Floats]:
    """P(left) − P(right), P(tie) and log D at each difference ``d``."""
    half = np.abs(d)
    half *= 0.5
    root = np.exp(-half)
    behind, tied = root * root, np.exp(eta) * root
    total = 1 + behind
    total += tied
    np.subtract(1, behind, out=behind)
    behind /= total
    tied /= total
    half += np.log(total)
    return np.copysign(behind, d), tied, half


def information(d: Floats, eta: float) -> Floats:
    """What one vote tells of ``d``: its Fisher information, in 1/logit²."""
    lean, tied, _ = leaning(d, eta)
    told: Floats = 0.25 * (1 - tied - lean**2)
    return told
