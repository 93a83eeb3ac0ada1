"""Runs in a store of MLflow's, read with MLflow's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as Tracked

from tests.media.footage import write_clip
from workbench.api import Workbench, mlflow_store
from workbench.api.mlflow_store import EXPERIMENT, RUN_TAG
from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.metric import Metric, Strip
from workbench.domain.query import RunFilter
from workbench.domain.run import Origin, Parenthood, Run
from workbench.domain.times import now
from workbench.media.metrics.about import EDITION, METRICS
from workbench.providers.fake import Fake, Script


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")]) as bench:
        yield bench


def tracked(uri: str) -> dict[str, Tracked]:
    """By our id; each is there once."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment
    found = client.search_runs([experiment.experiment_id])
    by_id = {run.data.tags[RUN_TAG]: run for run in found}
    assert len(by_id) == len(found)
    return by_id


def files(uri: str, run: Tracked) -> set[str]:
    client = MlflowClient(uri)
    return {
        file.path
        for folder in client.list_artifacts(run.info.run_id)
        for file in client.list_artifacts(run.info.run_id, folder.path)
    }


def measure(bench: Workbench, run: Run, sharpness: float) -> None:
    due = next(
        due for due in bench.store.metrics.claim(9, "t", lambda _: True, now()) if due.run_id == run.id
    )
    value = Metric("sharpness", sharpness, "levels²", METRICS["sharpness"].version)
    bench.store.metrics.keep(due, [value], Strip(), EDITION, now())


def test_a_run_is_what_the_client_reads(bench: Workbench, tmp_path: Path) -> None:
    experiment = bench.store.experiments.create("Foxes", "", {}, now())
    parent = bench.generate("A fox", model="fake/clip", seed=1)
    request = bench.request("A fox – “slow”", negative_prompt="text", model="fake/clip", seed=7, duration_s=6)
    origin = Origin(parent.id, Parenthood.VARIANT, experiment.id, "A fox – {pace}", {"pace": "“slow”"})
    run_id = bench.submit(request, origin=origin)
    bench.wait([run_id], progress_bar=False)
    run = bench.run(run_id)
    bench.rate(run.id, {"motion": 4}, person="Ada")
    measure(bench, run, 123.5)
    run = bench.run(run_id)

    done = bench.export_mlflow(tmp_path / "mlflow", RunFilter())
    assert (done.new, done.changed, done.unchanged, done.open_runs, done.missing) == (2, 0, 0, 0, 0)
    found = tracked(done.uri)[run.id]
    settings = {name: str(value) for name, value in run.request.settings.items()}
    assert settings["duration_s"] == "6"
    assert found.data.params == settings | {
        "model": "fake/clip",
        "prompt": "A fox – “slow”",
        "negative_prompt": "text",
        "seed": "7",
        "take": str(run.request.take),
        "slot.pace": "“slow”",
    }
    assert run.estimate_micros
    assert found.data.metrics == {
        "queue_s": run.queue_s,
        "latency_s": run.latency_s,
        "download_s": run.download_s,
        "estimate_usd": run.estimate_micros / 1e6,
        "rating": 4.0,
        "sharpness": 123.5,
    } | ({} if run.billed_micros is None else {"billed_usd": run.billed_micros / 1e6})
    tags = {name: value for name, value in found.data.tags.items() if name.startswith("workbench.")}
    assert tags == {
        RUN_TAG: run.id,
        "workbench.status": "succeeded",
        "workbench.kind": "video",
        "workbench.charge": str(run.charge),
        "workbench.emulated": "False",
        "workbench.parent": parent.id,
        "workbench.parenthood": "variant",
        "workbench.experiment_id": experiment.id,
        "workbench.experiment": "Foxes",
        "workbench.media": "2 files",
    }
    assert run.submitted_at and run.finished_at
    assert found.info.start_time == round(run.submitted_at.timestamp() * 1000)
    assert found.info.end_time == round(run.finished_at.timestamp() * 1000)
    assert (found.info.status, found.info.run_name) == ("FINISHED", run.id)
    assert run.clip and run.clip.poster
    assert files(done.uri, found) == {
        f"clips/{run.clip.path.name}",
        f"posters/{bench.path(run.clip.poster).name}",
    }
    copied = MlflowClient(done.uri).download_artifacts(found.info.run_id, f"clips/{run.clip.path.name}")
    assert Path(copied).read_bytes() == run.clip.path.read_bytes()


def test_twice_is_once_and_what_came_since_is_added(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (bench.generate(f"Fox {n}", model="fake/clip") for n in range(2))
    bench.rate(first.id, {"motion": 5}, person="Ada")
    folder = tmp_path / "mlflow"
    done = bench.export_mlflow(folder, [first.id], media=False, costs=False)
    (found,) = tracked(done.uri).values()
    assert not {"estimate_usd", "billed_usd"} & set(found.data.metrics)
    assert "workbench.charge" not in found.data.tags
    assert files(done.uri, found) == set()

    bench.rate(first.id, {"motion": 1}, person="Ada")
    done = bench.export_mlflow(folder, [first.id, second.id], media=False)
    assert (done.new, done.changed, done.unchanged) == (1, 1, 0)
    assert tracked(done.uri)[first.id].data.metrics["rating"] == 1.0
    assert "estimate_usd" in tracked(done.uri)[first.id].data.metrics

    monkeypatch.setattr(mlflow_store, "AT_A_TIME", 1)
    seen: list[tuple[int, int]] = []
    done = bench.export_mlflow(folder, RunFilter(), on_progress=lambda *at: seen.append(at))
    assert (done.new, done.changed, done.unchanged, seen) == (0, 2, 0, [(1, 2), (2, 2)])
    assert all(len(files(done.uri, run)) == 2 for run in tracked(done.uri).values())
    before = {run_id: run.to_dictionary() for run_id, run in tracked(done.uri).items()}
    done = bench.export_mlflow(folder, RunFilter())
    assert (done.new, done.changed, done.unchanged) == (0, 0, 2)
    assert {run_id: run.to_dictionary() for run_id, run in tracked(done.uri).items()} == before

    client, gone = MlflowClient(done.uri), tracked(done.uri)[first.id].info.run_id
    client.delete_run(gone)
    assert bench.export_mlflow(folder, RunFilter()).unchanged == 2
    assert set(tracked(done.uri)) == {second.id}


@pytest.mark.parametrize("step", ["log_batch", "log_artifact", "set_tag", "set_terminated"])
def test_what_was_broken_off_is_gone_on_with(
    bench: Workbench, store: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench.generate("A fox", model="fake/clip")
    with monkeypatch.context() as patch:

        def breaks(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(MlflowClient, step, breaks)
        with pytest.raises(KeyboardInterrupt):
            bench.export_mlflow(store, [run.id])
    done = bench.export_mlflow(store, [run.id, run.id[:20]])
    assert (done.new, done.changed, done.unchanged) == (1, 0, 0)
    found = tracked(done.uri)[run.id]
    assert (found.info.status, found.data.params["prompt"]) == ("FINISHED", "A fox")
    assert found.data.metrics["latency_s"] == run.latency_s
    assert len(files(done.uri, found)) == 2
    assert bench.export_mlflow(store, [run.id]).unchanged == 1


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making one takes seconds; each test logs runs of its own into it."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        (Script(), "FINISHED", "succeeded"),
        (Script(outcome="failed"), "FAILED", "failed"),
        (Script(filtered=1), "FAILED", "filtered"),
    ],
)
def test_how_it_ended_is_told_and_what_has_not_is_left_out(
    tmp_path: Path, store: Path, script: Script, status: str, told: str
) -> None:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "one", script)]) as bench:
        ended = bench.submit(bench.request("A fox", model="fake/clip"))
        bench.wait([ended], progress_bar=False)
    slow = Fake(tmp_path / "other", Script(latency_s=3_600))
    with Workbench(tmp_path / "log", providers=[slow]) as bench:
        opened = bench.submit(bench.request("A fox", model="fake/clip"))
        done = bench.export_mlflow(store, RunFilter())
    assert (done.new, done.open_runs) == (1, 1)
    found = tracked(done.uri)
    assert opened not in found
    assert (found[ended].info.status, found[ended].data.tags["workbench.status"]) == (status, told)


def test_a_clip_that_is_gone_and_a_prompt_that_is_too_long(
    bench: Workbench, tmp_path: Path, store: Path
) -> None:
    write_clip(tmp_path / "clip.mp4")
    run = bench.take_clip_in(tmp_path / "clip.mp4", prompt="word " * 1_500).run
    assert run.clip
    run.clip.path.unlink()
    done = bench.export_mlflow(store, [run.id])
    assert (done.new, done.missing) == (1, 1)
    found = tracked(done.uri)[run.id]
    assert found.data.params["prompt"] == ("word " * 1_500)[:6_000]
    assert {Path(file).parent.name for file in files(done.uri, found)} == {"posters"}
    assert bench.export_mlflow(store, [run.id]).unchanged == 1


def test_two_exports_into_one_folder_follow_each_other(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_store, "PATIENCE_S", 0.1)
    store = tmp_path / "m"
    met: list[str] = []

    def meanwhile(seen: int, of: int) -> None:
        with pytest.raises(RequestError, match="another export into it may be going on") as told:
            bench.export_mlflow(store, RunFilter(), media=False)
        met.append(str(told.value))

    bench.generate("A lion", model="fake/clip")
    first = bench.export_mlflow(store, RunFilter(), media=False, on_progress=meanwhile)
    assert met
    assert first.new == 1
    again = bench.export_mlflow(store, RunFilter(), media=False)
    assert (again.new, again.changed, again.unchanged) == (0, 0, first.new)


def test_what_can_not_be_is_told(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    taken.write_text("no folder")
    with pytest.raises(RequestError, match="taken can't be used"):
        bench.export_mlflow(taken, RunFilter())
    with pytest.raises(UnknownRun):
        bench.export_mlflow(tmp_path / "m", ["01NONE"])
    (tmp_path / "no_store").mkdir()
    (tmp_path / "no_store" / "mlflow.db").write_text("no database at all, but longer than a header is")
    with pytest.raises(RequestError, match="MLflow can't use"):
        bench.export_mlflow(tmp_path / "no_store", RunFilter())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"pip install 'video-prompt-workbench\[mlflow\]'"):
        bench.export_mlflow(tmp_path / "m", RunFilter())
