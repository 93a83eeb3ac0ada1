"""Successor replay: a suite of one model asked again of another, and what got better and worse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.api.replay_changes import Verdict
from workbench.api.replay_report import replay_record
from workbench.domain.capabilities import Capabilities, Choice, Lifecycle, Stage
from workbench.domain.errors import BudgetExceeded, RequestError
from workbench.domain.media import Role
from workbench.domain.metric import Metric, Strip
from workbench.domain.run import Origin, Parenthood, Status
from workbench.media.metrics.about import EDITION, METRICS
from workbench.providers.fake import Fake, Script
from workbench.providers.registry import providers as find_providers
from workbench.settings import load
from workbench.store.experiments import Experiment
from workbench.store.metrics import Due

OLD, NEW = "fake/old", "fake/new"
PROMPTS = ("A lion at {dawn|dusk}, {slow} and {{quiet}}", "A fox runs", "A lighthouse")
Change = Callable[[Capabilities], Capabilities]


class Served(Fake):
    """Serves ``old`` and ``new``, each as a test wants it."""

    def __init__(self, journal: Path, script: Script | None = None, **changes: Change) -> None:
        super().__init__(journal, replace(script or Script(), models=("old", "new")))
        self.changes = changes

    def models(self) -> list[Capabilities]:
        found = {model.model.partition("/")[2]: model for model in super().models()}
        return [self.changes.get(name, lambda same: same)(model) for name, model in found.items()]


Open = Callable[..., Workbench]


@pytest.fixture
def open_(tmp_path: Path) -> Open:
    def open_(script: Script | None = None, **changes: Change) -> Workbench:
        return Workbench(tmp_path / "log", providers=[Served(tmp_path / "journal", script, **changes)])

    return open_


def fill(bench: Workbench, seeds: int = 2, **settings: str | int) -> list[str]:
    """A suite of the old model: every prompt with so many seeds."""
    requests = [
        bench.request(prompt, model=OLD, seed=seed, **settings) for seed in range(seeds) for prompt in PROMPTS
    ]
    ids = bench.submit_many(requests, Origin(slots=immutabledict({"light": "dawn"}), template="{light}"))
    bench.wait(ids, timeout_s=60, progress_bar=False)
    return ids


def settle(bench: Workbench, experiment: Experiment) -> None:
    ids = [run.id for run in bench.runs(experiment=experiment.id)]
    bench.wait(ids, timeout_s=60, progress_bar=False)


def successor(model: Capabilities) -> Capabilities:
    return replace(model, lifecycle=Lifecycle(Stage.RETIRED, ends_on=date(2026, 6, 30), successor=NEW))


def in_small(model: Capabilities) -> Capabilities:
    """Quickly drawn by the engine that follows."""
    sizes = next(one for one in model.settings if one.name == "resolution")
    assert isinstance(sizes, Choice)
    others = (one for one in model.settings if one is not sizes)
    return replace(model, settings=(*others, replace(sizes, values=("360p", *sizes.values))))


def without_seed(model: Capabilities) -> Capabilities:
    return replace(model, seed=None)


def without_negative(model: Capabilities) -> Capabilities:
    return replace(model, negative_prompt=False)


def wide_only(model: Capabilities) -> Capabilities:
    """No setting for the resolution, and one shape."""
    ratio = Choice("aspect_ratio", "Aspect ratio", "16:9", values=("16:9",))
    kept = [s for s in model.settings if s.name not in ("resolution", "aspect_ratio")]
    return replace(model, settings=(*kept, ratio))


def test_the_suite_is_asked_again_word_for_word_and_follows_from_its_runs(open_: Open) -> None:
    bench = open_()
    ids = fill(bench)
    plan = bench.plan_replay(model=OLD, on=NEW)
    assert (plan.replay.old, plan.replay.new, plan.replay.sources) == (OLD, NEW, tuple(ids))
    assert (len(plan.planned.plan.cells), plan.planned.cost_micros) == (6, 6 * 200_000)
    assert len(list(bench.runs(model=NEW))) == 0, "a plan writes nothing"
    experiment = bench.start_replay(plan)
    settle(bench, experiment)
    old = {run.id: run for run in bench.runs(model=OLD)}
    new = list(bench.runs(model=NEW))
    assert {run.origin.parent_id for run in new} == set(ids)
    for run in new:
        source = old[run.origin.parent_id or ""]
        assert run.request == replace(source.request, model=NEW)
        assert run.origin.parenthood is Parenthood.VARIANT
        assert run.origin.experiment_id == experiment.id
        assert (run.origin.slots, run.origin.template) == (source.origin.slots, source.origin.template)


def test_pressed_twice_by_two_it_is_sent_once(open_: Open, tmp_path: Path) -> None:
    fill(open_())
    benches = [open_() for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        plans = list(pool.map(lambda bench: bench.plan_replay(model=OLD, on=NEW), benches * 2))
        made = list(pool.map(lambda n: benches[n % 3].start_replay(plans[n]).id, range(6)))
    assert len(set(made)) == 1
    settle(benches[0], benches[0].experiment(made[0]))
    asked = Counter((run.request.prompt, run.request.seed) for run in benches[0].runs(model=NEW))
    assert set(asked.values()) == {1}
    assert len(asked) == 6
    entries = Fake(tmp_path / "journal").accepted()
    assert len(entries) == len(set(entries)) == 12


def test_what_a_crash_left_out_is_sent_by_resuming(open_: Open) -> None:
    bench = open_()
    fill(bench)
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW), run=False)
    bench.close()
    later = open_()
    assert later.experiment_progress(experiment.id).missing == 6
    assert len(later.resume_experiment(experiment.id)) == 6
    settle(later, experiment)
    assert later.resume_experiment(experiment.id) == []
    assert len(later.replay_report(experiment.id).answered) == 6


@pytest.mark.parametrize("stage", [Stage.RETIRED, Stage.DEPRECATED])
def test_the_successor_is_found_by_itself(stage: Stage, open_: Open) -> None:
    fill(open_())
    bench = open_(
        old=lambda model: replace(model, lifecycle=Lifecycle(stage, successor=NEW)),
    )
    plan = bench.plan_replay(model=OLD)
    assert plan.replay.new == NEW
    assert OLD in plan.note
    assert NEW in plan.note


def test_a_model_that_no_endpoint_serves_any_more(open_: Open, tmp_path: Path) -> None:
    fill(open_())
    gone = Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal", Script(models=("new",)))])
    with pytest.raises(RequestError, match="No model is known that follows fake/old"):
        gone.plan_replay(model=OLD)
    assert len(gone.plan_replay(model=OLD, on=NEW).planned.plan.cells) == 6


def test_what_the_successor_lacks_is_dropped_and_what_it_refuses_is_a_hole(open_: Open) -> None:
    bench = open_(new=wide_only)
    fill(bench, 1, aspect_ratio="16:9")
    fill(bench, 1, aspect_ratio="9:16")
    plan = bench.plan_replay(model=OLD, on=NEW)
    assert dict(plan.dropped) == {"resolution": 6}
    (why,) = plan.planned.plan.reasons
    assert "9:16" in why
    assert (len(plan.planned.plan.cells), len(plan.planned.plan.holes)) == (3, 3)
    experiment = bench.start_replay(plan)
    settle(bench, experiment)
    report = bench.replay_report(experiment.id)
    assert (len(report.pairs), len(report.answered), report.holes) == (6, 3, 3)
    assert {p.old.request.settings["aspect_ratio"] for p in report.answered if p.old} == {"16:9"}
    changed = bench.plan_replay(model=OLD, on=NEW, settings={"aspect_ratio": "16:9"})
    assert len(changed.planned.plan.cells) == 6


def test_seeds_become_takes_where_the_successor_has_none(open_: Open) -> None:
    bench = open_(new=without_seed)
    fill(bench, 3)
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW))
    settle(bench, experiment)
    takes = Counter((run.request.prompt, run.request.take) for run in bench.runs(model=NEW))
    assert set(takes) == {(prompt, take) for prompt in PROMPTS for take in (1, 2, 3)}
    pairs = bench.replay_report(experiment.id).answered
    assert len(pairs) == 9
    assert all(p.old and p.new and p.old.request.prompt == p.new.request.prompt for p in pairs)


def test_negative_prompts_are_folded_on_request_and_unfolded_where_there_is_room(open_: Open) -> None:
    bench = open_(new=without_negative)
    asked = bench.request("A lion", negative_prompt="rain {x}", model=OLD, seed=1)
    bench.wait([bench.submit(asked)], timeout_s=60, progress_bar=False)
    (why,) = bench.plan_replay(model=OLD, on=NEW).planned.plan.reasons
    assert "no negative prompt" in why
    plan = bench.plan_replay(model=OLD, on=NEW, fold_negative_prompt=True)
    settle(bench, bench.start_replay(plan))
    (folded,) = bench.runs(model=NEW)
    assert folded.request.prompt == "A lion\n\nAvoid: rain {x}"
    back = bench.plan_replay(model=NEW, on=OLD)
    (cell,) = back.planned.plan.cells
    assert (cell.request.prompt, cell.request.negative_prompt) == ("A lion", "rain {x}")


def test_files_go_along(open_: Open, tmp_path: Path) -> None:
    from PIL import Image

    bench = open_()
    pictures = []
    for colour in ("red", "blue"):
        pictures.append(tmp_path / f"{colour}.png")
        Image.new("RGB", (320, 180), colour).save(pictures[-1])
    given: list[Path | None] = [*pictures, None]
    asked = [bench.request("A lion", model=OLD, seed=1, first_frame=one) for one in given]
    ids = bench.submit_many(asked)
    bench.wait(ids, timeout_s=60, progress_bar=False)
    clip = bench.request("On it goes", model=OLD, seed=1, extend=bench.run(ids[0]))
    bench.wait([bench.submit(clip)], timeout_s=60, progress_bar=False)
    settle(bench, bench.start_replay(bench.plan_replay(model=OLD, on=NEW)))
    new = sorted(bench.runs(model=NEW), key=lambda run: run.rowid)
    assert [run.request.inputs for run in new] == [one.inputs for one in (*asked, clip)]
    (longer,) = [run for run in new if run.request.inputs_as(Role.SOURCE_CLIP)]
    assert (longer.origin.parent_id, longer.origin.parenthood) == (ids[0], Parenthood.EXTENSION)


def test_which_runs_are_a_suite(open_: Open) -> None:
    bench = open_(Script(outcome="failed"))
    fill(bench, 1)
    with pytest.raises(RequestError, match="Nothing in this suite succeeded"):
        bench.plan_replay(model=OLD, on=NEW)
    bench.close()
    bench = open_()
    ids = fill(bench, 1)
    again = bench.submit(bench.run(ids[0]).request)
    unseeded = [replace(bench.run(ids[0]).request, seed=None, prompt="Twice")] * 2
    (other,) = bench.submit_many([bench.request("A fox", model=NEW, seed=1)])
    bench.wait([again, other, *bench.submit_many(unseeded)], timeout_s=60, progress_bar=False)
    plan = bench.plan_replay(model=OLD, on=NEW)
    assert dict(plan.replay.passed_over) == {Status.FAILED: 3}
    assert plan.replay.sources[:3] == tuple(ids)
    assert len(plan.replay.sources) == 5
    assert list(plan.left_out.values()) == [1], "the same request with the same seed is asked once"
    assert bench.plan_replay(ids[:2], on=NEW).replay.sources == tuple(ids[:2])
    bench.delete(ids[:1])
    assert bench.plan_replay(ids[:2], on=NEW).replay.sources == (ids[1],)
    for wrong, why in (
        ({}, "needs a suite"),
        ({"runs": bench.runs(), "on": NEW}, "several models: fake/old \\(\\d\\), fake/new \\(1\\)"),
        ({"model": OLD, "on": OLD}, "can't be replayed on itself"),
        ({"experiment": "NONE"}, "no experiment"),
    ):
        with pytest.raises(RequestError, match=why):
            bench.plan_replay(**wrong)  # type: ignore[arg-type]


def test_the_cap_and_the_successor_being_what_was_planned(open_: Open) -> None:
    bench = open_()
    fill(bench, 1)
    plan = bench.plan_replay(model=OLD, on=NEW)
    with pytest.raises(BudgetExceeded):
        bench.start_replay(plan, cap_usd=0.5)
    assert list(bench.runs(model=NEW)) == []
    assert bench.experiments() == []


def measured(bench: Workbench, values: dict[str, dict[str, float]]) -> None:
    """As if these had been measured: run id → metric → value."""
    for run_id, told in values.items():
        due = Due(bench.run(run_id).rowid, run_id, 0, 1)
        metrics = [
            Metric(name, value, METRICS[name].unit, METRICS[name].version) for name, value in told.items()
        ]
        bench.store.metrics.keep(due, metrics, Strip(), EDITION, bench.clock.now())


def test_what_got_better_and_worse(open_: Open) -> None:
    bench = open_()
    ids = fill(bench, 8)
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW))
    settle(bench, experiment)
    pairs = bench.replay_report(experiment.id).answered
    assert [pair.old.id for pair in pairs if pair.old] == ids
    values: dict[str, dict[str, float]] = {}
    for n, pair in enumerate(pairs[:-1]):
        assert pair.old and pair.new
        old = {"sharpness": 100, "flicker": 1, "motion": 1, "duration_off": -2, "exposure": 0.5, "fps_off": 0}
        values[pair.old.id] = old
        values[pair.new.id] = {
            "sharpness": 110 + n,
            "flicker": 2 + n,
            "motion": 2 + n,
            "duration_off": 1,
            "exposure": 0.5 + (0.1 if n % 2 else -0.1),
            "fps_off": 0,
        }
    measured(bench, values)
    report = bench.replay_report(experiment.id)
    told = {one.name: one for one in report.changes}
    assert {name: one.verdict for name, one in told.items() if name not in ("latency_s", "cost_usd")} == {
        "sharpness": Verdict.BETTER,
        "flicker": Verdict.WORSE,
        "motion": Verdict.HIGHER,
        "duration_off": Verdict.BETTER,  # nearer to what was asked
        "exposure": Verdict.OPEN,
        "fps_off": Verdict.SAME,
    }
    sharp, flicker = told["sharpness"], told["flicker"]
    assert (sharp.better, sharp.worse, sharp.best, sharp.worst) == (23, 0, pairs[22], None)
    assert (flicker.better, flicker.worse, flicker.best, flicker.worst) == (0, 23, None, pairs[22])
    assert (sharp.shift.old, sharp.shift.new, sharp.shift.change) == (100, 121, 21)
    assert told["motion"].better is None
    assert told["cost_usd"].shift.pairs == 24
    assert told["cost_usd"].verdict is Verdict.SAME
    assert set(report.unmeasured) == {run.id for run in (pairs[-1].old, pairs[-1].new) if run}
    for part in (
        "24 of 24",
        "Better: ",
        "Sharpness (in 23 of 23)",
        "Worse: ",
        "Flicker (in 23 of 23)",
        "Motion (higher in 23",
    ):
        assert part in report.sentence
    record = json.loads(json.dumps(replay_record(report)))
    assert record["sentence"] == report.sentence
    assert [one["verdict"] for one in record["changes"]] == [one.verdict.value for one in report.changes]
    assert len(record["pairs"]) == 24


def test_runs_that_failed_are_counted_and_not_compared(open_: Open) -> None:
    fill(open_())
    bench = open_(Script(filtered=1))
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW))
    settle(bench, experiment)
    report = bench.replay_report(experiment.id)
    assert dict(report.counts) == {Status.FILTERED: 6}
    assert (report.answered, report.changes) == ((), ())
    assert "0 of 6 requests have a new clip, 6 filtered. There is nothing to compare" in report.sentence
    with pytest.raises(RequestError, match="No request has both"):
        bench.replay_review(experiment.id)
    bench.close()
    later = open_()
    later.retry_failed(experiment.id)
    settle(later, experiment)
    assert len(later.replay_report(experiment.id).answered) == 6


def test_the_blind_review_shows_the_two_clips_of_a_request_and_ranks_the_models(open_: Open) -> None:
    bench = open_()
    fill(bench)
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW))
    settle(bench, experiment)
    pairs = bench.replay_report(experiment.id).answered
    review = bench.replay_review(experiment.id)
    assert bench.replay_review(experiment.id).id == review.id
    wanted = {frozenset({pair.old.id, pair.new.id}) for pair in pairs if pair.old and pair.new}
    shown = []
    while found := bench.asked(review.id, "Ana").pairs:
        pair = found[0]
        sides = [review.clips[place].run_id for place in (pair.left, pair.right)]
        models = [bench.run(run_id).request.model for run_id in sides]
        bench.vote(pair.id, "Ana", "left" if models[0] == NEW else "right")
        if not pair.repeat_of:
            shown.append(frozenset(sides))
    assert Counter(shown) == dict.fromkeys(wanted, 1)
    report = bench.replay_report(experiment.id)
    assert report.review and report.ranked
    assert report.review.id == review.id
    assert report.ranked.ranking.votes == 6
    best = report.ranked.ranking.standings[0].arm
    assert report.ranked.arm(best).request.model == NEW
    bench.delete_review(review.id)
    assert bench.replay_report(experiment.id).review is None
    assert bench.replay_review(experiment.id).id != review.id


def test_only_a_replay_has_a_report(open_: Open) -> None:
    bench = open_()
    sample = bench.store.experiments.create("No replay", "", {}, bench.clock.now())
    assert bench.replay_of(sample.id) is None
    with pytest.raises(RequestError, match="no replay"):
        bench.replay_report(sample.id)


def test_added_seeds_have_no_pair(open_: Open) -> None:
    bench = open_()
    fill(bench)
    experiment = bench.start_replay(bench.plan_replay(model=OLD, on=NEW))
    bench.add_seeds(experiment.id, 1)
    settle(bench, experiment)
    assert len(list(bench.runs(model=NEW))) == 9
    assert len(bench.replay_report(experiment.id).pairs) == 6


def test_the_embedded_engine_as_the_one_that_follows(tmp_path: Path) -> None:
    settings = load(tmp_path / "log")
    served = Served(tmp_path / "journal", old=in_small, new=in_small)
    bench = Workbench(settings=settings, providers=[*find_providers(settings), served])
    old = bench.submit(bench.request("A lion walks at dawn", model=OLD, seed=1, resolution="360p"))
    bench.wait([old], timeout_s=60, progress_bar=False)
    plan = bench.plan_replay([old], on="animatic/preview")
    assert dict(plan.dropped) == {"samples": 1}
    assert plan.planned.cost_micros == 0
    experiment = bench.start_replay(plan)
    ids = [run.id for run in bench.runs(experiment=experiment.id)]
    bench.wait(ids, timeout_s=300, progress_bar=False)
    bench.measure([old, *ids])
    report = bench.replay_report(experiment.id)
    assert (len(report.answered), report.unmeasured) == (1, ())
    sharp = next(one for one in report.changes if one.name == "sharpness")
    assert sharp.shift.new == bench.metrics(ids[0]).value("sharpness")  # type: ignore[union-attr]
    assert sharp.verdict is Verdict.OPEN, "one pair settles nothing"


def test_runs_told_by_their_ids_are_read_many_at_a_time(open_: Open) -> None:
    bench = open_()
    ids = fill(bench, seeds=8)
    statements: list[int] = []
    for suite in (ids[:6], ids):
        seen: list[str] = []
        bench.store.db.read().set_trace_callback(seen.append)
        plan = bench.plan_replay(runs=suite, on=NEW)
        bench.store.db.read().set_trace_callback(None)
        assert len(plan.planned.plan.cells) == len(suite)
        statements.append(len(seen))
    assert statements[0] == statements[1]
