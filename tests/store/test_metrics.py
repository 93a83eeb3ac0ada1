"""What was measured: kept once, queued whoever stores a clip, ranked as a look at each run would."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.filling import MODEL, RARE_MODEL, WORD, filled
from tests.store.test_runs import START, fill, request
from workbench.domain.errors import RequestError
from workbench.domain.media import Media
from workbench.domain.metric import Metric, MetricRange, Strip
from workbench.domain.query import RunFilter
from workbench.domain.run import Charge, Status
from workbench.media.metrics.about import EDITION, METRICS, metric
from workbench.store import Store, migrations, ranked, selection
from workbench.store.ledger import PendingClip
from workbench.store.metrics import HELD_S, Due

RUNS = 600
STRIP = Strip(((0.1, 0.02), (0.2, 0.5)), ((0.0, 0.4), (0.5, 0.41)))
CLIP = Media("c1" * 32, "video/mp4", 10, 320, 180, 1.0, 24.0, "h264")
STILL = Media("51" * 32, "image/png", 10, 320, 180)


def here(_: str) -> bool:
    return True


def with_clips(store: Store, count: int = 1, clip: Media = CLIP, clips: int = 1) -> list[str]:
    """Runs that have come to their clips by the ledger's own way."""
    ids = fill(store, [request(seed=number) for number in range(count)])
    for lease in store.ledger.claim("me", "fake:script", count, START):
        attempt = store.ledger.begin_submit(lease, "sent", START)
        store.ledger.accepted(lease, attempt, {"name": lease.run_id}, START, Charge.NONE)
        store.ledger.ready(
            lease, [PendingClip(at, {}, None) for at in range(clips)], filtered=(), report={},
            billed_micros=None, charge=Charge.NONE, now=START,
        )  # fmt: skip
        for at in range(clips):
            store.ledger.clip_stored(lease, at, clip, STILL, STILL, START)
        store.ledger.end(lease, Status.SUCCEEDED, START)
    return ids


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def claimed(store: Store, most: int = 10, holder: str = "me") -> list[Due]:
    return store.metrics.claim(most, holder, here, START)


def test_a_clip_is_in_the_queue_from_when_it_is_stored_until_it_is_measured(store: Store) -> None:
    (run,) = with_clips(store, clips=2)
    assert store.metrics.waiting() == 2
    assert store.metrics.of_runs([run], EDITION) == {}
    for due in claimed(store):
        store.metrics.keep(due, [metric("flicker", 1.5), metric("loudness", None)], STRIP, EDITION, START)
    assert store.metrics.waiting() == 0
    found = store.metrics.of_runs([run], EDITION)
    assert list(found) == [(run, 0), (run, 1)]
    assert found[run, 1].metrics == {
        "flicker": Metric("flicker", 1.5, "levels", METRICS["flicker"].version),
        "loudness": Metric("loudness", None, "LUFS", METRICS["loudness"].version),
    }
    assert (found[run, 0].strip, found[run, 0].is_current, found[run, 0].fault) == (STRIP, True, "")
    assert found[run, 0].value("flicker") == 1.5
    assert found[run, 0].value("loudness") is found[run, 0].value("motion") is None


def test_a_still_is_not_measured(store: Store) -> None:
    with_clips(store, clip=STILL)
    assert store.metrics.waiting() == 0
    store.metrics.queue_again()
    assert store.metrics.waiting() == 0


def test_measuring_twice_changes_nothing_and_another_version_stands_beside(store: Store) -> None:
    (run,) = with_clips(store)
    (due,) = claimed(store)
    for value, version in ((1.0, 1), (2.0, 1), (3.0, 2)):
        store.metrics.keep(due, [Metric("flicker", value, "levels", version)], STRIP, EDITION, START)
    rows = store.db.read().execute("SELECT name, version, value FROM clip_metrics ORDER BY version")
    assert [tuple(row) for row in rows] == [("flicker", 1, 2.0), ("flicker", 2, 3.0)]
    assert store.metrics.of_runs([run], EDITION)[run, 0].value("flicker") == 3.0


def test_two_processes_share_the_queue_newest_first(store: Store) -> None:
    ids = with_clips(store, 5)
    first, second = claimed(store, 2, "one"), claimed(store, 9, "other")
    assert [due.run_id for due in (*first, *second)] == ids[::-1]
    assert claimed(store, 9, "third") == []
    store.metrics.release(first, tried=False)
    assert claimed(store, 9, "third") == first
    store.metrics.release(first, tried=True)
    assert [due.tries for due in claimed(store)] == [2, 2]


def test_what_a_dead_process_held_is_taken_up_and_what_hangs_after_a_while(store: Store) -> None:
    with_clips(store, 2)
    (first,) = store.metrics.claim(1, "dead", here, START)
    assert store.metrics.claim(9, "me", lambda holder: holder != "dead", START)[0].run == first.run
    later = START + timedelta(seconds=HELD_S + 1)
    assert len(store.metrics.claim(9, "me", here, START)) == 0
    assert len(store.metrics.claim(9, "me", here, later)) == 2


def test_only_these_runs(store: Store) -> None:
    ids = with_clips(store, 3)
    (key,) = store.metrics.keys([ids[1], *(f"01{number}" for number in range(300_000))])
    assert [due.run_id for due in store.metrics.claim(9, "me", here, START, [key])] == [ids[1]]


def test_a_fault_is_kept_and_tried_again_on_request_only(store: Store) -> None:
    (run,) = with_clips(store)
    (due,) = claimed(store)
    store.metrics.failed(due, "It is broken.", EDITION, START)
    found = store.metrics.of_runs([run], EDITION)[run, 0]
    assert (found.fault, found.metrics, found.strip) == ("It is broken.", {}, Strip())
    assert store.metrics.queue_outdated(EDITION) == 0
    assert store.metrics.queue_again([run]) == 1
    assert claimed(store)[0].tries == 1


def test_what_older_formulas_measured_is_found(store: Store) -> None:
    ids = with_clips(store, 3)
    for due, edition in zip(claimed(store), (EDITION - 1, EDITION, EDITION + 1), strict=True):
        store.metrics.keep(due, [metric("flicker", 1)], STRIP, edition, START)
    assert [found.is_current for found in store.metrics.of_runs(ids, EDITION).values()] == [
        False,
        True,
        False,
    ]
    assert store.metrics.queue_outdated(EDITION) == 2
    assert {due.run_id for due in claimed(store)} == {ids[0], ids[2]}


def test_a_run_that_is_gone_takes_its_values_along_and_none_come_after(store: Store) -> None:
    (run,) = with_clips(store)
    (due,) = claimed(store)
    store.metrics.keep(due, [metric("flicker", 1)], STRIP, EDITION, START)
    store.metrics.queue_again()
    store.runs.delete([run], START)
    assert store.runs.purge(START + timedelta(days=1)) == 1
    store.metrics.keep(due, [metric("flicker", 1)], STRIP, EDITION, START)
    store.metrics.failed(due, "gone", EDITION, START)
    for table in ("metrics", "measured", "to_measure"):
        assert store.db.read().execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def test_a_log_from_before_is_updated_with_its_values_and_its_clips_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = Store(tmp_path / "today")
    ids = with_clips(today, 2)
    today.close()
    with monkeypatch.context() as before:
        before.setattr(migrations, "ALL", migrations.ALL[:5])
        before.setattr(migrations, "VERSION", 5)
        Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "workbench.db") as raw:
        raw.execute("ATTACH ? AS today", [str(tmp_path / "today" / "workbench.db")])
        for table in ("prompt_texts", "media", "runs", "clips"):
            columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA main.table_info({table})"))
            raw.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")
        raw.execute("INSERT INTO metrics VALUES (?, 0, 'flicker', 1, 2.5, 'levels', '')", [ids[0]])
    raw.close()
    store = Store(tmp_path)
    rows = store.db.read().execute("SELECT * FROM clip_metrics").fetchall()
    assert [tuple(row) for row in rows] == [(ids[0], 0, "flicker", 2.5, "levels", 1)]
    assert {due.run_id for due in claimed(store)} == set(ids)


# Lists


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Every run with a clip but each ninth is measured; values repeat."""
    store = filled(tmp_path_factory.mktemp("log"), RUNS)
    assert store.metrics.waiting() == 0
    store.metrics.queue_again()
    for due in store.metrics.claim(RUNS, "me", here, START):
        if due.run % 9:
            found = [metric("flicker", due.run * 37 % 101 / 4), metric("motion", due.run * 11 % 50 - 25)]
            store.metrics.keep(due, found, STRIP, EDITION, START)
    store.runs.delete([f"01{number:024d}" for number in range(1, RUNS, 13)], START)
    yield store
    store.close()


FILTERS = (
    RunFilter(),
    RunFilter(model=MODEL),
    RunFilter(model=RARE_MODEL),
    RunFilter(status=(Status.SUCCEEDED,)),
    RunFilter(text=WORD),
    RunFilter(text=WORD, model=MODEL),
    RunFilter(deleted=True),
    RunFilter(rating_least=3),
    RunFilter(measured=(MetricRange("motion", 0),)),
    RunFilter(model="fake/none"),
)
RANGES = (MetricRange("flicker"), MetricRange("flicker", 5, 9), MetricRange("motion", None, -20))


def values(log: Store, name: str) -> dict[str, float]:
    return {run: found[name] for (run, _), found in log.metrics.values_of([name]).items()} | {
        run.id: found.value(name) or 0.0
        for run in log.runs.page(RunFilter(deleted=True), RUNS).runs
        if (found := log.metrics.of_runs([run.id], EDITION).get((run.id, 0))) and found.metrics
    }


def fits(value: float | None, one: MetricRange) -> bool:
    return (
        value is not None
        and (one.least is None or value >= one.least)
        and (one.most is None or value <= one.most)
    )


@pytest.mark.parametrize("few", [0, 2_000])
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_within_every_filter(
    log: Store, descending: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ranked, selection):
        monkeypatch.setattr(module, "FEW", few)
    shown = 0
    for wanted in FILTERS:
        runs = log.runs.page(wanted, RUNS).runs
        for by in RANGES:
            known = values(log, by.name)
            fitting = [run for run in runs if fits(known.get(run.id), by)]
            fitting.sort(key=lambda run: (known[run.id], run.rowid), reverse=descending)
            found, after = [], None
            while True:
                page = log.ranked.page(wanted, by, descending=descending, limit=7, after=after)
                found += page.runs
                if (after := page.next) is None:
                    break
            assert found == [(run, known[run.id]) for run in fitting], (wanted, by)
            shown += len(found)
    assert shown > 1_000


@pytest.mark.parametrize("few", [0, 2_000])
def test_newest_first_within_ranges(log: Store, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "FEW", few)
    flicker, motion = values(log, "flicker"), values(log, "motion")
    ranges = (MetricRange("flicker", 5, 9), MetricRange("motion", 0))
    for wanted in FILTERS:
        runs = log.runs.page(wanted, RUNS).runs
        narrowed = replace(wanted, measured=(*wanted.measured, *ranges))
        expected = [
            r for r in runs if fits(flicker.get(r.id), ranges[0]) and fits(motion.get(r.id), ranges[1])
        ]
        found, before = [], None
        while True:
            page = log.runs.page(narrowed, 7, before)
            found += page.runs
            if (before := page.older) is None:
                break
        assert found == expected, wanted


def test_the_frame_is_narrowed_too(log: Store) -> None:
    from workbench.store.frames import runs_frame

    wanted = RunFilter(measured=(MetricRange("flicker", 5, 9),))
    assert list(runs_frame(log.db, wanted)["id"]) == [run.id for run in log.runs.page(wanted, RUNS).runs]


def test_an_order_walks_the_index_and_sorts_nothing(log: Store) -> None:
    traced: list[str] = []
    log.db.read().set_trace_callback(traced.append)
    log.ranked.page(RunFilter(), MetricRange("flicker"), after=(10.0, 5))
    log.db.read().set_trace_callback(None)
    (walk,) = [sql for sql in traced if "metrics_value" in sql]
    plan = [row[3] for row in log.db.read().execute(f"EXPLAIN QUERY PLAN {walk}")]
    assert any("metrics_value" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step or "SCAN runs" in step for step in plan), plan


def test_what_can_not_be_meant_is_refused(log: Store) -> None:
    with pytest.raises(RequestError, match="Allowed: width_off, "):
        log.ranked.page(RunFilter(), MetricRange("beauty"))
    with pytest.raises(RequestError, match="Allowed: width_off, "):
        log.runs.page(RunFilter(measured=(MetricRange("beauty", 1),)))
    with pytest.raises(RequestError, match="Swap"):
        log.ranked.page(RunFilter(), MetricRange("flicker", 9, 1))


def test_strips_are_plain_json(store: Store) -> None:
    with_clips(store)
    (due,) = claimed(store)
    store.metrics.keep(due, [], STRIP, EDITION, START)
    (text,) = store.db.read().execute("SELECT strip_json FROM measured").fetchone()
    assert json.loads(text) == {"motion": [[0.1, 0.02], [0.2, 0.5]], "brightness": [[0.0, 0.4], [0.5, 0.41]]}
