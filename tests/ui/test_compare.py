"""The Compare page: the link names two clips; what differs is shown; each can be rated."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, links, make, press, query, text
from workbench.api import LoggedRun, Workbench
from workbench.providers.fake import Script

Pair = tuple[LoggedRun, LoggedRun]


@pytest.fixture
def pair(log: Workbench) -> Pair:
    return (
        make(log, "A fox crosses the ice", seed=1),
        make(log, "A fox crosses the river", negative_prompt="text", seed=2, duration_s=8),
    )


def test_the_link_opens_the_comparison(pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", a=pair[0].id, b=pair[1].id)
    drawn = html(at)
    assert drawn.count("<video") == 2
    assert drawn.count('<div class="wb-pair" style="--wb-ratio:128/72">') == 2
    assert drawn.index(pair[0].clips[0].media.sha256) < drawn.index(pair[1].clips[0].media.sha256)
    assert "<del>ice</del>" in drawn
    assert "<ins>text</ins>" in drawn
    assert at.table[0].value.to_numpy().tolist() == [["Duration", "4 s", "8 s"], ["Seed", "1", "2"]]
    assert [link["id"] for link in links(at, "Details")] == [pair[0].id, pair[1].id]


def test_swap_exchanges_the_sides(pair: Pair, open_page: OpenPage) -> None:
    at = press(open_page("compare", a=pair[0].id, b=pair[1].id), "Swap")
    assert query(at) == {"a": [pair[1].id], "b": [pair[0].id]}
    assert "<ins>ice</ins>" in html(at)


def test_a_missing_side_is_picked(pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", a=pair[0].id)
    assert "<video" not in html(at)
    assert len(at.selectbox[1].options) == 2
    at.selectbox[1].set_value(pair[1].id).run()
    assert query(at) == {"a": [pair[0].id], "b": [pair[1].id]}
    assert html(at).count("<video") == 2


def test_an_empty_log_says_what_to_do(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compare")
    assert "Choose two clips" in text(at)
    assert links(at, "All runs")


def test_what_the_link_names_wrongly_is_said(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(outcome="failed"))
    failed = make(log, "A fox")
    at = open_page("compare", a=failed.id, b="01HNOSUCHRUN")
    assert at.warning[0].value == f"Run {failed.id} is failed and has no clip."
    assert at.warning[1].value == "The log holds no run 01HNOSUCHRUN."


def test_a_second_clip_has_an_address(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(clips=2))
    run = make(log, "A fox", samples=2)
    at = open_page("compare", a=run.id, b=f"{run.id}.2")
    assert html(at).count("<video") == 2
    assert run.clips[1].media.sha256 in html(at)
    same = open_page("compare", a=run.id, b=run.id)
    assert "Both sides show the same clip." in text(same)
    assert open_page("compare", a=f"{run.id}.9").warning[0].value.endswith("has no clip 9.")


def test_a_rating_is_stored_and_found(log: Workbench, pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", a=pair[0].id, b=pair[1].id)
    at.segmented_control(key=f"rating.{pair[1].id}.0.motion").set_value(4)
    at.segmented_control(key=f"rating.{pair[1].id}.0.visual_quality").set_value(5)
    at.text_area(key=f"rating.{pair[1].id}.0.comment").set_value("Calm water")
    _save(at, pair[1])
    assert "your name" in at.error[0].value
    assert log.ratings(pair[1].id) == []
    at.text_input(key=f"rating.{pair[1].id}.0.person.").set_value("Ada")
    _save(at, pair[1])
    assert "Saved" in at.success[0].value
    stored = {r.criterion: (r.score, r.person, r.comment, r.blind) for r in log.ratings(pair[1].id)}
    assert stored == {
        "motion": (4, "Ada", "Calm water", False),
        "visual_quality": (5, "Ada", "Calm water", False),
    }
    assert html(open_page("runs", rating="4")).count("wb-frame") == 1
    assert "★ 4.5" in html(open_page("runs"))


def test_nothing_rated_is_nothing_stored(log: Workbench, pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", a=pair[0].id, b=pair[1].id)
    _save(at, pair[0])
    assert "Nothing is rated yet" in at.error[0].value


def test_the_one_who_rates_here_is_remembered_two_are_not(
    log: Workbench, pair: Pair, open_page: OpenPage
) -> None:
    log.rate(pair[0].id, {"motion": 3}, person="Ada")
    address = {"a": pair[0].id, "b": pair[1].id}
    assert [box.value for box in open_page("compare", **address).text_input] == ["Ada", "Ada"]
    log.rate(pair[0].id, {"motion": 2}, person="Bo")
    assert [box.value for box in open_page("compare", **address).text_input] == ["", ""]


def test_silent_clips_are_not_rated_by_sound(pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", a=pair[0].id, b=pair[1].id)
    asked = [control.label for control in at.segmented_control]
    assert "Motion" in asked
    assert "Audio" not in asked


def _save(at: AppTest, run: LoggedRun) -> None:
    next(b for b in at.button if b.label == "Save rating" and run.id in b.proto.form_id).click().run()
    assert not at.exception, at.exception
