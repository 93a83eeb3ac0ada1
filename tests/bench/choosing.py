"""How many votes it takes when pairs are chosen by what they teach, beside pairs at random, by simulation.

``python -m tests.bench.choosing [REPLICATIONS]`` prints a table: of the interval between the two arms that
are truly the best, which is what a ranking is asked for, and of all differences.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.bench.coverage import Panel, World, share_held, width
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from workbench.review import Ranking, choose, fitted, ranked

WORLDS = (
    (World(arms=2, gap=1.0, votes=120), 6),
    (World(arms=4, votes=160), 6),
    (World(arms=8, gap=3.0, votes=160), 4),
    (World(arms=12, gap=4.0, votes=240), 4),
)
MANY = WORLDS[2]  # what the goal is held to: prompts enough for a choice to matter
MOST, STEP = 0.7, 8


@dataclass(frozen=True, slots=True)
class Needed:
    """``chosen`` votes bring the mean ``width`` that ``votes`` on random pairs bring; infinite where as many
    do not."""

    votes: int
    width: float
    chosen: float

    @property
    def share(self) -> float:
        return self.chosen / self.votes


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of the difference between the ``two`` that are truly the best, and of ``all``.

    ``held``: the share of all intervals that held the truth after as many chosen votes. ``found``: how often
    the best arm came first, by random and by chosen pairs.
    """

    two: Needed
    all: Needed
    held: float
    found: tuple[float, float]


def choosing(world: World, seeds: int, replications: int) -> Chosen:
    """Pairs are chosen ``STEP`` at a time, as for so many reviewers at once."""
    at = np.arange(STEP, world.votes + 1, STEP)
    best = f"arm {world.arms - 1}"
    by_chance, curves, shares, found = [], [], [], []
    for n in range(replications):
        chance = np.random.default_rng([seeds, n])
        panel = Panel.of(world, seeds, chance)
        left, right = panel.pairs(world.votes, chance)
        random = ranked(panel.votes(left, right, panel.says(left, right, chance)))
        chosen = list(_chosen(panel, at, n, chance))
        by_chance.append(_widths(random, world))
        curves.append([_widths(one, world) for one in chosen])
        shares.append(share_held(chosen[-1], world))
        found.append([one.standings[0].arm == best for one in (random, chosen[-1])])
    two, every = (
        Needed(world.votes, float(goal), _reached(at, curve, goal))
        for goal, curve in zip(np.mean(by_chance, 0), np.mean(curves, 0).T, strict=True)
    )
    by_random, by_choice = np.mean(found, 0)
    return Chosen(two, every, float(np.mean(shares)), (float(by_random), float(by_choice)))


def _chosen(panel: Panel, at: np.ndarray, n: int, chance: np.random.Generator) -> Iterator[Ranking]:
    """The ranking after each step."""
    votes = panel.votes(*np.zeros((3, 0), int))
    for count in at:
        fit, pairs = fitted(votes), list[tuple[int, int]]()
        for k in range(STEP):
            one = choose(fit, [n, int(count), k], avoid=pairs)
            pairs.append((one.left, one.right))
        left, right = np.array(pairs).T
        said = panel.says(left, right, chance, len(votes))
        votes = panel.votes(np.r_[votes.left, left], np.r_[votes.right, right], np.r_[votes.outcome, said])
        yield ranked(votes)


def _widths(ranking: Ranking, world: World) -> tuple[float, float]:
    """Between the two that are truly the best, and the mean of all; infinite where no vote links the two."""
    two = ranking.difference(f"arm {world.arms - 1}", f"arm {world.arms - 2}")
    return (two.gap.high - two.gap.low if two else np.inf), width(ranking)


def _reached(at: np.ndarray, widths: np.ndarray, goal: float) -> float:
    return float(np.interp(-goal, -widths, at)) if widths[-1] <= goal else float("inf")


def measure(ground: Ground) -> Iterator[Figure]:
    world, seeds = MANY
    two = choosing(world, seeds, max(1, ground.size.trials // 4)).two
    line = f"votes until the best two of {world.arms} are as well told apart as on random pairs"
    yield Figure(line, two.chosen, "votes", "random pairs", two.votes, most_ratio=MOST)


def main() -> None:
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print("                          best two             all                  best found")
    print("arms  seeds  random votes  width  chosen votes  width  chosen votes  random  chosen  held")
    for world, seeds in WORLDS:
        one = choosing(world, seeds, replications)
        cells = "  ".join(f"{each.width:5.2f}  {_told(each):12}" for each in (one.two, one.all))
        found = "  ".join(f"{share:6.0%}" for share in one.found)
        print(f"{world.arms:4}  {seeds:5}  {world.votes:12}  {cells}  {found}  {one.held:.1%}", flush=True)


def _told(needed: Needed) -> str:
    return f"{needed.chosen:.0f} ({needed.share:.0%})" if np.isfinite(needed.chosen) else "more"


if __name__ == "__main__":
    main()
