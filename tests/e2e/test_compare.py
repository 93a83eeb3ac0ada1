"""Two runs are chosen, compared frame by frame and noted on; the link shows somebody else the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.app import App, serving
from tests.e2e.looking import at_rest, go_over_to, look_at, open_page
from tests.e2e.test_pages import SCHEMES, accessibility_faults, faults_of
from workbench.api import Workbench

PROMPTS = ("A lion walks at dawn, slow dolly in", "A lion walks at dusk, slow dolly in")
MOST_CLIPS = 6


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Two runs of each prompt and two of a third."""
    folder = tmp_path_factory.mktemp("compared")
    with Workbench(folder) as bench:
        requests = [
            bench.request(prompt, seed=seed, duration_s=2)
            for seed in (1, 2)
            for prompt in (*PROMPTS, "A lighthouse in rain")
        ]
        bench.wait(bench.submit_many(requests), progress_bar=False)
        bench.measure()
    with serving(folder) as app:
        yield app


@pytest.fixture
def context(browser: Browser, app: App) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=app.address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    yield context
    context.close()


def frames(page: Page) -> list[str]:
    """What stands above each picture: the number of the frame that it shows."""
    return page.locator(".frame-number").all_inner_texts()


def test_from_runs_to_a_link_that_shows_the_same(browser: Browser, app: App, context: BrowserContext) -> None:
    page = open_page(context, "/runs")
    for prompt in PROMPTS:
        card = page.locator('[class*="st-key-wb-card-"]').filter(has_text=prompt).first
        card.get_by_role("checkbox", name="Select").check(force=True)
        at_rest(page)
    page.get_by_role("link", name="Compare", exact=True).last.click()
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    expect(page.locator("video")).to_have_count(2)
    expect(page.locator(".wb-diff del").first).to_have_text("dawn")
    expect(page.locator(".wb-diff ins").first).to_have_text("dusk")

    for _ in range(5):
        page.keyboard.press(".")
    page.keyboard.press(",")
    page.keyboard.press("w")
    expect(page.get_by_text(re.compile(r"^At 0:00\.1\d\d of clip 1, frame 4"))).to_be_visible()
    assert frames(page) == ["f 4", "f 4"]

    page.get_by_role("textbox", name="Note", exact=True).fill("The mane flickers")
    page.get_by_role("textbox", name="Who").first.fill("Ana")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("The mane flickers – Ana")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Note at .*The mane flickers"))).to_have_count(1)
    at_rest(page)
    page.wait_for_url(re.compile("player=wipe~t0"))
    link = page.url
    assert "%" not in link  # short enough to be read out, and whole in a chat

    colleague = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        other = open_page(colleague, link)
        expect(other.locator("video")).to_have_count(2)
        expect(other.get_by_role("button", name="Wipe")).to_have_attribute("aria-pressed", "true")
        expect(other.locator(".frame-number").first).to_have_text("f 4")
        assert frames(other) == ["f 4", "f 4"]
        expect(other.get_by_text("The mane flickers – Ana")).to_be_visible()
        expect(other.get_by_text(re.compile(r"of clip 1, frame 4"))).to_be_visible()
        labels = [
            [video.get_attribute("aria-label") for video in one.locator("video").all()]
            for one in (page, other)
        ]
        assert labels[0] == labels[1]

        other.keyboard.press("End")
        expect(other.get_by_text(re.compile("frame 4:"))).to_have_count(0)
        other.get_by_role("button", name=re.compile(r"^0:00\.1\d\d$")).click()
        expect(other.locator(".frame-number").first).to_have_text("f 4")
        assert accessibility_faults(other) == []
    finally:
        colleague.close()

    page.reload()
    expect(page.locator(".frame-number").first).to_have_text("f 4")
    page.go_back()  # stepping through frames left no steps behind
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def test_the_base_changes_and_the_player_stays_where_it_is(context: BrowserContext) -> None:
    page = open_page(context, "/runs")
    for box in page.get_by_role("checkbox", name="Select").all()[:3]:
        box.check(force=True)
        at_rest(page)
    page.get_by_role("link", name="Compare", exact=True).last.click()
    expect(page.locator("video")).to_have_count(3)
    page.keyboard.press(".")
    expect(page.get_by_text(re.compile("of clip 1, frame 1:"))).to_be_visible()
    third = page.locator("video").nth(2).get_attribute("src")
    page.get_by_role("button", name="Make base").last.click()
    expect(page.locator("video").first).to_have_attribute("src", str(third))
    expect(page.locator(".frame-number").first).to_have_text("f 1")
    page.get_by_role("button", name="Drop").last.click()
    expect(page.locator("video")).to_have_count(2)
    page.get_by_role("button", name="Add a clip").click()
    page.get_by_role("textbox", name="Search prompts").fill("lighthouse")
    page.get_by_role("textbox", name="Search prompts").press("Enter")
    offer = page.locator('[class*="st-key-wb-offer-"]').first
    expect(offer).to_contain_text("lighthouse")
    offer.get_by_role("button").click()
    expect(page.locator("video")).to_have_count(3)
    expect(page.locator(".frame-number").last).to_have_text("f 1")


def test_a_note_half_written_goes_on_to_the_next_frame(context: BrowserContext, app: App) -> None:
    with Workbench(app.folder) as bench:
        ids = [run.id for run in bench.runs()][:2]
        page = open_page(context, f"/compare?clips={'~'.join(ids)}")
        field = page.get_by_role("textbox", name="Note", exact=True)
        field.fill("The light jumps")
        for frame in (1, 2):
            page.get_by_role("button", name="One frame on").click()
            expect(page.get_by_text(f"of clip 1, frame {frame}:")).to_be_visible()
        page.get_by_role("button", name=re.compile("^Choose ")).last.click()
        expect(page.get_by_text("of clip 2, frame 2:")).to_be_visible()
        expect(field).to_have_value("The light jumps")
        page.get_by_role("textbox", name="Who").first.fill("Bo")
        page.get_by_role("button", name="Add note").click()
        expect(page.get_by_text("The light jumps – Bo")).to_be_visible()
        expect(field).to_have_value("")
        (note,) = bench.notes(ids[1])
        assert note.at_s is not None
        assert 2 / 24 <= note.at_s < 3 / 24


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_six_clips_fit_and_are_accessible(size: str, browser: Browser, app: App) -> None:
    with Workbench(app.folder) as bench:
        ids = [run.id for run in bench.runs()]
    opened, gone_over_to = SCHEMES[size]
    context = look_at(browser, app.address, scheme=opened, size=size)
    try:
        page = open_page(context, f"/compare?clips={'~'.join(ids)}&player=grid~t0.5")
        expect(page.locator("video")).to_have_count(MOST_CLIPS)
        expect(page.locator(".frame-number").last).to_have_text("f 12")
        assert faults_of(page) == []
        go_over_to(page, gone_over_to)
        expect(page.locator(".frame-number").last).to_have_text("f 12")
        assert faults_of(page, only_colours=True) == []
    finally:
        context.close()
