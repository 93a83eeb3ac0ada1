"""``with_seeds``: a sweep with more seeds whose first runs stay, number by number, what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.domain.errors import RequestError
from workbench.prompting.sweep import Design, Sweep, consecutive
from workbench.prompting.sweep_grid import SEED

MOST_SEEDS = 1_000  # that are added at once


def with_seeds(sweep: Sweep, count: int) -> Sweep:
    """``count`` seeds more for every combination that is run; cell ``i`` of ``sweep`` is cell ``i`` of it.

    A fraction, a random sample or a list becomes a list: its runs, then each of its combinations with each
    new seed. A sweep without seeds keeps its runs at drawn ones. Raises ``RequestError``.
    """
    if not 1 <= count <= MOST_SEEDS:
        raise RequestError(f"{count} seeds can't be added. Allowed: from 1 to {MOST_SEEDS:,}.")
    before: tuple[int | None, ...] = sweep.seeds or (None,)
    seeds = (*before, *_unused(before, count))
    if sweep.design is Design.FULL:  # seeds go round outermost: the new ones are the last runs
        return replace(sweep, seeds=seeds)
    rows = [cell.levels if sweep.seeds else (0, *cell.levels) for cell in sweep]
    at = next((i for i, f in enumerate(sweep.factors) if f.name == SEED), 0)
    combinations = dict.fromkeys((*row[:at], *row[at + 1 :]) for row in rows)
    more = [
        (*rest[:at], number, *rest[at:]) for number in range(len(before), len(seeds)) for rest in combinations
    ]
    return replace(
        sweep,
        seeds=seeds,
        design=Design.LISTED,
        size=None,
        rows=(*rows, *more),
    )


def _unused(before: Sequence[int | None], count: int) -> tuple[int, ...]:
    """The seeds that follow the highest one."""
    taken = [seed for seed in before if seed is not None]
    return consecutive(count, (max(taken) + 1) % 2**32 if taken else 1)
