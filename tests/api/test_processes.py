"""One folder, several threads, processes and workbenches: nothing hangs, leaks or is sent twice."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.providers.fake import Fake, Script
from workbench.store.db import WAL_LEFT_BYTES

ROOT = Path(__file__).parents[2]
PROMPT = "A lion walks through tall grass at dawn"
HEAD = """
import sys, threading
from pathlib import Path
from workbench.api import Workbench
from workbench.providers.fake import Fake, Script

folder = Path(sys.argv[1])

def opened(latency_s, app=False):
    provider = Fake(folder / "journal", Script(latency_s=latency_s))
    return Workbench(folder / "log", providers=[provider], app=app)
"""


def opened(folder: Path, script: Script | None = None) -> Workbench:
    return Workbench(folder / "log", providers=[Fake(folder / "journal", script)])


def accepted(folder: Path) -> list[str]:
    return Fake(folder / "journal").accepted()


def python(folder: Path, script: str) -> subprocess.Popen[str]:
    code = HEAD + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, folder],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def runners() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "runner"}


def test_several_threads_share_one_workbench_and_its_one_runner(tmp_path: Path) -> None:
    with opened(tmp_path, Script(latency_s=0.1)) as bench, ThreadPoolExecutor(8) as pool:
        before = runners()
        futures = [pool.submit(bench.generate, PROMPT, model="fake/clip") for _ in range(8)]
        runs = [future.result(30) for future in futures]
        assert len(runners() - before) == 1
    assert {run.status for run in runs} == {Status.SUCCEEDED}
    assert sorted(accepted(tmp_path)) == sorted(run.id for run in runs)
    assert runners() <= before


def test_twenty_at_once_in_one_loop(tmp_path: Path) -> None:
    async def all_of_them(bench: Workbench) -> set[str]:
        runs = await asyncio.gather(*(bench.agenerate(PROMPT, model="fake/clip") for _ in range(20)))
        assert {run.status for run in runs} == {Status.SUCCEEDED}
        return {run.id for run in runs}

    with opened(tmp_path, Script(latency_s=0.2)) as bench:
        assert asyncio.run(all_of_them(bench)) == set(accepted(tmp_path))
    assert len(accepted(tmp_path)) == 20


def test_a_workbench_within_another_on_the_same_folder(tmp_path: Path) -> None:
    before = runners()  # another test of this process may have left one that is still going out
    with opened(tmp_path) as outer:
        with opened(tmp_path) as inner:
            first = inner.generate(PROMPT, model="fake/clip")
        assert outer.run(first.id).status is Status.SUCCEEDED
        with outer:
            outer.generate(PROMPT, model="fake/clip")
        assert outer.generate(PROMPT, model="fake/clip").status is Status.SUCCEEDED
    assert runners() <= before


def _generate_in_child(bench: Workbench, told: multiprocessing.Queue[str]) -> None:
    told.put(bench.generate(PROMPT, model="fake/clip", timeout_s=20).id)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_works_with_connections_and_a_runner_of_its_own(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[str] = context.Queue()
    with opened(tmp_path) as bench:
        mine = bench.generate(PROMPT, model="fake/clip")
        children = [context.Process(target=_generate_in_child, args=(bench, told)) for _ in range(2)]
        for child in children:
            child.start()
        theirs = [told.get(timeout=30) for _ in children]
        for child in children:
            child.join(30)
            assert child.exitcode == 0
        again = bench.generate(PROMPT, model="fake/clip")
        assert sorted(accepted(tmp_path)) == sorted([mine.id, *theirs, again.id])
        assert bench.store.db.read().execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_an_interrupt_while_waiting_leaves_the_run_to_be_collected(tmp_path: Path) -> None:
    process = python(
        tmp_path,
        """
        bench = opened(1.5)
        run_id = bench.submit(bench.request("x", model="fake/clip"))
        print(run_id, flush=True)
        bench.wait([run_id], progress_bar=False)
        """,
    )
    assert process.stdout
    run_id = process.stdout.readline().strip()
    with opened(tmp_path, Script(latency_s=1.5)) as bench:
        while bench.run(run_id).status is not Status.GENERATING:
            bench.clock.pause(0.02)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
        assert complaint.rstrip().endswith("KeyboardInterrupt")
        row = bench.store.db.read().execute("SELECT lease_owner FROM runs").fetchone()
        assert row[0] is None, "it was let go of at the interpreter's end"
        assert bench.resume() == [run_id]
        [run] = bench.wait([run_id], timeout_s=20, progress_bar=False)
        assert run.status is Status.SUCCEEDED
    assert accepted(tmp_path) == [run_id]


def test_a_workbench_that_nobody_closes_ends_in_order(tmp_path: Path) -> None:
    process = python(
        tmp_path,
        """
        bench = opened(0.05)
        bench.submit_many(bench.request("x", model="fake/clip", seed=1).takes(12))
        threading.Event().wait(0.6)  # some are done, some are on their way
        """,
    )
    out, complaint = process.communicate(timeout=20)
    assert (process.returncode, out, complaint) == (0, "", "")
    with opened(tmp_path, Script(latency_s=0.05)) as bench:
        assert not [run for run in bench.runs() if run.status is Status.UNCERTAIN]
        bench.wait(bench.resume(), timeout_s=20, progress_bar=False)
        assert {run.status for run in bench.runs()} == {Status.SUCCEEDED}
    assert len(accepted(tmp_path)) == len(set(accepted(tmp_path))) == 12


def test_a_waiting_caller_takes_over_from_an_app_that_was_killed(tmp_path: Path) -> None:
    app = python(tmp_path, "opened(2.0, app=True).runner(); threading.Event().wait()")
    with opened(tmp_path, Script(latency_s=2.0)) as bench:
        while not bench.store.runners.app_serves(Fake.account, bench.clock.now()):
            bench.clock.pause(0.02)
        run_id = bench.submit(bench.request(PROMPT, model="fake/clip"))
        while bench.run(run_id).status is not Status.GENERATING:
            bench.clock.pause(0.02)
        assert bench._runner is None
        os.kill(app.pid, signal.SIGKILL)
        app.communicate(timeout=10)
        [run] = bench.wait([run_id], timeout_s=20, progress_bar=False)
        assert run.status is Status.SUCCEEDED
    assert accepted(tmp_path) == [run_id]


def test_four_processes_write_for_seconds_and_none_is_locked_out(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        script = """
        import json, os, time
        begun, written, slowest = time.monotonic(), 0, 0.0
        bench = opened(0)
        while time.monotonic() - begun < 2:
            before = time.monotonic()
            bench.store.drafts.save(f"{os.getpid()}/{written}", {"x": "x" * 2_000}, bench.clock.now())
            written, slowest = written + 1, max(slowest, time.monotonic() - before)
        print(json.dumps([written, slowest]))
        """
        processes = [python(tmp_path, script) for _ in range(4)]
        told = []
        for process in processes:
            out, complaint = process.communicate(timeout=30)
            assert process.returncode == 0, complaint
            told.append(json.loads(out))
        kept = bench.store.db.read().execute("SELECT count(*) FROM drafts").fetchone()[0]
        assert kept == sum(written for written, _ in told) > 100
        assert max(slowest for _, slowest in told) < 10
        for number in range(3):  # as soon as it is quiet, the journal begins anew
            bench.store.drafts.save("quiet", {"n": number}, bench.clock.now())
        assert (tmp_path / "log" / "workbench.db-wal").stat().st_size <= WAL_LEFT_BYTES
