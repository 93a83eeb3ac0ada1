"""Reviews of ratings: who is shown which clip, what is kept, and what the ratings say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.api import LoggedRun, Workbench
from workbench.api.means import record
from workbench.domain.errors import RequestError
from workbench.domain.rating import CRITERIA, Criterion
from workbench.domain.rating_item import RatingItem
from workbench.domain.review import Review, ReviewPlan
from workbench.providers.fake import Fake

PROMPTS = ("A lion walks at dawn, slow dolly in", "A lion walks at dusk, slow dolly in")
TWO = (CRITERIA[1], Criterion("warmth", "Warmth", "Is the light warm?"))
PLAIN = ReviewPlan(overlap=0, repeats=0, criteria=TWO)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


@pytest.fixture
def runs(bench: Workbench) -> list[LoggedRun]:
    asked = [bench.request(p, model="fake/clip", seed=seed) for seed in range(3) for p in PROMPTS]
    return bench.wait(bench.submit_many(asked), progress_bar=False)


def prompt(bench: Workbench, review: Review, item: RatingItem) -> str:
    return bench.run(review.clips[item.place].run_id).request.prompt


def rate(bench: Workbench, review: Review, person: str, count: int = 99, off: int = 0) -> list[RatingItem]:
    """Dawn moves well (5), dusk does not (2, or as much more as ``off``); warmth can't be told."""
    done: list[RatingItem] = []
    while len(done) < count and (items := bench.asked_ratings(review.id, person).items):
        score = 5 if "dawn" in prompt(bench, review, items[0]) else 2 + off
        done.append(bench.rate_item(items[0], {"motion": score, "warmth": None}))
    return done


def test_each_clip_once_in_an_order_of_ones_own(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    first = bench.asked_ratings(review.id, "Ana")
    assert len(first.items) == 2
    assert bench.asked_ratings(review.id, "Ana") == first, "a reload, or another tab"
    ana, bo = rate(bench, review, "Ana"), rate(bench, review, "Bo")
    orders = [[item.place for item in each] for each in (ana, bo)]
    assert [sorted(order) for order in orders] == [[0, 1, 2, 3, 4, 5]] * 2
    assert orders[0] != orders[1]
    assert "every clip" in bench.asked_ratings(review.id, "Ana").why
    keys = [item.key for item in (*ana, *bo)]
    assert len(set(keys)) == 12
    assert not any(run.id in key or key in run.id for key in keys for run in runs)


def test_a_browser_gets_a_copy_by_a_key_that_tells_nothing(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    item = bench.asked_ratings(review.id, "Ana").items[0]
    shown = bench.shown_clip(item.key)
    assert shown and shown.review_id == review.id
    run = bench.run(review.clips[item.place].run_id)
    content = shown.path.read_bytes()
    assert not any(word.encode() in content for word in (run.id, run.request.prompt, run.request.model))
    bench.delete_review(review.id)
    assert bench.shown_clip(item.key) is None


def test_the_plan_is_frozen_with_its_criteria(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("One arm will do", runs[::2], plan=PLAIN)
    assert bench.store.reviews.get(review.id) == review
    assert bench.store.reviews.get(review.id).plan.criteria == TWO


def test_undo_skip_and_progress(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    one, two = rate(bench, review, "Ana", 2)
    third = bench.asked_ratings(review.id, "Ana").items[0]
    for _ in range(2):
        bench.skip_item(third, " It does not play ")
    (ana,) = bench.review_progress(review.id)
    assert (ana.person, ana.votes, ana.skips) == ("Ana", 2, 1)
    back = [bench.take_back_rating(review.id, "Ana") for _ in range(3)]
    assert [item and item.id for item in back] == [third.id, two.id, one.id]
    assert bench.take_back_rating(review.id, "Ana") is None
    assert bench.asked_ratings(review.id, "Ana").items[0].id == one.id
    (ana,) = bench.review_progress(review.id)
    assert (ana.votes, ana.skips, ana.last_at) == (0, 0, None)
    rows = bench.store.db.read().execute("SELECT count(*) FROM item_ratings").fetchone()[0]
    assert rows == 6, "twice the same is once, and nothing is ever changed or removed"


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({"motion": 3}, "Not rated yet: warmth"),
        ({"motion": 3, "warmth": 6}, "can't be 6"),
        ({"motion": 3, "warmth": 1, "audio": 1}, "no criterion 'audio' here"),
    ],
)
def test_what_can_not_be_said(
    bench: Workbench, runs: list[LoggedRun], scores: dict[str, int], told: str
) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    item = bench.asked_ratings(review.id, "Ana").items[0]
    with pytest.raises(RequestError, match=told):
        bench.rate_item(item, scores)
    assert bench.store.rating_items.said([review.id]) == []


def test_nobody_rates_for_somebody_else_and_kinds_are_kept_apart(
    bench: Workbench, runs: list[LoggedRun]
) -> None:
    review, pairs = bench.review("Rate", runs, plan=PLAIN), bench.review("Judge", runs)
    item = bench.asked_ratings(review.id, "Ana").items[0]
    with pytest.raises(RequestError, match="not yours"):
        bench.rate_item(replace(item, person="Bo"), {"motion": 1, "warmth": 1})
    with pytest.raises(RequestError, match="Say who you are"):
        bench.asked_ratings(review.id, " ")
    with pytest.raises(RequestError, match="review of ratings"):
        bench.asked(review.id, "Ana")
    with pytest.raises(RequestError, match="review of pairs"):
        bench.asked_ratings(pairs.id, "Ana")
    with pytest.raises(RequestError, match="review of pairs"):
        bench.rated(review=pairs.id)


def test_overlap_and_repeats_come(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("All overlap", runs, plan=replace(PLAIN, overlap=1.0))
    few = {item.place for item in rate(bench, review, "Ana", 3)}
    assert {item.place for item in rate(bench, review, "Bo", 3)} == few
    review = bench.review("None overlap", runs, plan=PLAIN)
    few = {item.place for item in rate(bench, review, "Ana", 3)}
    assert not few & {item.place for item in rate(bench, review, "Bo", 3)}
    more = [bench.request(p, model="fake/clip", seed=seed) for seed in (3, 4) for p in PROMPTS]
    runs = [*runs, *bench.wait(bench.submit_many(more), progress_bar=False)]
    review = bench.review("Repeats", runs, plan=replace(PLAIN, repeats=1.0))
    by_id = {item.id: item for item in rate(bench, review, "Ana", 8)}
    repeats = [item for item in by_id.values() if item.repeat_of]
    assert repeats and all(by_id[item.repeat_of].place == item.place for item in repeats)
    assert bench.review_progress(review.id)[0].votes == len(by_id) - len(repeats)


@pytest.mark.parametrize(
    ("rule", "told"),
    [({"votes_wanted": 4}, "All 4 ratings"), ({"width": 4.1, "criteria": TWO[:1]}, "as narrow as was asked")],
)
def test_when_it_is_over(bench: Workbench, runs: list[LoggedRun], rule: dict[str, object], told: str) -> None:
    review = bench.review("Rule", runs, plan=replace(PLAIN, **rule))  # type: ignore[arg-type]
    for _ in range(6):
        if not (items := bench.asked_ratings(review.id, "Ana", ahead=1).items):
            break
        bench.rate_item(items[0], {one.name: 4 for one in review.plan.criteria})
    assert told in bench.asked_ratings(review.id, "Bo").why
    assert 2 <= len(bench.store.rating_items.said([review.id])) <= 5


def test_what_the_ratings_say(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    rate(bench, review, "Ana")
    rate(bench, review, "Bo", off=-1)
    found = bench.rated(review=review.id)
    assert found and (found.ratings, found.people) == (12, ("Ana", "Bo"))
    motion, warmth = found.criteria
    titles = {arm.label: arm.request.prompt for arm in found.arms}
    assert [titles[arm.arm] for arm in motion.arms] == list(PROMPTS)
    best, last = (arm.mean for arm in motion.arms)
    assert best and last and (best.value, last.value) == (5, 1.5)
    assert best.low > last.high
    assert "its interval lies above every other" in motion.sentence
    assert motion.agreement.alpha and motion.agreement.items == 6
    assert 0.5 < motion.agreement.alpha.value < 1
    assert warmth.sentence == "Warmth: nothing was rated yet."
    assert warmth.agreement.alpha is None
    (one,) = bench.rated(review=review.id, criterion="motion").criteria  # type: ignore[union-attr]
    assert one == motion
    assert json.loads(json.dumps(record(found)))["criteria"][0]["alpha"]["value"] > 0.5
    with pytest.raises(RequestError, match="Allowed: motion, warmth"):
        bench.rated(review=review.id, criterion="mood")
    assert bench.rank() is None, "ratings are no votes"


def test_a_clip_in_the_bin_is_neither_asked_for_nor_counted(bench: Workbench, runs: list[LoggedRun]) -> None:
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    (rated,) = rate(bench, review, "Ana", 1)
    waiting = bench.asked_ratings(review.id, "Ana").items[0]
    for item in (rated, waiting):
        bench.delete([review.clips[item.place].run_id])
    assert waiting.id not in [item.id for item in bench.asked_ratings(review.id, "Ana").items]
    found = bench.rated(review=review.id)
    assert found and all(arm.mean is None for one in found.criteria for arm in one.arms)
