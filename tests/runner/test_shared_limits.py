"""Limits and pauses are the folder's: two processes that claim at the same time keep them together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.runner.bench import Bench
from tests.store.test_runs import new, request
from workbench.domain.run import Status
from workbench.providers.fake import Script
from workbench.runner.clock import SystemClock

ROOT = Path(__file__).parents[2]
RUNNER = """
import json, sys
from pathlib import Path
from tests.runner.bench import running
from workbench.providers.fake import Script
from workbench.runner.clock import SystemClock

with running(Path(sys.argv[1]), Script(**json.loads(sys.argv[2]))) as bench:
    print("up", flush=True)
    SystemClock().pause(float(sys.argv[3]))
"""


def two_processes(folder: Path, script: dict[str, object], seconds: float) -> None:
    arguments = [sys.executable, "-c", RUNNER, str(folder), json.dumps(script), str(seconds)]
    processes = [
        subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        out, complaint = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "up\n"), complaint


def logged(folder: Path, count: int) -> tuple[Bench, list[str]]:
    bench = Bench(folder, Script())
    return bench, bench.log(*[new(request(seed=n)) for n in range(count)])


def test_two_processes_share_the_requests_a_minute(tmp_path: Path) -> None:
    bench, ids = logged(tmp_path, 12)
    two_processes(tmp_path, {"a_minute": 5, "latency_s": 0.1}, 2.0)
    assert sorted(bench.fake.accepted()) == sorted(ids[:5])
    assert [bench.store.runs.get(run_id).status for run_id in ids[5:]] == [Status.QUEUED] * 7


def test_two_processes_share_the_operations_at_once_of_a_model(tmp_path: Path) -> None:
    bench, ids = logged(tmp_path, 8)
    two_processes(tmp_path, {"model_at_once": 2, "latency_s": 0.3}, 3.0)
    runs = [run for run in bench.store.runs.get_many(ids) if run.status is Status.SUCCEEDED]
    assert len(runs) >= 4
    assert len(set(bench.fake.accepted())) == len(bench.fake.accepted())
    changes = [(run.submitted_at, +1) for run in runs] + [(run.ready_at, -1) for run in runs]
    open_now = 0
    for _, change in sorted(changes, key=lambda c: (c[0], c[1])):  # type: ignore[arg-type,return-value]
        open_now += change
        assert open_now <= 2


def test_two_processes_share_a_pause(tmp_path: Path) -> None:
    bench, ids = logged(tmp_path, 4)
    two_processes(tmp_path, {"submit_errors": ["NotAccepted:60"], "at_once": 1}, 1.5)
    assert bench.fake.accepted() == []
    # Each process has its own script, and so one refusal to give; the pause kept the second from asking.
    assert sum(len(bench.store.ledger.attempts(run_id)) for run_id in ids) == 1
    assert bench.store.ledger.claim("late", bench.fake.account, 9, SystemClock().now()) == []
