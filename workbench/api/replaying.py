"""``Replaying``: the part of the façade that asks a successor what a model was asked that is gone.

A replay is an experiment: its cells are the suite's requests, rebuilt for the successor. So it is planned,
capped, paused, resumed and reviewed as any other, and sent once however often it is started.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.api.experimenting import Experimenting
from workbench.api.forecast import Planned
from workbench.api.meant import Sentences, meant
from workbench.api.run_set import RunSet
from workbench.api.successors import Heir, heir
from workbench.api.sweeping import REPLAYS, own_of, unsent
from workbench.domain.errors import RequestError, UnknownModel
from workbench.domain.query import RunFilter
from workbench.domain.replay import Replay
from workbench.domain.request import Scalar
from workbench.domain.retired import gone
from workbench.domain.run import Run, Status
from workbench.store.experiments import Experiment

if TYPE_CHECKING:
    from workbench.prompting.sweep import Cell

OLD = "old"  # with REPLAYS, in what an experiment keeps of itself: the model whose runs it repeats
PASSED_OVER = "passed_over"
_AT_ONCE = 200
_EXPERIMENT = Sentences(
    several="{count} experiments begin with {wanted!r:.60}. The Experiments page lists them.",
    none="No experiment is called so or begins with {wanted!r:.60}. The Experiments page lists them.",
)


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """A replay before it is sent: ``planned`` has its runs, its holes with why, cost and time.

    ``note`` says who follows whom. ``left_out`` are runs of the suite that are not asked again, why → how
    many; ``dropped`` are settings that the successor does not have, and how many runs go without.
    """

    replay: Replay
    planned: Planned
    name: str
    note: str = ""
    left_out: Mapping[str, int] = immutabledict()
    dropped: Mapping[str, int] = immutabledict()


class Replaying(Experimenting):
    """``Workbench`` adds everything that makes runs."""

    def plan_replay(
        self,
        runs: Iterable[Run | str] | None = None,
        *,
        experiment: str = "",
        model: str = "",
        on: str = "",
        settings: Mapping[str, Scalar] = immutabledict(),
        fold_negative_prompt: bool = False,
    ) -> ReplayPlan:
        """What asking a suite again would send. The suite is what succeeded of ``runs``, of an experiment, or
        of all runs of ``model``; it is of one model. ``on`` is the model to ask, else the successor.

        Requests stay as they are as far as the successor has a place for it: settings that it lacks are
        dropped, what it refuses is a hole with the reason. ``settings`` go before those of the runs. Nothing
        is written. Raises ``RequestError``.
        """
        from workbench.api.rebuilt import Rebuilt
        from workbench.prompting.sweep_rows import Surroundings, arranged

        suite, passed_over = self._suite(runs, experiment, model)
        old = suite[0].request.model
        found = self._asked_next(old, on)
        rebuilt = Rebuilt(found.model, old, settings, fold=fold_negative_prompt)
        for run in suite:
            rebuilt.add(run)
        if not rebuilt.rows:
            raise RequestError(f"Nothing of this suite can be asked again: {next(iter(rebuilt.left_out))}")
        sweep = arranged(rebuilt.rows, Surroundings(references=rebuilt.references))
        named = self.experiment(experiment).name if experiment else old
        return ReplayPlan(
            Replay(old, found.model.model, tuple(rebuilt.sources), immutabledict(passed_over)),
            self.plan_experiment(sweep),
            f"{named} on {found.model.model}",
            found.note,
            immutabledict(rebuilt.left_out),
            immutabledict(rebuilt.dropped),
        )

    def start_replay(
        self,
        plan: ReplayPlan,
        name: str = "",
        cap_usd: Decimal | float | None = None,
        *,
        again: bool = False,
        run: bool = True,
    ) -> Experiment:
        """Log the replay as an experiment, and its runs. As ``start_experiment``: the same once more is the
        same one, and sends what is missing.
        """
        replay = plan.replay
        return self._started(
            name or plan.name,
            f"What gets better, and what worse, with {replay.new} instead of {replay.old}?",
            plan.planned.sweep,
            cap_usd,
            again=again,
            run=run,
            replays=replay.sources,
            told={OLD: replay.old, PASSED_OVER: dict(replay.passed_over)},
        )

    def replay_due(self, plan: ReplayPlan, name: str = "") -> list[Cell]:
        """What ``start_replay`` would send now: all of it, or what is missing of one that was started."""
        cells = plan.planned.plan.cells
        known = self._known(*self._known_by(name or plan.name, plan.planned.sweep, plan.replay.sources))
        return unsent(self._workbench, known.id, cells) if known else list(cells)

    def replay_of(self, experiment_id: str) -> Replay | None:
        """``None`` for an experiment that repeats no runs."""
        plan = self.store.experiments.plan(experiment_id)
        own = own_of(plan)
        if own is None or REPLAYS not in own:
            return None
        sources, passed_over, models = own[REPLAYS], own[PASSED_OVER], plan["models"]
        assert isinstance(sources, list) and isinstance(passed_over, dict) and isinstance(models, list)
        counts = immutabledict({Status(status): int(count) for status, count in passed_over.items()})
        return Replay(str(own[OLD]), str(models[0]), tuple(sources), counts)

    def find_experiment(self, told: str) -> Experiment:
        """By id, by the beginning of one, or by name (the newest). Raises ``RequestError``."""
        known = {one.id: one for one in self.experiments()}
        newest = {one.name.casefold(): one.id for one in reversed(known.values())}
        names = {one.id: one.name if newest[one.name.casefold()] == one.id else "" for one in known.values()}
        return known[meant(told, names, _EXPERIMENT)]

    # Inside

    def _read(self, runs: Iterable[Run | str]) -> Iterator[Run]:
        """Those that are told by their ids, many at a time. Raises ``UnknownRun``."""
        rest = iter(runs)
        while some := list(islice(rest, _AT_ONCE)):
            ids = [run for run in some if isinstance(run, str)]
            found = {run.id: run for run in self.store.runs.get_many(ids)} if ids else {}
            for run in some:
                if isinstance(run, str):
                    yield found.get(run) or self.store.runs.get(run)  # only the beginning of an id
                else:
                    yield run

    def _suite(
        self, runs: Iterable[Run | str] | None, experiment: str, model: str
    ) -> tuple[Sequence[Run], Counter[Status]]:
        """What succeeded, oldest first, and how many ended otherwise; all of one model."""
        from workbench.prompting.sweep import MOST_RUNS

        if runs is None:
            if not (experiment or model):
                raise RequestError("A replay needs a suite: an experiment, a model, or the runs themselves.")
            wanted = RunFilter(experiment_id=experiment and self.experiment(experiment).id, model=model)
            runs = RunSet(self.store, wanted)
        logged = self._read(runs)
        passed_over: Counter[Status] = Counter()

        def succeeded() -> Iterable[Run]:
            for run in logged:
                if run.deleted_at or (model and run.request.model != model):
                    continue
                if run.status is Status.SUCCEEDED:
                    yield run
                else:
                    passed_over[run.status] += 1

        found = {run.id: run for run in islice(succeeded(), MOST_RUNS + 1)}
        models = Counter(run.request.model for run in found.values())
        if not found:
            raise RequestError("Nothing in this suite succeeded, so there is nothing to compare with.")
        if len(found) > MOST_RUNS:
            raise RequestError(f"This suite has more than {MOST_RUNS:,} runs. Choose some of them.")
        if len(models) > 1:
            told = ", ".join(f"{name} ({count:,})" for name, count in models.most_common())
            raise RequestError(f"This suite has runs of several models: {told}. Say which is replayed.")
        return sorted(found.values(), key=lambda run: run.rowid), passed_over

    def _asked_next(self, old: str, on: str) -> Heir:
        found = heir(self._workbench, on, wanted=True) if on else self._follows(old)
        if found.model.model == old:
            raise RequestError(f"{old} can't be replayed on itself. Name another model.")
        return found

    def _follows(self, old: str) -> Heir:
        why = f"No model is known that follows {old}. Name the one that takes its place."
        try:
            found = heir(self._workbench, old, wanted=True)
        except UnknownModel as error:
            if gone(old):
                raise
            raise RequestError(why) from error
        if found.model.model != old:
            return found
        life = found.model.lifecycle  # still there, and perhaps on its way out
        if not life.successor:
            raise RequestError(why)
        return Heir(self.model(life.successor), f"{old} is {life.stage}; {life.successor} follows it.")
