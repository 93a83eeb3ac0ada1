"""Logging the runs of an experiment: each cell once, in chunks, whoever else is at it.

What an experiment keeps of itself stands in its plan, beside the sweep, under the name ``OWN``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from immutabledict import immutabledict

from workbench.domain.media import Role
from workbench.domain.request import digest
from workbench.domain.run import Origin, Parenthood
from workbench.store.cells import key_of, newest
from workbench.store.keys import Once

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench
    from workbench.prompting.sweep import Cell, Sweep

CHUNK = 200  # cells that are logged in one transaction: about a tenth of a second
OWN: Final = "experiment"
REPLAYS: Final = "replays"  # in what it keeps of itself: for each cell, the run that it repeats
_GOES_ON = frozenset({Role.SOURCE_CLIP, Role.EDITED_CLIP})


class _Overtaken(Exception):
    """Somebody else has sent some of these cells meanwhile."""


class _Held(Exception):
    """Somebody has paused the experiment while it was being sent."""


def send(
    bench: Workbench, experiment_id: str, cells: Sequence[Cell], again: Mapping[int, str] = immutabledict()
) -> list[str]:
    """Log and drive what has no run yet, and what ``again`` names by the run that is to be repeated.

    Chunks are cut by the numbers of the cells, so that two who send the same at once name the same chunks.
    Stops where the experiment is paused. Raises as ``Workbench.submit_many``; what was logged by then stays.
    """
    kept, sent = bench.store.experiments.cells, dict[str, None]()
    replays = replayed(bench, experiment_id)
    while True:
        made = kept.made(experiment_id)
        latest = newest(made, kept.stands(experiment_id))
        chunks: dict[tuple[int, int], list[Cell]] = {}
        for cell in cells:
            stand = latest.get(cell.index)
            if stand is None or stand.is_not_begun or stand.run_id == again.get(cell.index):
                turn = len(made.get(cell.index, ()))
                chunks.setdefault((cell.index // CHUNK, turn), []).append(cell)
        try:
            for (_, turn), chunk in chunks.items():
                ids = bench.enter(
                    [cell.request for cell in chunk],
                    _origins(bench, experiment_id, chunk, replays),
                    check=partial(_check_still, bench, experiment_id, turn, chunk),
                    once=_once(experiment_id, turn, chunk),
                )
                bench.drive(ids)
                sent |= dict.fromkeys(ids)
        except _Overtaken:
            continue
        except _Held:
            pass
        return list(sent)


def unsent(bench: Workbench, experiment_id: str, cells: Sequence[Cell]) -> list[Cell]:
    """Those that have no run, or one that was taken back before it was sent."""
    kept = bench.store.experiments.cells
    latest = newest(kept.made(experiment_id), kept.stands(experiment_id))
    stands = ((cell, latest.get(cell.index)) for cell in cells)
    return [cell for cell, stand in stands if stand is None or stand.is_not_begun]


def own_of(plan: Mapping[str, object]) -> Mapping[str, object] | None:
    """``None`` for an experiment that was made without a sweep."""
    own = plan.get(OWN)
    return own if isinstance(own, dict) else None


def replayed(bench: Workbench, experiment_id: str) -> Sequence[str]:
    """For each cell the run that it repeats; empty for an experiment that repeats none."""
    own = own_of(bench.store.experiments.plan(experiment_id)) or {}
    found = own.get(REPLAYS)
    return found if isinstance(found, list) else ()


def swept(plan: Mapping[str, object]) -> Sweep:
    """The sweep that a plan holds."""
    return _sweep(json.dumps({name: value for name, value in plan.items() if name != OWN}))


@lru_cache(maxsize=8)
def _sweep(plan: str) -> Sweep:
    """Read once: a page asks for it every second, and a large fraction takes a while to design."""
    from workbench.prompting.sweep_json import from_plan  # with pydantic

    return from_plan(json.loads(plan))


def _check_still(bench: Workbench, experiment_id: str, turn: int, chunk: Sequence[Cell]) -> None:
    """Looks while nobody else can write, and this chunk's own key stands there already: a cell that somebody
    has sent meanwhile is not sent again.
    """
    own = own_of(bench.store.experiments.plan(experiment_id))
    if own is None or own.get("held"):
        raise _Held
    made = bench.store.experiments.cells.made(experiment_id)
    if any(len(made.get(cell.index, ())) != turn + 1 for cell in chunk):
        raise _Overtaken


def _origins(
    bench: Workbench, experiment_id: str, chunk: Sequence[Cell], replays: Sequence[str]
) -> list[Origin]:
    """A run that repeats another follows from it and has its slots. What goes on from a clip follows from
    that clip's run, as ever.
    """
    if not replays:
        return [cell.origin(experiment_id) for cell in chunk]
    # Cells that were added later repeat none.
    ids = {cell.index: replays[cell.index] for cell in chunk if cell.index < len(replays)}
    there = {run.id: run for run in bench.store.runs.get_many(list(ids.values()))}
    origins = []
    for cell in chunk:
        origin, old = cell.origin(experiment_id), there.get(ids.get(cell.index, ""))
        if old:
            origin = replace(old.origin, parent_id=None, parenthood=None, experiment_id=experiment_id)
            if not any(given.role in _GOES_ON for given in cell.request.inputs):
                origin = replace(origin, parent_id=old.id, parenthood=Parenthood.VARIANT)
        origins.append(origin)
    return origins


def _once(experiment_id: str, turn: int, chunk: Sequence[Cell]) -> Once:
    asked = digest([cell.request.request_hash for cell in chunk])
    return Once(key_of(experiment_id, turn, [cell.index for cell in chunk]), asked)
