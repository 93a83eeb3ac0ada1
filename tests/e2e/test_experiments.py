"""From a starter to a finished grid on the embedded engine, and on to a blind review of it."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.app import App, finished
from tests.e2e.looking import at_rest, open_page
from tests.e2e.test_pages import accessibility_faults
from workbench.api import Workbench
from workbench.domain.run import Status


def choose(page: Page, label: str, option: str) -> None:
    """One more of a list that takes several."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option).first.click()
    page.keyboard.press("Escape")
    at_rest(page)


def test_from_a_starter_to_a_grid_to_a_review(app: App, context: BrowserContext) -> None:
    page = open_page(context, "/experiments")
    page.get_by_role("button", name="A/B of one phrase").click()
    expect(page.get_by_text("12 runs")).to_be_visible()
    page.get_by_role("spinbutton", name="Seeds").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 runs", exact=True)).to_be_visible()
    choose(page, "Settings", "Duration")
    page.get_by_role("textbox", name="Values of Duration").fill("1")
    page.keyboard.press("Control+Enter")
    choose(page, "Settings", "Resolution")
    choose(page, "Values of Resolution", "360p")
    page.get_by_role("button", name="Remove 480p").first.click()
    at_rest(page)
    expect(page.get_by_text(re.compile(r"2 runs · free"))).to_be_visible()
    assert accessibility_faults(page) == []

    page.reload()  # what was filled in is there again
    page.get_by_text("New experiment").first.wait_for()
    expect(page.get_by_role("textbox", name="Values of Duration")).to_have_value("1")
    at_rest(page)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="A/B of one phrase")).to_be_visible()
    page.wait_for_url(re.compile(r"\?id="))
    finished(app, 2)
    expect(page.locator(".wb-take .wb-frame > img:not(.wb-sheet)")).to_have_count(2)
    expect(page.get_by_text(re.compile(r"2 runs: 2 done"))).to_be_visible()
    with Workbench(app.folder) as bench:
        runs = list(bench.runs(status=Status.SUCCEEDED))
    assert {run.origin.slots["weather"] for run in runs} == {"clear", "rain"}
    assert {(r.request.settings["duration_s"], r.request.settings["resolution"]) for r in runs} == {
        (1, "360p")
    }

    take = page.locator(".wb-take > a").first
    expect(take.locator(".wb-sheet")).to_be_hidden()
    take.hover()
    expect(take.locator(".wb-sheet")).to_be_visible()
    at_rest(page)
    assert accessibility_faults(page) == []

    page.get_by_role("button", name="Send to Review").click()
    page.wait_for_url(re.compile(r"/review\?id="))
    page.get_by_role("textbox", name="Who").fill("Ana")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("video")).to_have_count(2)

    page = open_page(context, "/experiments")
    expect(page.get_by_text(re.compile(r"2 runs: 2 done"))).to_be_visible()
    page.get_by_role("link", name="A/B of one phrase").click()
    expect(page.locator(".wb-take > a")).to_have_count(2)
    page.locator(".wb-take > a").first.click()
    page.wait_for_url(re.compile(r"/run\?id="))
