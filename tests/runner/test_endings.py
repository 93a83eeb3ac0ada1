"""Processes that end while a paid request is out: what comes back is kept."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.runner.bench import Bench, running
from workbench import settings
from workbench.api import Workbench
from workbench.domain.run import Json, Status
from workbench.emulators.faults import Fault, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import Emulator
from workbench.emulators.videos import VideosEmulator
from workbench.providers.base import Submission
from workbench.providers.fake import Script
from workbench.runner.clock import SystemClock
from workbench.store.ledger import Ledger

SCRIPT = """
import sys
from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.runner.clock import SystemClock

bench = Workbench()
run_id = bench.submit(bench.request("A lighthouse", model=sys.argv[1]))
while bench.run(run_id).status is Status.QUEUED:
    SystemClock().pause(0.01)
SystemClock().pause(float(sys.argv[2]))
"""

HELD_SCRIPT = """
import asyncio, atexit, sys, threading
from importlib import import_module
from workbench.api import Workbench

bench, asked, ending = Workbench(), threading.Event(), threading.Event()
bench.runner()
atexit.register(ending.set)  # called before what the workbench has registered, after what an SDK will
client, call = getattr(import_module(sys.argv[2]), sys.argv[3]), sys.argv[4]
send = getattr(client, call)

async def held(*arguments, **named):
    asked.set()
    while not ending.is_set():
        await asyncio.sleep(0.01)
    return await send(*arguments, **named)

setattr(client, call, held)
bench.submit(bench.request("A lighthouse", model=sys.argv[1]))
asked.wait(50)
"""


@pytest.mark.parametrize("before_the_end_s", ["0", "1.5"], ids=["request not built", "answer not read"])
@pytest.mark.parametrize(
    ("kind", "model"),
    [(ImagesEmulator, "openai/gpt-image-2"), (InteractionsEmulator, "gemini/gemini-omni-1.2-flash")],
)
def test_a_script_that_ends_while_its_request_is_out_keeps_what_comes_back(
    tmp_path: Path, kind: type[Emulator], model: str, before_the_end_s: str
) -> None:
    """It closes nothing: the interpreter has shut every pool of threads by the time the answer comes."""
    with kind([Fault(Step.CREATE, "slow_headers", value="2")], operation_s=0.1) as emulator:
        environ = {**os.environ, "WORKBENCH_DATA": str(tmp_path), **emulator.settings()}
        command = [sys.executable, "-c", SCRIPT, model, before_the_end_s]
        done = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        with Workbench(settings=settings.load(tmp_path, environ)) as bench:
            (run,) = bench.runs()
            assert run.status is Status.GENERATING, run.outcome
            bench.resume()
            assert bench.wait([run.id], timeout_s=30)[0].status is Status.SUCCEEDED
        assert emulator.book.prompts() == ["A lighthouse"]


@pytest.mark.parametrize(
    ("kind", "model", "sends"),
    [
        (
            InteractionsEmulator,
            "gemini/gemini-omni-1.2-flash",
            "google.genai._gaos.basesdk AsyncBaseSDK do_request_async",
        ),
        (ImagesEmulator, "openai/gpt-image-2", "openai AsyncOpenAI request"),
        (VideosEmulator, "openai-videos/wan2.2-t2v", "aiohttp ClientSession _request"),
    ],
    ids=["gemini", "openai", "aiohttp"],
)
def test_a_request_that_leaves_while_the_interpreter_ends_finds_its_client_open(
    tmp_path: Path, kind: type[Emulator], model: str, sends: str
) -> None:
    """An SDK closes its clients as soon as the interpreter ends, the one of a request to come among them."""
    with kind(operation_s=0.1) as emulator:
        environ = {**os.environ, "WORKBENCH_DATA": str(tmp_path), **emulator.settings()}
        command = [sys.executable, "-c", HELD_SCRIPT, model, *sends.split()]
        done = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        with Workbench(settings=settings.load(tmp_path, environ)) as bench:
            (run,) = bench.runs()
        assert run.status is Status.GENERATING, run.outcome
        assert emulator.book.prompts() == ["A lighthouse"]


def test_a_picture_that_came_inside_the_answer_waits_for_room(tmp_path: Path) -> None:
    """It is paid for and nobody gives it a second time."""
    (tmp_path / "spool").write_text("in the way")
    with (
        ImagesEmulator() as emulator,
        Workbench(settings=settings.load(tmp_path, emulator.settings())) as bench,
    ):
        run_id = bench.submit(bench.request("A lighthouse", model="openai/gpt-image-2"))
        while not bench.run(run_id).blocked_reason:
            bench.clock.pause(0.02)
        run = bench.run(run_id)
        assert run.status is Status.SUBMITTING
        assert "made the picture and may have charged it, but it can't be kept" in run.outcome
        (tmp_path / "spool").unlink()
        run = bench.wait([run_id], timeout_s=20, progress_bar=False)[0]
        assert (run.status, run.blocked_reason) == (Status.SUCCEEDED, "")
        assert emulator.book.prompts() == ["A lighthouse"]


def test_an_operation_that_a_newer_workbench_keeps_out_of_the_log_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An update while a request is out: the newer one finds the run uncertain, and needs the name."""
    with running(tmp_path, Script(submit_s=0.5)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: bench.fake.accepted())
        bench.store.db.read().execute("PRAGMA user_version = 99")
        while f"workbench settle {run_id} --operation '" not in caplog.text:
            bench.runner.wake()
            SystemClock().pause(0.05)
    (accepted,) = (json.loads(line) for line in (tmp_path / "accepted.journal").open())
    assert accepted["id"] in caplog.text


def test_a_stop_between_the_log_and_the_request_leaves_the_run_in_the_queue(tmp_path: Path) -> None:
    """Nothing has left: nobody needs to look for it at the provider's."""
    bench = Bench(tmp_path, Script())
    stopping, begun = threading.Thread(target=bench.runner.stop), threading.Event()

    class Slow(Ledger):
        def begin_submit(self, *arguments: object) -> str | None:
            attempt = super().begin_submit(*arguments)  # type: ignore[arg-type]
            stopping.start()  # from here: the loop rests between two looks just now
            begun.set()
            SystemClock().pause(1.0)
            return attempt

    bench.store.ledger.__class__ = Slow
    (run_id,) = bench.log()
    bench.runner.start()
    bench.until(run_id, lambda run: run.status is Status.SUBMITTING)
    assert begun.wait(30)
    stopping.join(30)
    run = bench.store.runs.get(run_id)
    assert (run.status, run.charge.value, bench.fake.accepted()) == (Status.QUEUED, "none", [])
    assert [a["outcome"] for a in bench.store.ledger.attempts(run_id)] == ["not accepted"]
    bench.store.close()


def test_a_stop_waits_for_the_answer_of_what_has_left(tmp_path: Path) -> None:
    bench, left = Bench(tmp_path, Script()), threading.Event()
    submit = bench.fake.submit

    async def slow(submission: Submission) -> Json:
        left.set()
        await asyncio.sleep(0.5)
        return await submit(submission)

    bench.fake.submit = slow  # type: ignore[method-assign]
    (run_id,) = bench.log()
    bench.runner.start()
    assert left.wait(10)
    bench.runner.stop()
    assert bench.store.runs.get(run_id).status is Status.GENERATING
    assert bench.fake.accepted() == [run_id]
    bench.store.close()
