"""What a person may paste or upload by mistake, in a real browser: told beside Generate, nothing lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.bad_files import REFUSED
from tests.e2e.app import App, log_of
from tests.test_bad_input import RTL
from workbench.ui.compose.state import DRAFT


def paste(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Prompt", exact=True)
    box.click()
    box.fill("")
    page.evaluate("text => document.execCommand('insertText', false, text)", text)
    page.wait_for_timeout(700)


@pytest.mark.parametrize(
    ("text", "said"),
    [("x" * 100_000, "is 100,000 characters long"), ("a\0b", "holds a NUL character")],
    ids=["100 kB", "NUL"],
)
def test_what_is_pasted_and_can_not_be_sent(page: Page, app: App, text: str, said: str) -> None:
    page.goto("/")
    paste(page, text)
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text(re.compile(said)).first).to_be_visible()
    assert log_of(app).drafts.load(DRAFT)["prompt"] == text
    assert not log_of(app).runs.counts()


def test_any_script_is_kept_as_it_was_pasted(page: Page, app: App) -> None:
    page.goto("/")
    paste(page, RTL)
    page.wait_for_timeout(500)
    page.reload()
    box = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(box).to_have_value(RTL)


def test_files_that_are_no_pictures(page: Page, app: App) -> None:
    page.goto("/")
    for file in (REFUSED[0], next(f for f in REFUSED if f.name == "huge-png")):
        page.get_by_role("button", name="First frame").first.click()
        uploader = page.locator('input[type="file"]').first
        uploader.set_input_files([{"name": f"{file.name}.png", "mimeType": "image/png", "buffer": file.data}])
        expect(page.get_by_text(re.compile(re.escape(file.said))).first).to_be_visible()
    assert not log_of(app).media.newest()
