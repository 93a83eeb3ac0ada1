"""How late a finished clip is noticed, and with how many polls: on a simulated clock, without a server.

Operations are lognormal around a minute, the model's history is known; beside it stands what a fixed interval
of 5 s makes.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from workbench.runner.pace import plan

FIXED_S, MEDIAN_S, HISTORY, QUICKEST_S = 5.0, 60.0, 200, 1.0
SIGMAS = (0.5, 0.25, 1.0)  # the goal was set for the first; real models keep closer to their median
Latency = Callable[[random.Random], float]


@dataclass(frozen=True)
class Noticed:
    """Delays as a share of the operation's time, and polls an operation; ``fixed``: those of every 5 s."""

    median: float
    mean: float
    polls: float
    fixed_median: float
    fixed_mean: float
    fixed_polls: float


def lognormal(median_s: float, sigma: float) -> Latency:
    return lambda chance: chance.lognormvariate(math.log(median_s), sigma)


def simulate(latency_s: Latency, quickest_s: float, history: int, count: int = 3_000) -> Noticed:
    """The same figures each time: the seed is fixed."""
    chance = random.Random(1)
    made = plan([latency_s(chance) for _ in range(history)], quickest_s)
    delays, fixed_delays, polls, fixed = [], [], 0, 0
    for _ in range(count):
        took, passed, phase = latency_s(chance), 0.0, chance.random()
        while passed < took:
            wait = made.wait_s(passed, phase)
            assert wait >= quickest_s - 1e-9
            passed += wait
            polls += 1
        delays.append((passed - took) / took)
        needed = math.ceil(took / FIXED_S)
        fixed += needed
        fixed_delays.append((needed * FIXED_S - took) / took)
    return Noticed(
        statistics.median(delays),
        statistics.mean(delays),
        polls / count,
        statistics.median(fixed_delays),
        statistics.mean(fixed_delays),
        fixed / count,
    )


def measure(ground: Ground) -> Iterator[Figure]:
    for sigma in SIGMAS:
        latency_s = lognormal(MEDIAN_S, sigma)
        noticed = simulate(latency_s, QUICKEST_S, HISTORY, 100 * ground.size.logged)
        line = f"noticing a clip (simulated, lognormal around {MEDIAN_S:g} s, σ {sigma:g}), median"
        yield Figure(line, 100 * noticed.median, "% late", "every 5 s", 100 * noticed.fixed_median, most=3.0)
        yield Figure("… mean", 100 * noticed.mean, "% late", "every 5 s", 100 * noticed.fixed_mean)
        yield Figure(
            "… polls an operation", noticed.polls, "", "every 5 s", noticed.fixed_polls, most_ratio=1
        )
    unknown = simulate(lognormal(MEDIAN_S, SIGMAS[0]), QUICKEST_S, 0, 100 * ground.size.logged)
    line = f"… of a model without history, σ {SIGMAS[0]:g}, median"
    yield Figure(line, 100 * unknown.median, "% late", "every 5 s", 100 * unknown.fixed_median)
    yield Figure("… polls an operation", unknown.polls, "", "every 5 s", unknown.fixed_polls)
