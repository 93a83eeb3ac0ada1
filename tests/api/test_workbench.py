"""The façade over a real folder, the scripted provider and its own runner."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from tests.media.footage import write_clip
from workbench.api import LoggedRun, Workbench
from workbench.api.record import record
from workbench.domain.errors import (
    BadMedia,
    BudgetExceeded,
    InvalidRequest,
    RequestError,
    RunFailed,
    UnknownModel,
    UnknownRun,
)
from workbench.domain.media import Role
from workbench.domain.run import Parenthood, Status
from workbench.providers.fake import Fake, Script
from workbench.settings import load

ROOT = Path(__file__).parents[2]
PROMPT = "A lion walks through tall grass at dawn"
Open = Callable[..., Workbench]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens workbenches on one folder; their fake provider's journal is shared, as a service would be."""
    benches: list[Workbench] = []

    def open_one(script: Script | None = None, **environ: str) -> Workbench:
        app = bool(environ.pop("app", ""))
        fake = Fake(tmp_path / "fake.journal", script)
        settings = load(tmp_path / "log", environ)
        benches.append(Workbench(settings=settings, providers=[fake], app=app))
        return benches[-1]

    yield open_one
    for bench in benches:
        bench.close()


def generate(bench: Workbench, prompt: str = PROMPT, **request: Any) -> LoggedRun:
    return bench.generate(prompt, model="fake/clip", **request)


def accepted(bench: Workbench) -> list[str]:
    [fake] = bench.endpoints()
    assert isinstance(fake, Fake)
    return fake.accepted()


# Making runs


def test_generate_gives_a_run_with_a_real_clip_that_shows_itself(opened: Open) -> None:
    told: list[str] = []
    bench = opened(Script(latency_s=0.3))
    run = generate(
        bench, negative_prompt="text", seed=7, duration_s=6, on_progress=lambda p: told.append(str(p))
    )
    assert run.status is Status.SUCCEEDED
    assert run.clips[0].path.read_bytes()[4:8] == b"ftyp"
    assert run.latency_s and run.latency_s >= 0.3
    assert (run.request.seed, run.request.settings["duration_s"]) == (7, 6)
    assert any("generating" in line for line in told)
    assert told[-1].endswith("succeeded")
    shown = run._repr_html_()
    assert "<video" in shown
    assert "data:video/mp4;base64," in shown
    assert PROMPT in shown
    assert bench.run(run.id[:-2].lower() + run.id[-2:]) == run
    json.dumps(record(run, bench.path))


def test_a_prompt_is_text_and_never_markup(opened: Open) -> None:
    run = generate(opened(), prompt="<script>alert(1)</script> & a lion")
    assert "<script>" not in run._repr_html_()


def test_agenerate_leaves_the_loop_free(opened: Open) -> None:
    bench = opened(Script(latency_s=0.4))

    async def both() -> tuple[LoggedRun, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.02)
                ticks += 1

        ticking = asyncio.create_task(tick())
        run = await bench.agenerate(PROMPT, model="fake/clip")
        ticking.cancel()
        return run, ticks

    run, ticks = asyncio.run(both())
    assert run.status is Status.SUCCEEDED
    assert ticks >= 5


def test_submit_many_returns_at_once_and_wait_gives_all_of_them_back(opened: Open) -> None:
    bench = opened(Script(latency_s=0.3, fetch_errors=("Rejected",)))
    requests = bench.request(PROMPT, model="fake/clip", seed=2**32 - 1).takes(3)
    begun = time.monotonic()
    ids = bench.submit_many(requests)
    assert time.monotonic() - begun < 0.3
    runs = bench.wait(ids, progress_bar=False)
    assert [run.id for run in runs] == ids == sorted(ids)
    assert [run.request.seed for run in runs] == [2**32 - 1, 0, 1]
    assert sorted(run.status for run in runs) == ["failed", "succeeded", "succeeded"]
    assert len({run.request.arm_hash for run in runs}) == 1
    assert bench.wait([], progress_bar=False) == []


def test_a_seed_is_drawn_where_none_is_given_so_that_the_log_can_name_it(opened: Open) -> None:
    bench = opened()
    seeds = {bench.request(PROMPT, model="fake/clip").seed for _ in range(5)}
    assert None not in seeds
    assert len(seeds) == 5


@pytest.mark.parametrize("step", ["generate", "agenerate"])
def test_no_clip_in_time_is_told_and_the_run_goes_on(opened: Open, step: str) -> None:
    bench = opened(Script(latency_s=1.0))
    with pytest.raises(TimeoutError, match="goes on") as caught:
        if step == "generate":
            generate(bench, timeout_s=0.2)
        else:
            asyncio.run(bench.agenerate(PROMPT, model="fake/clip", timeout_s=0.2))
    [run] = bench.wait([caught.value.args[1]], progress_bar=False)
    assert run.status is Status.SUCCEEDED


def test_a_run_that_is_done_in_the_last_moment_is_no_timeout(opened: Open) -> None:
    bench = opened()
    run = generate(bench)
    assert bench.wait([run.id], timeout_s=0, progress_bar=False) == [run]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (Script(outcome="failed"), Status.FAILED),
        (Script(filtered=1), Status.FILTERED),
        (Script(submit_errors=("OutcomeUnknown",)), Status.UNCERTAIN),
        (Script(submit_errors=("Rejected",)), Status.FAILED),
    ],
)
def test_no_clip_at_all_raises_with_the_run(opened: Open, script: Script, status: Status) -> None:
    bench = opened(script)
    with pytest.raises(RunFailed) as caught:
        generate(bench)
    assert caught.value.run.status is status
    assert str(caught.value) == bench.run(caught.value.run.id).outcome


def test_the_same_again_is_a_new_run_unless_it_is_to_be_reused(opened: Open) -> None:
    bench = opened()
    first = generate(bench, seed=1)
    second = generate(bench, seed=1)
    assert second.id != first.id
    assert second.request.request_hash == first.request.request_hash
    assert [run.id for run in bench.repeats(first.request)] == [second.id, first.id]
    assert generate(bench, seed=1, on_repeat="reuse").id == second.id
    assert generate(bench, on_repeat="reuse").id == second.id  # any seed will do
    assert generate(bench, seed=2, on_repeat="reuse").id not in (first.id, second.id)
    assert len(accepted(bench)) == 3
    with pytest.raises(ValueError, match="takes 'run' or 'reuse'"):
        generate(bench, on_repeat="ask")


# What is refused, before anything is written


def untouched(bench: Workbench) -> bool:
    media = bench.settings.data / "media"
    return not list(bench.runs()) and not bench.store.media.newest() and not list(media.rglob("*.*"))


def test_every_fault_is_told_at_once(opened: Open) -> None:
    bench = opened()
    with pytest.raises(InvalidRequest) as caught:
        generate(bench, prompt=" ", seed=-1, duration_s=5, lens="85mm", resolution="8k")
    fields = [fault.field for fault in caught.value.faults]
    assert sorted(fields) == ["duration_s", "lens", "prompt", "resolution", "seed"]
    assert untouched(bench)


def test_a_good_picture_of_a_bad_request_is_not_stored(opened: Open, tmp_path: Path) -> None:
    bench = opened()
    Image.new("RGB", (64, 64)).save(tmp_path / "lion.png")
    with pytest.raises(InvalidRequest):
        generate(bench, first_frame=tmp_path / "lion.png", duration_s=5)
    assert untouched(bench)


def test_an_unknown_model_is_answered_with_the_known_ones(opened: Open) -> None:
    with pytest.raises(UnknownModel, match="serve: fake/clip"):
        opened().generate(PROMPT, model="veo/none")


def test_the_budget_lets_nothing_pass_or_all(opened: Open) -> None:
    bench = opened(WORKBENCH_BUDGET_USD="0.50")
    requests = bench.request(PROMPT, model="fake/clip", seed=1).takes(3)  # 20 cents each
    with pytest.raises(BudgetExceeded, match=r"about \$0\.60, but \$0\.00 of today's \$0\.50"):
        bench.submit_many(requests)
    assert list(bench.runs()) == []
    bench.wait(bench.submit_many(requests[:2]), progress_bar=False)
    with pytest.raises(BudgetExceeded, match=r"\$0\.40 of today's"):
        bench.submit(requests[2])
    assert len(accepted(bench)) == 2
    assert bench.spending() == 400_000


def test_what_cost_nothing_is_given_back_to_the_budget(opened: Open) -> None:
    bench = opened(Script(submit_errors=("Rejected",)), WORKBENCH_BUDGET_USD="0.20")
    with pytest.raises(RunFailed):
        generate(bench)
    assert bench.spending() == 0
    assert generate(bench).status is Status.SUCCEEDED
    assert bench.spending() == 200_000


def test_yesterdays_spending_is_no_matter_today(opened: Open) -> None:
    bench = opened()
    generate(bench)
    with sqlite3.connect(bench.settings.data / "workbench.db") as connection:
        connection.execute("UPDATE runs SET created_at = '2020-01-01T23:59:59.999Z'")
    assert bench.spending() == 0


# Input media


def test_pictures_come_as_path_text_bytes_or_pil_image_and_are_one_file(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = opened()
    path = tmp_path / "lion.png"
    Image.new("RGB", (96, 64), "orange").save(path)
    monkeypatch.chdir(tmp_path)
    sources = [path, "lion.png", path.read_bytes()]
    inputs = [bench.request(PROMPT, model="fake/clip", first_frame=s).inputs[0] for s in sources]
    assert len({i.media.sha256 for i in inputs}) == 1
    assert bench.path(inputs[0].media).is_file()
    drawn = bench.request(PROMPT, model="fake/clip", first_frame=Image.new("RGB", (96, 64))).inputs[0]
    assert (drawn.role, drawn.media.width, drawn.media.height) == (Role.FIRST_FRAME, 96, 64)
    again = bench.request(PROMPT, model="fake/clip", first_frame=drawn.media)
    assert again.inputs == (drawn,)


@pytest.mark.parametrize(
    ("source", "error", "why"),
    [
        ("none.png", BadMedia, "There is no file 'none.png'"),
        (b"text, no picture", BadMedia, "first frame"),
        (b"", BadMedia, "first frame"),
        (42, RequestError, "can't be a int"),
        ("http://127.0.0.1:8009/lion.png?key=secret", BadMedia, "inside a private network"),
    ],
)
def test_what_is_no_picture_is_told_in_one_sentence(
    opened: Open, source: object, error: type[Exception], why: str
) -> None:
    bench = opened()
    with pytest.raises(error, match=why) as caught:
        generate(bench, first_frame=source)
    assert "secret" not in str(caught.value)
    assert untouched(bench)


def test_a_clip_is_extended_by_run_by_id_and_by_file(opened: Open, tmp_path: Path) -> None:
    bench = opened()
    parent = generate(bench, seed=1)
    by_run = generate(bench, prompt="It runs", extend=parent)
    by_id = generate(bench, prompt="It runs", extend=parent.id)
    for child in (by_run, by_id):
        assert (child.origin.parent_id, child.origin.parenthood) == (parent.id, Parenthood.EXTENSION)
        assert child.request.inputs_as(Role.SOURCE_CLIP)[0].media == parent.clips[0].media
    by_clip = bench.request("It runs", model="fake/clip", extend=parent.clips[0])
    assert by_clip.inputs == by_run.request.inputs
    from_clip = bench.run(bench.submit(by_clip))
    assert (from_clip.origin.parent_id, from_clip.origin.parenthood) == (parent.id, Parenthood.EXTENSION)
    by_file = bench.request("It runs", model="fake/clip", extend=write_clip(tmp_path / "mine.mp4"))
    assert by_file.inputs[0].media.duration_s == pytest.approx(1.0)
    with pytest.raises(UnknownRun):
        generate(bench, extend="01ZZZZZZZZZZZZZZZZZZZZZZZZ")


def test_a_picture_may_be_the_last_one_of_an_earlier_run(opened: Open) -> None:
    bench = opened()
    parent = generate(bench)
    request = bench.request("It runs", model="fake/clip", first_frame=parent)
    assert request.inputs[0].media == parent.clips[0].last_frame


def test_a_run_without_a_clip_can_not_be_extended(opened: Open) -> None:
    bench = opened(Script(outcome="failed"))
    with pytest.raises(RunFailed) as caught:
        generate(bench)
    with pytest.raises(RequestError, match="has no clip to go on from"):
        generate(bench, extend=caught.value.run)


# Ending, keeping, forgetting


def test_cancelling_stops_what_runs_and_names_what_can_not_be(opened: Open) -> None:
    bench = opened(Script(latency_s=600, can_cancel=True))
    run_id = bench.submit(bench.request(PROMPT, model="fake/clip"))
    bench.cancel(run_id)
    [run] = bench.wait([run_id], timeout_s=10, progress_bar=False)
    assert run.status is Status.CANCELLED
    with pytest.raises(RequestError, match="nothing to cancel"):
        bench.cancel(run_id)
    with pytest.raises(UnknownRun):
        bench.cancel("01ZZ")


def test_a_rating_counts_once_a_person_and_shows_in_the_log(opened: Open) -> None:
    bench = opened()
    run = generate(bench)
    bench.rate(run.id, {"motion": 2, "audio": 4}, person="ada")
    bench.rate(run.id, {"motion": 5}, person="ada", comment="Seen again: better")
    assert bench.run(run.id).rating == pytest.approx(4.5)
    assert {r.criterion: r.score for r in bench.ratings(run.id)} == {"motion": 5, "audio": 4}
    assert [r.id for r in bench.runs(rating_least=4)] == [run.id]
    for scores in ({"motion": 6}, {"beauty": 3}, {"motion": 3, "beauty": 3}):
        with pytest.raises(RequestError, match="Allowed"):
            bench.rate(run.id, scores)
    assert bench.run(run.id).rating == pytest.approx(4.5)


def test_the_bin_gives_back_what_was_deleted_until_it_is_emptied(opened: Open) -> None:
    bench = opened()
    keep, drop = generate(bench, seed=1), generate(bench, seed=2)
    bench.delete([drop.id])
    assert [run.id for run in bench.runs()] == [keep.id]
    assert [run.id for run in bench.runs(deleted=True)] == [drop.id]
    bench.undelete([drop.id])
    assert len(list(bench.runs())) == 2

    bench.delete([drop.id])
    for clip in (keep.clips[0], drop.clips[0]):
        _age(bench, clip.path)
    bench.sweep()
    assert drop.clips[0].path.exists()  # 30 days have not passed
    bench.sweep(empty_bin=True)
    with pytest.raises(UnknownRun):
        bench.run(drop.id)
    assert keep.clips[0].path.exists()
    assert bench.counts() == {("fake/clip", Status.SUCCEEDED): 1}


def test_a_sweep_takes_what_no_row_knows_and_nothing_younger_than_an_hour(opened: Open) -> None:
    bench = opened()
    run = generate(bench)
    old, _ = bench.files.add_bytes(b"nobody's file", "video/mp4")
    young, _ = bench.files.add_bytes(b"still on its way", "video/mp4")
    _age(bench, bench.files.path(old, "video/mp4"))
    _age(bench, run.clips[0].path)
    assert bench.sweep().count == 1
    assert not bench.files.path(old, "video/mp4").exists()
    assert bench.files.path(young, "video/mp4").exists()
    assert run.clips[0].path.exists()


def _age(bench: Workbench, path: Path) -> None:
    two_hours_ago = time.time() - 7_200
    os.utime(path, (two_hours_ago, two_hours_ago))


# Tables


def test_an_empty_log_gives_an_empty_table_with_every_column(opened: Open) -> None:
    frame = opened().runs().to_dataframe()
    assert len(frame) == 0
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert str(frame["latency_s"].dtype) == "Float64"
    assert str(frame["message"].dtype).startswith("string")


def test_a_column_that_is_empty_early_and_text_late_keeps_its_text(opened: Open) -> None:
    bench = opened(Script(submit_errors=("Rejected",)))
    with pytest.raises(RunFailed):  # the oldest run is the last row
        generate(bench)
    ids = bench.submit_many(bench.request(PROMPT, model="fake/clip", seed=1).takes(4))
    bench.wait(ids, progress_bar=False)
    frame = bench.runs().to_dataframe()
    assert list(frame["status"]) == ["succeeded"] * 4 + ["failed"]
    assert frame["failure"].iloc[-1] == "safety"
    assert frame["failure"].iloc[:-1].isna().all()
    assert list(frame["seed"].iloc[:4]) == [4, 3, 2, 1]
    assert Path(frame["path"].iloc[0]).is_file()
    assert frame["created_at"].iloc[0] > pd.Timestamp.now(tz="UTC") - pd.Timedelta("1h")
    assert list(bench.runs(status="failed").to_dataframe()["failure"]) == ["safety"]
    assert "<table" in bench.runs()._repr_html_()


# More than one process on a folder

OTHER_PROCESS = """
import json, sys
from pathlib import Path
from workbench.api import Workbench
from workbench.providers.fake import Fake, Script

folder = Path(sys.argv[1])
with Workbench(folder / "log", providers=[Fake(folder / "fake.journal", Script(latency_s=0.2))]) as bench:
    requests = bench.request("From elsewhere", model="fake/clip", seed=1).takes(3)
    runs = bench.wait(bench.submit_many(requests), timeout_s=20, progress_bar=False)
    print(json.dumps({"statuses": [run.status for run in runs], "drove": bench._runner is not None}))
"""


@pytest.mark.parametrize("app_is_up", [True, False])
def test_another_process_leaves_the_work_to_the_app_and_does_it_itself_without_one(
    opened: Open, tmp_path: Path, app_is_up: bool
) -> None:
    bench = opened(Script(latency_s=0.2), app="yes" if app_is_up else "")
    if app_is_up:
        bench.runner()
        while not bench.store.runners.app_serves("fake:script", bench.clock.now()):
            bench.clock.pause(0.01)
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"statuses": ["succeeded"] * 3, "drove": not app_is_up}
    assert [run.status for run in bench.runs("elsewhere")] == ["succeeded"] * 3
    assert len(accepted(bench)) == 3


def test_what_one_process_left_open_the_next_one_takes_up(opened: Open) -> None:
    first = opened(Script(latency_s=0.8))
    run_id = first.submit(first.request(PROMPT, model="fake/clip"))
    while first.run(run_id).status is not Status.GENERATING:
        first.clock.pause(0.01)
    first.close()
    second = opened(Script(latency_s=0.8))
    assert second.run(run_id).status is Status.GENERATING
    assert second.resume() == [run_id]
    [run] = second.wait([run_id], timeout_s=20, progress_bar=False)
    assert run.status is Status.SUCCEEDED
    assert accepted(second) == [run_id]


def test_the_sample_experiment_is_six_valid_runs(tmp_path: Path) -> None:
    with Workbench(settings=load(tmp_path / "log", {})) as bench:
        experiment = bench.sample()
        runs = list(bench.runs(experiment=experiment.id))
        assert experiment.question.startswith("Does ")
        assert {(run.request.prompt, run.request.seed) for run in runs} == {
            (prompt, seed) for prompt in {r.request.prompt for r in runs} for seed in (1, 2, 3)
        }
        assert len(runs) == 6
        assert len({run.request.arm_hash for run in runs}) == 2
        for run in runs:
            if bench.run(run.id).status.is_busy:
                bench.cancel(run.id)
