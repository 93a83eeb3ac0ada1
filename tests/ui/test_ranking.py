"""The Ranking page: the answer first, then what it stands on; filters go into the link."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.ui.conftest import OpenPage
from tests.ui.reading import html, links, make, query, text
from workbench.api import Workbench
from workbench.api.standings import who_voted_what
from workbench.domain.brief import Brief, Facet, Finding
from workbench.domain.rating import CRITERIA
from workbench.domain.review import Review, ReviewPlan
from workbench.domain.run import Origin
from workbench.providers.fake import Fake
from workbench.ui import figures

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Review]:
    """A log: Ana sees the dawn as better throughout, Bo every clip as the left one."""
    folder = tmp_path_factory.mktemp("reviewed") / "log"
    with Workbench(folder, providers=[Fake(folder.with_name("log.journal"))]) as log:
        asked = [log.request(prompt, model="fake/clip", seed=n) for n in (1, 2, 3) for prompt in PROMPTS]
        runs = log.wait(log.submit_many(asked), progress_bar=False)
        review = log.review("Dawn or dusk", runs, plan=ReviewPlan(overlap=0, repeats=0))
        for person in ("Ana", "Bo"):
            for _ in range(9):
                pair = log.asked(review.id, person).pairs[0]
                is_dawn = log.run(review.clips[pair.left].run_id).request.prompt == PROMPTS[0]
                log.vote(pair.id, person, "left" if is_dawn or person == "Bo" else "right")
    return folder, review


@pytest.fixture
def review(reviewed: tuple[Path, Review], tmp_path: Path) -> Review:
    """That log, for one test; asked for before ``log``, which opens it."""
    folder, review = reviewed
    shutil.copytree(folder, tmp_path / "log")
    return review


def test_nothing_is_judged_yet(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("ranking")
    assert "Nothing was judged yet." in text(at)
    assert links(at, "Make a review") == [{"page": "review"}]


def test_a_review_without_a_vote(log: Workbench, open_page: OpenPage) -> None:
    log.review("None", [make(log, prompt) for prompt in PROMPTS])
    assert "nothing can be said." in text(open_page("ranking"))


def test_the_answer_comes_first(review: Review, log: Workbench, open_page: OpenPage) -> None:
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


def test_filters_go_into_the_link(review: Review, log: Workbench, open_page: OpenPage) -> None:
    at = open_page("ranking", review=review.id, person="nobody", by="nothing")
    assert list(at.dataframe[0].value["votes"]) == [18, 18]
    at.selectbox(key="ranking.person").set_value("Ana").run()
    assert query(at) == {"review": [review.id], "person": ["Ana"]}
    assert list(at.dataframe[0].value["votes"]) == [9, 9]
    at.selectbox(key="ranking.by").set_value("model").run()
    assert query(at)["by"] == ["model"]
    assert "Every vote compares two clips of one arm" in text(at)


def test_clips_of_one_brief(log: Workbench, open_page: OpenPage) -> None:
    briefs = [
        log.store.briefs.keep(
            Brief(findings=immutabledict({Facet.SUBJECT: (Finding(told),)})), log.clock.now()
        )
        for told in ("a lion *", "a lighthouse")
    ]
    asked = [log.request(f"{prompt}, {n}", model="fake/clip", seed=1) for n in (1, 2) for prompt in PROMPTS]
    origins = [Origin(brief_id=one) for one in briefs for _ in PROMPTS]
    runs = log.wait(log.submit_many(asked, origins), progress_bar=False)
    log.review("Both", runs)
    at = open_page("ranking")
    assert at.selectbox(key="ranking.brief").options == ["Any", "a lighthouse", "a lion *"]
    assert html(at).count("<li>") == 4
    at.selectbox(key="ranking.brief").set_value(briefs[0]).run()
    assert query(at) == {"brief": [briefs[0]]}
    assert html(at).count("<li>") == 2
    found = log.rank(brief=briefs[0])
    assert found and {run.id for arm in found.arms for run in arm.runs} == {run.id for run in runs[:2]}


def test_filters_that_leave_no_choice_are_not_shown(
    review: Review, log: Workbench, open_page: OpenPage
) -> None:
    shown = [one.label for one in open_page("ranking").selectbox]
    assert shown == ["Review", "Compare", "Reviewer"]


@pytest.mark.parametrize("with_votes", [True, False])
def test_a_review_of_ratings_is_in_the_list(log: Workbench, open_page: OpenPage, with_votes: bool) -> None:
    runs = [make(log, prompt, seed=seed) for seed in (1, 2) for prompt in PROMPTS]
    if with_votes:
        log.review("Votes", runs)
    rated = log.review("Ratings", runs, plan=ReviewPlan(overlap=0, repeats=0, criteria=CRITERIA[:2]))
    for person, score in (("Ana", 5), ("Bo", 2)):
        while items := log.asked_ratings(rated.id, person).items:
            log.rate_item(items[0], {one.name: score for one in CRITERIA[:2]})
    at = open_page("ranking")
    if with_votes:
        assert at.selectbox(key="ranking.review").options == ["All votes", "Ratings", "Votes"]
        at.selectbox(key="ranking.review").set_value(rated.id).run()
    assert query(at) == {"review": [rated.id]}
    assert "rated 8 times by 2 people" in text(at)
    at.selectbox(key="ranking.criterion").set_value(CRITERIA[1].name).run()
    at.selectbox(key="ranking.person").set_value("Bo").run()
    assert query(at) == {"review": [rated.id], "criterion": [CRITERIA[1].name], "person": ["Bo"]}
    found = log.rated(review=rated.id, criterion=CRITERIA[1].name, person="Bo")
    assert found and figures.plain(found.criteria[0].sentence) in text(at)
    assert html(at).count("<li>") == 2, "a row of the plot for each arm"
    assert "clips: 2, ratings: 2" in html(at)
    assert "rated 4 times by 1 person" in text(at)
    assert f"{CRITERIA[0].label}: " not in text(at)
    assert not at.exception


def test_what_to_do_next_and_who_voted_what(review: Review, log: Workbench, open_page: OpenPage) -> None:
    at = open_page("ranking", review=review.id)
    found = log.rank(review=review.id)
    assert found
    for step in found.next_steps():
        assert figures.plain(step) in text(at)
    told = next(one.value for one in at.table if "For A" in one.value)
    assert told.set_index("Reviewer").loc["Ana", "For A"] == "9 of 9"
    assert {"CSV", "SVG", "PNG", "JSON"} <= {one.proto.label for one in at.get("download_button")}
    by_bo = [one for one in who_voted_what(found) if one["reviewer"] == "Bo"]
    assert sum(int(str(one["votes_for"])) for one in by_bo) == 9
    assert {one["decided"] for one in by_bo} == {9}


def test_words_people_and_price(review: Review, log: Workbench, open_page: OpenPage) -> None:
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
