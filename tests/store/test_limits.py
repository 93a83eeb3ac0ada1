"""Operations at once and requests a minute, of endpoints and models; pauses; what queued runs wait for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.test_runs import new, request
from workbench.domain.run import EMULATED, Status
from workbench.store import Store
from workbench.store.claims import LEASE_S
from workbench.store.ledger import Lease
from workbench.store.limits import Limits

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ACCOUNT = "fake:script"
FAST, SLOW = "fake/fast", "fake/slow"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def queued(store: Store, *models: str) -> list[str]:
    runs = [new(request(model=model, seed=n)) for n, model in enumerate(models)]
    store.runs.insert(runs, NOW)
    return [run.id for run in runs]


def claim(store: Store, now: datetime = NOW, *, owner: str = "me", **limits: object) -> list[Lease]:
    settings = {"a_minute": None, "fast": Limits(), "slow": Limits(), "at_once": None, **limits}
    of_model = {FAST: settings["fast"], SLOW: settings["slow"]}
    return store.ledger.claim(
        owner,
        ACCOUNT,
        settings["at_once"],  # type: ignore[arg-type]
        now,
        a_minute=settings["a_minute"],  # type: ignore[arg-type]
        of_model=of_model.__getitem__,  # type: ignore[arg-type]
    )


def accept(store: Store, leases: list[Lease], now: datetime = NOW) -> None:
    for lease in leases:
        attempt = store.ledger.begin_submit(lease, "hash", now)
        assert attempt
        store.ledger.accepted(lease, attempt, {"id": lease.run_id}, now)


def refuse(store: Store, lease: Lease, wait_s: float | None, now: datetime = NOW) -> None:
    attempt = store.ledger.begin_submit(lease, "hash", now)
    assert attempt
    store.ledger.refused(lease, attempt, "fake answered 429", wait_s, now)
    store.ledger.release(lease)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_requests_a_minute_are_counted_over_the_last_sixty_seconds(store: Store) -> None:
    ids = queued(store, *[FAST] * 7)
    accept(store, claim(store, a_minute=3))
    accept(store, claim(store, after(1), a_minute=4), after(1))
    assert claim(store, after(14), owner="you", a_minute=4) == []
    taken = [lease.run_id for lease in claim(store, after(59), owner="you", a_minute=4)]
    assert taken == ids[:4], "what is under way is taken over from one who has died; nothing new is sent"
    taken = [lease.run_id for lease in claim(store, after(60.5), owner="you", a_minute=4)]
    assert taken == ids[4:], "the first three are out of the minute"


def test_what_is_claimed_and_not_yet_sent_counts_already(store: Store) -> None:
    queued(store, *[FAST] * 5)
    assert len(claim(store, a_minute=2)) == 2
    assert claim(store, owner="you", a_minute=2) == []
    assert len(claim(store, after(LEASE_S + 1), owner="you", a_minute=2)) == 2, "the first owner has died"


def test_a_model_has_limits_of_its_own_and_does_not_hold_up_the_others(store: Store) -> None:
    ids = queued(store, SLOW, SLOW, SLOW, FAST, FAST, FAST)
    first = claim(store, at_once=4, slow=Limits(at_once=1))
    assert [lease.run_id for lease in first] == [ids[0], ids[3], ids[4], ids[5]]
    accept(store, first)
    assert claim(store, at_once=9, slow=Limits(at_once=1)) == []
    assert len(claim(store, at_once=9, slow=Limits(at_once=3, a_minute=2))) == 1, "one was sent this minute"


def test_the_oldest_go_first_whatever_their_model(store: Store) -> None:
    ids = queued(store, SLOW, FAST, SLOW, FAST)
    assert [lease.run_id for lease in claim(store, at_once=3)] == ids[:3]


def test_an_overdue_run_makes_room_and_is_left_alone_until_its_time(store: Store) -> None:
    queued(store, FAST, FAST)
    (lease,) = claim(store, at_once=1)
    accept(store, [lease])
    assert claim(store, at_once=1) == []
    store.ledger.overdue(lease, after(600))
    store.ledger.release(lease)
    (second,) = claim(store, at_once=1)
    assert second.run_id != lease.run_id
    assert claim(store, after(599), at_once=1, owner="you") != [lease]
    due = claim(store, after(601), at_once=1, owner="third")
    assert lease.run_id in [one.run_id for one in due]


def test_somebody_who_looks_has_an_overdue_run_followed_again(store: Store) -> None:
    (run_id,) = queued(store, FAST)
    (lease,) = claim(store)
    accept(store, [lease])
    store.ledger.overdue(lease, after(600))
    store.ledger.release(lease)
    store.ledger.hurry([run_id], after(5))
    run = store.runs.get(run_id)
    assert (run.overdue, run.followed_from) == (False, after(5))
    assert [one.run_id for one in claim(store, after(6))] == [run_id]


def test_a_429_pauses_the_whole_model_of_the_account_and_no_other(store: Store) -> None:
    ids = queued(store, FAST, FAST, SLOW)
    (lease,) = claim(store, at_once=1)
    refuse(store, lease, 30.0)
    assert [one.run_id for one in claim(store, after(29), at_once=9)] == [ids[2]]
    assert [one.run_id for one in claim(store, after(30), at_once=9)] == ids[:2]


def test_without_a_hint_the_pause_doubles_up_to_a_minute_and_ends_with_an_acceptance(store: Store) -> None:
    queued(store, FAST)
    now, waits = NOW, []
    for _ in range(8):
        (lease,) = claim(store, now)
        refuse(store, lease, None, now)
        begun = now
        while not store.ledger.has_work([ACCOUNT], now) or not claim(store, now, owner="look"):
            now += timedelta(seconds=1)
        store.db.read().execute("UPDATE runs SET lease_until = NULL, lease_owner = NULL")
        waits.append((now - begun).total_seconds())
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    accept(store, claim(store, now), now)
    queued(store, FAST)
    (lease,) = claim(store, now)
    refuse(store, lease, None, now)
    assert claim(store, now + timedelta(seconds=2)), "it begins anew"


def test_runs_that_are_refused_together_pause_their_model_once(store: Store) -> None:
    queued(store, FAST, FAST, FAST)
    for lease in claim(store):
        refuse(store, lease, None)
    assert claim(store, after(1)) == []
    assert len(claim(store, after(2))) == 3


def test_somebody_who_looks_tries_again_at_once_but_for_what_the_server_asked(store: Store) -> None:
    unreachable, told = queued(store, FAST, SLOW)
    refused = {lease.run_id: lease for lease in claim(store)}
    refuse(store, refused[unreachable], None)
    refuse(store, refused[told], 30.0)
    store.ledger.hurry([unreachable, told], NOW)
    assert [lease.run_id for lease in claim(store)] == [unreachable]


def test_a_pause_of_a_clock_that_was_put_back_is_none(store: Store) -> None:
    (run_id,) = queued(store, FAST)
    (lease,) = claim(store, NOW + timedelta(days=1))
    refuse(store, lease, 30.0, NOW + timedelta(days=1))
    store.ledger.hurry([run_id], NOW)
    assert claim(store)


def held_up(store: Store, run_id: str, now: datetime, limits: Limits, of_model: Limits) -> str:
    return store.ledger.holdup(store.runs.get(run_id), limits, of_model, now)


def test_a_queued_run_says_what_it_waits_for(store: Store) -> None:
    first, second, third = queued(store, FAST, FAST, FAST)
    none = Limits()
    assert held_up(store, first, NOW, none, none) == ""
    accept(store, claim(store, at_once=1))
    assert "all 1 operations that fake may have open" in held_up(store, second, NOW, Limits(1), none)
    assert "all 1 operations that fake/fast may have" in held_up(store, second, NOW, none, Limits(1))
    minute = held_up(store, second, after(10), Limits(9, a_minute=1), none)
    assert minute.startswith("1 requests a minute may go to fake, and as many were sent")
    assert minute.endswith("the next may leave at 08:01:00 UTC")
    (lease,) = claim(store, at_once=2)
    refuse(store, lease, 30.0)
    for waiting in (second, third):
        said = held_up(store, waiting, NOW, none, none)
        assert said == "fake answered 429; it is tried again at 08:00:30 UTC"
    assert held_up(store, first, NOW, none, none) == "", "it is under way"


def test_a_full_queue_is_looked_at_without_locking_the_log(store: Store) -> None:
    queued(store, *[FAST] * 3)
    accept(store, claim(store, at_once=1))
    read: list[str] = []
    store.db.read().set_trace_callback(read.append)
    assert claim(store, at_once=1) == []
    store.db.read().set_trace_callback(None)
    assert not [sql for sql in read if sql.startswith(("BEGIN", "UPDATE"))]


def test_no_claim_within_limits_reads_the_whole_log(store: Store) -> None:
    queued(store, FAST, SLOW)
    read: list[str] = []
    store.db.read().set_trace_callback(read.append)
    accept(store, claim(store, at_once=5, a_minute=5, slow=Limits(1, 1)))
    store.ledger.cancels("me")
    store.ledger.latencies_s(FAST)
    held_up(store, queued(store, FAST)[0], NOW, Limits(1, 1), Limits(1, 1))
    store.db.read().set_trace_callback(None)
    selects = [sql for sql in read if sql.startswith(("SELECT", "UPDATE")) and "FROM" in sql]
    assert len(selects) >= 10
    for sql in selects:
        for step in store.db.read().execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
            detail = step["detail"]
            whole = detail.startswith(("SCAN runs", "SCAN attempts")) and "USING" not in detail
            assert not whole, sql


def test_latencies_are_those_of_the_model_s_newest_successes(store: Store) -> None:
    ids = queued(store, FAST, FAST, SLOW)
    leases = claim(store)
    accept(store, leases)
    for lease, took in zip(leases, (3.0, 5.0, 7.0), strict=True):
        store.db.read().execute(
            "UPDATE runs SET status = ?, accepted_at = ?, ready_at = ? WHERE id = ?",
            [Status.SUCCEEDED, "2026-11-21T08:00:00.000Z", f"2026-11-21T08:00:0{took:.3f}Z", lease.run_id],
        )
    assert store.runs.get(ids[0]).latency_s == 3.0
    assert store.ledger.latencies_s(FAST) == [5.0, 3.0]
    assert store.ledger.latencies_s(FAST, 1) == [5.0]
    assert store.ledger.latencies_s(FAST, emulated=True) == []
    with store.db.write() as connection:
        connection.execute("UPDATE runs SET account = ? WHERE model = ?", [f"fake{EMULATED}here:1", FAST])
    assert store.ledger.latencies_s(FAST) == []
    assert store.ledger.latencies_s(FAST, emulated=True) == [5.0, 3.0]
