"""Each way a run can go, against the scripted provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runner.bench import Bench, running
from tests.store.test_runs import new, request
from workbench.domain.errors import FailureReason
from workbench.domain.run import Charge, Status
from workbench.providers.fake import Script
from workbench.runner.clock import SystemClock


def test_a_run_becomes_a_stored_clip(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=0.1, clips=2)) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert [clip.index for clip in run.clips] == [0, 1]
        for clip in run.clips:
            assert clip.path.stat().st_size == clip.media.size_bytes
            assert clip.poster and bench.files.path(clip.poster).exists()
            assert clip.last_frame and bench.files.path(clip.last_frame).exists()
        assert run.latency_s and run.latency_s >= 0.1
        assert run.charge is Charge.YES
        assert bench.fake.accepted() == [run.id]
        assert not list((tmp_path / "media" / "incoming").iterdir()), "nothing half-fetched is left"


@pytest.mark.parametrize(
    ("script", "status", "failure", "charge"),
    [
        (Script(submit_errors=("Rejected",)), Status.FAILED, FailureReason.SAFETY, Charge.NONE),
        (Script(submit_errors=("OutcomeUnknown",)), Status.UNCERTAIN, None, Charge.MAYBE),
        (Script(outcome="failed"), Status.FAILED, FailureReason.PROVIDER, Charge.MAYBE),
        (Script(outcome="nothing"), Status.FAILED, FailureReason.PROVIDER, Charge.MAYBE),
        (Script(clips=2, filtered=2), Status.FILTERED, None, Charge.YES),
        (Script(poll_errors=("OperationGone",) * 3), Status.EXPIRED, None, Charge.MAYBE),
        (Script(fetch_errors=("OperationGone",) * 3), Status.EXPIRED, None, Charge.YES),
        (Script(broken_clip=True), Status.FAILED, FailureReason.UNUSABLE_CLIP, Charge.YES),
    ],
)
def test_what_goes_wrong_ends_where_the_table_says(
    tmp_path: Path, script: Script, status: Status, failure: FailureReason | None, charge: Charge
) -> None:
    with running(tmp_path, script) as bench:
        run = bench.settle(*bench.log())
        assert (run.status, run.failure, run.charge) == (status, failure, charge)
        assert run.outcome


def test_a_refusal_before_acceptance_is_sent_again(tmp_path: Path) -> None:
    with running(tmp_path, Script(submit_errors=("NotAccepted", "NotAccepted"))) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert bench.fake.accepted() == [run.id]
        outcomes = [attempt["outcome"] for attempt in bench.store.ledger.attempts(run.id)]
        assert outcomes == ["not accepted", "not accepted", "accepted"]


def test_trouble_while_polling_or_fetching_is_waited_out(tmp_path: Path) -> None:
    script = Script(poll_errors=("Unavailable",), fetch_errors=("Unavailable",))
    with running(tmp_path, script) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        steps = [attempt["step"] for attempt in bench.store.ledger.attempts(run.id)]
        assert steps == ["submit", "poll", "fetch"]


@pytest.mark.parametrize(
    "script", [Script(poll_errors=("OperationGone",) * 2), Script(fetch_errors=("OperationGone",) * 2)]
)
def test_a_provider_that_has_not_heard_of_an_operation_yet_is_asked_again(
    tmp_path: Path, script: Script
) -> None:
    with running(tmp_path, script) as bench:
        (run_id,) = bench.log()
        doubted = bench.until(run_id, lambda run: run.progress_note)
        assert "it is tried again" in doubted.outcome
        assert bench.settle(run_id).status is Status.SUCCEEDED


def test_a_lapsed_key_blocks_and_then_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, Script(poll_errors=("AuthLapsed",))) as bench:
        (run_id,) = bench.log()
        blocked = bench.until(run_id, lambda run: run.blocked_reason)
        assert blocked.status is Status.GENERATING
        assert "key has run out" in blocked.blocked_reason
        run = bench.settle(run_id)
        assert (run.status, run.blocked_reason) == (Status.SUCCEEDED, "")


def test_part_of_the_clips_taken_is_still_a_success(tmp_path: Path) -> None:
    with running(tmp_path, Script(clips=3, filtered=1)) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert (len(run.clips), len(run.filtered)) == (2, 1)
        assert "1 more was taken" in run.outcome


def test_cancelling_while_it_generates(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=30.0, can_cancel=True)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.GENERATING)
        bench.store.ledger.request_cancel(run_id, bench.store.runs.get(run_id).created_at)
        assert bench.settle(run_id).status is Status.CANCELLED


def test_cancelling_what_the_provider_can_not_stop_still_collects_it(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=0.5)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.GENERATING)
        bench.store.ledger.request_cancel(run_id, bench.store.runs.get(run_id).created_at)
        run = bench.settle(run_id)
        assert (run.status, run.unwanted, run.charge) == (Status.SUCCEEDED, True, Charge.YES)


def test_an_uncertain_run_sent_again_knowingly_is_a_second_attempt(tmp_path: Path) -> None:
    with running(tmp_path, Script(submit_errors=("OutcomeUnknown",))) as bench:
        (run_id,) = bench.log()
        assert bench.settle(run_id).status is Status.UNCERTAIN
        bench.store.ledger.send_again(run_id, SystemClock().now())
        assert bench.settle(run_id).status is Status.SUCCEEDED
        outcomes = [attempt["outcome"] for attempt in bench.store.ledger.attempts(run_id)]
        assert outcomes == ["unknown", "accepted"]


def test_no_more_than_the_account_allows_at_once(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=0.15, at_once=2)) as bench:
        ids = bench.log(*[new(request(seed=n)) for n in range(6)])
        runs = [bench.settle(run_id) for run_id in ids]
    assert {run.status for run in runs} == {Status.SUCCEEDED}
    moments = [(run.accepted_at, +1) for run in runs] + [(run.ready_at, -1) for run in runs]
    open_now, most = 0, 0
    for _, change in sorted(moments, key=lambda m: (m[0], m[1])):  # type: ignore[arg-type,return-value]
        open_now += change
        most = max(most, open_now)
    assert most == 2


def test_stopping_in_the_middle_of_a_submit_writes_down_what_came_back(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=60.0, submit_s=0.6)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: bench.fake.accepted())
        bench.runner.stop()
        run = bench.store.runs.get(run_id)
        assert run.status is Status.GENERATING
        assert run.operation["id"]


def test_a_stopped_runner_s_work_is_taken_up_at_once_by_the_next(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=0.6)) as first:
        (run_id,) = first.log()
        first.until(run_id, lambda run: run.status is Status.GENERATING)
    with running(tmp_path, Script(latency_s=0.6)) as second:
        assert second.settle(run_id, within_s=5.0).status is Status.SUCCEEDED
        assert second.fake.accepted() == [run_id]


def test_a_caller_s_runner_takes_only_what_it_was_told(tmp_path: Path) -> None:
    from workbench.runner.runner import Runner

    bench = Bench(tmp_path, Script())
    mine, other = bench.log(new(request(seed=1)), new(request(seed=2)))
    caller = Runner(bench.store, bench.files, [bench.fake], kind="caller")
    caller.start()
    caller.adopt([mine])
    try:
        assert bench.settle(mine).status is Status.SUCCEEDED
        assert bench.store.runs.get(other).status is Status.QUEUED
    finally:
        caller.stop()
