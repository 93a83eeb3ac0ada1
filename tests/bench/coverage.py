"""How often the intervals of a ranking hold the truth, by simulation: they should in 95 % of cases.

Four arms a fixed distance apart, clips that differ by luck, ties, a side that is preferred, and raters with
a side, an eagerness for ties and a taste in clips of their own – none of which the ranking is told.
``python -m tests.bench.coverage [REPLICATIONS]`` prints a table of coverage and width.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from workbench.review import Assumptions, Ranking, Votes, ranked

SEEDS = (3, 6, 12)
NOMINAL, MOST_OFF = 0.95, 0.02


@dataclass(frozen=True, slots=True)
class World:
    """Distances and spreads in logits; ``gap`` from the worst arm to the best, the others evenly between.

    ``votes`` are in all, on random pairs of clips of different arms, by ``raters`` in turn.
    """

    arms: int = 4
    gap: float = 0.9
    luck: float = 0.7
    votes: int = 360
    side: float = 0.25
    tie: float = 0.5
    raters: int = 5
    rater_side: float = 0.3
    rater_tie: float = 0.4
    rater_taste: float = 0.4

    @property
    def strengths(self) -> np.ndarray:
        return np.linspace(-0.5, 0.5, self.arms) * self.gap

    def votes_on(self, seeds: int, chance: np.random.Generator) -> Votes:
        """What these raters say of ``seeds`` fresh clips of each arm, on random pairs."""
        panel = Panel.of(self, seeds, chance)
        left, right = panel.pairs(self.votes, chance)
        return panel.votes(left, right, panel.says(left, right, chance))


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Raters before clips: what each would feel about each clip."""

    world: World
    arm_of: np.ndarray
    seen: np.ndarray
    side: np.ndarray
    tie: np.ndarray

    @classmethod
    def of(cls, world: World, seeds: int, chance: np.random.Generator) -> Panel:
        clips = world.arms * seeds
        arm_of = np.repeat(np.arange(world.arms), seeds)
        theta = world.strengths[arm_of] + world.luck * chance.normal(size=clips)
        return cls(
            world,
            arm_of,
            theta + world.rater_taste * chance.normal(size=(world.raters, clips)),
            world.side + world.rater_side * chance.normal(size=world.raters),
            world.tie * np.exp(world.rater_tie * chance.normal(size=world.raters)),
        )

    def pairs(self, count: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Clips of different arms, any pair as likely as another, and either way round."""
        clips = len(self.arm_of)
        seeds = clips // self.world.arms
        left = chance.integers(0, clips, count)
        others = chance.integers(0, clips - seeds, count)
        return left, others + seeds * (others >= seeds * self.arm_of[left])

    def says(
        self, left: np.ndarray, right: np.ndarray, chance: np.random.Generator, at: int = 0
    ) -> np.ndarray:
        """The outcomes, the raters taking turns from vote ``at`` on."""
        rater = np.arange(at, at + len(left)) % self.world.raters
        d = self.seen[rater, left] - self.seen[rater, right] + self.side[rater]
        odds = np.column_stack([np.exp(d / 2), np.exp(-d / 2), self.tie[rater] / 2, self.tie[rater] / 2])
        drawn = chance.random(len(left))[:, None] * odds.sum(1, keepdims=True)
        return (drawn > odds.cumsum(1)).sum(1)

    def votes(self, left: np.ndarray, right: np.ndarray, outcome: np.ndarray) -> Votes:
        arms = tuple(f"arm {n}" for n in range(self.world.arms))
        raters = tuple(f"rater {n}" for n in range(self.world.raters))
        clips = tuple(f"clip {n}" for n in range(len(self.arm_of)))
        rater = np.arange(len(left)) % self.world.raters
        return Votes(arms, clips, self.arm_of, left, right, outcome, rater, raters)


@dataclass(frozen=True, slots=True)
class Held:
    """``share`` of the intervals of differences that held the truth, its standard ``error`` (replications,
    not intervals, are independent), and their mean ``width`` in logits."""

    seeds: int
    replications: int
    share: float
    error: float
    width: float


def held(
    seeds: int, replications: int, world: World | None = None, assumptions: Assumptions | None = None
) -> Held:
    """The same figures each time: the seeds are fixed."""
    world, assumptions = world or World(), assumptions or Assumptions()
    shares, widths = [], []
    for n in range(replications):
        votes = world.votes_on(seeds, np.random.default_rng([seeds, n]))
        ranking = ranked(votes, assumptions)
        shares.append(share_held(ranking, world))
        widths.append(width(ranking))
    error = np.std(shares) / np.sqrt(replications)
    return Held(seeds, replications, float(np.mean(shares)), float(error), float(np.mean(widths)))


def width(ranking: Ranking) -> float:
    """The mean of all differences'."""
    return float(np.mean([one.gap.high - one.gap.low for one in ranking.differences]))


def share_held(ranking: Ranking, world: World) -> float:
    """Of the intervals of differences, those that hold the truth."""
    strength = {f"arm {n}": strength for n, strength in enumerate(world.strengths)}
    truths = [(one.gap, strength[one.ahead] - strength[one.behind]) for one in ranking.differences]
    return float(np.mean([gap.low <= truth <= gap.high for gap, truth in truths]))


def measure(ground: Ground) -> Iterator[Figure]:
    """A figure each: how far from 95 % the share is, in points (2 allowed)."""
    for seeds in SEEDS:
        one = held(seeds, ground.size.replications)
        off = 100 * abs(one.share - NOMINAL)
        line = f"intervals that hold the truth, {seeds} seeds: {one.share:.1%}, off by"
        yield Figure(line, off, "points", most=100 * MOST_OFF)


def main() -> None:
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("seeds  replications  held           width")
    for seeds in SEEDS:
        one = held(seeds, replications)
        share = f"{one.share:.1%} ± {one.error:.1%}"
        print(f"{one.seeds:5}  {one.replications:12}  {share:13}  {one.width:.2f}", flush=True)


if __name__ == "__main__":
    main()
