"""When to poll, and how long to wait between tries of what did not go through.

A poll costs the server, a clip noticed late costs the person. For a given number of polls, those are best
spent where the clip is likeliest to get ready just then (its hazard, known from how long the model's earlier
runs took), seen relative to the time that has passed. Without such runs the spacing is a fixed share of it.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SLOWEST_POLL_S = 10.0  # without history; a clip that is far beyond its model's history waits longer
SLOWEST_LATE_POLL_S = 30.0
SLOWEST_RETRY_S = 60.0
LEAST_HISTORY = 5
_SHARE = 0.06  # of the time that has passed: a clip is then seen 3 % late on average
_FIXED_S = 5.0  # no more polls than a fixed interval of that length would make …
_LEAST_POLLS, _MOST_POLLS = 8.0, 40.0  # … but for very short and very long operations
_POINTS, _STEPS = 24, 96
# 0.5 makes the mean delay least, 1 nearly the median, at which the mean loses little.
_POWER = 0.95
_EARLY, _EARLY_S = 0.45, 2.5  # polls each time that the time has grown e-fold: what fails, mostly fails early
_BROAD = 0.02  # how much of the expectation stays with "anything may happen": the model may have changed


@dataclass(frozen=True, slots=True)
class Plan:
    """``moments`` are seconds after the acceptance, ``polls`` how many polls are due until then."""

    quickest_s: float
    moments: tuple[float, ...] = ()
    polls: tuple[float, ...] = ()

    def wait_s(self, passed_s: float, phase: float = 0.5) -> float:
        """Seconds from ``passed_s`` after the acceptance until the next poll, at least ``quickest_s``.

        ``phase`` (0 to 1, one's own for each operation) keeps those that started together from asking
        together.
        """
        if not self.moments or passed_s >= self.moments[-1]:
            slowest = SLOWEST_LATE_POLL_S if self.moments else SLOWEST_POLL_S
            return max(self.quickest_s, min(slowest, _SHARE * passed_s)) * (1 + 0.1 * phase)
        number = math.floor(_at(self.moments, self.polls, passed_s) - phase + 1e-6) + 1
        return max(self.quickest_s, _at(self.polls, self.moments, number + phase) - passed_s)


def plan(latencies_s: Sequence[float], quickest_s: float) -> Plan:
    """``latencies_s`` are those of the model's newest runs, in any order."""
    known = sorted(latency for latency in latencies_s if latency > 0)
    if len(known) < LEAST_HISTORY:
        return Plan(quickest_s)
    logs = [math.log(known[round((len(known) - 1) * (i + 0.5) / _POINTS - 0.5)]) for i in range(_POINTS)]
    width = _width(logs, len(known))
    moments = _grid(logs, width)
    chances = [0.0, *(_chance(math.log(moment), logs, width) for moment in moments[1:])]
    steps = [(b - a) * (p + q) / 2 for a, b, p, q in _between(moments, chances)]
    whole = sum(steps)
    dues, earlies, cost, spare, left = [0.0], [0.0], 0.0, 0.0, 1.0
    for (start, end, p, q), step in zip(_between(moments, chances), steps, strict=True):
        middle = (start + end) / 2
        hazard = (p + q) / 2 / whole / max(left, 0.02)
        due = (hazard * middle) ** _POWER * (end - start) / middle
        cost += left * due
        early = _EARLY * math.log(end / start) if start >= _EARLY_S else 0.0
        spare += left * early
        earlies.append(early)
        left -= step / whole
        dues.append(due)
    mean = sum(known) / len(known)
    most = min(_MOST_POLLS, max(_LEAST_POLLS, mean / _FIXED_S))
    polls, sum_ = [], 0.0
    for due, early in zip(dues, earlies, strict=True):
        sum_ += early + due * (most - spare) / cost
        polls.append(sum_)
    return Plan(quickest_s, tuple(moments), tuple(polls))


def retries(first_s: float = 1.0) -> Iterator[float]:
    """Doubling waiting times up to a minute, jittered, for ever: what is paid for is worth the patience."""
    wait = first_s
    while True:
        yield wait * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        wait = min(SLOWEST_RETRY_S, wait * 2)


def phase() -> float:
    """One operation's own."""
    return random.random()  # noqa: S311


def _width(logs: Sequence[float], count: int) -> float:
    """How far each earlier latency is smeared (Silverman's rule, on the logarithm)."""
    mean = sum(logs) / len(logs)
    spread = math.sqrt(sum((x - mean) ** 2 for x in logs) / len(logs))
    return max(0.02, 1.06 * spread * math.pow(count, -0.2))


def _grid(logs: Sequence[float], width: float) -> list[float]:
    """From nothing to well beyond the longest, each step the same factor."""
    first, last = logs[0] - 2.5, logs[-1] + 3 * width
    return [0.0, *(math.exp(first + (last - first) * i / (_STEPS - 1)) for i in range(_STEPS))]


def _chance(log: float, logs: Sequence[float], width: float) -> float:
    """The density of the latency (a second) at ``exp(log)``."""
    near = sum(math.exp(-0.5 * ((log - x) / width) ** 2) for x in logs) / len(logs) / width
    broad = math.exp(-0.5 * (log - logs[len(logs) // 2]) ** 2)
    return ((1 - _BROAD) * near + _BROAD * broad) / math.exp(log)


def _between(xs: Sequence[float], ys: Sequence[float]) -> Iterator[tuple[float, float, float, float]]:
    return zip(xs, xs[1:], ys, ys[1:], strict=False)


def _at(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """``y`` at ``x``, between the two nearest points; the last one's beyond the end."""
    if x >= xs[-1]:
        return ys[-1]
    right = max(1, bisect_right(xs, x))
    left = right - 1
    span = xs[right] - xs[left]
    return ys[left] + (ys[right] - ys[left]) * ((x - xs[left]) / span if span else 0.0)
