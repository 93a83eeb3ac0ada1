"""``plan``: every run of a sweep, checked before anything is sent; what is refused is a hole, with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.request import GenerationRequest
from workbench.prompting.design import lost
from workbench.prompting.sweep import MOST_RUNS, Cell, Design, Sweep

Check = Callable[[GenerationRequest], str | None]  # why a model refuses the request, if it does


@dataclass(frozen=True, slots=True)
class Plan:
    """``cells`` would be sent, ``holes`` not. ``gone`` has, by factor, the levels of which no run is left;
    ``lost`` the factors whose effect can't be estimated, because one level is left or theirs go together
    with those of others. It is ``None`` where there are too many levels to say.
    """

    cells: tuple[Cell, ...]
    holes: tuple[Cell, ...] = ()
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)
    lost: tuple[str, ...] | None = ()

    @property
    def reasons(self) -> Mapping[str, int]:
        """Why there are holes → how many, the most frequent first."""
        return immutabledict(Counter(cell.hole for cell in self.holes).most_common())


def plan(sweep: Sweep, check: Check | None = None) -> Plan:
    """``check`` says why a model refuses a request, ``None`` where it takes it.

    A cell that asks for the same as an earlier one is a hole, too: it would be paid twice and teach nothing.
    Raises ``RequestError`` for more than 10,000 runs.
    """
    if len(sweep) > MOST_RUNS:
        raise RequestError(
            f"This sweep has {len(sweep):,} runs. Allowed: up to {MOST_RUNS:,}. Choose a fraction or a "
            f"random sample, or take levels out."
        )
    cells: list[Cell] = []
    holes: list[Cell] = []
    asked: dict[GenerationRequest, int] = {}
    for cell in sweep:
        why = cell.hole or (check(cell.request) if check else None) or ""
        if not why and (first := asked.setdefault(cell.request, cell.index)) != cell.index:
            why = f"It asks for the same as run {first + 1}."
        if why:
            holes.append(replace(cell, hole=why))
        else:
            cells.append(cell)
    is_whole = not holes and sweep.design in (Design.FULL, Design.FRACTION)
    return Plan(tuple(cells), tuple(holes), *((immutabledict(), ()) if is_whole else _left(sweep, cells)))


def _left(
    sweep: Sweep, cells: Sequence[Cell]
) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...] | None]:
    """Levels without a run, and factors without an effect that could be told."""
    counts = [len(f) for f in sweep.factors]
    levels = np.array([cell.levels for cell in cells], dtype=np.int64).reshape(-1, len(counts))
    gone: dict[str, tuple[str, ...]] = {}
    for j, f in enumerate(sweep.factors):
        present = set(levels[:, j].tolist())
        if f.treated and len(present) < len(f):
            gone[f.name] = tuple(label for i, label in enumerate(f.labels) if i not in present)
    found = lost(levels, counts, [j for j, f in enumerate(sweep.factors) if f.treated and len(f) > 1])
    return immutabledict(gone), None if found is None else tuple(sweep.factors[j].name for j in found)
