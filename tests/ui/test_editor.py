"""The editor in a real browser: what one types arrives, stays where it is, and is never overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from string import ascii_lowercase

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e.app import FLAGS, App, serving
from workbench.domain.query import RunFilter
from workbench.store import Store
from workbench.ui.compose.state import DRAFT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("editor")) as app:
        yield app


@pytest.fixture(scope="module")
def page(chromium: str, app: App) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(20_000)
        yield page
        browser.close()


@pytest.fixture
def prompt(page: Page, app: App) -> Locator:
    """The prompt editor of a freshly loaded page, emptied."""
    box = page.get_by_role("textbox", name="Prompt", exact=True)
    for _ in range(4):  # what was typed last in the page before may be saved after the discard
        page.goto("about:blank")
        Store(app.folder).drafts.discard(DRAFT)
        page.goto(app.address)
        expect(box).to_be_visible()
        if not box.input_value():
            break
    expect(box).to_have_value("")
    return box


def kept(app: App) -> str:
    return str(Store(app.folder).drafts.load(DRAFT).get("prompt", ""))


def expect_kept(page: Page, app: App, text: str) -> None:
    for _ in range(60):
        if kept(app) == text:
            return
        page.wait_for_timeout(50)
    assert kept(app) == text


def test_the_draft_is_saved_without_leaving_the_editor(page: Page, app: App, prompt: Locator) -> None:
    prompt.press_sequentially("A heron takes off", delay=5)
    expect_kept(page, app, "A heron takes off")
    expect(prompt).to_be_focused()


def test_slow_typing_keeps_the_caret_where_it_is(page: Page, app: App, prompt: Locator) -> None:
    """Each pause makes the server answer while the next letters are on their way."""
    prompt.press_sequentially("A lake dawn", delay=5)
    for _ in range(4):
        prompt.press("ArrowLeft")
    for letter in "at ":
        prompt.press(letter)
        page.wait_for_timeout(370)
    expect(prompt).to_have_value("A lake at dawn")
    assert prompt.evaluate("area => area.selectionStart") == len("A lake at ")
    expect_kept(page, app, "A lake at dawn")


def test_a_fix_goes_into_the_editor_and_typing_goes_on(page: Page, app: App, prompt: Locator) -> None:
    prompt.press_sequentially("A 🦁 lion lion walks through tall grass at dawn, dolly in, film", delay=2)
    marks = page.locator("mark")
    expect(marks.first).to_have_text("lion lion")
    page.get_by_role("button", name="Use “lion”").click()
    expect(prompt).to_have_value("A 🦁 lion walks through tall grass at dawn, dolly in, film")
    prompt.press("End")
    prompt.press_sequentially(" noir", delay=5)
    expect_kept(page, app, "A 🦁 lion walks through tall grass at dawn, dolly in, film noir")


def test_typing_back_what_a_fix_replaced_is_heard(page: Page, app: App, prompt: Locator) -> None:
    before = "A lion lion walks through tall grass at dawn, dolly in, film"
    prompt.press_sequentially(before, delay=2)
    page.get_by_role("button", name="Use “lion”").click()
    expect(prompt).to_have_value(before.replace("lion lion", "lion"))
    prompt.fill(before)
    expect_kept(page, app, before)


def test_ctrl_enter_sends_the_last_letters_too(page: Page, app: App, prompt: Locator) -> None:
    page.get_by_text("360p").click()
    prompt.press_sequentially("Snow falls on a forest, static, film", delay=2)
    prompt.press("Control+Enter")
    store = Store(app.folder)
    expect(page.get_by_role("button", name="Start fresh")).to_be_visible()
    runs = store.runs.page(RunFilter()).runs
    assert [run.request.prompt for run in runs] == ["Snow falls on a forest, static, film"]


def test_a_button_hears_what_was_typed_just_before(page: Page, app: App, prompt: Locator) -> None:
    prompt.press_sequentially("half a thought", delay=2)
    page.get_by_role("button", name="New", exact=True).click()
    expect(prompt).to_have_value("")
    page.get_by_role("button", name="Earlier draft").click()
    expect(prompt).to_have_value("half a thought")


def test_counts_and_grows(page: Page, prompt: Locator) -> None:
    height = prompt.evaluate("area => area.clientHeight")
    prompt.fill("🦁\n" * 12)
    expect(page.get_by_text(re.compile(r"^24 / 4,000$"))).to_be_visible()
    assert prompt.evaluate("area => area.clientHeight") > height
    prompt.fill("x" * 4_001)
    expect(page.get_by_text("4,001 / 4,000")).to_have_class(re.compile("over"))
    expect(prompt).to_have_attribute("aria-invalid", "true")
    assert page.get_by_label("Prompt", exact=True).get_attribute("aria-describedby") == "help count"


def test_tokens_are_counted_where_the_model_has_a_limit_of_them(
    page: Page, app: App, prompt: Locator
) -> None:
    draft = {"model": "vertex/veo-3.1-generate-001", "prompt": "A lion walks through tall grass"}
    page.goto("about:blank")  # or the page before would save its own draft over this one
    Store(app.folder).drafts.save(DRAFT, draft, datetime.now(UTC))
    page.goto(app.address)
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(page.get_by_text("about 7 / 1,024 tokens")).to_be_visible()
    prompt.fill("lion " * 750)
    expect(page.get_by_text("about 750 / 1,024 tokens")).not_to_have_class(re.compile("over"))
    words = [a + b for a in ascii_lowercase for b in ascii_lowercase]
    prompt.fill(" ".join([*words, *words[:424]]))
    expect(page.get_by_text("about 1,100 / 1,024 tokens")).to_have_class(re.compile("over"))
    expect(page.get_by_text("The prompt has about 1,100 tokens")).to_be_visible()
    prompt.fill("lion " * 801)
    expect(page.get_by_text("4,005 / 4,000")).to_have_class(re.compile("over"))
    negative = page.get_by_role("textbox", name="Negative prompt")
    assert negative.evaluate("area => area.getRootNode().querySelector('#count').textContent") == "0 / 4,000"


def test_undo_and_redo_go_through_what_was_typed(page: Page, app: App, prompt: Locator) -> None:
    prompt.press_sequentially("A lion walks", delay=5)
    expect_kept(page, app, "A lion walks")
    prompt.press("Control+z")
    undone = prompt.input_value()
    assert len(undone) < len("A lion walks")
    expect_kept(page, app, undone)
    prompt.press("Control+Shift+z")
    expect(prompt).to_have_value("A lion walks")
    expect_kept(page, app, "A lion walks")


def test_an_input_method_composes_undisturbed(page: Page, app: App, prompt: Locator) -> None:
    """The server answers in each pause; what is being composed must not be touched by it."""
    prompt.press_sequentially("A ", delay=5)
    keyboard = page.context.new_cdp_session(page)
    for composed in ("し", "しし", "獅子"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": composed, "selectionStart": len(composed), "selectionEnd": len(composed)},
        )
        page.wait_for_timeout(450)
        expect(prompt).to_have_value(f"A {composed}")
    keyboard.send("Input.insertText", {"text": "獅子"})
    prompt.press_sequentially(" walks", delay=5)
    expect_kept(page, app, "A 獅子 walks")
    expect(page.get_by_text("10 / 4,000")).to_be_visible()
