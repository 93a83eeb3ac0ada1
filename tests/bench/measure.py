"""Measuring side by side: what is compared takes turns, so that a busy machine is busy for all of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median


def seconds(action: Callable[[], object]) -> float:
    """How long ``action`` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def medians_s(rounds: int, *actions: Callable[[], object], warm_up: bool = True) -> list[float]:
    """The median seconds of each action; ``warm_up`` gives each one turn before that does not count."""
    for action in actions if warm_up else ():
        action()
    gc.collect()
    turns = [[seconds(action) for action in actions] for _ in range(rounds)]
    return [median(column) for column in zip(*turns, strict=True)]
