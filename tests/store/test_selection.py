"""Every filter, alone and with every other, against a look at each run; and the words of a search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from tests.bench.filling import MODEL, NEWEST, RARE_MODEL, RARE_WORD, RUN_EVERY_S, WORD, filled
from tests.store.test_runs import START, fill, request
from workbench.domain.query import RunFilter
from workbench.domain.rating import Rating
from workbench.domain.run import Run, Status
from workbench.store import Store

RUNS = 1_200
MIDDLE = NEWEST - timedelta(seconds=RUN_EVERY_S * RUNS // 2)
CHANGES: tuple[dict[str, object], ...] = (
    {"text": WORD},
    {"text": "zepp"},
    {"model": RARE_MODEL},
    {"model": MODEL},
    {"status": (Status.FAILED,)},
    {"status": (Status.SUCCEEDED, Status.CANCELLED, Status.QUEUED)},
    {"since": MIDDLE},
    {"until": MIDDLE},
    {"rating_least": 4.0},
    {"rating_least": 2.5},
    {"deleted": True},
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = filled(tmp_path_factory.mktemp("log"), RUNS)
    store.runs.delete([f"01{number:024d}" for number in range(1, RUNS, 7)], NEWEST)
    yield store
    store.close()


def everything(store: Store, wanted: RunFilter) -> list[Run]:
    found: list[Run] = []
    before: int | None = None
    while True:
        page = store.runs.page(wanted, 7, before)
        found += page.runs
        if page.older is None:
            return found
        before = page.older


def fits(run: Run, wanted: RunFilter) -> bool:
    return (
        (run.deleted_at is not None) == wanted.deleted
        and wanted.text in run.request.prompt
        and wanted.model in ("", run.request.model)
        and (not wanted.status or run.status in wanted.status)
        and (wanted.since is None or run.created_at >= wanted.since)
        and (wanted.until is None or run.created_at < wanted.until)
        and (wanted.rating_least is None or (run.rating or 0) >= wanted.rating_least)
    )


def test_pages_of_any_filters_together_hold_what_fits_newest_first(store: Store) -> None:
    runs = store.runs.get_many([f"01{number:024d}" for number in range(RUNS, 0, -1)])
    pairs = [{**a, **b} for a, b in combinations(CHANGES, 2)]
    triples = [{**a, **b, **c} for a, b, c in combinations(CHANGES, 3)]
    filled_pages = 0
    for changes in [{}, *CHANGES, *pairs, *triples]:
        wanted = RunFilter(**changes)  # type: ignore[arg-type]
        expected = [run.id for run in runs if fits(run, wanted)]
        assert [run.id for run in everything(store, wanted)] == expected, wanted
        filled_pages += bool(expected)
    assert filled_pages > 100


def test_the_frame_holds_the_same_runs(store: Store) -> None:
    from workbench.store.frames import runs_frame

    for changes in ({}, *CHANGES, {"text": WORD, "model": MODEL, "rating_least": 2.0}):
        wanted = RunFilter(**changes)  # type: ignore[arg-type]
        expected = [run.id for run in everything(store, wanted)]
        assert list(runs_frame(store.db, wanted)["id"]) == expected, wanted


def test_the_index_follows_state_rating_and_bin(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = fill(store, [request("a lion", seed=n) for n in range(3)])

    def found(**changes: object) -> list[str]:
        wanted = replace(RunFilter(text="lion", model="fake/clip"), **changes)  # type: ignore[arg-type]
        return [run.id for run in store.runs.page(wanted).runs]

    assert found(status=(Status.GENERATING, Status.QUEUED)) == ids[::-1]
    store.ledger.request_cancel(ids[0], START)
    assert found(status=(Status.CANCELLED,)) == ids[:1]
    assert found(status=(Status.QUEUED,)) == [ids[2], ids[1]]
    store.runs.delete(ids[:1], START)
    assert (found(), found(deleted=True)) == ([ids[2], ids[1]], ids[:1])
    store.runs.undelete(ids[:1])
    assert found(status=(Status.CANCELLED,)) == ids[:1]
    store.db.read().execute("INSERT INTO runs_fts (runs_fts, rank) VALUES ('integrity-check', 1)")


def test_a_rating_is_found_and_a_changed_one_anew(tmp_path: Path) -> None:
    store = filled(tmp_path, 40)
    run = store.runs.page(RunFilter(status=(Status.SUCCEEDED,)), 1).runs[0]
    word = run.request.prompt.split()[1]
    for score, least in ((2, 2.0), (5, 5.0)):
        store.ratings.add([Rating(run.id, "motion", score)], START)
        wanted = RunFilter(text=word, rating_least=least)
        assert run.id in [found.id for found in store.runs.page(wanted).runs]
        assert run.id in [found.id for found in store.runs.page(replace(wanted, text="")).runs]
    store.db.read().execute("INSERT INTO runs_fts (runs_fts, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe", {"Ein CAFÉ am Morgen"}),
        ("caf", {"Ein CAFÉ am Morgen"}),
        ("slow-mot", {"slow-motion rain"}),
        ("motion-sl", set()),
        ("slow ra", {"slow-motion rain", "slow rainbow"}),
        ("夜の", {"夜の 街"}),
        ("夜の街", set()),
        ("夜", {"夜の 街"}),
        ("or", set()),
        ("...", set()),
        (f"{RARE_WORD} NOT", set()),
    ],
)
def test_words_and_their_beginnings(tmp_path: Path, text: str, expected: set[str]) -> None:
    store = Store(tmp_path)
    fill(store, [request(p) for p in ("Ein CAFÉ am Morgen", "slow-motion rain", "slow rainbow", "夜の 街")])
    assert {run.request.prompt for run in store.runs.page(RunFilter(text=text)).runs} == expected


def test_a_beginning_of_very_many_words_finds_them_all(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, [request(f"word{number}") for number in range(60)])
    assert len(store.runs.page(RunFilter(text="wor"), 100).runs) == 60
    assert len(store.runs.page(RunFilter(text="word1"), 100).runs) == 11
