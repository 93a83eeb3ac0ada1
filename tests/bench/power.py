"""How often two arms are told apart, by their distance, seeds and votes; and the votes that it takes.

``python -m tests.bench.power`` prints the tables of ``docs/statistics.md`` from the stored figures; with a
number of replications it simulates them anew and stores them (200 take some minutes).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.bench.coverage import SEEDS, World
from workbench.review import ranked

GAPS, VOTES = (0.5, 1.0, 1.5, 2.0), (40, 120, 360)
WANTED = 0.8
STORED = Path(__file__).with_name("power.json")

Shares = Mapping[tuple[int, int, float], float]  # of seeds, votes and gap


def told_apart(gap: float, seeds: int, votes: int, replications: int) -> float:
    """The share of replications in which the better of two arms is settled to be the better one."""
    world = World(arms=2, gap=gap, votes=votes)
    found = 0
    for n in range(replications):
        (one,) = ranked(world.votes_on(seeds, np.random.default_rng([seeds, votes, n]))).differences
        found += one.is_settled and one.ahead == "arm 1"
    return found / replications


def simulated(replications: int) -> Shares:
    return {
        (seeds, votes, gap): told_apart(gap, seeds, votes, replications)
        for seeds in SEEDS
        for votes in VOTES
        for gap in GAPS
    }


def stored() -> tuple[int, Shares]:
    """Replications, and what they gave."""
    told = json.loads(STORED.read_text("utf-8"))
    shares = {(row["seeds"], row["votes"], row["gap"]): row["share"] for row in told["rows"]}
    return told["replications"], shares


def store(replications: int, shares: Shares) -> None:
    rows = [
        {"seeds": seeds, "votes": votes, "gap": gap, "share": share}
        for (seeds, votes, gap), share in shares.items()
    ]
    STORED.write_text(json.dumps({"replications": replications, "rows": rows}, indent=1) + "\n", "utf-8")


def needed(shares: Shares, seeds: int, gap: float) -> float:
    """Votes for ``WANTED``, on the line through the shares over the logarithm of votes; infinite beyond."""
    curve = [shares[seeds, votes, gap] for votes in VOTES]
    at = next((n for n, share in enumerate(curve) if share >= WANTED), None)
    if at is None:
        return float("inf")
    two = slice(max(at - 1, 0), at + 1)
    return float(np.exp(np.interp(WANTED, curve[two], np.log(VOTES[two]))))


def tables(shares: Shares) -> Iterator[str]:
    """Lines of Markdown: the shares, then the votes needed."""
    heads = [f"gap {gap:.1f}" for gap in GAPS]
    yield from _head(["seeds an arm", "votes", *heads])
    for seeds in SEEDS:
        for votes in VOTES:
            yield _row([str(seeds), str(votes), *(_percent(shares[seeds, votes, gap]) for gap in GAPS)])
    yield ""
    yield from _head([f"votes for {_percent(WANTED)}", *heads])
    for seeds in SEEDS:
        yield _row([f"{seeds} seeds an arm", *(_votes(needed(shares, seeds, gap)) for gap in GAPS)])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _votes(count: float) -> str:
    """To ten votes: more is not known from so few replications."""
    if count == float("inf"):
        return f"over {VOTES[-1]}"
    return f"under {VOTES[0]}" if count <= VOTES[0] else f"{round(count, -1):.0f}"


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(cells)
    yield "|" + "---|" * len(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    if len(sys.argv) > 1:
        store(int(sys.argv[1]), simulated(int(sys.argv[1])))
    print("\n".join(tables(stored()[1])))


if __name__ == "__main__":
    main()
