"""The Prompts page: the library by words and tag, a prompt's versions compared, and what came of it."""

from __future__ import annotations

import pytest

from tests.ui.conftest import OpenPage
from tests.ui.reading import html, links, make, text
from workbench.api import Workbench
from workbench.domain.run import Origin, Parenthood, Run
from workbench.ui.compose.state import DRAFT

DAWN, DUSK = "A lion walks at dawn", "A lion walks at *dusk*"


def variant(log: Workbench, prompt: str, parent: Run) -> Run:
    origin = Origin(parent.id, Parenthood.VARIANT)
    run_id = log.submit(log.request(prompt, model="fake/clip"), origin)
    return log.wait([run_id], timeout_s=30, progress_bar=False)[0]


@pytest.fixture
def library(log: Workbench) -> Workbench:
    log.save_prompt("Lion", DAWN, note="first")
    log.save_prompt("Lion", DUSK, negative_prompt="cartoon")
    log.save_prompt("Lake", "A lake")
    log.describe_prompt("Lion", tags="cat, hero", notes="Of the film.")
    return log


def test_an_empty_library_says_how_to_fill_it(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("prompts")
    assert "Nothing is saved yet." in at.info[0].value
    assert links(at, "Open Compose") == [{"page": "compose"}]


def test_the_list_by_words_and_tag(library: Workbench, open_page: OpenPage) -> None:
    at = open_page("prompts")
    assert len(links(at, "Lion")) == len(links(at, "Lake")) == 1
    at.selectbox(key="prompts.tag").select("cat").run()
    assert links(at, "Lake") == []
    at.text_input(key="prompts.text").input("lake").run()
    assert "No saved prompt is like that" in text(at)
    at = open_page("prompts", text="lake")
    assert links(at, "Lion") == []
    assert len(links(at, "Lake")) == 1


def test_two_versions_are_compared_and_one_is_opened(library: Workbench, open_page: OpenPage) -> None:
    at = open_page("prompts", prompt="Lion")
    assert "Of the film." in text(at)
    assert "dawn" in html(at)
    assert "dusk" in html(at)
    assert "<del" in html(at)
    at.selectbox(key="prompts.version").select_index(1).run()
    at.button(key="prompts.compose").click().run()
    assert library.store.drafts.load(DRAFT)["prompt"] == DAWN


def test_tags_and_notes_are_kept(library: Workbench, open_page: OpenPage) -> None:
    at = open_page("prompts", prompt="Lion")
    at.text_input[0].input("wild, cat")
    at.text_area[0].input("Now of the second film.")
    at.button[0].click().run()
    lion = library.prompt("Lion")
    assert (lion.tags, lion.notes) == (("wild", "cat"), "Now of the second film.")


def test_what_came_of_it_is_a_tree(library: Workbench, open_page: OpenPage) -> None:
    root = make(library, DAWN, seed=1)
    make(library, DAWN, seed=2)
    child = variant(library, "A lion sleeps", root)
    variant(library, "A lion dreams", child)
    at = open_page("prompts", prompt="Lion")
    at.session_state["prompts.tabs"] = "What came of it"
    told = text(at.run())
    assert "**Runs** · 2" in told
    assert "⤷ 1 run came of it" in told
    assert "⤷ ⤷ 1 run came of it" in told
    assert links(at, "Run · seed 1") == [{"page": "run", "id": root.id}]
    assert links(at, f"Variant · seed {child.request.seed}") == [{"page": "run", "id": child.id}]


def test_an_unknown_name_is_told(library: Workbench, open_page: OpenPage) -> None:
    at = open_page("prompts", prompt="Nobody")
    assert "No prompt is saved as “Nobody”" in at.error[0].value
    assert [one.value for one in at.title] == ["Prompts"]
    assert links(at, "All prompts")
