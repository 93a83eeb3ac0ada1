"""Laplace's approximation against the whole integral, where a grid can do it: two arms, a clip each."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_expit

from tests.review.worlds import one_clip_each
from workbench.review import Assumptions, Difference, Outcome, ranked

HAS_NO_SIDE = Assumptions(side_sd=0)


def whole(wins: int, losses: int) -> tuple[float, float, float, float]:
    """Mean, 95 % interval and P(> 0) of β(0) − β(1): σ, d and the gap summed over grids of their own."""
    d = np.linspace(-22, 22, 1_101)
    log_likely = wins * log_expit(d) + losses * log_expit(-d)
    likely = np.exp(log_likely - log_likely.max())
    gap = np.linspace(-14, 14, 561)
    arms = 2 * HAS_NO_SIDE.arm_sd**2
    density = np.zeros_like(gap)
    for sigma in np.linspace(0.05, 4, 60):
        variance = arms + 2 * sigma**2
        of_d = np.exp(-(d**2) / (2 * variance)) / np.sqrt(variance) * likely
        spread = np.sqrt(arms * 2 * sigma**2 / variance)
        given_d = np.exp(-(((gap[:, None] - arms / variance * d) / spread) ** 2) / 2) / spread
        density += np.exp(-((sigma / HAS_NO_SIDE.clip_sd) ** 2) / 2) * (given_d @ of_d)
    density /= density.sum()
    sums = density.cumsum()
    low, high = (float(gap[np.searchsorted(sums, share)]) for share in (0.025, 0.975))
    return float(gap @ density), low, high, float(1 - sums[len(gap) // 2])


def ours(wins: int, losses: int) -> Difference:
    rows = [(0, 1, Outcome.LEFT)] * wins + [(0, 1, Outcome.RIGHT)] * losses
    return ranked(one_clip_each(2, rows), HAS_NO_SIDE).differences[0]


@pytest.mark.parametrize(("wins", "losses"), [(3, 2), (15, 5), (60, 40), (90, 10)])
def test_with_wins_on_both_sides_they_agree(wins: int, losses: int) -> None:
    mean, low, high, chance = whole(wins, losses)
    found = ours(wins, losses)
    assert (found.gap.value, found.gap.low, found.gap.high) == pytest.approx((mean, low, high), abs=0.2)
    assert found.chance == pytest.approx(chance, abs=0.02)


@pytest.mark.parametrize("wins", [1, 3, 20, 300])
def test_where_one_side_always_won_it_claims_less(wins: int) -> None:
    mean, low, _, chance = whole(wins, 0)
    found = ours(wins, 0)
    assert mean - 0.7 < found.gap.value < mean
    assert low - 0.7 < found.gap.low < low
    assert chance - 0.07 < found.chance < chance
