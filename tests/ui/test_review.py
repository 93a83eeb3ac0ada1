"""The Review page: making a review, inviting, judging; nothing that a reviewer sees tells the arms apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from tests.ui.conftest import OpenPage
from tests.ui.reading import html, labels, links, make, press, query, text
from workbench.api import LoggedRun, Workbench
from workbench.domain.review import Choice, Review, ReviewPlan

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")
PLAIN = ReviewPlan(overlap=0, repeats=0)


@pytest.fixture
def runs(log: Workbench) -> list[LoggedRun]:
    return [make(log, prompt, seed=seed) for seed in (1, 2) for prompt in PROMPTS]


@pytest.fixture
def review(log: Workbench, runs: Sequence[LoggedRun]) -> Review:
    return log.review("Dawn or dusk", runs, plan=PLAIN)


def test_an_empty_log_says_what_a_review_is(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("review")
    assert "It needs clips of two prompts, models or settings" in text(at)
    assert links(at, "Runs") == [{"page": "runs"}]


def test_a_review_of_selected_runs(log: Workbench, runs: Sequence[LoggedRun], open_page: OpenPage) -> None:
    at = open_page("review", runs="~".join(run.id for run in runs) + "~gone")
    assert "Of the 4 runs that were selected: 4 clips of 2 arms." in text(at)
    at.text_input(key="review.new.name").set_value("Which light?")
    at.number_input(key="review.new.votes").set_value(12)
    press(at, "Make the review")
    (made,) = log.reviews()
    assert (made.name, made.plan.votes_wanted, len(made.clips)) == ("Which light?", 12, 4)
    assert query(at) == {}
    assert "4 clips of 2 arms · 0 of 12 votes" in text(at)
    assert links(at, "Judge") == [{"page": "review", "id": made.id}]
    assert links(at, "Ranking") == [{"page": "ranking", "review": made.id}]
    assert f"/review?id={made.id}" in at.code[0].value


def test_when_it_is_over_and_how_much_several_judge(
    log: Workbench, runs: Sequence[LoggedRun], open_page: OpenPage
) -> None:
    at = open_page("review", runs="~".join(run.id for run in runs))
    at.date_input(key="review.new.until").set_value(date(2030, 12, 31))
    at.number_input(key="review.new.width").set_value(1.5)
    at.number_input(key="review.new.overlap").set_value(50)
    press(at, "Make the review")
    (made,) = log.reviews()
    assert made.plan.until == datetime(2031, 1, 1, tzinfo=UTC)
    assert (made.plan.width, made.plan.overlap) == (1.5, 0.5)
    assert "0 votes · until 2030-12-31 · until intervals are under 1.5" in text(at)


def test_what_can_not_be_reviewed_says_why(
    log: Workbench, runs: Sequence[LoggedRun], open_page: OpenPage
) -> None:
    at = open_page("review", runs="~".join(run.id for run in runs[::2]))
    press(at, "Make the review")
    assert log.reviews() == []
    assert "clips of one arm only" in at.error[0].value
    assert query(at)["runs"]


def test_closing_deleting_and_undoing(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("review")
    press(at, "Close")
    assert "Open again" in labels(at)
    assert log.reviews()[0].closed_at
    press(at, "Open again")
    press(at, "Delete")
    assert log.reviews() == []
    press(at, "Undo")
    assert [one.id for one in log.reviews()] == [review.id]


def test_nobody_judges_without_a_name(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("review", id=review.id)
    assert "Left is better" not in labels(at)
    at.text_input[0].set_value("  Ana  ")
    press(at, "Begin")
    assert query(at)["who"] == ["Ana"]
    assert "Left is better" in labels(at)


def test_judging_undoing_and_the_end(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("review", id=review.id, who="Ana")
    first = log.asked(review.id, "Ana").pairs[0]
    press(at, "Left is better")
    assert log.store.reviews.last_vote(review.id, "Ana").choice is Choice.LEFT  # type: ignore[union-attr]
    press(at, "Undo")
    assert log.asked(review.id, "Ana").pairs[0] == first
    for label in ("Right is better", "Both good", "Both bad", "Skip"):
        press(at, label)
    said = [pair.choice for pair in log.store.reviews.pairs([review.id])]
    assert said == [Choice.RIGHT, Choice.BOTH_GOOD, Choice.BOTH_BAD, Choice.SKIP]
    assert "You have judged every pair of this review." in at.success[0].value
    press(at, "Undo")
    assert "Left is better" in labels(at)


def test_a_review_that_is_not_there(log: Workbench, open_page: OpenPage) -> None:
    assert "There is no such review" in text(open_page("review", id="nothing"))


def test_nothing_that_is_drawn_tells_the_arms_apart(
    log: Workbench, runs: Sequence[LoggedRun], review: Review, open_page: OpenPage
) -> None:
    at = open_page("review", id=review.id, who="Ana")
    drawn = html(at) + text(at) + str(at.main) + str([e.proto for e in at.get("bidi_component")])
    for run in runs:
        for telling in (run.id, run.request.prompt, "fake/clip", run.clips[0].media.sha256, "seed"):
            assert telling not in drawn, telling
    assert not re.search(r"dawn|dusk", drawn), "the review's name is the lead's"
    keys = set(re.findall(r"/api/review-media/([\w-]+)", drawn))
    pairs = log.asked(review.id, "Ana").pairs
    assert keys == {key for pair in pairs for key in (pair.left_key, pair.right_key)}


def test_what_is_the_same_in_all_is_shown(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, PROMPTS[0], seed=1, duration_s=length) for length in (4, 8)]
    review = log.review("How long?", runs)
    at = open_page("review", id=review.id, who="Ana")
    assert f"What was asked for: {PROMPTS[0]}" in text(at)
