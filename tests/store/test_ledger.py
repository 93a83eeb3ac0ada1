"""Leases, epochs, and that the store refuses every change of state that the table does not list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.test_runs import new, request
from workbench.domain.errors import FailureReason, IllegalTransition, LeaseLost, RequestError
from workbench.domain.media import Media
from workbench.domain.run import Charge, Status
from workbench.store import Store
from workbench.store.ledger import LEASE_S, Lease, PendingClip

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=LEASE_S + 1)
ACCOUNT = "fake:script"
CLIP = Media("cd" * 32, "video/mp4", 5_000, 640, 360, 4.0, 24.0, "h264", True)
STILL = Media("ef" * 32, "image/jpeg", 500, 640, 360)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def queued(store: Store, count: int = 1) -> list[str]:
    runs = [new(request(seed=n)) for n in range(count)]
    store.runs.insert(runs, NOW)
    return [run.id for run in runs]


def claimed(store: Store) -> Lease:
    queued(store)
    return store.ledger.claim("me", ACCOUNT, 4, NOW)[0]


def test_two_runners_never_hold_the_same_run(store: Store) -> None:
    ids = queued(store, 6)
    mine = store.ledger.claim("me", ACCOUNT, 4, NOW)
    theirs = store.ledger.claim("you", ACCOUNT, 8, NOW)
    assert [lease.run_id for lease in mine] == ids[:4], "first come, first served, and no more than fit"
    assert [lease.run_id for lease in theirs] == ids[4:]
    assert store.ledger.claim("third", ACCOUNT, 99, NOW) == []


def test_the_limit_counts_over_all_processes(store: Store) -> None:
    queued(store, 6)
    for lease in store.ledger.claim("me", ACCOUNT, 2, NOW):
        attempt = store.ledger.begin_submit(lease, "hash", NOW)
        assert attempt
        store.ledger.accepted(lease, attempt, {"id": 1}, NOW)
    assert store.ledger.claim("you", ACCOUNT, 2, NOW) == []
    assert len(store.ledger.claim("you", ACCOUNT, 3, NOW)) == 1


def test_progress_is_told_of_what_is_held_and_under_way_only(store: Store) -> None:
    queued(store, 3)
    gone, early, held = store.ledger.claim("me", ACCOUNT, 3, NOW)
    for lease in (gone, held):
        attempt = store.ledger.begin_submit(lease, "hash", NOW)
        assert attempt
        store.ledger.accepted(lease, attempt, {"id": 1}, NOW)
    later = NOW + timedelta(seconds=LEASE_S + 1)
    assert store.ledger.renew([early, held], later) == []
    assert [lease.run_id for lease in store.ledger.claim("you", ACCOUNT, 3, later)] == [gone.run_id]
    store.ledger.progress(dict.fromkeys((gone, early, held), (0.5, "halfway")))
    told = [store.runs.get(lease.run_id) for lease in (gone, early, held)]
    assert [(run.progress, run.progress_note) for run in told] == [(None, ""), (None, ""), (0.5, "halfway")]


def test_a_runner_claims_only_accounts_and_runs_that_are_its_own(store: Store) -> None:
    ids = queued(store, 2)
    assert store.ledger.claim("me", "vertex:other", 4, NOW) == []
    assert not store.ledger.has_work(["vertex:other"], NOW)
    assert store.ledger.has_work([ACCOUNT], NOW)
    assert store.ledger.claim("me", ACCOUNT, 4, NOW, only=[]) == []
    assert [lease.run_id for lease in store.ledger.claim("me", ACCOUNT, 4, NOW, only=[ids[1]])] == [ids[1]]


def test_a_lease_that_ran_out_is_taken_over_and_the_old_owner_can_not_write(store: Store) -> None:
    old = claimed(store)
    taken = store.ledger.claim("you", ACCOUNT, 4, LATER)[0]
    assert taken.epoch == old.epoch + 1
    with pytest.raises(LeaseLost):
        store.ledger.begin_submit(old, "hash", LATER)
    assert store.runs.get(old.run_id).status is Status.QUEUED
    assert store.ledger.renew([old, taken], LATER) == [old]
    assert store.ledger.begin_submit(taken, "hash", LATER)


def test_renewing_keeps_a_run(store: Store) -> None:
    lease = claimed(store)
    assert store.ledger.renew([lease], NOW + timedelta(seconds=LEASE_S - 1)) == []
    assert store.ledger.claim("you", ACCOUNT, 4, NOW + timedelta(seconds=LEASE_S + 5)) == []


def test_releasing_gives_a_run_back_at_once(store: Store) -> None:
    lease = claimed(store)
    store.ledger.release(lease)
    assert store.ledger.claim("you", ACCOUNT, 4, NOW)


def test_what_waits_is_not_claimed_before_its_time(store: Store) -> None:
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    again = NOW + timedelta(seconds=30)
    store.ledger.back_to_queue(lease, attempt, "429: slow down", again, NOW)
    store.ledger.release(lease)
    assert store.ledger.claim("me", ACCOUNT, 4, NOW + timedelta(seconds=29)) == []
    assert not store.ledger.has_work([ACCOUNT], NOW)
    run = store.runs.get(lease.run_id)
    assert (run.status, run.message, run.charge) == (Status.QUEUED, "429: slow down", Charge.NONE)
    assert store.ledger.claim("me", ACCOUNT, 4, again)


def test_the_whole_way_to_a_clip(store: Store) -> None:
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    assert attempt
    assert store.runs.get(lease.run_id).charge is Charge.MAYBE
    store.ledger.accepted(lease, attempt, {"name": "operations/1"}, NOW + timedelta(seconds=1))
    store.ledger.progress({lease: (0.5, "halfway")})
    assert store.runs.get(lease.run_id).progress == 0.5
    store.ledger.ready(
        lease,
        [PendingClip(0, {"uri": "x"}, None), PendingClip(1, {"uri": "y"}, None)],
        filtered=["Support codes: 1"],
        report={"plan": "p"},
        billed_micros=1,
        charge=Charge.YES,
        now=NOW + timedelta(seconds=5),
    )
    assert [clip.position for clip in store.ledger.pending_clips(lease.run_id)] == [0, 1]
    store.ledger.clip_stored(lease, 0, CLIP, STILL, STILL, NOW)
    assert [clip.position for clip in store.ledger.pending_clips(lease.run_id)] == [1]
    store.ledger.clip_stored(lease, 1, CLIP, STILL, STILL, NOW)
    store.ledger.end(lease, Status.SUCCEEDED, NOW + timedelta(seconds=6))
    run = store.runs.get(lease.run_id)
    assert run.status is Status.SUCCEEDED
    assert (run.queue_s, run.latency_s, run.download_s) == (0.0, 4.0, 1.0)
    assert [clip.media for clip in run.clips] == [CLIP, CLIP]
    assert run.clips[0].path.name == f"{CLIP.sha256}.mp4"
    assert (run.charge, run.filtered, run.report) == (Charge.YES, ("Support codes: 1",), {"plan": "p"})
    assert [a["outcome"] for a in store.ledger.attempts(run.id)] == ["accepted"]


def test_every_step_out_of_turn_is_refused_and_changes_nothing(store: Store) -> None:
    lease = claimed(store)
    with pytest.raises(IllegalTransition):
        store.ledger.accepted(lease, "no attempt", {}, NOW)
    with pytest.raises(IllegalTransition):
        store.ledger.end(lease, Status.SUCCEEDED, NOW)
    with pytest.raises(IllegalTransition):
        store.ledger.uncertain(lease, None, "?", NOW)
    store.ledger.end(lease, Status.FAILED, NOW, failure=FailureReason.QUOTA)
    with pytest.raises(LeaseLost):
        store.ledger.end(lease, Status.CANCELLED, NOW)
    assert store.runs.get(lease.run_id).failure is FailureReason.QUOTA


def test_cancelling_before_the_send(store: Store) -> None:
    (free,) = queued(store)
    assert store.ledger.request_cancel(free, NOW) is Status.CANCELLED
    held = claimed(store)
    assert store.ledger.request_cancel(held.run_id, NOW) is Status.QUEUED, "its runner is told"
    assert store.ledger.begin_submit(held, "hash", NOW) is None
    run = store.runs.get(held.run_id)
    assert (run.status, run.charge) == (Status.CANCELLED, Charge.NONE)
    with pytest.raises(RequestError, match="nothing to cancel"):
        store.ledger.request_cancel(free, NOW)


def uncertain(store: Store) -> str:
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    store.ledger.uncertain(lease, attempt, "the connection dropped", NOW)
    return lease.run_id


def test_an_uncertain_run_is_never_claimed(store: Store) -> None:
    run_id = uncertain(store)
    assert store.ledger.claim("me", ACCOUNT, 9, LATER) == []
    assert store.runs.get(run_id).charge is Charge.MAYBE


def test_a_person_decides_what_becomes_of_an_uncertain_run(store: Store) -> None:
    closed, again, found = uncertain(store), uncertain(store), uncertain(store)
    store.ledger.close_uncertain(closed, NOW)
    run = store.runs.get(closed)
    assert (run.status, run.failure, run.charge) == (Status.FAILED, FailureReason.CLOSED, Charge.MAYBE)
    store.ledger.send_again(again, NOW)
    assert store.runs.get(again).status is Status.QUEUED
    store.ledger.adopt(found, {"name": "operations/7"}, NOW)
    assert store.runs.get(found).operation == {"name": "operations/7"}
    with pytest.raises(RequestError, match="not uncertain"):
        store.ledger.send_again(closed, NOW)


def test_a_free_request_risks_nothing(store: Store) -> None:
    run = new(estimate_micros=0)
    store.runs.insert([run], NOW)
    lease = store.ledger.claim("me", ACCOUNT, 4, NOW)[0]
    store.ledger.begin_submit(lease, "hash", NOW)
    assert store.runs.get(run.id).charge is Charge.NONE


def test_no_step_of_a_runner_reads_the_whole_log(store: Store) -> None:
    """Four times a second a runner looks for work: among a million runs it may read the open ones only."""
    read: list[str] = []
    store.db.read().set_trace_callback(read.append)
    lease = claimed(store)
    read.clear()  # what was logged is another matter
    store.ledger.has_work([ACCOUNT, "veo:other"], NOW)
    store.ledger.claim("me", ACCOUNT, 4, NOW, only=[lease.run_id], driven=["01"])
    store.ledger.claim("me", ACCOUNT, 4, NOW)
    store.ledger.renew([lease], NOW)
    store.ledger.open_ids()
    store.runners.seen("dead", "app", [ACCOUNT], 1, NOW)
    store.runners.bury(lambda pid, started: False)
    store.runners.strand(["veo:other"], LATER, [lease.run_id])
    store.runners.strand([ACCOUNT], LATER)
    store.db.read().set_trace_callback(None)
    wordy = [sql for sql in read if " runs " in sql and not sql.startswith("--")]
    assert len(wordy) >= 12
    for sql in wordy:
        for step in store.db.read().execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
            read_whole = step["detail"].startswith("SCAN runs")
            assert not read_whole or "runs_open" in step["detail"] or "runs_leased" in step["detail"], sql


def test_an_answer_without_the_lease_goes_on_only_where_nothing_was_decided_since(store: Store) -> None:
    def sent() -> tuple[Lease, str]:
        (lease,) = store.ledger.claim("me", ACCOUNT, 4, NOW, only=queued(store))
        attempt = store.ledger.begin_submit(lease, "hash", NOW)
        assert attempt
        (stolen,) = store.ledger.claim("you", ACCOUNT, 4, LATER, only=[lease.run_id])
        store.ledger.uncertain(stolen, None, "nobody knows", LATER)
        return lease, attempt

    lease, attempt = sent()
    with pytest.raises(LeaseLost):
        store.ledger.accepted(lease, attempt, {"id": 7}, LATER)
    run = store.runs.get(lease.run_id)
    assert (run.status, run.operation) == (Status.GENERATING, {"id": 7})

    lease, attempt = sent()
    store.ledger.send_again(lease.run_id, NOW)
    (again,) = store.ledger.claim("you", ACCOUNT, 4, LATER, only=[lease.run_id])
    store.ledger.begin_submit(again, "hash", LATER)
    with pytest.raises(LeaseLost):
        store.ledger.accepted(lease, attempt, {"id": 8}, LATER)
    assert store.runs.get(lease.run_id).status is Status.SUBMITTING
    assert '"id": 8' in str(store.ledger.attempts(lease.run_id)[0]["answer"]), "a person can still adopt it"


def test_a_second_attempt_that_is_refused_does_not_clear_the_first_of_its_charge(store: Store) -> None:
    run_id = uncertain(store)
    store.ledger.send_again(run_id, NOW)
    (lease,) = store.ledger.claim("me", ACCOUNT, 4, NOW)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    store.ledger.end(lease, Status.FAILED, NOW, charge=Charge.NONE, attempt=attempt)
    assert store.runs.get(run_id).charge is Charge.MAYBE


def test_what_its_owner_drives_is_not_claimed_by_it_again(store: Store) -> None:
    lease = claimed(store)
    assert store.ledger.claim("me", ACCOUNT, 4, LATER, driven=[lease.run_id]) == []
    assert store.ledger.renew([lease], LATER) == []


def test_cancelling_while_it_is_being_refused(store: Store) -> None:
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    assert store.ledger.request_cancel(lease.run_id, NOW) is Status.SUBMITTING
    store.ledger.back_to_queue(lease, attempt, "429", LATER, NOW)
    assert store.runs.get(lease.run_id).status is Status.CANCELLED
