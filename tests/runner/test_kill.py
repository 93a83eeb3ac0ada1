"""``kill -9`` before and after every step of a run: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.runner.killed import WATCHED, Life
from tests.store.test_runs import new, request
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Run, Status
from workbench.domain.times import now
from workbench.media.files import MediaFiles
from workbench.providers.animatic import Animatic
from workbench.providers.fake import Fake
from workbench.store import Store

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PAID_BUT_UNKNOWN = ("after begin_submit", "before submit", "after submit", "before accepted")


def live(lives: Sequence[Life]) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runner.killed"],
        input=json.dumps([asdict(life) for life in lives]).encode(),
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr.decode()
    ends: list[int] = json.loads(done.stdout)
    broken = [life for life, end in zip(lives, ends, strict=True) if end not in (0, -9)]
    assert not broken, f"{broken}\n{done.stderr.decode()}"
    return ends


def log_one(folder: Path, asked: GenerationRequest, account: str) -> str:
    folder.mkdir()
    store, run = Store(folder), new(asked, account=account)
    if account == Animatic.account:
        run = replace(run, estimate_micros=0)
    store.runs.insert([run], now())
    store.close()
    (folder / "run-id").write_text(run.id)
    return str(folder)


def read(life: Life) -> Run:
    """The run as the log holds it, its clips there byte for byte."""
    folder = Path(life.folder)
    store, files = Store(folder), MediaFiles(folder / "media")
    run = store.runs.get((folder / "run-id").read_text())
    for clip in run.clips:
        assert files.verify(clip.media.sha256), f"{life.point}: a row without its file"
    assert store.db.read().execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert store.db.read().execute("SELECT count(lease_owner) FROM runs").fetchone()[0] == 0
    store.close()
    return run


def test_kill_at_every_step(tmp_path: Path) -> None:
    points = [f"{side} {step}" for step in WATCHED for side in ("before", "after")]
    lives = [
        Life(log_one(tmp_path / point.replace(" ", "-"), request(), Fake.account), "fake", point)
        for point in points
    ]
    assert live(lives) == [-9] * len(lives)
    assert live([Life(life.folder, "fake") for life in lives]) == [0] * len(lives)
    for life in lives:
        run = read(life)
        accepted = Fake(Path(life.folder) / "accepted.journal").accepted()
        assert len(accepted) <= 1, f"{life.point}: paid twice"
        if life.point in PAID_BUT_UNKNOWN:
            assert run.status is Status.UNCERTAIN, f"{life.point}: {run.outcome}"
            assert "may have been charged" in run.outcome
        else:
            assert run.status is Status.SUCCEEDED, f"{life.point}: {run.outcome}"
            assert len(run.clips) == 2
            assert accepted == [run.id]


def test_kill_the_app_or_the_renderer_at_any_step_of_the_embedded_engine(tmp_path: Path) -> None:
    settings = immutabledict({"duration_s": 1, "aspect_ratio": "16:9", "generate_audio": False})
    asked = GenerationRequest(model="animatic/preview", prompt="Sea, pan left", settings=settings, seed=1)
    steps = ("begin_submit", "submit", "accepted", "poll", "ready", "fetch", "clip_stored", "forget", "end")
    deaths = [Life("", "animatic", f"after {step}") for step in steps]
    deaths += [Life("", "animatic", "after poll", count, worker=True) for count in (1, 2)]
    lives = [
        replace(life, folder=log_one(tmp_path / str(number), asked, Animatic.account))
        for number, life in enumerate(deaths)
    ]
    assert live(lives) == [0 if life.worker else -9 for life in lives]
    assert live([Life(life.folder, "animatic") for life in lives]) == [0] * len(lives)
    runs = [read(life) for life in lives]
    for life, run in zip(lives, runs, strict=True):
        assert run.status is Status.SUCCEEDED, f"{life.point}: {run.outcome}"
        assert not list((Path(life.folder) / "work").iterdir()), f"{life.point}: the job's folder is left"
    assert len({run.clips[0].media.sha256 for run in runs}) == 1, "every life ends with the same bytes"
