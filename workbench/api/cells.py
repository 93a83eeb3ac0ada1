"""An experiment as a grid: its cells with what they are called by, and the run of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.api.forecast import whys
from workbench.domain.query import RunFilter
from workbench.domain.run import Run
from workbench.store.cells import newest

if TYPE_CHECKING:
    from workbench.api.models import Models
    from workbench.api.workbench import Workbench
    from workbench.prompting.sweep import Sweep

MOST_CELLS = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """``coordinates``: factor that varies → what its level is called. Without a run, ``hole`` says why there
    is none; where it is empty the cell is still to be sent.
    """

    index: int
    coordinates: Mapping[str, str]
    run: Run | None = None
    hole: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentGrid:
    """``factors``: those that have more than one level, with what these are called, the outermost first.
    ``placed`` are the first cells, ``whole`` is how many there are.
    """

    factors: Mapping[str, tuple[str, ...]]
    placed: tuple[Placed, ...]
    whole: int


def of_sweep(bench: Workbench, models: Models, experiment_id: str, sweep: Sweep, most: int) -> ExperimentGrid:
    cells = [sweep[i] for i in range(min(len(sweep), most))]
    kept = bench.store.experiments.cells
    latest = newest(kept.made(experiment_id), kept.stands(experiment_id))
    ids = [latest[cell.index].run_id for cell in cells if cell.index in latest]
    runs = {run.id: run for run in bench.store.runs.get_many(ids)}
    holes = whys(models, bench.path, cells)
    factors = {f.name: f.labels for f in sweep.varying}
    placed = []
    for cell, hole in zip(cells, holes, strict=True):
        run = runs.get(latest[cell.index].run_id) if cell.index in latest else None
        at = immutabledict({name: cell.coordinates[name] for name in factors})
        placed.append(Placed(cell.index, at, run, "" if run else hole))
    return ExperimentGrid(immutabledict(factors), tuple(placed), len(sweep))


def of_runs(bench: Workbench, experiment_id: str, most: int) -> ExperimentGrid:
    """Of an experiment without a sweep: by what its runs differ in, those of a batch file for instance."""
    page = bench.store.runs.page(RunFilter(experiment_id=experiment_id), most)
    runs = sorted(page.runs, key=lambda run: run.rowid)
    told = [asked(run) for run in runs]
    names = dict.fromkeys(name for each in told for name in each)
    levels = {name: tuple(dict.fromkeys(each.get(name, "–") for each in told)) for name in names}
    varying = {name: found for name, found in levels.items() if len(found) > 1}
    placed = [
        Placed(i, immutabledict({name: each.get(name, "–") for name in varying}), run)
        for i, (run, each) in enumerate(zip(runs, told, strict=True))
    ]
    whole = len(placed) if page.older is None else len(bench.store.experiments.cells.stands(experiment_id))
    return ExperimentGrid(immutabledict(varying), tuple(placed), whole)


def asked(run: Run) -> dict[str, str]:
    """Seed, settings, negative prompt, model and prompt, as a table calls them."""
    from workbench.prompting.factors import shortened

    request = run.request
    found = {"seed": str(request.take if request.seed is None else request.seed)}
    found |= {name: str(value) for name, value in request.settings.items()}
    found |= {"negative_prompt": shortened(request.negative_prompt) or "none", "model": request.model}
    return found | {"prompt": shortened(request.prompt)}
