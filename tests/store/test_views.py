"""The views that are a promise: their columns, their values, their speed, and every example of the page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.store.test_runs import START, new, request
from workbench.domain.media import Media
from workbench.domain.rating import CRITERIA, Rating
from workbench.domain.rating_item import Said
from workbench.domain.review import Choice, ReviewClip, ReviewPlan
from workbench.domain.run import Charge, Status
from workbench.domain.times import to_text
from workbench.store import Store
from workbench.store.ledger import PendingClip

VIEWS = {
    "v_runs": "id created_at kind model account status failure message prompt negative_prompt seed take "
    "asked_duration_s aspect_ratio resolution settings queue_s latency_s download_s estimate_usd billed_usd "
    "charge rating experiment_id slots parent_id parenthood clip_path clip_sha256 clip_width clip_height "
    "clip_duration_s clip_bytes is_emulated deleted_at",
    "v_votes": "id created_at pair_id review_id review person choice reason left_run_id right_run_id "
    "left_model right_model left_prompt right_prompt since_given_s is_repeat pair_probability deleted_at",
    "v_costs": "run_id created_at day model account experiment_id status charge estimate_usd billed_usd "
    "counted_usd is_emulated",
    "v_ratings": "id created_at run_id clip model prompt person criterion score comment is_blind review_id "
    "review is_repeat deleted_at",
}
CLIP = Media("cd" * 32, "video/mp4", 5_000, 640, 360, 4.0, 24.0, "h264", True)
STILL = Media("ef" * 32, "image/jpeg", 500, 640, 360)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def rows(store: Store, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in store.db.read().execute(sql)]


def page(root: Path) -> str:
    return (root / "docs" / "sql.md").read_text()


def finished(store: Store) -> str:
    run = new()
    at = [START + timedelta(seconds=n) for n in range(0, 20, 2)]
    store.runs.insert([run], at[0])
    (lease,) = store.ledger.claim("me", run.account, 1, at[0])
    attempt = store.ledger.begin_submit(lease, "h", at[1])
    assert attempt
    store.ledger.accepted(lease, attempt, {"id": 1}, at[2])
    pending = [PendingClip(0, {"url": "x"}, None)]
    store.ledger.ready(
        lease, pending, filtered=(), report={}, billed_micros=None, charge=Charge.YES, now=at[5]
    )
    store.ledger.clip_stored(lease, 0, CLIP, STILL, STILL, at[6])
    store.ledger.end(lease, Status.SUCCEEDED, at[6])
    return run.id


@pytest.mark.parametrize("view", VIEWS)
def test_the_columns_are_those_that_are_promised_and_each_is_described(
    store: Store, root: Path, view: str
) -> None:
    found = [row["name"] for row in rows(store, f"PRAGMA table_info({view})")]
    assert found == VIEWS[view].split()
    section = page(root).split(f"## `{view}`")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == found


def test_a_run_tells_its_seconds_dollars_and_file(store: Store) -> None:
    run_id = finished(store)
    (row,) = rows(store, "SELECT * FROM v_runs")
    run = store.runs.get(run_id)
    assert (row["id"], row["prompt"], row["asked_duration_s"]) == (run_id, run.request.prompt, 4)
    assert (row["queue_s"], row["latency_s"], row["download_s"]) == (2.0, 6.0, 2.0)
    assert (row["queue_s"], row["latency_s"], row["download_s"]) == (
        run.queue_s,
        run.latency_s,
        run.download_s,
    )
    assert (row["estimate_usd"], row["billed_usd"], row["charge"]) == (0.2, None, "yes")
    assert run.clip is not None
    assert store.db.folder / row["clip_path"] == run.clip.path
    assert (row["clip_width"], row["clip_height"], row["clip_duration_s"]) == (640, 360, 4.0)
    assert (row["is_emulated"], row["deleted_at"]) == (0, None)


def test_what_ended_without_a_charge_costs_nothing(store: Store) -> None:
    finished(store)
    waiting, refused = new(request(seed=2), account="vertex:emulated:x"), new(request(seed=3))
    store.runs.insert([waiting, refused], START)
    with store.db.write() as connection:
        connection.execute("UPDATE runs SET status = 'failed' WHERE id = ?", [refused.id])
    found = rows(store, "SELECT day, counted_usd, is_emulated FROM v_costs ORDER BY run_id")
    assert [tuple(row.values()) for row in found] == [
        ("2026-11-21", 0.2, 0),
        ("2026-11-21", 0.2, 1),
        ("2026-11-21", 0.0, 0),
    ]


def test_a_pair_tells_the_vote_that_counts_and_none_that_was_taken_back(store: Store) -> None:
    left, right = new(), new(request("a lion at dusk", model="fake/other", seed=2))
    store.runs.insert([left, right], START)
    clips = [ReviewClip(left.id, 0), ReviewClip(right.id, 0)]
    review = store.reviews.create("Lions", ReviewPlan(), clips, START)
    store.reviews.give(review, "Ada", (0, 1), probability=0.5, unless_open=1, now=START)
    (pair,) = store.reviews.open_pairs(review.id, "Ada")
    for second, choice in enumerate((Choice.LEFT, Choice.RIGHT), start=1):
        store.reviews.vote(pair.id, "Ada", choice, "", START + timedelta(seconds=second))
    (row,) = rows(store, "SELECT * FROM v_votes")
    assert (row["choice"], row["person"], row["review"], row["since_given_s"]) == ("right", "Ada", "Lions", 2)
    assert (row["left_run_id"], row["right_run_id"], row["right_model"]) == (left.id, right.id, "fake/other")
    assert (row["right_prompt"], row["is_repeat"], row["pair_probability"]) == ("a lion at dusk", 0, 0.5)
    store.reviews.vote(pair.id, "Ada", None, "", START + timedelta(seconds=3))
    assert rows(store, "SELECT * FROM v_votes") == []


def test_a_rating_is_a_persons_last_word_by_each_criterion(store: Store) -> None:
    run_id = finished(store)
    at = [START + timedelta(minutes=n) for n in range(1, 6)]
    store.ratings.add([Rating(run_id, "motion", 2, person="Ada")], at[0])
    store.ratings.add([Rating(run_id, "motion", 5, person="Ada", comment="On second thought")], at[1])
    store.ratings.add([Rating(run_id, "motion", 4, person="Bo", blind=True)], at[2])
    found = rows(store, "SELECT * FROM v_ratings ORDER BY created_at")
    assert [(row["person"], row["score"], row["comment"], row["is_blind"]) for row in found] == [
        ("Ada", 5, "On second thought", 0),
        ("Bo", 4, "", 1),
    ]
    assert (found[0]["created_at"], found[0]["run_id"], found[0]["clip"]) == (to_text(at[1]), run_id, 0)
    assert (found[0]["model"], found[0]["criterion"]) == ("fake/clip", "motion")
    assert (found[0]["review_id"], found[0]["is_repeat"], found[0]["deleted_at"]) == (None, 0, None)
    assert found[0]["prompt"] == store.runs.get(run_id).request.prompt


def test_a_review_of_ratings_tells_what_counts(store: Store) -> None:
    run_id = finished(store)
    review = store.reviews.create(
        "Motion only", ReviewPlan(criteria=CRITERIA[:2]), [ReviewClip(run_id, 0)], START
    )
    items, scores = store.rating_items, {"motion": 3, "prompt_adherence": None}
    items.give(review.id, "Ada", 0, unless_open=9, now=START)
    (item,) = items.open(review.id, "Ada")
    items.give(review.id, "Ada", 0, repeat_of=item.id, unless_open=9, now=START)
    (again,) = [one for one in items.open(review.id, "Ada") if one.repeat_of]
    items.say(item.id, "Ada", Said.RATED, scores | {"motion": 1}, "", START)
    items.say(item.id, "Ada", Said.RATED, scores, "", START)
    items.say(again.id, "Ada", Said.RATED, scores | {"motion": 4}, "", START)
    found = rows(store, f"SELECT * FROM v_ratings WHERE run_id = '{run_id}' ORDER BY is_repeat, criterion")
    assert [(row["criterion"], row["score"], row["is_repeat"]) for row in found] == [
        ("motion", 3, 0),
        ("prompt_adherence", None, 0),
        ("motion", 4, 1),
        ("prompt_adherence", None, 1),
    ]
    assert len({row["id"] for row in found}) == 4
    assert {
        (row["review"], row["review_id"], row["is_blind"], row["person"], row["clip"]) for row in found
    } == {("Motion only", review.id, 1, "Ada", 0)}
    (mean,) = rows(store, re.findall(r"```sql\n(.*?)```", page(Path(__file__).parents[2]), re.DOTALL)[3])[:1]
    assert (mean["criterion"], mean["mean"], mean["ratings"]) == ("motion", 3.0, 1)
    items.say(item.id, "Ada", Said.SKIP, {}, "It does not play", START)
    items.say(again.id, "Ada", None, {}, "", START)
    assert rows(store, "SELECT * FROM v_ratings") == []
    items.say(item.id, "Ada", Said.RATED, scores, "", START)
    store.reviews.delete(review.id, START)
    assert {row["deleted_at"] for row in rows(store, "SELECT deleted_at FROM v_ratings")} == {to_text(START)}


@pytest.mark.parametrize(
    "where",
    [
        "v_runs WHERE model = 'fake/clip' ORDER BY id DESC LIMIT 50",
        "v_runs WHERE model = 'fake/clip' AND deleted_at IS NULL ORDER BY id DESC LIMIT 50",
        "v_runs WHERE id = 'x'",
        "v_runs WHERE experiment_id = 'x'",
        "v_costs WHERE created_at >= '2026-11-21' AND created_at < '2026-11-22'",
        "v_votes WHERE review_id = 'x' AND person = 'Ada'",
        "v_ratings WHERE run_id = 'x'",
    ],
)
def test_an_index_serves_every_table(store: Store, where: str) -> None:
    plan = [row["detail"] for row in rows(store, f"EXPLAIN QUERY PLAN SELECT * FROM {where}")]
    assert not [step for step in plan if re.match("SCAN (?!v_|.*(USING|VIRTUAL TABLE))", step)], plan


def test_the_examples_of_the_page_run(store: Store, root: Path) -> None:
    finished(store)
    examples = re.findall(r"```sql\n(.*?)```", page(root), re.DOTALL)
    assert len(examples) == 4
    found = [rows(store, example) for example in examples]
    assert (len(found[0]), found[1][0]["usd"], found[2:]) == (1, 0.2, [[], []])
