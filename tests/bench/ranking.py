"""A ranking of many votes with honest intervals, beside evalica's estimates of the same pairs without any.

CPU seconds: one process computes, whatever else the machine does meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from tests.bench.coverage import World
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from workbench.review import Outcome, Votes, ranked

MOST_S = 0.5


def measure(ground: Ground) -> Iterator[Figure]:
    """1,000 clips of 100 arms, and of 4 arms, with 100,000 votes."""
    size = ground.size
    for arms in (4, 100):
        seeds = max(size.ranked // 100 // arms, 1)
        world = World(arms=arms, gap=2.0, votes=size.ranked)
        votes = world.votes_on(seeds, np.random.default_rng(1))
        ours, theirs = _cpu_s(size.rounds, lambda votes=votes: ranked(votes), _evalica(votes))
        line = f"ranking of {len(votes.clips):,} clips of {arms} arms, {len(votes):,} votes"
        yield Figure(line, ours, "s", "evalica, no intervals", theirs, most=MOST_S)


def _evalica(votes: Votes) -> Callable[[], object] | None:
    """Bradley and Terry's model of the clips alone; ``None`` where it is not installed."""
    try:
        import evalica
    except ImportError:
        return None
    winners = np.array([evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw])
    assert len(winners) == len(Outcome)
    left, right = ([votes.clips[n] for n in side] for side in (votes.left, votes.right))
    won = winners[votes.outcome].tolist()
    return lambda: evalica.bradley_terry(left, right, won)


def _cpu_s(rounds: int, *actions: Callable[[], object] | None) -> list[float | None]:
    """The median CPU seconds of each action, taking turns, after one turn that does not count."""
    turns = [[_cpu(action) if action else None for action in actions] for _ in range(rounds + 1)][1:]
    return [None if None in column else median(column) for column in zip(*turns, strict=True)]


def _cpu(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start
