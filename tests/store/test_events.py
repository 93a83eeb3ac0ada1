"""The row of changes: every change that is shown is in it, in order, and it does not grow for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.test_runs import START, new
from workbench.domain.run import Kind
from workbench.store import Store, migrations


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def add(store: Store, kind: Kind = Kind.VIDEO) -> str:
    run = new(kind=kind)
    store.runs.insert([run], START)
    return run.id


def test_each_change_that_is_shown_is_told_once(store: Store) -> None:
    run = add(store)
    place = store.events.last()
    steps = {
        "status = 'cancelled'": True,
        "status = 'cancelled', progress = NULL": False,  # says nothing new
        "lease_owner = 'me', epoch = 3": False,
        "progress = 0.5": True,
        "progress_note = 'half'": True,
        "blocked_reason = 'auth: key'": True,
        "overdue = 1": True,
        "rating = 4.5": True,
        "deleted_at = '2026-11-21T08:00:00.000Z'": True,
    }
    for change, is_told in steps.items():
        with store.db.write() as connection:
            connection.execute(f"UPDATE runs SET {change} WHERE id = ?", [run])
        found = store.events.since(place, 100)
        assert [each.run_id for each in found] == [run] * is_told, change
        place = store.events.last()


def test_several_changes_of_one_run_are_told_as_it_is_now(store: Store) -> None:
    one, other = add(store), add(store)
    store.ledger.request_cancel(one, START)
    told = store.events.since(0, 100)
    assert [(each.seq, each.run_id) for each in told] == [(2, other), (3, one)]
    assert told[1].run
    assert told[1].run.status == "cancelled"
    assert [each.seq for each in store.events.since(0, 2)] == [1, 2]
    assert store.events.since(3, 100) == []


def test_a_purged_run_is_told_without_itself(store: Store) -> None:
    run = add(store)
    store.ledger.request_cancel(run, START)
    store.videos.dismiss(run, START)
    store.runs.delete([run], START)
    place = store.events.last()
    store.runs.purge(START + timedelta(days=1))
    assert [(each.run_id, each.run) for each in store.events.since(place, 10)] == [(run, None)]
    assert not store.videos.is_dismissed(run)


def test_the_newest_twenty_thousand_are_kept(store: Store) -> None:
    with store.db.write() as connection:
        connection.executemany("INSERT INTO run_events (run_id) VALUES (?)", [["X"]] * 25_000)
    rows = store.db.read().execute("SELECT min(seq), max(seq) FROM run_events").fetchone()
    assert tuple(rows) == (5_001, 25_000)
    assert store.events.reaches(5_000)
    assert not store.events.reaches(4_999)
    assert store.events.reaches(25_000)
    assert not store.events.reaches(25_001)


def test_a_new_log_is_told_from_its_beginning(store: Store) -> None:
    assert store.events.last() == 0
    assert store.events.reaches(0)
    assert not store.events.reaches(-1)
    assert not store.events.reaches(1)


def test_videos_of_the_log_by_key_in_both_orders(store: Store) -> None:
    runs = [add(store) for _ in range(5)]
    picture = add(store, Kind.IMAGE)
    store.ledger.request_cancel(runs[0], START)
    store.runs.delete([runs[0]], START)
    store.videos.dismiss(runs[1], START)
    seen = [run.id for run in store.videos.page(None, 10, newest_first=True)]
    assert seen == runs[:1:-1]
    assert picture not in seen
    key = store.runs.get(runs[3]).rowid
    assert [run.id for run in store.videos.page(key, 10, newest_first=True)] == [runs[2]]
    assert [run.id for run in store.videos.page(key, 10, newest_first=False)] == [runs[4]]
    assert [run.id for run in store.videos.page(None, 2, newest_first=False)] == runs[2:4]


def test_a_log_from_before_is_updated_with_its_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "ALL", migrations.ALL[:3])
        before.setattr(migrations, "VERSION", 3)
        old = Store(tmp_path)
        run = add(old)
        old.close()
    store = Store(tmp_path)
    assert (tmp_path / "workbench.db.v3.bak").exists()
    assert store.events.last() == 0
    store.ledger.request_cancel(run, START)
    assert [each.run_id for each in store.events.since(0, 10)] == [run]
