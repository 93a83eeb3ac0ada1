"""How often the intervals of a ranking hold the truth, by simulation: they should in 95 % of cases.

Four arms a fixed distance apart, clips that differ by luck, ties, a side that is preferred, and raters with
a side, an eagerness for ties and a taste in clips of their own – none of which the ranking is told.
``python -m tests.bench.coverage [held|power|choosing] [REPLICATIONS]`` prints a table: of coverage and width;
of how often two arms are told apart; of how many votes it takes when pairs are chosen by what they teach.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from workbench.review import Assumptions, Ranking, Votes, choose, fitted, ranked

SEEDS = (3, 6, 12)
GAPS, VOTES = (0.5, 1.0, 1.5, 2.0), (40, 120, 360)
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
        shares.append(_share(ranking, world))
        widths.append(_width(ranking))
    error = np.std(shares) / np.sqrt(replications)
    return Held(seeds, replications, float(np.mean(shares)), float(error), float(np.mean(widths)))


def _width(ranking: Ranking) -> float:
    return float(np.mean([one.gap.high - one.gap.low for one in ranking.differences]))


def _share(ranking: Ranking, world: World) -> float:
    """Of the intervals of differences, those that hold the truth."""
    strength = {f"arm {n}": strength for n, strength in enumerate(world.strengths)}
    truths = [(one.gap, strength[one.ahead] - strength[one.behind]) for one in ranking.differences]
    return float(np.mean([gap.low <= truth <= gap.high for gap, truth in truths]))


def told_apart(gap: float, seeds: int, votes: int, replications: int) -> float:
    """The share of replications in which the better of two arms is settled to be the better one."""
    world = World(arms=2, gap=gap, votes=votes)
    found = 0
    for n in range(replications):
        (one,) = ranked(world.votes_on(seeds, np.random.default_rng([seeds, votes, n]))).differences
        found += one.is_settled and one.ahead == "arm 1"
    return found / replications


@dataclass(frozen=True, slots=True)
class Chosen:
    """``needed`` votes on chosen pairs bring the mean ``width`` that ``votes`` on random ones bring.

    ``held``: the share of intervals that held the truth after as many chosen votes.
    """

    arms: int
    seeds: int
    votes: int
    needed: float
    width: float
    held: float


def choosing(seeds: int, world: World, replications: int, step: int = 5) -> Chosen:
    """Pairs are chosen ``step`` at a time, as for so many reviewers at once."""
    at = np.arange(step, world.votes + 1, step)
    curves, widths, shares = [], [], []
    for n in range(replications):
        chance = np.random.default_rng([seeds, n])
        panel = Panel.of(world, seeds, chance)
        left, right = panel.pairs(world.votes, chance)
        widths.append(_width(ranked(panel.votes(left, right, panel.says(left, right, chance)))))
        votes, curve = panel.votes(*np.zeros((3, 0), int)), []
        for count in at:
            pairs: list[tuple[int, int]] = []
            fit = fitted(votes)
            for k in range(step):
                one = choose(fit, [n, int(count), k], avoid=pairs)
                pairs.append((one.left, one.right))
            new = np.array(pairs).T
            said = panel.says(new[0], new[1], chance, len(votes))
            votes = panel.votes(
                np.r_[votes.left, new[0]], np.r_[votes.right, new[1]], np.r_[votes.outcome, said]
            )
            curve.append(_width(ranked(votes)))
        curves.append(curve)
        shares.append(_share(ranked(votes), world))
    curve, width = np.mean(curves, 0), float(np.mean(widths))
    needed = float(np.interp(-width, -curve, at)) if curve[-1] <= width else float("inf")
    return Chosen(world.arms, seeds, world.votes, needed, width, float(np.mean(shares)))


def measure(ground: Ground) -> Iterator[Figure]:
    """A figure each: how far from 95 % the share is, in points (2 allowed)."""
    for seeds in SEEDS:
        one = held(seeds, ground.size.replications)
        off = 100 * abs(one.share - NOMINAL)
        line = f"intervals that hold the truth, {seeds} seeds: {one.share:.1%}, off by"
        yield Figure(line, off, "points", most=100 * MOST_OFF)


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "held"
    replications = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    {"held": _print_held, "power": _print_power, "choosing": _print_choosing}[what](replications)


def _print_held(replications: int) -> None:
    print("seeds  replications  held           width")
    for seeds in SEEDS:
        one = held(seeds, replications)
        share = f"{one.share:.1%} ± {one.error:.1%}"
        print(f"{one.seeds:5}  {one.replications:12}  {share:13}  {one.width:.2f}", flush=True)


def _print_power(replications: int) -> None:
    print("seeds  votes  " + "  ".join(f"gap {gap:.1f}" for gap in GAPS))
    for seeds in SEEDS:
        for votes in VOTES:
            shares = "  ".join(f"{told_apart(gap, seeds, votes, replications):7.0%}" for gap in GAPS)
            print(f"{seeds:5}  {votes:5}  {shares}", flush=True)


def _print_choosing(replications: int) -> None:
    print("arms  seeds  random votes  width  chosen votes  held")
    for world, seeds in ((World(votes=160), 6), (World(arms=8, gap=3.0, votes=160), 4)):
        one = choosing(seeds, world, replications)
        share = f"{one.needed:.0f} ({one.needed / one.votes:.0%})"
        print(
            f"{one.arms:4}  {seeds:5}  {one.votes:12}  {one.width:.2f}  {share:12}  {one.held:.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
