"""Clocks that jump, leases that are stolen, disks that fill, accounts and models that go away."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.disks import on_small_disk
from tests.runner.bench import Bench, running
from tests.store.test_runs import new, request
from workbench.domain.errors import FolderFull
from workbench.domain.run import Charge, Json, Status
from workbench.providers.base import Submission
from workbench.providers.fake import Fake, Script
from workbench.runner.clock import SystemClock
from workbench.runner.runner import Runner
from workbench.store import Store

HOUR = timedelta(hours=1)


class Jumping(SystemClock):
    """The system's clock, put forward or back while everything runs."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_jumps_in_the_middle_of_a_submit_changes_nothing(
    tmp_path: Path, jump: timedelta
) -> None:
    clock = Jumping()
    with running(tmp_path, Script(submit_s=1.0, latency_s=1.5), clock=clock) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: bench.fake.accepted())
        clock.by = jump  # the lease has run out, or seems to last for ever
        run = bench.settle(run_id, within_s=6.0)
        assert run.status is Status.SUCCEEDED
        assert bench.fake.accepted() == [run_id]
        assert [a["outcome"] for a in bench.store.ledger.attempts(run_id)] == ["accepted"]
        (second,) = bench.log()
        assert bench.settle(second, within_s=6.0).status is Status.SUCCEEDED


def test_an_answer_that_comes_after_the_lease_was_lost_is_kept(tmp_path: Path) -> None:
    """One process is asleep while its request is out; another calls the run uncertain; the first wakes."""
    with running(tmp_path, Script(submit_s=1.0, latency_s=1.2)) as asleep:
        (run_id,) = asleep.log()
        asleep.until(run_id, lambda run: asleep.fake.accepted())
        store = Store(tmp_path)
        later = SystemClock().now() + HOUR
        (stolen,) = store.ledger.claim("other", Fake.account, 9, later)
        store.ledger.uncertain(stolen, None, "nobody knows", later)
        assert asleep.store.runs.get(run_id).status is Status.UNCERTAIN
        run = asleep.until(run_id, lambda run: run.status is Status.SUCCEEDED)
        assert asleep.fake.accepted() == [run_id]
        assert run.operation["id"]
        store.close()


def test_two_runners_of_one_account_share_its_limit_and_send_nothing_twice(tmp_path: Path) -> None:
    script = Script(latency_s=0.2, at_once=2)
    with running(tmp_path, script) as one, running(tmp_path, script) as two:
        ids = one.log(*[new(request(seed=n)) for n in range(8)])
        two.runner.wake()
        runs = [two.settle(run_id) for run_id in ids]
        assert {run.status for run in runs} == {Status.SUCCEEDED}
        assert sorted(one.fake.accepted()) == sorted(ids)
    moments = [(run.accepted_at, +1) for run in runs] + [(run.ready_at, -1) for run in runs]
    open_now = 0
    for _, change in sorted(moments, key=lambda m: (m[0], m[1])):  # type: ignore[arg-type,return-value]
        open_now += change
        assert open_now <= 2


def test_a_full_disk_does_not_cost_the_operation_that_is_paid_for(tmp_path: Path) -> None:
    printed = on_small_disk(
        """
        import pathlib, sys
        from tests.runner.bench import running
        from workbench.domain.errors import FolderFull
        from workbench.domain.times import now, to_text
        from workbench.providers.fake import Script
        from workbench.runner.clock import SystemClock

        folder = pathlib.Path(sys.argv[1])
        with running(folder, Script(submit_s=1.0)) as bench:
            [run_id] = bench.log()
            bench.until(run_id, lambda run: bench.fake.accepted())
            try:
                with open(folder / "filler", "wb", buffering=0) as filler:
                    while True:
                        filler.write(b"x" * 512)
            except OSError:
                pass
            try:  # whatever room the log had left
                while True:
                    bench.store.drafts.save(to_text(now()), {"x": "x" * 9_000}, now())
            except FolderFull:
                pass
            SystemClock().pause(1.5)
            print(bench.store.runs.get(run_id).status)
            (folder / "filler").unlink()
            run = bench.settle(run_id)
            print(run.status, len(bench.fake.accepted()))
        """,
        tmp_path,
        size="4m",
    )
    assert "submitting\nsucceeded 1" in printed


def test_a_run_whose_account_is_gone_waits_and_says_why(tmp_path: Path) -> None:
    with running(tmp_path) as bench:
        queued, done = new(account="veo:somebody"), new()
        bench.log(queued, done)
        run = bench.until(queued.id, lambda run: run.blocked_reason)
        assert run.status is Status.QUEUED
        assert "the account veo:somebody is not set up here" in run.outcome
        assert bench.settle(done.id).status is Status.SUCCEEDED
        assert bench.store.ledger.request_cancel(queued.id, run.created_at) is Status.CANCELLED


def test_a_run_that_waited_for_its_account_goes_on_when_it_is_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Script())
    (run_id,) = bench.log()
    bench.store.runners.strand(["veo:other"], SystemClock().now())
    assert bench.store.runs.get(run_id).blocked_reason
    bench.store.runners.strand([Fake.account], SystemClock().now())
    assert not bench.store.runs.get(run_id).blocked_reason
    bench.store.runners.strand(["veo:other"], SystemClock().now())
    bench.runner.start()
    run = bench.settle(run_id)
    assert (run.status, run.blocked_reason) == (Status.SUCCEEDED, "")
    bench.runner.stop()


def test_a_queued_run_whose_model_is_gone_waits_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as bench:
        (run_id,) = bench.log(new(request(model="fake/withdrawn")))
        run = bench.until(run_id, lambda run: run.blocked_reason)
        assert (run.status, bench.fake.accepted()) == (Status.QUEUED, [])
        assert run.blocked_reason == "fake no longer offers the model fake/withdrawn"
        assert not caplog.records


def test_a_run_that_can_not_be_reached_can_be_given_up(tmp_path: Path) -> None:
    script = Script(poll_errors=("Unavailable",) * 99, can_cancel=True)
    with running(tmp_path, script) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.GENERATING)
        bench.store.ledger.request_cancel(run_id, SystemClock().now())
        assert bench.settle(run_id).status is Status.CANCELLED


def test_cancelling_a_run_that_was_refused_ends_it_at_its_next_answer(tmp_path: Path) -> None:
    with running(tmp_path, Script(submit_errors=("NotAccepted",))) as bench:
        release = threading.Event()
        submit = bench.fake.submit

        async def slow(submission: Submission) -> Json:
            await asyncio.to_thread(release.wait, 10)
            return await submit(submission)

        bench.fake.submit = slow  # type: ignore[method-assign]
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.SUBMITTING)
        bench.store.ledger.request_cancel(run_id, SystemClock().now())
        release.set()
        run = bench.settle(run_id)
        assert (run.status, run.charge, bench.fake.accepted()) == (Status.CANCELLED, Charge.NONE, [])


def test_one_cause_is_complained_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    runner: Runner = Bench(tmp_path, Script()).runner
    for _ in range(3):
        runner._complain("looking for work", FolderFull("The disk is full."))
    assert [record.getMessage() for record in caplog.records] == ["looking for work: The disk is full."]


def test_an_app_that_was_seen_in_the_future_does_not_serve(tmp_path: Path) -> None:
    store = Store(tmp_path)
    now = SystemClock().now()
    store.runners.seen("app", "app", [Fake.account], 1, now + HOUR)
    assert not store.runners.app_serves(Fake.account, now)
    store.runners.seen("app", "app", [Fake.account], 1, now)
    assert store.runners.app_serves(Fake.account, now)
