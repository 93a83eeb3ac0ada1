"""An experiment's cap, and that takes sent together are reserved together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.test_runs import new, request
from workbench.domain.errors import BudgetExceeded, RequestError
from workbench.domain.run import Charge, Origin, Status
from workbench.store import NewRun, Store
from workbench.store.ledger import PendingClip

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def takes(store: Store, cap_micros: int | None, count: int, **changes: object) -> list[NewRun]:
    experiment = store.experiments.create("Lions", "Which?", {}, NOW, cap_micros)
    return [new(request(seed=n), origin=Origin(experiment_id=experiment.id), **changes) for n in range(count)]


def test_an_experiment_may_not_cost_more_than_its_cap(store: Store) -> None:
    runs = takes(store, 500_000, 4)
    store.runs.insert(runs[:2], NOW)
    with pytest.raises(BudgetExceeded) as refused:
        store.runs.insert(runs[2:], NOW)
    assert str(refused.value) == (
        "This would cost about $0.40, but $0.40 of the $0.50 that the experiment 'Lions' may cost are "
        "spent or reserved. Nothing was sent."
    )
    assert sum(store.runs.counts().values()) == 2, "all or none"
    store.runs.insert([new()], NOW)
    assert store.experiments.all()[0].cap_micros == 500_000


def test_takes_sent_together_are_reserved_together(store: Store) -> None:
    with pytest.raises(BudgetExceeded):
        store.runs.insert(takes(store, 500_000, 3), NOW)
    with pytest.raises(BudgetExceeded, match="today's"):
        store.runs.insert(takes(store, None, 3), NOW, 500_000)
    assert store.runs.counts() == {}


def test_what_was_cancelled_makes_room_again(store: Store) -> None:
    first, second, third = takes(store, 400_000, 3)
    store.runs.insert([first, second], NOW)
    store.ledger.request_cancel(first.id, NOW)
    store.runs.insert([third], NOW)


def test_the_bill_counts_instead_of_the_estimate_and_stands_beside_it(store: Store) -> None:
    first, second = takes(store, 400_000, 2)
    store.runs.insert([first], NOW)
    (lease,) = store.ledger.claim("me", first.account, 1, NOW)
    attempt = store.ledger.begin_submit(lease, "hash", NOW)
    assert attempt
    store.ledger.accepted(lease, attempt, {"id": 1}, NOW)
    store.ledger.ready(
        lease,
        [PendingClip(0, {}, None)],
        filtered=[],
        report={},
        billed_micros=300_000,
        charge=Charge.YES,
        now=NOW,
    )
    run = store.runs.get(first.id)
    assert (run.status, run.estimate_micros, run.billed_micros) == (Status.DOWNLOADING, 200_000, 300_000)
    with pytest.raises(BudgetExceeded, match=r"\$0\.30 of the \$0\.40"):
        store.runs.insert([second], NOW)


def test_a_day_tells_which_part_of_it_emulators_made_up(store: Store) -> None:
    store.runs.insert([new(request(seed=1), account="vertex:emulated:1"), new(request(seed=2))], NOW)
    with pytest.raises(BudgetExceeded) as refused:
        store.runs.insert([new(request(seed=3))], NOW, budget_micros=500_000)
    assert str(refused.value) == (
        "This would cost about $0.20, but $0.40 of today's $0.50 (WORKBENCH_BUDGET_USD, UTC day) are spent "
        "or reserved, $0.20 of it by emulators, which charge nothing. Nothing was sent."
    )


def test_without_a_price_a_cap_can_not_be_kept(store: Store) -> None:
    with pytest.raises(BudgetExceeded, match=r"experiment 'Lions' has a cap, but no price is known"):
        store.runs.insert(takes(store, 500_000, 1, estimate_micros=None), NOW)
    store.runs.insert(takes(store, None, 1, estimate_micros=None), NOW)


def test_a_cap_below_nothing_is_refused(store: Store) -> None:
    with pytest.raises(RequestError, match="cap can't be -1"):
        store.experiments.create("x", "", {}, NOW, -1)
