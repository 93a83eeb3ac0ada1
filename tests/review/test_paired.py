"""How far pairs shifted, against SciPy's own tests and by what the interval promises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest

from workbench.review.paired import Shift, shifts
from workbench.review.votes import Floats


def one(old: list[float], new: list[float]) -> Shift:
    (found,) = shifts([(np.array(old, float), np.array(new, float))])
    assert found
    return found


@pytest.mark.parametrize("seed", range(20))
def test_p_is_the_sign_test_of_the_pairs_that_differ(seed: int) -> None:
    chance = np.random.default_rng(seed)
    old, new = chance.integers(0, 4, (2, chance.integers(1, 60))).astype(float)
    found = one(old.tolist(), new.tolist())
    up, down = int((new > old).sum()), int((new < old).sum())
    assert (found.up, found.down, found.pairs) == (up, down, len(old))
    if up + down:
        assert found.p == pytest.approx(binomtest(up, up + down).pvalue, rel=1e-12)
    else:
        assert found.p is None


@pytest.mark.parametrize("pairs", [1, 5, 6, 9, 20, 57, 400])
def test_the_interval_is_what_the_sign_test_does_not_refuse(pairs: int) -> None:
    change = np.sort(np.random.default_rng(pairs).normal(1, 3, pairs))
    found = one([0.0] * pairs, change.tolist())
    assert found.change == pytest.approx(float(np.median(change)))

    def is_refused(median: float) -> bool:
        return binomtest(int((change > median).sum()), pairs).pvalue <= 0.05

    between = [low + (high - low) / 2 for low, high in pairwise(change)]
    kept = [median for median in (change[0] - 1, *between, change[-1] + 1) if not is_refused(median)]
    if found.low is None or found.high is None:
        assert pairs < 6
        assert kept[0] < change[0]
    else:
        assert found.low < kept[0] < kept[-1] < found.high
        assert {found.low, found.high} <= set(change.tolist())


def test_the_interval_covers_the_median_as_often_as_it_says() -> None:
    chance, hits, rounds = np.random.default_rng(5), 0, 2_000
    for _ in range(rounds):
        values: Floats = chance.exponential(1.0, 25)
        found = one([0.0] * 25, values.tolist())
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= np.log(2) <= found.high
    assert hits / rounds >= 0.95


def test_values_that_are_not_known_leave_their_pair_out() -> None:
    found = one([1, float("nan"), 5, 2], [3, 9, 1, float("nan")])
    assert (found.pairs, found.old, found.new, found.change) == (2, 3.0, 2.0, -1.0)
    assert (found.most_up, found.most_down) == (0, 2), "places among all pairs, not among those left"
    nothing = np.array([float("nan")])
    assert shifts([(nothing, nothing)]) == (None,)
    assert shifts([]) == ()


def test_holm_counts_what_can_be_tested() -> None:
    level, up = [1.0] * 10, [2.0] * 10
    mixed = [2.0] * 8 + [0.0] * 2
    quantities = [(np.array(level), np.array(new)) for new in (up, mixed, level)]
    first, second, same = shifts(quantities)
    assert first and second and same
    assert first.p is not None and second.p is not None
    assert first.p_adjusted == pytest.approx(2 * first.p)
    assert second.p_adjusted == pytest.approx(second.p)
    assert (same.p, same.p_adjusted, same.is_settled) == (None, None, False)
    assert first.is_settled
    assert not second.is_settled
