"""The Ranking page's machine judges: agreement with people first, a model only after its cost is told."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import labels, links, make, press, text
from tests.ui.scribe import Scribe
from workbench.api import Workbench
from workbench.api.ranking import RankedArms
from workbench.domain.errors import OutcomeUnknown
from workbench.domain.review import Review, ReviewPlan
from workbench.ui import errands, figures

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")
PAIRS = 4


@pytest.fixture
def scribe() -> Scribe:
    """Whatever stands on the left is better, it says: so nothing is."""
    told = {"verdict": "left", "motion_reason": "It glides.\u202e\n<b>Best</b> *ever*"}
    return Scribe(told)


@pytest.fixture
def log(open_log: OpenLog, scribe: Scribe) -> Workbench:
    return open_log(readers=[scribe])


@pytest.fixture
def review(log: Workbench) -> Review:
    runs = [make(log, prompt, seed=seed) for seed in (1, 2) for prompt in PROMPTS]
    review = log.review("Dawn or dusk", runs, plan=ReviewPlan(overlap=0, repeats=0))
    for _ in range(PAIRS):
        log.vote(log.asked(review.id, "Ana").pairs[0].id, "Ana", "left")
    return review


def ranked(log: Workbench, review: Review) -> RankedArms:
    found = log.rank(review=review.id)
    assert found
    return found


def judged(open_page: OpenPage, review: Review) -> AppTest:
    at = open_page("ranking", review=review.id)
    at.toggle(key="ranking.judges").set_value(True).run()
    assert not at.exception, at.exception
    return at


def settled(at: AppTest) -> AppTest:
    """The errand is done, and the page has heard of it."""
    for token in list(errands._errands):
        assert errands.is_done(token, 60)
    at.run()
    assert not at.exception, at.exception
    return at


def test_nothing_is_said_or_sent_until_it_is_wanted(
    log: Workbench, scribe: Scribe, review: Review, open_page: OpenPage
) -> None:
    at = open_page("ranking", review=review.id)
    assert "Ask it" not in labels(at)
    at = judged(open_page, review)
    judging = log.judging(ranked(log, review), log.model_judge("scribe"), most=20)
    assert figures.plain(judging.cost) in text(at)
    assert "4 pairs (8 questions: each pair both ways round) for $" in judging.cost
    assert not scribe.asked


def test_a_model_agreement_first_then_what_it_would_say(
    log: Workbench, scribe: Scribe, review: Review, open_page: OpenPage
) -> None:
    before = ranked(log, review)
    at = settled(press(judged(open_page, review), "Ask it"))
    assert len(scribe.asked) == 2 * PAIRS
    found = log.judged_by_model(before, log.model_judge("scribe"))
    said = text(at)
    first, then = figures.plain(found.agreement.sentence), figures.plain(found.orders.sentence)
    own = "What it would say by itself, people left out:"
    assert said.index(first) < said.index(own)
    assert then in said
    order = [one.value for one in at.markdown]
    assert order.index(first) < order.index(then)
    assert found.orders.leans and found.votes.is_tie.all()
    assert "It has judged these pairs." in said
    assert figures.plain("Motion: It glides. <b>Best</b> *ever*") in said
    assert "\u202e" not in said
    assert ranked(log, review).ranking.standings == before.ranking.standings


def test_fewer_pairs_are_asked_about_first(
    log: Workbench, scribe: Scribe, review: Review, open_page: OpenPage
) -> None:
    at = judged(open_page, review)
    at.number_input(key="ranking.judges.most").set_value(1).run()
    at = settled(press(at, "Ask it"))
    assert len(scribe.asked) == 2
    assert "Pairs of people’s that it has not judged: 3." in text(at)


def test_what_goes_wrong_is_told(log: Workbench, scribe: Scribe, review: Review, open_page: OpenPage) -> None:
    scribe.error = OutcomeUnknown("The scribe fell silent. It may have been charged")
    at = settled(press(judged(open_page, review), "Ask it"))
    told = [one.value for one in at.warning]
    assert "The scribe fell silent" in told[0]
    assert len(scribe.asked) < 2 * PAIRS
    scribe.error = None
    at = settled(press(at, "Ask it"))
    assert not at.warning
    assert "It has judged these pairs." in text(at)


def test_a_metric_is_one_press(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = judged(open_page, review)
    assert "Clips that are measured can be judged by a metric" in text(at)
    log.measure()
    at = judged(open_page, review)
    (pills,) = [one for one in at.get("button_group") if one.label == "Metrics"]
    names = [one.metric for one in log.judges(review.id)]
    pills.set_value(names[:1]).run()
    assert not at.exception, at.exception
    found = log.judged_by(review.id, f"metric:{names[0]}")
    assert found and figures.plain(found.agreement.sentence) in text(at)


def test_without_a_model_or_a_vote(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(readers=[])
    runs = [make(log, prompt) for prompt in PROMPTS]
    review = log.review("One", runs, plan=ReviewPlan(overlap=0, repeats=0))
    assert "there is none yet" in text(judged(open_page, review))
    log.vote(log.asked(review.id, "Ana").pairs[0].id, "Ana", "left")
    at = judged(open_page, review)
    assert "once one that looks is set up" in text(at)
    assert {"page": "settings"} in links(at, "Settings")
    log.review("Two", runs)
    at = open_page("ranking")
    at.toggle(key="ranking.judges").set_value(True).run()
    assert "Choose one above." in text(at)
