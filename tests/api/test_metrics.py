"""What pages and notebooks ask of what was measured."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.test_measuring import hands, wait_until
from workbench.api import LoggedRun, Workbench
from workbench.api.current import current, use
from workbench.api.metrics import METRICS, MeasuredNow
from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.metric import MetricRange
from workbench.domain.query import RunFilter
from workbench.domain.run import Origin
from workbench.settings import Settings

PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}
PROMPTS = (
    "a lake at dawn, slow pan left",
    "a lake at dawn, fast pan right",
    "a desert at night, static shot",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three runs, the first one made twice, measured."""
    folder = tmp_path_factory.mktemp("made")
    with Workbench(settings=Settings(folder)) as bench:
        lakes = Origin(experiment_id=bench.store.experiments.create("Lakes", "", {}, bench.clock.now()).id)
        asked = [bench.request(prompt, seed=3, **PLAN) for prompt in (*PROMPTS, PROMPTS[0])]
        bench.wait(bench.submit_many(asked, [lakes, lakes, Origin(), lakes]), progress_bar=False)
        assert bench.unmeasured() == 4
        assert bench.measure() == 4
    return folder


@pytest.fixture
def bench(made: Path, tmp_path: Path) -> Iterator[Workbench]:
    shutil.copytree(made, tmp_path / "log")
    with Workbench(settings=Settings(tmp_path / "log")) as bench:
        yield bench


def runs(bench: Workbench) -> list[LoggedRun]:
    return list(bench.runs())[::-1]


def test_the_values_of_a_run(bench: Workbench) -> None:
    left, right, still, _ = runs(bench)
    for run, pan in ((left, -1), (right, 1), (still.id, 0)):
        found = bench.metrics(run)
        assert found is not None
        assert set(found.metrics) == set(METRICS)
        assert (found.value("camera_adherence") or 0) > 0.7
        assert ((found.value("camera_pan") or 0) > 0.005) == (pan > 0)
        assert ((found.value("camera_pan") or 0) < -0.005) == (pan < 0)
        assert found.strip.motion and found.strip.brightness
    assert bench.metrics(left, clip=1) is None
    assert set(bench.metrics_of([left.id, right.id])) == {(left.id, 0), (right.id, 0)}
    with pytest.raises(UnknownRun):
        bench.metrics("01NOSUCH")


def test_runs_in_the_order_of_a_metric(bench: Workbench) -> None:
    left, right, still, again = runs(bench)
    page = bench.ranked("camera_pan", limit=2)
    assert [run.id for run, _ in page.runs] == [right.id, still.id]
    rest = bench.ranked("camera_pan", after=page.next)
    assert ([run.id for run, _ in rest.runs], rest.next) == ([again.id, left.id], None)
    upwards = bench.ranked("camera_pan", descending=False).runs
    assert [value for _, value in upwards] == sorted(value for _, value in upwards)
    within = bench.ranked(MetricRange("camera_pan", most=-0.005), RunFilter(text="lake")).runs
    assert {run.id for run, _ in within} == {left.id, again.id}
    with pytest.raises(RequestError, match="no metric 'beauty'"):
        bench.ranked("beauty")


def test_near_duplicates_are_found(bench: Workbench) -> None:
    left, right, still, again = runs(bench)
    (pair,) = bench.near_duplicates([left, still, again])
    assert (pair.one, pair.other, pair.bits) == ((left.id, 0), (again.id, 0), 0)
    assert bench.near_duplicates([left, right.id, still, again])[0] == pair
    assert bench.near_duplicates([still]) == bench.near_duplicates([]) == []
    assert bench.near_duplicates(experiment="01NOSUCH") == []


def test_near_duplicates_of_an_experiment(bench: Workbench) -> None:
    left, *_, again = runs(bench)
    (experiment,) = {run.origin.experiment_id for run in runs(bench)[:2]}
    (pair,) = [pair for pair in bench.near_duplicates(experiment=str(experiment)) if not pair.bits]
    assert (pair.one[0], pair.other[0]) == (left.id, again.id)


def test_measuring_anew_and_telling(bench: Workbench) -> None:
    left = runs(bench)[0]
    assert bench.measure() == bench.measure([left]) == 0
    told: list[MeasuredNow] = []
    assert bench.measure([left], recompute=True, on_measured=told.append) == 1
    assert [(now.run_id, now.position, now.fault) for now in told] == [(left.id, 0, "")]
    bench.store.db.read().execute("UPDATE measured SET edition = 1")
    found = bench.metrics(left)
    assert found is not None and not found.is_current
    assert bench.measure() == 4
    assert bench.unmeasured() == 0


def test_the_app_measures_what_comes_by_itself(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bench.settings.data
    bench.store.metrics.queue_again()
    bench.close()
    monkeypatch.setenv("WORKBENCH_DATA", str(folder))
    app = current()
    try:
        wait_until(lambda: app.unmeasured() == 0)
        run = app.generate("a lake at dusk", **PLAN)
        wait_until(lambda: app.metrics(run) is not None)
    finally:
        use(None)
    assert hands() == []


def test_a_table_with_what_was_measured(bench: Workbench) -> None:
    plain = bench.runs().to_dataframe()
    some = bench.runs().to_dataframe(metrics=["sharpness", "motion"])
    assert list(some.columns) == [*plain.columns, "sharpness", "motion"]
    for run_id, sharp in zip(some["id"], some["sharpness"], strict=True):
        assert sharp == (bench.metrics(run_id) or pytest.fail()).value("sharpness")
    assert not set(METRICS) & set(plain.columns)
    assert list(bench.runs().to_dataframe(metrics=True).columns) == [*plain.columns, *METRICS]
    assert bench.runs().to_dataframe(metrics=True)["loudness"].isna().all(), "without sound"
    assert str(bench.runs("nothing at all").to_dataframe(metrics=["motion"])["motion"].dtype) == "Float64"
    with pytest.raises(RequestError, match=r"There is no metric 'score'\. Allowed: width_off"):
        bench.runs().to_dataframe(metrics=["score"])
