"""Idempotency keys in the log: taken with the runs, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.test_runs import START, new
from workbench.domain.errors import BudgetExceeded
from workbench.store import Store
from workbench.store.keys import AlreadyMade, KeyReused, Once

ONCE = Once("k", "what was asked")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def insert(store: Store, once: Once, budget_micros: int | None = None) -> str:
    run = new()
    store.runs.insert([run], START, budget_micros, lambda: store.keys.take(once, [run.id], START))
    return run.id


def test_a_key_keeps_its_runs(store: Store) -> None:
    assert store.keys.made(ONCE) == ()
    made = insert(store, ONCE)
    assert store.keys.made(ONCE) == (made,)
    with pytest.raises(AlreadyMade) as told:
        insert(store, ONCE)
    assert told.value.run_ids == (made,)
    assert sum(store.runs.counts().values()) == 1


def test_a_key_of_another_request_is_told(store: Store) -> None:
    insert(store, ONCE)
    with pytest.raises(KeyReused, match="sent before with another request"):
        insert(store, Once("k", "something else"))
    assert insert(store, Once("other", "something else"))


def test_a_run_that_is_refused_takes_no_key(store: Store) -> None:
    with pytest.raises(BudgetExceeded):
        insert(store, ONCE, budget_micros=1)
    assert store.keys.made(ONCE) == ()
    assert insert(store, ONCE)


def test_a_key_outlives_its_runs(store: Store) -> None:
    made = insert(store, ONCE)
    store.ledger.request_cancel(made, START)
    store.runs.delete([made], START)
    store.runs.purge(START.replace(year=START.year + 1))
    assert store.keys.made(ONCE) == (made,)
