"""The Ranking page: the answer first, then what it stands on; filters go into the link."""

from __future__ import annotations

import pytest

from tests.ui.conftest import OpenPage
from tests.ui.reading import html, links, make, query, text
from workbench.api import Workbench
from workbench.domain.review import Review, ReviewPlan
from workbench.ui import figures

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")


@pytest.fixture
def review(log: Workbench) -> Review:
    """Ana sees the dawn as better throughout, Bo every clip as the left one."""
    runs = [make(log, prompt, seed=seed) for seed in (1, 2, 3) for prompt in PROMPTS]
    review = log.review("Dawn or dusk", runs, plan=ReviewPlan(overlap=0, repeats=0))
    for person in ("Ana", "Bo"):
        for _ in range(9):
            pair = log.asked(review.id, person).pairs[0]
            is_dawn = log.run(review.clips[pair.left].run_id).request.prompt == PROMPTS[0]
            log.vote(pair.id, person, "left" if is_dawn or person == "Bo" else "right")
    return review


def test_nothing_is_judged_yet(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("ranking")
    assert "Nothing was judged yet." in text(at)
    assert links(at, "Make a review") == [{"page": "review"}]


def test_a_review_without_a_vote(log: Workbench, open_page: OpenPage) -> None:
    log.review("None", [make(log, prompt) for prompt in PROMPTS])
    assert "nothing can be said." in text(open_page("ranking"))


def test_the_answer_comes_first(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("ranking", review=review.id)
    found = log.rank(review=review.id)
    assert found is not None
    assert figures.plain(found.sentence) in at.markdown[0].value
    assert found.sentence.startswith("A ahead of B: +")
    assert html(at).count("<li>") == 2
    assert "… dawn" in html(at) and "… dusk" in html(at)
    table = at.dataframe[0].value
    assert list(table["arm"]) == ["A", "B"]
    assert list(table["votes"]) == [18, 18]
    people = next(one.value for one in at.table if "Reviewer" in one.value)
    assert list(people["Reviewer"]) == ["Ana", "Bo"]
    assert people["Left side"].iloc[1].startswith("9 of 9")


def test_filters_go_into_the_link(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("ranking", review=review.id, person="nobody", by="nothing")
    assert list(at.dataframe[0].value["votes"]) == [18, 18]
    at.selectbox(key="ranking.person").set_value("Ana").run()
    assert query(at) == {"review": [review.id], "person": ["Ana"]}
    assert list(at.dataframe[0].value["votes"]) == [9, 9]
    at.selectbox(key="ranking.by").set_value("model").run()
    assert query(at)["by"] == ["model"]
    assert "Every vote compares two clips of one arm" in text(at)


def test_words_people_and_price(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("ranking", review=review.id)
    found = log.rank(review=review.id)
    assert found is not None
    assert not at.exception
    assert "<ins>" in html(at) and "<del>" in html(at)
    assert "no vote can tell" in text(at)
    assert figures.plain(found.agreement().accord.sentence) in text(at)
    both = next(one.value for one in at.table if "Same answer" in one.value)
    assert (both["One"].iloc[0], both["Other"].iloc[0]) == ("Ana", "Bo")
    (told,) = found.agreement().together
    assert both["Same answer"].iloc[0].startswith(f"{told.same.count} of {told.same.of} ")
