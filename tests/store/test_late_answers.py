"""Answers that come late, wishes that are taken back, two processes that decide at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.test_ledger import ACCOUNT, LATER, NOW, claimed, queued
from tests.store.test_runs import new, request
from workbench.domain.errors import BudgetExceeded, LeaseLost, RequestError
from workbench.domain.run import Charge, Origin, Status
from workbench.store import Store
from workbench.store.ledger import Lease

OPERATION = {"name": "operations/1"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def unanswered(store: Store, *, cancelled: bool = False) -> tuple[Lease, str]:
    """A run whose request is out while its process sleeps; another one has called it uncertain."""
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    assert attempt
    if cancelled:
        store.ledger.request_cancel(lease.run_id, NOW)
    (other,) = store.ledger.claim("other", ACCOUNT, 4, LATER)
    store.ledger.uncertain(other, None, "nobody knows", LATER)
    return lease, attempt


@pytest.mark.parametrize("is_claimed", [False, True])
def test_an_answer_that_comes_before_it_is_sent_again_saves_the_second_charge(
    store: Store, is_claimed: bool
) -> None:
    lease, attempt = unanswered(store)
    store.ledger.send_again(lease.run_id, LATER)
    again = store.ledger.claim("other", ACCOUNT, 4, LATER) if is_claimed else []
    with pytest.raises(LeaseLost):
        store.ledger.accepted(lease, attempt, OPERATION, LATER)
    run = store.runs.get(lease.run_id)
    assert (run.status, run.operation) == (Status.GENERATING, OPERATION)
    for claim in again:
        with pytest.raises(LeaseLost):
            store.ledger.begin_submit(claim, "hash", LATER)
    (follower,) = store.ledger.claim("third", ACCOUNT, 4, LATER)
    assert follower.run_id == lease.run_id


def test_an_answer_that_comes_after_it_was_sent_again_is_told_by_its_attempt(store: Store) -> None:
    lease, attempt = unanswered(store)
    store.ledger.send_again(lease.run_id, LATER)
    (again,) = store.ledger.claim("other", ACCOUNT, 4, LATER)
    second = store.ledger.begin_submit(again, "hash", LATER)
    assert second
    with pytest.raises(LeaseLost):
        store.ledger.accepted(lease, attempt, OPERATION, LATER)
    assert store.runs.get(lease.run_id).status is Status.SUBMITTING
    store.ledger.accepted(again, second, {"name": "operations/2"}, LATER)
    assert store.runs.get(lease.run_id).operation == {"name": "operations/2"}
    assert [a["outcome"] for a in store.ledger.attempts(lease.run_id)] == ["accepted", "accepted"]


def test_a_wish_to_cancel_does_not_outlive_the_decision_to_send_again(store: Store) -> None:
    lease, _ = unanswered(store, cancelled=True)
    store.ledger.send_again(lease.run_id, LATER)
    (again,) = store.ledger.claim("other", ACCOUNT, 4, LATER)
    assert store.ledger.begin_submit(again, "hash", LATER), "the person wants it sent, knowingly"


def test_a_wish_to_cancel_does_not_stop_an_operation_that_a_person_found(store: Store) -> None:
    lease, _ = unanswered(store, cancelled=True)
    store.ledger.adopt(lease.run_id, OPERATION, LATER)
    (follower,) = store.ledger.claim("other", ACCOUNT, 4, LATER)
    assert not store.ledger.cancel_wanted(follower)


def test_two_processes_can_not_give_one_operation_to_two_runs(tmp_path: Path) -> None:
    from workbench.api import Workbench
    from workbench.providers.fake import Fake

    store = Store(tmp_path)
    ids = queued(store, 2)
    for lease in store.ledger.claim("me", ACCOUNT, 4, NOW):
        attempt = store.ledger.begin_submit(lease, "hash", NOW)
        store.ledger.uncertain(lease, attempt, "no answer", NOW)
    gate, refused = threading.Barrier(2), []

    def adopt(run_id: str) -> None:
        bench = Workbench(tmp_path, providers=[Fake(tmp_path / "journal")])
        bench.drive = lambda ids: None  # type: ignore[method-assign]
        looked = bench.store.runs.operations

        def slowly(*arguments: object) -> object:
            found = looked(*arguments)  # type: ignore[arg-type]
            bench.clock.pause(0.2)  # what a page takes between the look and the click
            return found

        bench.store.runs.operations = slowly  # type: ignore[method-assign, assignment]
        gate.wait()
        try:
            bench.adopt_operation(run_id, {"id": "one"})
        except RequestError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=adopt, args=[run_id]) for run_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "Another run of this log collects that operation" in refused[0]
    states = sorted(store.runs.get(run_id).status for run_id in ids)
    assert states == [Status.GENERATING, Status.UNCERTAIN]


def test_a_moment_that_lies_beyond_any_wait_is_of_a_clock_that_was_put_back(store: Store) -> None:
    lease = claimed(store)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    assert attempt
    store.ledger.accepted(lease, attempt, OPERATION, NOW)
    store.ledger.overdue(lease, NOW + timedelta(minutes=10))
    store.ledger.release(lease)
    before = NOW - timedelta(days=3)
    assert store.ledger.has_work([ACCOUNT], before)
    assert [found.run_id for found in store.ledger.claim("other", ACCOUNT, 4, before)] == [lease.run_id]
    assert not store.ledger.has_work([ACCOUNT], before)


def test_sending_again_is_reserved_and_may_not_fit(store: Store) -> None:
    """$0.20 may be charged already; the same once more makes it $0.40."""
    lease, _ = unanswered(store)
    with pytest.raises(BudgetExceeded, match=r"about \$0\.20, but \$0\.20 of today's \$0\.30"):
        store.ledger.send_again(lease.run_id, NOW, 300_000)
    assert store.runs.get(lease.run_id).status is Status.UNCERTAIN
    store.ledger.send_again(lease.run_id, NOW, 400_000)
    with pytest.raises(BudgetExceeded, match=r"\$0\.40 of today's \$0\.50"):
        store.runs.insert([new()], NOW, 500_000)
    (again,) = store.ledger.claim("other", ACCOUNT, 4, LATER)
    attempt = store.ledger.begin_submit(again, "hash", LATER)
    assert attempt
    with pytest.raises(BudgetExceeded, match=r"\$0\.40 of today's \$0\.50"):
        store.runs.insert([new()], NOW, 500_000)
    store.ledger.end(again, Status.FAILED, LATER, charge=Charge.NONE, attempt=attempt)
    store.runs.insert([new()], NOW, 400_000)


def test_an_operation_that_was_found_is_reserved_once(store: Store) -> None:
    lease, _ = unanswered(store)
    store.ledger.adopt(lease.run_id, OPERATION, LATER)
    store.runs.insert([new()], NOW, 400_000)


def test_sending_again_keeps_the_cap_of_the_experiment(store: Store) -> None:
    experiment = store.experiments.create("Lions", "Which?", {}, NOW, 300_000)
    store.runs.insert([new(request(), origin=Origin(experiment_id=experiment.id))], NOW)
    (lease,) = store.ledger.claim("me", ACCOUNT, 4, NOW)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    store.ledger.uncertain(lease, attempt, "no answer", NOW)
    with pytest.raises(BudgetExceeded, match="'Lions'"):
        store.ledger.send_again(lease.run_id, NOW)
