"""``Experimenting``: the part of the façade for experiments – a sweep planned, started, held, taken up again.

A run is known by its experiment and the number of its cell: whatever crashes, a cell that has a run gets no
second one unless somebody asks for it. What a plan calls a hole is never sent.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, cast

from immutabledict import immutabledict

from workbench.api.affordable import check_affordable
from workbench.api.cells import MOST_CELLS, ExperimentGrid, of_runs, of_sweep
from workbench.api.forecast import Planned, planned, seedless
from workbench.api.offering import Offering
from workbench.api.sweeping import OWN, REPLAYS, own_of, send, swept
from workbench.domain.errors import RequestError
from workbench.domain.request import digest
from workbench.domain.run import BUSY, Status
from workbench.store.cells import newest
from workbench.store.experiments import Experiment

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench
    from workbench.prompting.sweep import Sweep


@dataclass(frozen=True, slots=True)
class ExperimentProgress:
    """``counts`` are of the newest run of each cell. ``planned`` are the cells that are no holes, ``None``
    where the experiment was made without a sweep; ``missing`` of them have no run, or one that was taken
    back before it was sent. ``failed`` ended without a clip.

    ``spent_micros`` (of US dollars) is what all its runs cost or may still cost, ``emulated_micros`` the part
    of it that nobody charges, ``unpriced`` how many have no known price. ``is_held``: it was paused or
    cancelled, and sends nothing more by itself.
    """

    planned: int | None
    holes: int
    counts: Mapping[Status, int]
    missing: int
    failed: int
    spent_micros: int
    emulated_micros: int
    unpriced: int
    is_held: bool = False

    @property
    def busy(self) -> int:
        return sum(count for status, count in self.counts.items() if status in BUSY)

    @property
    def whole(self) -> int:
        """All the runs that it has or is to have."""
        made = sum(self.counts.values()) - self.counts.get(Status.CANCELLED, 0)
        return max(made + self.missing, sum(self.counts.values()))

    @property
    def share(self) -> float:
        """How much of it has settled, 0 to 1."""
        return 1 - (self.busy + self.missing) / self.whole if self.whole else 0.0


class Experimenting(Offering):
    """``Workbench`` adds everything that makes runs."""

    def plan_experiment(self, sweep: Sweep) -> Planned:
        """What ``sweep`` would send, as each model takes it, what it costs and how long it takes.

        A run that a model refuses, or that lacks a key, is a hole with its reason. Nothing is written.
        Raises ``RequestError`` for more than 10,000 runs.
        """
        return planned(self._workbench, self._models, seedless(self._models, sweep))

    def start_experiment(
        self,
        name: str,
        question: str,
        sweep: Sweep,
        cap_usd: Decimal | float | None = None,
        *,
        again: bool = False,
        run: bool = True,
    ) -> Experiment:
        """Log the experiment and a run for each cell that is no hole.

        The same name with the same sweep is the same experiment: called again, also after a crash, it logs
        what is missing and nothing twice. ``again`` makes another one of it. Without ``run`` none is
        logged yet; ``resume_experiment`` does that.

        Raises ``RequestError`` where nothing can be sent, and ``BudgetExceeded`` where all of it does not fit
        under ``cap_usd`` or today's budget, before anything is written; and as ``Workbench.submit_many``.
        """
        return self._started(name, question, sweep, cap_usd, again=again, run=run)

    def _started(
        self,
        name: str,
        question: str,
        sweep: Sweep,
        cap_usd: Decimal | float | None = None,
        *,
        again: bool = False,
        run: bool = True,
        replays: Sequence[str] = (),
        told: Mapping[str, object] = immutabledict(),
    ) -> Experiment:
        """``start_experiment`` of one whose cells repeat the runs ``replays``: with others it is another one.
        ``told`` is kept beside them.
        """
        from workbench.prompting.sweep_json import as_plan  # with pydantic

        whole = seedless(self._models, sweep)
        name, asked = self._known_by(name, whole, replays)
        if not again and (known := self._known(name, asked)):
            if run:
                self.resume_experiment(known.id)
            return known
        found = planned(self._workbench, self._models, whole)
        cap_micros = None if cap_usd is None else int(Decimal(str(cap_usd)) * 1_000_000)
        check_affordable(self._workbench, found, found.costs, cap_micros)
        own = {"asked": asked, "planned": len(found.plan.cells), "holes": len(found.plan.holes), **told}
        if replays:
            own[REPLAYS] = list(replays)
        experiment = self.store.experiments.create(
            name,
            question.strip(),
            {**as_plan(whole), OWN: own},
            self.clock.now(),
            cap_micros,
            unless=None if again else partial(self._known, name, asked),
        )
        if run:
            send(self._workbench, experiment.id, found.plan.cells)
        return experiment

    def experiment(self, experiment_id: str) -> Experiment:
        """Raises ``RequestError`` for an unknown one."""
        return self.store.experiments.get(experiment_id)

    def experiments(self) -> list[Experiment]:
        """Newest first."""
        return self.store.experiments.all()

    def sweep_of(self, experiment_id: str) -> Sweep | None:
        """``None`` where it was made without one: by a batch file, or as the sample."""
        plan = self.store.experiments.plan(experiment_id)
        if own_of(plan) is None:
            return None
        return swept(plan)

    def experiment_progress(self, experiment_id: str) -> ExperimentProgress:
        """How far it is, and what it costs so far."""
        cells, plan = self.store.experiments.cells, self.store.experiments.plan(experiment_id)
        own, stands = own_of(plan), cells.stands(experiment_id)
        if own is None:
            latest = [stand for stand in stands.values() if not stand.in_bin]
        else:
            latest = list(newest(cells.made(experiment_id), stands).values())
        wanted = None if own is None else int(str(own["planned"]))
        spent = cells.spent(experiment_id)
        return ExperimentProgress(
            planned=wanted,
            holes=0 if own is None else int(str(own["holes"])),
            counts=immutabledict(Counter(stand.status for stand in latest)),
            missing=max(0, (wanted or 0) - sum(not stand.is_not_begun for stand in latest)),
            failed=sum(stand.has_failed for stand in latest),
            spent_micros=spent.micros,
            emulated_micros=spent.emulated_micros,
            unpriced=spent.unpriced,
            is_held=bool(own and own.get("held")),
        )

    def experiment_grid(self, experiment_id: str, most: int = MOST_CELLS) -> ExperimentGrid:
        """The first ``most`` cells, each with its newest run. Raises ``RequestError`` for an unknown one."""
        sweep = self.sweep_of(experiment_id)
        if sweep is None:
            return of_runs(self._workbench, experiment_id, most)
        return of_sweep(self._workbench, self._models, experiment_id, sweep, most)

    def pause_experiment(self, experiment_id: str) -> int:
        """Send nothing more: what is queued is taken back; what was sent goes on. Returns how many were
        taken back.
        """
        self._hold(experiment_id, held=True)
        return self.store.experiments.cells.take_back(experiment_id, self.clock.now(), to_bin=True)

    def resume_experiment(self, experiment_id: str) -> list[str]:
        """Log a run for every cell that has none, or whose run was taken back. Returns their ids.

        The cells are planned anew: a key that is set by now fills holes. Raises as ``start_experiment``.
        """
        found = planned(self._workbench, self._models, self._whole(experiment_id))
        self._hold(experiment_id, held=False, planned=len(found.plan.cells), holes=len(found.plan.holes))
        return send(self._workbench, experiment_id, found.plan.cells)

    def cancel_experiment(self, experiment_id: str) -> None:
        """``pause_experiment``, and ask for an end of what was sent."""
        self._hold(experiment_id, held=True)
        cells = self.store.experiments.cells
        cells.take_back(experiment_id, self.clock.now(), to_bin=False)
        for run_id in cells.busy(experiment_id):
            with contextlib.suppress(RequestError):  # it ended meanwhile
                self._workbench.cancel(run_id)

    def retry_failed(self, experiment_id: str) -> list[str]:
        """Send once more, as they were, the cells whose newest run ended without a clip. Returns the new
        runs' ids.

        A run that failed may have been charged; its retry costs again. Raises as ``Workbench.submit_many``.
        """
        cells = self.store.experiments.cells
        latest = newest(cells.made(experiment_id), cells.stands(experiment_id))
        failed = {cell: stand.run_id for cell, stand in latest.items() if stand.has_failed}
        if not failed:
            return []
        found = planned(self._workbench, self._models, self._whole(experiment_id))
        self._hold(experiment_id, held=False)
        return send(
            self._workbench, experiment_id, [c for c in found.plan.cells if c.index in failed], failed
        )

    def add_seeds(self, experiment_id: str, count: int) -> list[str]:
        """Run every combination of the experiment with ``count`` seeds more. Returns the new runs' ids.

        Raises as ``start_experiment``; then no seed is added.
        """
        from workbench.prompting.sweep_json import as_plan
        from workbench.prompting.sweep_more import with_seeds

        before = self._whole(experiment_id)
        more = with_seeds(before, count)
        found = planned(self._workbench, self._models, more)
        new = [cell.index >= len(before) for cell in found.plan.cells]
        costs = [cost for cost, is_new in zip(found.costs, new, strict=True) if is_new]
        cap_micros = self.experiment(experiment_id).cap_micros
        check_affordable(self._workbench, found, costs, cap_micros, experiment_id)

        def grown(plan: dict[str, object]) -> Mapping[str, object]:
            own = dict(own_of(plan) or {})
            if swept(plan) != before:
                raise RequestError("This experiment was changed meanwhile. Look at it and try again.")
            own |= {"planned": len(found.plan.cells), "holes": len(found.plan.holes), "held": False}
            return {**as_plan(more), OWN: own}

        self.store.experiments.change(experiment_id, grown)
        return send(self._workbench, experiment_id, found.plan.cells)

    # Inside

    @property
    def _workbench(self) -> Workbench:
        return cast("Workbench", self)

    def _whole(self, experiment_id: str) -> Sweep:
        sweep = self.sweep_of(experiment_id)
        if sweep is None:
            raise RequestError(
                "This experiment was made without a sweep, so there is nothing to go on with. Start one on "
                "the Experiments page."
            )
        return sweep

    def _known_by(self, name: str, whole: Sweep, replays: Sequence[str]) -> tuple[str, str]:
        """The name as it is kept, and the hash by which one that was started so is known."""
        from workbench.prompting.sweep_json import as_plan

        name = " ".join(name.split())[:200]
        if not name:
            raise RequestError("An experiment needs a name. Give it one, such as “Dawn or dusk”.")
        content = json.loads(json.dumps(as_plan(whole)))
        return name, digest([name, content, *([list(replays)] if replays else [])])

    def _known(self, name: str, asked: str) -> Experiment | None:
        """The newest that was started so."""
        for experiment in self.store.experiments.all():
            if experiment.name == name:
                own = own_of(self.store.experiments.plan(experiment.id))
                if own is not None and own["asked"] == asked:
                    return experiment
        return None

    def _hold(self, experiment_id: str, *, held: bool, **more: int) -> None:
        def changed(plan: dict[str, object]) -> Mapping[str, object]:
            own = own_of(plan)
            return plan if own is None else {**plan, OWN: {**own, **more, "held": held}}

        self.store.experiments.change(experiment_id, changed)
