"""Refusals, hints, timeouts and retention: how long a runner waits, and what it says meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.runner.bench import Bench, running
from tests.runner.test_hard_times import Jumping
from tests.store.test_runs import new, request
from workbench.domain.errors import AuthLapsed, FailureReason, Rejected
from workbench.domain.run import Charge, Json, Run, Status
from workbench.providers.base import Fetched, Poll, RemoteClip, Running
from workbench.providers.fake import Fake, Script
from workbench.runner.clock import SystemClock
from workbench.runner.following import Told, is_news


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def steps(bench: Bench, run: Run) -> list[tuple[object, object]]:
    return [(attempt["step"], attempt["outcome"]) for attempt in bench.store.ledger.attempts(run.id)]


def test_after_a_429_nothing_goes_to_that_model_until_the_told_time(tmp_path: Path) -> None:
    script = Script(submit_errors=("NotAccepted:1.2",), at_once=1, models=("clip", "other"))
    with running(tmp_path, script) as bench:
        models = ("fake/clip", "fake/clip", "fake/other")
        refused, waiting, other = bench.log(*[new(request(model=m, seed=n)) for n, m in enumerate(models)])
        assert bench.settle(other).status is Status.SUCCEEDED
        assert bench.store.runs.get(waiting).status is Status.QUEUED
        runs = [bench.settle(run_id) for run_id in (refused, waiting)]
        assert {run.status for run in runs} == {Status.SUCCEEDED}
        told = bench.store.ledger.attempts(refused)[0]["ended_at"]
        for run in runs:
            assert run.submitted_at and run.submitted_at.isoformat() > str(told)
            assert run.queue_s and run.queue_s > 1.2
        assert bench.fake.accepted()[0] == other


def test_an_unreachable_host_is_tried_less_and_less_often(tmp_path: Path) -> None:
    clock = Jumping()
    with running(tmp_path, Script(submit_errors=("Unreachable",) * 99), clock=clock) as bench:
        (run_id,) = bench.log()
        for tries in range(1, 9):
            refused = [("submit", "not accepted")] * tries  # the pause has begun before the clock jumps
            bench.until(run_id, lambda run, r=refused: steps(bench, run) == r)
            clock.by += timedelta(seconds=61)
        bench.until(run_id, lambda run: run.status is Status.QUEUED)
        rows = bench.store.db.read().execute("SELECT tries FROM pauses").fetchall()
        assert rows[0][0] >= 8
        assert "can't be reached" in bench.store.runs.get(run_id).waits_for


def test_a_poll_that_is_told_to_wait_waits(tmp_path: Path) -> None:
    with running(tmp_path, Script(poll_errors=("Unavailable:2.2",))) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert run.latency_s and run.latency_s >= 2.2


def test_a_download_that_is_told_to_wait_waits(tmp_path: Path) -> None:
    with running(tmp_path, Script(fetch_errors=("Unavailable:2.2",))) as bench:
        run = bench.settle(*bench.log())
        assert run.download_s and run.download_s >= 2.2


def test_past_its_timeout_a_run_is_let_go_of_and_collected_later(tmp_path: Path) -> None:
    clock = Jumping()
    with running(tmp_path, Script(latency_s=2.0, timeout_s=0.5, at_once=1), clock=clock) as bench:
        slow, next_one = bench.log(*[new(request(seed=n)) for n in range(2)])
        run = bench.until(slow, lambda run: run.overdue)
        assert run.status is Status.GENERATING
        assert run.operation["id"]
        assert "`workbench resume`" in run.outcome
        bench.until(next_one, lambda run: run.accepted_at), "it makes room for the next"
        row = bench.store.db.read().execute("SELECT lease_owner FROM runs WHERE id = ?", [slow]).fetchone()
        assert row[0] is None
        SystemClock().pause(2.2)
        assert bench.store.runs.get(slow).status is Status.GENERATING, "nobody asks before its time"
        clock.by += timedelta(seconds=601)
        done = bench.settle(slow)
        assert (done.status, done.overdue) == (Status.SUCCEEDED, False)
        assert bench.fake.accepted() == [slow, next_one]


def test_who_looks_follows_an_overdue_run_closely_again(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=2.0, timeout_s=0.6)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.overdue)
        bench.fake.script = Script(latency_s=2.0, timeout_s=30.0)
        bench.store.ledger.hurry([run_id], SystemClock().now())
        bench.runner.wake()
        run = bench.settle(run_id, within_s=6.0)
        assert run.status is Status.SUCCEEDED
        assert run.followed_from


def test_an_overdue_run_that_is_cancelled_is_asked_about_at_once(tmp_path: Path) -> None:
    with running(tmp_path, Script(latency_s=60.0, timeout_s=0.3, can_cancel=True)) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.overdue)
        bench.store.ledger.request_cancel(run_id, SystemClock().now())
        assert bench.settle(run_id, within_s=5.0).status is Status.CANCELLED


def test_cancelling_does_not_wait_for_the_next_poll(tmp_path: Path) -> None:
    fake = Fake(tmp_path / "accepted.journal", Script(latency_s=90.0, can_cancel=True))
    fake.poll_every_s = 60.0
    with running(tmp_path, provider=fake) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.GENERATING)
        bench.store.ledger.request_cancel(run_id, SystemClock().now())
        assert bench.settle(run_id, within_s=5.0).status is Status.CANCELLED


def test_a_cancel_between_two_runners_is_seen_by_the_second_at_its_first_look(tmp_path: Path) -> None:
    fake = Fake(tmp_path / "accepted.journal", Script(latency_s=90.0, can_cancel=True))
    fake.poll_every_s = 60.0
    with running(tmp_path, provider=fake) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.status is Status.GENERATING)
    bench.store.ledger.request_cancel(run_id, SystemClock().now())
    with running(tmp_path, provider=fake) as bench:
        assert bench.settle(run_id, within_s=5.0).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("told", "said", "since_s", "expected"),
    [
        ((None, ""), Running(0.0), 0.0, True),
        ((0.5, ""), Running(None), 0.0, True),
        ((0.5, ""), Running(0.5, "in a queue"), 0.0, True),
        ((0.5, "in a queue"), Running(0.5), 0.0, True),
        ((None, ""), Running(), 60.0, False),
        ((0.5, ""), Running(0.505), 60.0, False),
        ((0.5, ""), Running(0.52), 60.0, True),
        ((0.5, ""), Running(0.4), 60.0, True),
        ((0.5, ""), Running(0.9), 0.5, False),
        ((0.5, ""), Running(0.9), -3600.0, True),
    ],
)
def test_progress_is_told_when_it_is_news(told: Told, said: Running, since_s: float, expected: bool) -> None:
    assert is_news(told, said, timedelta(seconds=since_s)) is expected


def test_a_definite_no_while_polling_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    class Refusing(Fake):
        async def poll(self, operation: Json) -> Poll:
            raise Rejected("The filter took it", FailureReason.SAFETY)

    with running(tmp_path, provider=Refusing(tmp_path / "accepted.journal")) as bench:
        run = bench.settle(*bench.log())
        assert (run.status, run.failure, run.charge) == (Status.FAILED, FailureReason.SAFETY, Charge.MAYBE)
        assert run.message == "The filter took it"


def test_a_download_goes_on_in_the_same_folder(tmp_path: Path) -> None:
    seen: list[tuple[Path, list[str]]] = []

    class Interrupted(Fake):
        async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
            seen.append((folder, names_in(folder)))
            (folder / "clip.mp4.part").write_bytes(b"the first half")
            return await super().fetch(operation, clip, folder)

    script = Script(fetch_errors=("Unavailable", "AuthLapsed"))
    with running(tmp_path, provider=Interrupted(tmp_path / "accepted.journal", script)) as bench:
        assert bench.settle(*bench.log()).status is Status.SUCCEEDED
    assert len({folder for folder, _ in seen}) == 1
    assert [names for _, names in seen] == [[], ["clip.mp4.part"], ["clip.mp4.part"]]


def test_a_clip_that_was_cut_short_is_downloaded_anew(tmp_path: Path) -> None:
    with running(tmp_path, Script(cut_short=2)) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert steps(bench, run) == [("submit", "accepted"), ("fetch", "failed"), ("fetch", "failed")]


def test_a_clip_that_never_decodes_is_told_with_its_charge(tmp_path: Path) -> None:
    with running(tmp_path, Script(broken_clip=True)) as bench:
        run = bench.settle(*bench.log())
        assert (run.status, run.failure) == (Status.FAILED, FailureReason.UNUSABLE_CLIP)
        assert "came broken 3 times" in run.outcome
        assert "It was charged." in run.outcome


def test_downloads_are_tried_until_the_retention_ends(tmp_path: Path) -> None:
    script = Script(held_s=1.5, fetch_errors=("Unavailable",) * 99)
    with running(tmp_path, script) as bench:
        (run_id,) = bench.log()
        held = bench.until(run_id, lambda run: run.held_until)
        assert held.status is Status.DOWNLOADING
        assert held.held_until and held.ready_at
        assert 1.0 < (held.held_until - held.ready_at).total_seconds() < 2.0
        run = bench.settle(run_id)
        assert (run.status, run.charge, run.held_until) == (Status.EXPIRED, Charge.YES, None)
        assert "no download came through: The script is busy" in run.outcome
        assert len(steps(bench, run)) > 2


def test_a_retention_that_is_only_reckoned_ends_no_run(tmp_path: Path) -> None:
    class Reckoned(Fake):
        tells_expiry = False

    script = Script(held_s=0.0, fetch_errors=("Unavailable",) * 2)
    with running(tmp_path, provider=Reckoned(tmp_path / "accepted.journal", script)) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED
        assert steps(bench, run) == [("submit", "accepted"), ("fetch", "failed"), ("fetch", "failed")]


def test_a_lapsed_key_at_the_end_of_the_retention_waits_for_the_key(tmp_path: Path) -> None:
    with running(tmp_path, Script(held_s=0.0, fetch_errors=("AuthLapsed",))) as bench:
        run = bench.settle(*bench.log())
        assert run.status is Status.SUCCEEDED


@pytest.mark.parametrize("reason", [FailureReason.SAFETY, FailureReason.PROVIDER])
def test_one_clip_that_is_not_to_be_had_does_not_cost_the_others(
    tmp_path: Path, reason: FailureReason
) -> None:
    class Partial(Fake):
        async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
            if clip.index == 0:
                raise Rejected("There is no such clip", reason)
            return await super().fetch(operation, clip, folder)

    with running(tmp_path, provider=Partial(tmp_path / "j", Script(clips=2))) as bench:
        run = bench.settle(*bench.log())
        assert [clip.index for clip in run.clips] == [1]
        if reason is FailureReason.SAFETY:
            assert (run.status, run.filtered) == (Status.SUCCEEDED, ("There is no such clip",))
        else:
            assert (run.status, run.failure) == (Status.FAILED, reason)


def test_a_download_that_is_refused_for_good_ends_the_run(tmp_path: Path) -> None:
    with running(tmp_path, Script(fetch_errors=("Rejected",))) as bench:
        run = bench.settle(*bench.log())
        assert (run.status, run.failure, run.charge) == (Status.FAILED, FailureReason.SAFETY, Charge.YES)


def test_a_key_that_stays_lapsed_is_not_hammered(tmp_path: Path) -> None:
    polled: list[int] = []

    class Lapsed(Fake):
        async def poll(self, operation: Json) -> Poll:
            polled.append(1)
            raise AuthLapsed("The key has run out")

    with running(tmp_path, provider=Lapsed(tmp_path / "accepted.journal")) as bench:
        (run_id,) = bench.log()
        bench.until(run_id, lambda run: run.blocked_reason)
        SystemClock().pause(2.5)
        assert len(polled) <= 3


def test_a_runner_that_stops_closes_its_connections(tmp_path: Path) -> None:
    with running(tmp_path) as bench:
        bench.settle(*bench.log())
        assert bench.fake.closed == 0
    assert bench.fake.closed == 1
