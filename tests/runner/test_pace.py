"""On a simulated clock: how late a clip is noticed, and how many polls that takes."""

from __future__ import annotations

import math
import random

import pytest

from tests.bench.noticing import lognormal, simulate
from workbench.runner.pace import LEAST_HISTORY, SLOWEST_LATE_POLL_S, SLOWEST_POLL_S, plan, retries


@pytest.mark.parametrize("sigma", [0.2, 0.3, 0.4, 0.5])
@pytest.mark.parametrize("history", [200, 30])
def test_clips_are_noticed_within_three_percent_with_no_more_polls_than_every_five_seconds(
    sigma: float, history: int
) -> None:
    noticed = simulate(lognormal(60.0, sigma), 1.0, history)
    assert noticed.median < 0.03
    assert noticed.mean < 0.06
    assert noticed.polls <= noticed.fixed_polls


def test_long_operations_are_noticed_with_few_polls() -> None:
    noticed = simulate(lognormal(600.0, 0.4), 1.0, 100)
    assert noticed.median < 0.03
    assert noticed.polls < 45 < noticed.fixed_polls


def test_short_operations_are_polled_no_quicker_than_allowed() -> None:
    noticed = simulate(lognormal(3.0, 0.3), 0.25, 100)
    assert noticed.median < 0.06
    assert noticed.polls < 12


def test_two_kinds_of_operations_are_both_expected() -> None:
    def two(chance: random.Random) -> float:
        return chance.lognormvariate(math.log(20.0 if chance.random() < 0.5 else 120.0), 0.1)

    noticed = simulate(two, 1.0, 100)
    assert noticed.median < 0.04
    assert noticed.polls <= noticed.fixed_polls


def test_without_history_a_clip_is_seen_three_percent_late() -> None:
    for history in (0, LEAST_HISTORY - 1):
        noticed = simulate(lognormal(60.0, 0.4), 0.5, history)
        assert noticed.median < 0.04
        assert noticed.polls < 60


def test_what_fails_early_and_what_takes_far_longer_is_noticed_in_reasonable_time() -> None:
    made = plan([60.0 + n for n in range(50)], 1.0)
    for took in (2.0, 5.0, 10.0, 300.0):
        passed = 0.0
        while passed < took:
            passed += made.wait_s(passed)
        assert passed - took <= max(20.0, 0.2 * took)


def test_it_backs_off_far_beyond_what_is_known() -> None:
    assert plan([], 0.5).wait_s(10_000.0) <= 1.1 * SLOWEST_POLL_S
    assert plan([10.0] * 9, 0.5).wait_s(10_000.0) <= 1.1 * SLOWEST_LATE_POLL_S
    assert plan([10.0] * 9, 0.5).wait_s(300.0) > 10.0
    assert plan([], 45.0).wait_s(10_000.0) >= 45.0


def test_operations_that_started_together_do_not_ask_together() -> None:
    made = plan([50.0 + n for n in range(20)], 0.5)
    moments = sorted(30.0 + made.wait_s(30.0, phase / 20) for phase in range(20))
    assert len({round(moment, 2) for moment in moments}) > 10


def test_degenerate_histories_give_a_plan() -> None:
    for latencies in ([0.0] * 50, [-1.0] * 9, [5.0] * 200, [0.001] * 20, [1e6] * 20, [1.0, 1e5] * 10):
        made = plan(latencies, 1.0)
        passed = 0.0
        for _ in range(50):
            wait = made.wait_s(passed, 0.3)
            assert math.isfinite(wait)
            assert wait >= 1.0
            passed += wait


def test_retries_double_up_to_a_minute() -> None:
    waits = [wait for _, wait in zip(range(9), retries(), strict=False)]
    for wait, expected in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60, 60), strict=True):
        assert 0.8 * expected <= wait <= 1.2 * expected
