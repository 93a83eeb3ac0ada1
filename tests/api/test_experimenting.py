"""Experiments: planned with their holes, sent once whatever crashes, held, taken up again, grown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest

from workbench.api import Workbench
from workbench.api.sweeping import CHUNK
from workbench.domain.errors import BudgetExceeded, RequestError, WorkbenchError
from workbench.domain.run import Status
from workbench.prompting.planning import plan
from workbench.prompting.sweep import Design, Sweep, Wording, consecutive
from workbench.prompting.sweep_more import with_seeds
from workbench.prompting.sweeps import starters
from workbench.providers.fake import Fake, Script
from workbench.providers.registry import providers as find_providers
from workbench.settings import load

LIGHTS, ANIMALS = ("dawn", "dusk"), ("lion", "fox")
SWEEP = Sweep(
    prompts=(Wording("A lion walks at {light}, slow dolly in"),),
    models=("fake/clip",),
    slots={"light": LIGHTS},
    seeds=(1, 2, 3),
)
COST = 6 * 200_000  # four seconds each
Open = Callable[..., Workbench]


@pytest.fixture
def open_(tmp_path: Path) -> Open:
    def open_(script: Script | None = None, **more: object) -> Workbench:
        more.setdefault("providers", [Fake(tmp_path / "journal", script)])
        return Workbench(tmp_path / "log", **more)  # type: ignore[arg-type]

    return open_


@pytest.fixture
def bench(open_: Open) -> Workbench:
    return open_()


def still(bench: Workbench) -> Workbench:
    """Nobody drives what it logs."""
    bench.drive = lambda ids: None  # type: ignore[method-assign]
    return bench


def settle(bench: Workbench, experiment_id: str) -> Counter[tuple[str, int | None]]:
    """Wait for all its runs; what was asked, and how often."""
    runs = list(bench.runs(experiment=experiment_id))
    bench.wait([run.id for run in runs], timeout_s=60, progress_bar=False)
    return Counter((run.request.prompt, run.request.seed) for run in runs)


def test_a_plan_says_runs_cost_and_time(bench: Workbench) -> None:
    found = bench.plan_experiment(SWEEP)
    assert (len(found.plan.cells), len(found.plan.holes)) == (6, 0)
    assert (found.cost_micros, found.runs, found.unpriced) == (COST, {"fake/clip": 6}, ())
    assert (found.time_s, found.untimed) == (None, ("fake/clip",))
    assert list(bench.runs()) == []


@pytest.mark.parametrize(
    ("limits", "rounds", "minutes"),
    [({"at_once": 16}, 1, 0), ({"at_once": 2}, 3, 0), ({"model_at_once": 1}, 6, 0), ({"a_minute": 2}, 1, 2)],
)
def test_the_forecast_goes_by_history_and_limits(
    limits: dict[str, int], rounds: int, minutes: int, open_: Open
) -> None:
    with open_(Script(latency_s=0.3)) as first:
        ids = first.submit_many([first.request("A fox", model="fake/clip", seed=n) for n in range(3)])
        spans = [run.latency_s for run in first.wait(ids, progress_bar=False)]
        middle = sorted(span for span in spans if span)[1]
    found = open_(Script(**limits)).plan_experiment(SWEEP)  # type: ignore[arg-type]
    assert found.untimed == ()
    assert found.time_s == pytest.approx(rounds * middle + 60 * minutes)


def test_what_a_model_refuses_is_a_hole_and_is_not_sent(bench: Workbench) -> None:
    sweep = replace(SWEEP, models=("fake/clip", "fake/gone"), varied={"duration_s": (4, 5)}, seeds=(1, -1))
    found = bench.plan_experiment(sweep)
    reasons = dict(found.plan.reasons)
    assert len(found.plan.cells) == 2
    assert sum(reasons.values()) == 14
    assert any("Duration can't be 5" in why for why in reasons)
    assert any("Seed can't be -1" in why for why in reasons)
    assert any("fake/gone" in why for why in reasons)
    experiment = bench.start_experiment("Holes", "", sweep)
    assert len(settle(bench, experiment.id)) == 2
    progress = bench.experiment_progress(experiment.id)
    assert (progress.planned, progress.holes, progress.missing) == (2, 14, 0)
    grid = bench.experiment_grid(experiment.id)
    assert [bool(one.hole) for one in grid.placed].count(True) == 14
    assert all(bool(one.run) is not bool(one.hole) for one in grid.placed)


def test_a_missing_key_is_a_hole_with_the_name_of_what_to_set(tmp_path: Path) -> None:
    settings = load(tmp_path / "log")
    bench = Workbench(settings=settings, providers=find_providers(settings))
    paid = next(m.model for m in bench.models() if bench.missing(m.model) and m.prompt_required)
    variable = bench.missing(paid)[0].variable
    sweep = Sweep(prompts=(Wording("A lion"),), models=("animatic/preview", paid), seeds=(1,))
    found = bench.plan_experiment(sweep)
    assert [cell.request.model for cell in found.plan.cells] == ["animatic/preview"]
    (why,) = found.plan.reasons
    assert variable in why or paid in why
    with pytest.raises(RequestError, match="Nothing of this experiment can be sent"):
        bench.start_experiment("Paid", "", replace(sweep, models=(paid,)))


def test_what_defaults_make_the_same_is_sent_once(bench: Workbench) -> None:
    found = bench.plan_experiment(replace(SWEEP, varied={"duration_s": (None, 4, 6)}))
    assert len(found.plan.cells) == 12
    assert dict(found.plan.reasons) == {
        "It asks for the same as an earlier run, once the model's defaults are filled in.": 6
    }


@pytest.mark.parametrize("name", starters())
def test_every_starter_runs_on_the_embedded_engine(name: str, tmp_path: Path) -> None:
    settings = load(tmp_path / "log")
    bench = Workbench(settings=settings, providers=find_providers(settings))
    starter = starters()[name]
    models = ["animatic/preview", *(m.model for m in bench.models() if m.model != "animatic/preview")]
    found = bench.plan_experiment(starter.sweep(models[: starter.least_models]))
    local = [cell for cell in found.plan.cells if cell.request.model == "animatic/preview"]
    assert local
    assert found.cost_micros == 0


def test_started_again_it_is_the_same_experiment(bench: Workbench) -> None:
    first = bench.start_experiment("Light", "Dawn or dusk?", SWEEP)
    assert bench.start_experiment(" Light ", "Dawn or dusk?", SWEEP).id == first.id
    assert set(settle(bench, first.id).values()) == {1}
    assert len(list(bench.runs())) == 6
    other = bench.start_experiment("Light", "", replace(SWEEP, seeds=(1, 2)))
    again = bench.start_experiment("Light", "", SWEEP, again=True)
    assert len({first.id, other.id, again.id}) == 3
    slots = Counter(run.origin.slots["light"] for run in bench.runs(experiment=first.id))
    assert slots == {"dawn": 3, "dusk": 3}


@pytest.mark.parametrize("logged", [0, 1, 2])
def test_a_crash_in_the_middle_gives_each_cell_one_run(
    logged: int, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after so many chunks; another one starts the same."""
    sweep = replace(SWEEP, seeds=consecutive(CHUNK))  # two chunks
    crashing = still(open_())
    entered = crashing.enter
    left = [logged]

    def enter(*args: object, **more: object) -> list[str]:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return entered(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(crashing, "enter", enter)
    if logged < 2:
        with pytest.raises(KeyboardInterrupt):
            crashing.start_experiment("Light", "", sweep)
    else:
        crashing.start_experiment("Light", "", sweep)
    (experiment,) = crashing.experiments()
    assert crashing.experiment_progress(experiment.id).missing == 2 * CHUNK - logged * CHUNK
    crashing.close()

    bench = still(open_())
    assert bench.start_experiment("Light", "", sweep).id == experiment.id
    asked = Counter((run.request.prompt, run.request.seed) for run in bench.runs(experiment=experiment.id))
    assert (len(asked), set(asked.values())) == (2 * CHUNK, {1})
    assert bench.resume_experiment(experiment.id) == []


def test_several_who_send_at_once_send_each_cell_once(bench: Workbench) -> None:
    still(bench)
    sweep = replace(SWEEP, seeds=consecutive(2 * CHUNK))
    experiment = bench.start_experiment("Light", "", sweep, run=False)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(bench.resume_experiment, [experiment.id] * 6))
    asked = Counter((run.request.prompt, run.request.seed) for run in bench.runs(experiment=experiment.id))
    assert (len(asked), set(asked.values())) == (4 * CHUNK, {1})


def test_pause_takes_back_what_was_not_sent_and_resume_sends_it(open_: Open) -> None:
    bench = open_(Script(latency_s=60, at_once=2, can_cancel=True))
    experiment = bench.start_experiment("Light", "", SWEEP)
    sent = wait_until(bench, experiment.id, lambda counts: counts.get(Status.GENERATING) == 2)
    assert sent[Status.QUEUED] == 4
    assert bench.pause_experiment(experiment.id) == 4
    progress = bench.experiment_progress(experiment.id)
    assert progress.is_held
    assert (progress.missing, progress.busy, progress.whole) == (4, 2, 6)
    assert len(list(bench.runs(experiment=experiment.id))) == 2, "what never was a run is out of sight"
    assert progress.spent_micros == 2 * 200_000
    new = bench.resume_experiment(experiment.id)
    assert len(new) == 4
    progress = bench.experiment_progress(experiment.id)
    assert (progress.is_held, progress.missing, progress.busy) == (False, 0, 6)
    bench.cancel_experiment(experiment.id)
    bench.wait([run.id for run in bench.runs(experiment=experiment.id)], timeout_s=60, progress_bar=False)
    progress = bench.experiment_progress(experiment.id)
    assert progress.counts == {Status.CANCELLED: 6}
    assert len(list(bench.runs(experiment=experiment.id))) == 6


def wait_until(
    bench: Workbench, experiment_id: str, wanted: Callable[[dict[Status, int]], bool]
) -> dict[Status, int]:
    deadline = perf_counter() + 30
    while perf_counter() < deadline:
        counts = dict(bench.experiment_progress(experiment_id).counts)
        if wanted(counts):
            return counts
        bench.store.db.read().execute("SELECT 1")
    raise AssertionError(counts)


def test_pausing_stops_whoever_is_still_logging(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    still(bench)
    entered = bench.enter
    experiment = bench.start_experiment("Light", "", replace(SWEEP, seeds=consecutive(CHUNK)), run=False)

    def enter(*args: object, **more: object) -> list[str]:
        ids = entered(*args, **more)  # type: ignore[arg-type]
        bench.pause_experiment(experiment.id)
        return ids

    monkeypatch.setattr(bench, "enter", enter)
    assert len(bench.resume_experiment(experiment.id)) == CHUNK
    progress = bench.experiment_progress(experiment.id)
    assert (progress.is_held, progress.missing, progress.busy) == (True, 2 * CHUNK, 0)
    assert list(bench.runs(experiment=experiment.id)) == []


def test_only_what_failed_is_sent_again(open_: Open, tmp_path: Path) -> None:
    bench = open_(Script(submit_errors=("Rejected", "Rejected"), at_once=1))
    experiment = bench.start_experiment("Light", "", SWEEP)
    settle(bench, experiment.id)
    before = bench.experiment_progress(experiment.id)
    assert (before.failed, before.counts[Status.SUCCEEDED], before.missing) == (2, 4, 0)
    assert bench.resume_experiment(experiment.id) == [], "a failure waits for somebody to ask"
    failed = {(r.request.prompt, r.request.seed) for r in bench.runs(status=Status.FAILED)}
    new = bench.retry_failed(experiment.id)
    runs = bench.wait(new, timeout_s=60, progress_bar=False)
    assert {(run.request.prompt, run.request.seed) for run in runs} == failed
    after = bench.experiment_progress(experiment.id)
    assert (after.failed, after.counts) == (0, {Status.SUCCEEDED: 6})
    assert bench.retry_failed(experiment.id) == []
    assert len(list(bench.runs(experiment=experiment.id))) == 8, "what failed stays in the log"


def test_a_clip_that_was_deleted_is_not_made_again(bench: Workbench) -> None:
    experiment = bench.start_experiment("Light", "", SWEEP)
    settle(bench, experiment.id)
    bench.delete([next(iter(bench.runs())).id])
    assert bench.resume_experiment(experiment.id) == []


def test_seeds_are_added_to_every_combination(bench: Workbench) -> None:
    experiment = bench.start_experiment("Light", "", SWEEP)
    settle(bench, experiment.id)
    assert len(bench.add_seeds(experiment.id, 2)) == 4
    asked = settle(bench, experiment.id)
    assert {seed for _, seed in asked} == {1, 2, 3, 4, 5}
    assert (len(asked), set(asked.values())) == (10, {1})
    progress = bench.experiment_progress(experiment.id)
    assert (progress.planned, progress.missing) == (10, 0)
    assert bench.start_experiment("Light", "", SWEEP).id == experiment.id, "it began as this sweep"
    assert len(list(bench.runs())) == 10


CASES = {
    "full": SWEEP,
    "no seeds": replace(SWEEP, seeds=()),
    "two models, one without seeds": replace(
        SWEEP, models=("fake/clip", "fake/plain"), seedless=frozenset({"fake/plain"})
    ),
    "a fraction": replace(
        SWEEP, varied={"duration_s": (4, 6, 8)}, design=Design.FRACTION, size=9, design_seed=3
    ),
    "a sample": replace(SWEEP, varied={"duration_s": (4, 6, 8)}, design=Design.RANDOM, size=7),
    "a fraction without seeds": replace(
        SWEEP, seeds=(), varied={"duration_s": (4, 6)}, design=Design.FRACTION, size=3
    ),
    "rows": replace(SWEEP, design=Design.LISTED, rows=((0, 0, 0, 0), (2, 0, 1, 0), (1, 0, 1, 0))),
    "rows that repeat": replace(
        SWEEP,
        seeds=(),
        models=("fake/plain",),
        seedless=frozenset({"fake/plain"}),
        design=Design.LISTED,
        rows=((0, 0, 0), (0, 0, 0), (0, 1, 0)),
    ),
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", CASES)
def test_with_more_seeds_the_first_cells_stay_what_they_were(name: str, count: int) -> None:
    before = CASES[name]
    more = with_seeds(before, count)
    assert [cell.request for cell in more][: len(before)] == [cell.request for cell in before]
    new = [cell.request for cell in more][len(before) :]
    arms = {replace(cell.request, seed=None, take=1) for cell in before}
    assert Counter(replace(request, seed=None, take=1) for request in new) == dict.fromkeys(arms, count)
    assert len({(r, r.seed, r.take) for r in [cell.request for cell in more]}) == len(more)
    assert len(plan(more).holes) == 0


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_so_many_seeds_can_not_be_added(count: int, bench: Workbench) -> None:
    experiment = bench.start_experiment("Light", "", SWEEP, run=False)
    with pytest.raises(RequestError, match="from 1 to 1,000"):
        bench.add_seeds(experiment.id, count)


def test_a_cap_holds_before_anything_is_sent_and_for_what_is_added(bench: Workbench) -> None:
    with pytest.raises(BudgetExceeded, match=r"about \$1\.20; the experiment may cost \$1\.19"):
        bench.start_experiment("Light", "", SWEEP, Decimal("1.19"))
    assert bench.experiments() == []
    assert list(bench.runs()) == []
    experiment = bench.start_experiment("Light", "", SWEEP, 1.2)
    assert experiment.cap_micros == COST
    settle(bench, experiment.id)
    with pytest.raises(BudgetExceeded, match="beside"):
        bench.add_seeds(experiment.id, 1)
    assert bench.sweep_of(experiment.id) == SWEEP
    assert bench.experiment_progress(experiment.id).spent_micros == COST


def test_the_days_budget_holds_for_all_of_it(tmp_path: Path) -> None:
    settings = replace(load(tmp_path / "log"), budget_usd=Decimal("1.00"))
    bench = Workbench(settings=settings, providers=[Fake(tmp_path / "journal")])
    with pytest.raises(BudgetExceeded, match="today's"):
        bench.start_experiment("Light", "", SWEEP)
    assert list(bench.runs()) == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda b: b.start_experiment("  ", "", SWEEP), "needs a name"),
        (lambda b: b.experiment("nothing"), "no experiment"),
        (lambda b: b.resume_experiment("nothing"), "no experiment"),
        (lambda b: b.pause_experiment("nothing"), "no experiment"),
        (lambda b: b.add_seeds("nothing", 1), "no experiment"),
        (lambda b: b.start_experiment("x", "", replace(SWEEP, models=("fake/gone",))), "fake/gone"),
        (lambda b: b.plan_experiment(replace(SWEEP, seeds=consecutive(6_000))), "up to 10,000"),
    ],
)
def test_what_can_not_be_is_said(act: Callable[[Workbench], object], said: str, bench: Workbench) -> None:
    with pytest.raises(WorkbenchError, match=said):
        act(bench)


def test_one_without_a_sweep_is_shown_by_what_its_runs_differ_in(bench: Workbench) -> None:
    from workbench.domain.run import Origin

    experiment = bench.store.experiments.create("By hand", "", {"file": "x.json"}, bench.clock.now())
    asked = [
        bench.request(f"A {animal}", model="fake/clip", seed=n) for n in (1, 2) for animal in ("fox", "lion")
    ]
    bench.wait(bench.submit_many(asked, Origin(experiment_id=experiment.id)), progress_bar=False)
    grid = bench.experiment_grid(experiment.id)
    assert dict(grid.factors) == {"seed": ("1", "2"), "prompt": ("A fox", "A lion")}
    assert all(one.run and one.run.clip for one in grid.placed)
    progress = bench.experiment_progress(experiment.id)
    assert (progress.planned, progress.whole, progress.share) == (None, 4, 1.0)
    with pytest.raises(RequestError, match="without a sweep"):
        bench.resume_experiment(experiment.id)


@pytest.mark.timed
def test_ten_thousand_runs_are_planned_in_about_a_second(bench: Workbench) -> None:
    prompts = tuple(Wording(f"Scene {n} at {{light}}, slow dolly in") for n in range(10))
    sweep = replace(SWEEP, prompts=prompts, varied={"duration_s": (4, 6)}, seeds=consecutive(250))
    began = perf_counter()
    found = bench.plan_experiment(sweep)
    took_s = perf_counter() - began
    assert len(found.plan.cells) == 10_000
    assert took_s < 2.0
    still(bench)
    experiment = bench.start_experiment("Large", "", sweep)
    began = perf_counter()
    progress = bench.experiment_progress(experiment.id)
    grid = bench.experiment_grid(experiment.id)
    assert perf_counter() - began < 1.0
    assert (progress.counts, len(grid.placed), grid.whole) == ({Status.QUEUED: 10_000}, 200, 10_000)


def test_a_grid_by_a_slot_has_in_each_cell_what_was_asked_there(bench: Workbench) -> None:
    told = Wording("A {animal} in {light}")
    sweep = replace(SWEEP, prompts=(told,), slots={"light": LIGHTS, "animal": ANIMALS})
    experiment = bench.start_experiment("Animals by light", "", sweep)
    settle(bench, experiment.id)
    grid = bench.runs(experiment=experiment.id).grid(x="{light}", y="{animal}")
    assert (grid.columns, grid.rows) == (tuple(map(str, LIGHTS)), tuple(map(str, ANIMALS)))
    for (animal, light), runs in grid.cells.items():
        assert {run.request.prompt for run in runs} == {f"A {animal} in {light}"}
        assert sorted(run.request.seed for run in runs) == [1, 2, 3]
    assert len(grid.cells) == len(LIGHTS) * len(ANIMALS)
    placed = bench.experiment_grid(experiment.id).placed
    for one in placed:
        assert one.run
        levels = dict(one.coordinates)
        assert one.run.request.prompt == f"A {levels['{animal}']} in {levels['{light}']}"
