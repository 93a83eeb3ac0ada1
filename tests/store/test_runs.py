"""The run log: inserting from many processes, reading back, searching, paging, counting, the bin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from immutabledict import immutabledict
from ulid import ULID

from workbench.domain.errors import BudgetExceeded, RequestError, UnknownRun
from workbench.domain.media import Input, Media, Role
from workbench.domain.query import RunFilter
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Origin, Parenthood, Run, Status
from workbench.store import NewRun, Store
from workbench.store.runs import Runs

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FRAME = Media("ab" * 32, "image/png", 1234, 640, 360, note="turned upright")


def request(prompt: str = "a lion at dawn", model: str = "fake/clip", seed: int = 1) -> GenerationRequest:
    return GenerationRequest(
        model=model,
        prompt=prompt,
        negative_prompt="text, watermark",
        settings=immutabledict({"duration_s": 4, "aspect_ratio": "16:9"}),
        seed=seed,
    )


def new(asked: GenerationRequest | None = None, **changes: object) -> NewRun:
    base = NewRun(id=str(ULID()), request=asked or request(), account="fake:script", estimate_micros=200_000)
    return replace(base, **changes)  # type: ignore[arg-type]


def fill(store: Store, requests: Sequence[GenerationRequest]) -> list[str]:
    """One run a second."""
    runs = [new(asked) for asked in requests]
    for number, run in enumerate(runs):
        store.runs.insert([run], START + timedelta(seconds=number))
    return [run.id for run in runs]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_run_comes_back_as_it_went_in(store: Store) -> None:
    asked = replace(request(), inputs=(Input(Role.FIRST_FRAME, FRAME),), take=2)
    origin = Origin("01PARENT", Parenthood.VARIANT, None, "a {animal}", immutabledict({"animal": "lion"}))
    run = new(asked, origin=origin, adjustments=("folded the negative prompt in",))
    store.runs.insert([run], START)
    got = store.runs.get(run.id)
    assert got.request == asked
    assert got.origin == origin
    assert (got.status, got.created_at, got.adjustments) == (Status.QUEUED, START, run.adjustments)
    assert got.request.request_hash == asked.request_hash


def test_inserting_many_is_all_or_none(store: Store) -> None:
    first = new()
    with pytest.raises(Exception, match="UNIQUE"):
        store.runs.insert([first, replace(first)], START)
    assert store.runs.page(RunFilter()).runs == ()


def test_ids_resolve_by_a_unique_beginning(store: Store) -> None:
    ids = fill(store, [request(), request(seed=2)])
    assert store.runs.get(ids[0].lower()).id == ids[0]
    assert store.runs.resolve(ids[1][:-1] if ids[0][:-1] != ids[1][:-1] else ids[1]) == ids[1]
    with pytest.raises(UnknownRun, match="Several"):
        store.runs.resolve(ids[0][:1])
    for nonsense in ("", "%", "no-id", "Z" * 27, "' OR 1=1 --"):
        with pytest.raises(UnknownRun):
            store.runs.resolve(nonsense)


def test_keyset_pages_cover_everything_once_newest_first(store: Store) -> None:
    ids = fill(store, [request(seed=n) for n in range(25)])
    seen: list[str] = []
    before = None
    while True:
        page = store.runs.page(RunFilter(), 10, before)
        seen += [run.id for run in page.runs]
        if page.older is None:
            break
        before = page.older
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lion", ["a lion at dawn", "the lion sleeps"]),
        ("LION dawn", ["a lion at dawn"]),
        ("sle", ["the lion sleeps"]),
        ("watermark", ["a lion at dawn", "the lion sleeps", "rain on neon"]),
        ("nothing", []),
        ('"; DROP TABLE runs; --', []),
        ("lion AND", []),
        ("*", []),
        ("fake", []),
    ],
)
def test_full_text_finds_words_in_both_prompts(store: Store, text: str, expected: list[str]) -> None:
    prompts = ["a lion at dawn", "the lion sleeps", "rain on neon"]
    fill(store, [request(prompt) for prompt in prompts])
    assert sorted(run.request.prompt for run in store.runs.page(RunFilter(text=text)).runs) == sorted(
        expected
    )


def test_filters_narrow(store: Store) -> None:
    fill(store, [request("one"), request("two", model="other/model"), request("one again")])
    assert prompts_of(store.runs, RunFilter(model="other/model")) == ["two"]
    assert prompts_of(store.runs, RunFilter(text="one", model="fake/clip")) == ["one again", "one"]
    assert prompts_of(store.runs, RunFilter(text="one", model="other/model")) == []
    assert prompts_of(store.runs, RunFilter(since=START + timedelta(seconds=1))) == ["one again", "two"]
    assert prompts_of(store.runs, RunFilter(until=START + timedelta(seconds=1))) == ["one"]
    assert prompts_of(store.runs, RunFilter(since=START + timedelta(days=1))) == []
    assert prompts_of(store.runs, RunFilter(status=(Status.SUCCEEDED,))) == []
    assert len(prompts_of(store.runs, RunFilter(status=(Status.QUEUED, Status.FAILED)))) == 3
    assert prompts_of(store.runs, RunFilter(arm_hash=request("one").arm_hash)) == ["one"]


def prompts_of(runs: Runs, wanted: RunFilter) -> list[str]:
    return [run.request.prompt for run in runs.page(wanted).runs]


def test_counts_follow_every_change(store: Store) -> None:
    ids = fill(store, [request(seed=n) for n in range(3)] + [request(model="other/model")])
    assert store.runs.counts() == {("fake/clip", Status.QUEUED): 3, ("other/model", Status.QUEUED): 1}
    store.ledger.request_cancel(ids[0], START)
    assert store.runs.counts()[("fake/clip", Status.CANCELLED)] == 1
    store.runs.delete([ids[0]], START)
    assert ("fake/clip", Status.CANCELLED) not in store.runs.counts()
    store.runs.undelete([ids[0]])
    assert store.runs.counts()[("fake/clip", Status.CANCELLED)] == 1
    store.runs.delete([ids[0]], START)
    store.runs.purge(START + timedelta(seconds=1))
    scanned = store.db.read().execute(
        "SELECT model, status, count(*) FROM runs WHERE deleted_at IS NULL GROUP BY 1, 2"
    )
    assert store.runs.counts() == {(m, Status(s)): n for m, s, n in scanned}


def test_the_bin_hides_and_gives_back(store: Store) -> None:
    ids = fill(store, [request("kept"), request("thrown")])
    store.ledger.request_cancel(ids[1], START)
    store.runs.delete([ids[1]], START)
    assert prompts_of(store.runs, RunFilter()) == ["kept"]
    assert prompts_of(store.runs, RunFilter(text="thrown")) == []
    assert prompts_of(store.runs, RunFilter(deleted=True)) == ["thrown"]
    store.runs.undelete([ids[1]])
    assert prompts_of(store.runs, RunFilter(text="thrown")) == ["thrown"]


def test_a_busy_run_is_not_deleted(store: Store) -> None:
    ids = fill(store, [request()])
    with pytest.raises(RequestError, match="Cancel it first"):
        store.runs.delete(ids, START)


def test_purging_forgets_the_text_index_too(store: Store) -> None:
    ids = fill(store, [request("unicorn"), request("horse")])
    store.ledger.request_cancel(ids[0], START)
    store.runs.delete([ids[0]], START)
    assert store.runs.purge(START) == 0, "not yet: the bin keeps it"
    assert store.runs.purge(START + timedelta(seconds=1)) == 1
    index = store.db.read().execute("SELECT count(*) FROM runs_fts WHERE runs_fts MATCH 'unicorn'").fetchone()
    assert index[0] == 0
    with pytest.raises(UnknownRun):
        store.runs.get(ids[0])


def test_the_budget_reserves_and_gives_back(store: Store) -> None:
    two_dollars = 2_000_000
    dear = [new(request(seed=n), estimate_micros=900_000) for n in range(3)]
    with pytest.raises(BudgetExceeded, match=r"\$2\.70.*\$0\.00 of today's \$2\.00"):
        store.runs.insert(dear, START, two_dollars)
    assert store.runs.page(RunFilter()).runs == ()
    store.runs.insert(dear[:2], START, two_dollars)
    with pytest.raises(BudgetExceeded, match=r"\$1\.80 of today's"):
        store.runs.insert(dear[2:], START, two_dollars)
    store.ledger.request_cancel(dear[0].id, START)
    store.runs.insert(dear[2:], START, two_dollars)
    store.runs.insert([new(estimate_micros=1_900_000)], START + timedelta(days=1), two_dollars)


def test_a_budget_refuses_what_has_no_price(store: Store) -> None:
    with pytest.raises(BudgetExceeded, match="no price is known for fake/clip"):
        store.runs.insert([new(estimate_micros=None)], START, 1_000_000)


def test_four_processes_insert_and_nothing_is_lost(tmp_path: Path) -> None:
    script = """
import sys, pathlib
sys.path.insert(0, sys.argv[2])
from tests.store.test_runs import START, fill, request
from workbench.store import Store
ids = fill(Store(pathlib.Path(sys.argv[1])), [request(f"from {sys.argv[3]}", seed=n) for n in range(100)])
print(" ".join(ids))
"""
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path, root, str(n)], stdout=subprocess.PIPE)
        for n in range(4)
    ]
    said = {i for process in started for i in process.communicate(timeout=90)[0].decode().split()}
    store = Store(tmp_path)
    rows = {row[0] for row in store.db.read().execute("SELECT id FROM runs")}
    assert len(rows) == 400
    assert rows == said
    assert sum(store.runs.counts().values()) == 400


def test_children_and_media_come_with_their_runs(store: Store) -> None:
    parent = new(
        replace(request(), inputs=(Input(Role.REFERENCE, FRAME, 0), Input(Role.REFERENCE, FRAME, 1)))
    )
    store.runs.insert([parent], START)
    child = new(origin=Origin(parent.id, Parenthood.TAKE))
    store.runs.insert([child], START)
    assert [run.id for run in store.runs.children(parent.id)] == [child.id]
    got: Run = store.runs.get(parent.id)
    assert [i.position for i in got.request.inputs] == [0, 1]
    assert store.media.get(FRAME.sha256) == FRAME
    assert store.media.recent_inputs(5) == [FRAME]
