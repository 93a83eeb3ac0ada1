"""``kill -9`` before and after every step of a run: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.runner.killed import WATCHED
from tests.store.test_runs import new, request
from workbench.domain.run import Run, Status
from workbench.domain.times import now
from workbench.media.files import MediaFiles
from workbench.providers.fake import Fake
from workbench.store import Store

ROOT = Path(__file__).parents[2]


def drive(folder: Path, fatal: int) -> dict[str, object] | None:
    """One life of the process; ``None`` when it was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.runner.killed", folder, str(fatal)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode == -9:
        return None
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


def log_one(folder: Path) -> None:
    folder.mkdir()
    store, run = Store(folder), new(request())
    store.runs.insert([run], now())
    store.close()
    (folder / "run-id").write_text(run.id)


def die_and_come_back(folder: Path, fatal: int) -> tuple[str, Run, list[str], Path] | None:
    """``None`` when this life was over before that step: one poll fewer than in the life counted."""
    log_one(folder)
    if drive(folder, fatal) is not None:
        return None
    assert drive(folder, 0) is not None
    store = Store(folder)
    run = store.runs.get((folder / "run-id").read_text())
    return (folder / "killed-at").read_text(), run, Fake(folder / "accepted.journal").accepted(), folder


def test_kill_at_every_step(tmp_path: Path) -> None:
    log_one(tmp_path / "whole")
    whole = drive(tmp_path / "whole", 0)
    assert whole and whole["status"] == "succeeded"
    steps = range(1, int(str(whole["steps"])) + 1)
    with ThreadPoolExecutor(2) as pool:
        tried = list(pool.map(lambda n: die_and_come_back(tmp_path / str(n), n), steps))
    lives = [life for life in tried if life]
    died_at = {name for name, *_ in lives}
    assert died_at == {f"{side} {step}" for side in ("before", "after") for step in WATCHED}
    for name, run, accepted, folder in lives:
        assert len(accepted) <= 1, f"{name}: paid twice"
        paid_but_unknown = name in ("after begin_submit", "before submit", "after submit", "before accepted")
        if paid_but_unknown:
            assert run.status is Status.UNCERTAIN, f"{name}: {run.outcome}"
            assert "may have been charged" in run.outcome
        else:
            assert run.status is Status.SUCCEEDED, f"{name}: {run.outcome}"
            assert len(run.clips) == 2
            assert accepted == [run.id]
        files = MediaFiles(folder / "media")
        for clip in run.clips:
            assert files.verify(clip.media.sha256), f"{name}: a row without its file"
