"""Blind reviews: who is shown what, what counts as a vote, and what the votes say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from workbench.api import LoggedRun, Workbench, reviewing
from workbench.api.arms import arms_of, label
from workbench.api.ranking import votes_that_count
from workbench.domain.errors import RequestError
from workbench.domain.review import Choice, Pair, Review, ReviewPlan
from workbench.domain.run import Origin
from workbench.providers.fake import Fake

PROMPTS = ("A lion walks at dawn, slow dolly in", "A lion walks at dusk, slow dolly in")
PLAIN = ReviewPlan(overlap=0, repeats=0)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


def made(bench: Workbench, prompts: Sequence[str] = PROMPTS, seeds: int = 3) -> list[LoggedRun]:
    asked = [bench.request(p, model="fake/clip", seed=seed) for seed in range(seeds) for p in prompts]
    return bench.wait(bench.submit_many(asked), progress_bar=False)


def judge(bench: Workbench, review: Review, person: str, count: int, choice: str = "left") -> list[Pair]:
    done = []
    for _ in range(count):
        asked = bench.asked(review.id, person)
        if not asked.pairs:
            break
        done.append(bench.vote(asked.pairs[0].id, person, choice))
    return done


def arm(bench: Workbench, review: Review, place: int) -> str:
    return bench.run(review.clips[place].run_id).request.prompt


def test_a_pair_is_of_two_arms_and_stays_until_it_is_judged(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    first = bench.asked(review.id, "Ana")
    assert len(first.pairs) == 2
    assert bench.asked(review.id, "Ana") == first, "a reload, or another tab"
    assert bench.asked(review.id, "Bo").pairs[0].id != first.pairs[0].id
    for pair in first.pairs:
        assert arm(bench, review, pair.left) != arm(bench, review, pair.right)
        assert 0 < pair.probability <= 1
    bench.vote(first.pairs[0].id, "Ana", "left")
    assert bench.asked(review.id, "Ana").pairs[0] == first.pairs[1]


def test_keys_tell_nothing_and_are_never_the_same(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    pairs = judge(bench, review, "Ana", 9)
    keys = [key for pair in pairs for key in (pair.left_key, pair.right_key)]
    assert len(set(keys)) == len(keys) == 18
    shas = {clip.media.sha256 for run in bench.runs() for clip in run.clips}
    assert not any(key in sha or sha in key for key in keys for sha in shas)
    assert bench.shown_clip("nothing") is None


def test_every_pair_once_and_then_it_ends(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    judge(bench, review, "Ana", 99)
    told = bench.store.reviews.pairs([review.id])
    assert len({pair.clips for pair in told}) == len(told) == 9
    assert "every pair" in bench.asked(review.id, "Ana").why
    assert bench.asked(review.id, "Bo").pairs


def test_votes_skips_and_what_is_taken_back(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    one, two, three = judge(bench, review, "Ana", 3)
    bench.vote(three.id, "Ana", "skip", "won't load")
    bench.vote(two.id, "Ana", Choice.BOTH_BAD)
    (ana,) = bench.review_progress(review.id)
    assert (ana.person, ana.votes, ana.skips) == ("Ana", 2, 1)
    assert bench.take_back(review.id, "Ana") and bench.take_back(review.id, "Ana")
    (ana,) = bench.review_progress(review.id)
    assert (ana.votes, ana.skips) == (1, 0)
    assert [pair.id for pair in bench.asked(review.id, "Ana").pairs] == [two.id, three.id]
    assert bench.take_back(review.id, "Ana") and bench.take_back(review.id, "Ana") is None
    assert bench.asked(review.id, "Ana").pairs[0].id == one.id
    rows = bench.store.db.read().execute("SELECT count(*) FROM votes").fetchone()[0]
    assert rows == 8, "nothing is ever changed or removed"


def test_twice_the_same_is_one_vote(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    pair = bench.asked(review.id, "Ana").pairs[0]
    for _ in range(3):
        bench.vote(pair.id, "Ana", "right")
    assert bench.store.db.read().execute("SELECT count(*) FROM votes").fetchone()[0] == 1


@pytest.mark.parametrize("person", ["Bo", ""])
def test_nobody_votes_for_somebody_else(bench: Workbench, person: str) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    pair = bench.asked(review.id, "Ana").pairs[0]
    with pytest.raises(RequestError, match="not yours"):
        bench.vote(pair.id, person, "left")
    with pytest.raises(RequestError, match="Say who you are"):
        bench.asked(review.id, " ")
    assert bench.review_progress(review.id)[0].votes == 0


def test_sides_are_balanced_and_overlap_and_repeats_come(bench: Workbench) -> None:
    runs = made(bench, (*PROMPTS, "A lion walks at noon, slow dolly in"), 4)
    review = bench.review("Three", runs, plan=ReviewPlan(overlap=0.3, repeats=0.2))
    judge(bench, review, "Ana", 30)
    judge(bench, review, "Bo", 30)
    told = bench.store.reviews.pairs([review.id])
    repeats = [pair for pair in told if pair.repeat_of]
    assert 4 <= len(repeats) <= 20
    by_id = {pair.id: pair for pair in told}
    for pair in repeats:
        first = by_id[pair.repeat_of]
        assert (pair.left, pair.right, pair.person) == (first.right, first.left, first.person)
    counted = votes_that_count(told)
    ana, bo = ({p.clips for p in counted if p.person == who} for who in ("Ana", "Bo"))
    assert len(ana & bo) >= 3
    at_left = Counter(arm(bench, review, pair.left) for pair in counted)
    assert max(at_left.values()) - min(at_left.values()) <= len(counted) // 4


def test_when_it_is_over(bench: Workbench) -> None:
    runs = made(bench)
    plan = ReviewPlan(overlap=0, repeats=0, votes_wanted=3)
    review = bench.review("Three votes", runs, plan=plan)
    assert len(judge(bench, review, "Ana", 9)) <= 4  # one was before her already
    assert bench.asked(review.id, "Bo").why == "All 3 votes of this review are there. Thank you."
    late = ReviewPlan(until=bench.clock.now() - timedelta(seconds=1))
    assert "over" in bench.asked(bench.review("Late", runs, plan=late).id, "Ana").why
    wide = bench.review("Wide", runs, plan=ReviewPlan(overlap=0, repeats=0, width=100.0))
    judge(bench, wide, "Ana", 1)
    assert "narrow" in bench.asked(wide.id, "Bo").why
    closed = bench.review("Closed", runs)
    bench.close_review(closed.id)
    assert "closed" in bench.asked(closed.id, "Ana").why
    bench.close_review(closed.id, reopen=True)
    assert bench.asked(closed.id, "Ana").pairs


def test_what_can_be_reviewed(bench: Workbench) -> None:
    runs = made(bench, PROMPTS[:1])
    with pytest.raises(RequestError, match="clips of one arm only"):
        bench.review("One", runs)
    with pytest.raises(RequestError, match="no clip"):
        bench.review("None", [])
    with pytest.raises(RequestError, match="no review 'x'"):
        bench.asked("x", "Ana")
    bench.delete([made(bench)[0].id])


def test_the_votes_say_which_prompt_is_better(bench: Workbench) -> None:
    """A panel that always sees the dawn as better, on three seeds of each."""
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    assert "No vote" in (bench.rank(review=review.id) or pytest.fail()).sentence
    for person in ("Ana", "Bo", "Cy"):
        for _ in range(9):
            pair = bench.asked(review.id, person).pairs[0]
            better = "left" if arm(bench, review, pair.left) == PROMPTS[0] else "right"
            bench.vote(pair.id, person, better)
    found = bench.rank(review=review.id)
    assert found is not None
    assert [one.title for one in found.arms] == ["… dawn …", "… dusk …"]
    assert [one.arm for one in found.ranking.standings] == ["A", "B"]
    assert found.ranking.votes == 27 and found.ranking.clips == 6
    difference = found.ranking.difference("A", "B")
    assert difference is not None and difference.is_settled and difference.chance > 0.99
    assert found.sentence.startswith("A ahead of B: +") and "27 votes on 6 clips: settled." in found.sentence
    mine = bench.rank(review=review.id, person="Ana")
    assert mine is not None and mine.ranking.votes == 9
    bench.delete_review(review.id)
    assert bench.rank() is None
    bench.delete_review(review.id, undo=True)
    assert (bench.rank() or pytest.fail()).ranking.votes == 27


def test_a_clip_in_the_bin_counts_no_more(bench: Workbench) -> None:
    runs = made(bench)
    review = bench.review("Dawn or dusk", runs, plan=PLAIN)
    judge(bench, review, "Ana", 9)
    bench.delete([runs[0].id])
    found = bench.rank(review=review.id)
    assert found is not None and found.ranking.votes == 6
    assert all(0 not in pair.clips for pair in bench.asked(review.id, "Bo").pairs)
    bench.delete([run.id for run in runs[1:]])
    assert "gone" in bench.asked(review.id, "Cy").why


def test_labels_and_titles(bench: Workbench) -> None:
    assert [label(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
    runs = made(bench)
    assert [len(one.runs) for one in arms_of(runs)] == [3, 3]
    assert [one.title for one in arms_of(runs, "model")] == [PROMPTS[0]]
    with pytest.raises(RequestError, match="Allowed: arm, prompt, model"):
        arms_of(runs, "seed")


def test_a_pair_whose_clip_goes_to_the_bin_is_passed_over(bench: Workbench) -> None:
    review = bench.review("Dawn or dusk", made(bench), plan=PLAIN)
    pair = bench.asked(review.id, "Ana").pairs[0]
    assert bench.shown_clip(pair.left_key)
    bench.delete([review.clips[pair.left].run_id])
    assert bench.shown_clip(pair.left_key) is None
    after = bench.asked(review.id, "Ana")
    assert after.pairs and all(pair.left not in one.clips for one in after.pairs)
    assert bench.store.reviews.pairs([review.id])[0].reason == "A clip was deleted"
    bench.delete_review(review.id)
    assert bench.shown_clip(after.pairs[0].left_key) is None


def test_an_experiment_that_is_too_large_is_refused_not_cut(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench.store.experiments.create("All", "", {}, bench.clock.now()).id
    asked = [bench.request(prompt, model="fake/clip", seed=seed) for seed in range(3) for prompt in PROMPTS]
    ids = bench.submit_many(asked, Origin(experiment_id=experiment))
    bench.wait(ids, progress_bar=False)
    monkeypatch.setattr(reviewing, "MOST_CLIPS", 5)
    monkeypatch.setattr("workbench.store.runs.PAGE_LIMIT", 5)
    with pytest.raises(RequestError, match="of 6 clips is too long; choose up to 5"):
        bench.review("All", experiment=experiment)
