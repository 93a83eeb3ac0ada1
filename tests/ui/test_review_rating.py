"""Rating clips one at a time on the Review page, and what Ranking then says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui import reading
from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, make, press
from workbench.api import Workbench
from workbench.domain.errors import RequestError
from workbench.domain.rating import CRITERIA, Criterion
from workbench.domain.review import Review, ReviewPlan

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")
TWO = (CRITERIA[1], Criterion("warmth", "Warmth", ""))


def text(at: AppTest) -> str:
    """As it is read: marks that keep it from being taken for Markdown are left out."""
    return reading.text(at).replace("\\", "")


@pytest.fixture
def review(log: Workbench) -> Review:
    runs = [make(log, prompt, seed=seed) for seed in (1, 2) for prompt in PROMPTS]
    return log.review("Dawn or dusk", runs, plan=ReviewPlan(overlap=0, repeats=0, criteria=TWO))


def test_a_review_of_ratings_is_made(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, PROMPTS[0], seed=1)
    at = open_page("review", runs=run.id)
    at.multiselect(key="review.new.criteria").set_value(["Motion", "Warm light"])
    press(at, "Make the review")
    (made,) = log.reviews()
    assert made.plan.criteria == (CRITERIA[1], Criterion("warm_light", "Warm light", ""))
    assert made.plan.question == "How good is this clip?"
    assert "1 clip of 1 arm · 0 ratings" in text(at)


def test_a_teams_own_criteria_are_what_is_offered(
    log: Workbench, open_log: OpenLog, open_page: OpenPage
) -> None:
    (log.settings.data / "workbench.toml").write_text(
        "[review.criteria]\nmotion = 'Does the cloth fall?'\nfine_seams = 'Are the seams whole?'\n"
    )
    own = (Criterion("motion", "Motion", "Does the cloth fall?"),)
    own += (Criterion("fine_seams", "Fine seams", "Are the seams whole?"),)
    bench = open_log()
    run = make(bench, PROMPTS[0], seed=1)
    assert bench.criteria == own
    bench.rate(run.id, {"fine_seams": 4, "audio": 2}, person="Ana")
    with pytest.raises(RequestError, match="Allowed: motion, fine_seams, prompt_adherence"):
        bench.rate(run.id, {"seams": 4})
    at = open_page("review", runs=run.id)
    field = at.multiselect(key="review.new.criteria")
    assert field.options == ["Motion", "Fine seams"]
    field.set_value(["Fine seams"])
    press(at, "Make the review")
    assert bench.reviews()[0].plan.criteria == own[1:]
    at = open_page("run", id=run.id)
    assert any("Fine seams" in table.value.columns for table in at.table)
    at.segmented_control(key=f"rating.{run.id}.0.fine_seams").set_value(5)
    with pytest.raises(KeyError):
        at.segmented_control(key=f"rating.{run.id}.0.visual_quality")


def test_a_clip_is_rated_undone_and_kept(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("review", id=review.id, who="Ana")
    assert "▸ **Motion: –**" in text(at)
    keep = next(button for button in at.button if button.label == "Keep, and next")
    assert keep.disabled
    first = log.asked_ratings(review.id, "Ana").items[0]
    press(press(press(at, "4"), "Can't tell"), "Up")
    assert "▸ **Motion: 4**" in text(at)
    assert "Warmth: can't tell" in text(at)
    press(at, "Keep, and next")
    (kept,) = log.store.rating_items.said([review.id])
    assert (kept.id, dict(kept.scores)) == (first.id, {"motion": 4, "warmth": None})
    press(at, "Skip")
    assert log.review_progress(review.id)[0].skips == 1
    press(press(at, "Undo"), "Undo")
    assert log.asked_ratings(review.id, "Ana").items[0].id == first.id


def test_nothing_on_the_page_tells_the_clip(log: Workbench, review: Review, open_page: OpenPage) -> None:
    at = open_page("review", id=review.id, who="Ana")
    page = text(at) + html(at) + "".join(str(element.proto) for element in at.main)
    for clip in review.clips:
        run = log.run(clip.run_id)
        assert run.clip
        for word in (run.id, run.request.prompt, run.request.model, run.clip.media.sha256):
            assert word not in page


def test_ranking_says_what_the_ratings_say(log: Workbench, review: Review, open_page: OpenPage) -> None:
    while items := log.asked_ratings(review.id, "Ana").items:
        log.rate_item(items[0], {"motion": 3, "warmth": None})
    at = open_page("ranking", review=review.id)
    assert "Clips were rated 4 times by 1 person, blind." in text(at)
    assert "Motion: A has the highest mean, 3.0 [1.0, 5.0]" in text(at)
    assert "Warmth: nothing was rated yet." in text(at)
    assert "No clip was rated by two people" in text(at)
