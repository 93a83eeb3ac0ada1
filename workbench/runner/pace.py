"""How long to wait between polls, and between tries of what did not go through."""

from __future__ import annotations

import random
from collections.abc import Iterator

SLOWEST_POLL_S = 10.0
SLOWEST_RETRY_S = 60.0


def polls(quickest_s: float) -> Iterator[float]:
    """Waiting times that begin at ``quickest_s`` and grow by 15 % up to twelve times that (10 s at most).

    Jittered by ±10 %, so that runs that started together do not ask together.
    """
    wait, slowest = quickest_s, max(quickest_s, min(SLOWEST_POLL_S, 12 * quickest_s))
    while True:
        yield wait * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret
        wait = min(slowest, wait * 1.15)


def retries(first_s: float = 1.0) -> Iterator[float]:
    """Doubling waiting times up to a minute, jittered, for ever: what is paid for is worth the patience."""
    wait = first_s
    while True:
        yield wait * random.uniform(0.8, 1.2)  # noqa: S311
        wait = min(SLOWEST_RETRY_S, wait * 2)
