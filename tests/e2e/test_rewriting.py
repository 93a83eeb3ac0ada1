"""Rewriting in a real browser: what is typed goes in, what is taken comes out in the editor."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.app import App, log_of
from tests.e2e.looking import at_rest, look_at
from tests.e2e.test_first_light import write
from tests.e2e.test_pages import accessibility_faults
from workbench.ui.compose.state import DRAFT

PROMPT = "A lighthouse on a cliff in a storm, slow pan left"


def test_vary_take_type_on_and_bring_back(page: Page, app: App) -> None:
    page.goto("/")
    write(page, PROMPT)
    ask = page.get_by_role("button", name="Improve, vary, translate")
    ask.click()
    page.get_by_role("radio", name="Vary", exact=True).click()
    at_rest(page)
    page.get_by_role("button", name="Vary", exact=True).click()
    take = page.get_by_role("button", name="Put into the editor")
    expect(take).to_have_count(3)
    expect(page.get_by_text("What to do")).to_have_count(0)  # out of the way of what came
    expect(page.locator("ins").first).to_be_visible()
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_have_value(PROMPT)

    take.first.click()
    expect(prompt).not_to_have_value(PROMPT)
    expect(prompt).to_have_value(re.compile("^A lighthouse on a cliff in a storm"))
    expect(take).to_have_count(2)
    prompt.press("Control+End")
    prompt.press_sequentially(", gulls", delay=2)
    expect(page.locator("del", has_text="gulls").first).to_be_visible()  # against what stands there now
    at_rest(page)  # the draft is saved as the last thing
    wanted = prompt.input_value()
    page.reload()
    expect(prompt).to_have_value(wanted)
    expect(take).to_have_count(2)

    page.get_by_role("button", name="Refuse all").click()
    expect(take).to_have_count(0)
    page.get_by_role("button", name="Earlier draft").click()
    expect(prompt).to_have_value(PROMPT)
    assert log_of(app).drafts.load(DRAFT)["prompt"] == PROMPT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_asked_and_offered_is_read_by_everybody(scheme: str, browser: Browser, app: App) -> None:
    context = look_at(browser, app.address, scheme=scheme, size="narrow")
    page = context.new_page()
    page.goto("/")
    write(page, PROMPT)
    page.get_by_role("button", name="Improve, vary, translate").click()
    page.get_by_role("radio", name="Vary", exact=True).click()
    at_rest(page)
    assert not accessibility_faults(page)
    page.get_by_role("button", name="Vary", exact=True).click()
    expect(page.get_by_role("button", name="Put into the editor")).to_have_count(3)
    at_rest(page)
    assert not accessibility_faults(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.get_by_role("button", name="Refuse all").click()
    at_rest(page)
    context.close()
