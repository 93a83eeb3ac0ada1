"""Blind pairs by keyboard: quick, nothing lost by a reload, nothing told of where a clip comes from."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.app import App, serving
from tests.e2e.blind import Seen, first_video, telling
from tests.e2e.looking import at_rest
from tests.e2e.test_pages import accessibility_faults
from workbench.api import Workbench
from workbench.domain.review import Choice, ReviewPlan

PROMPTS = ("A lighthouse at dawn, slow pan left", "A lighthouse at dusk, slow pan left")
SEEDS = 5
KEYS = {"1": Choice.LEFT, "2": Choice.RIGHT, "3": Choice.BOTH_GOOD, "4": Choice.BOTH_BAD}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("reviewed")
    with Workbench(folder) as bench:
        requests = [
            bench.request(prompt, seed=seed, duration_s=1, resolution="360p")
            for seed in range(1, SEEDS + 1)
            for prompt in PROMPTS
        ]
        bench.wait(bench.submit_many(requests), progress_bar=False)
        bench.measure()
    with serving(folder) as app:
        yield app


def review(app: App, name: str) -> str:
    with Workbench(app.folder) as bench:
        plan = ReviewPlan(overlap=0, repeats=0)
        return bench.review(f"Dawn or dusk, {name}", list(bench.runs()), plan=plan).id


def said(app: App, review_id: str, person: str) -> list[Choice | None]:
    with Workbench(app.folder) as bench:
        return [pair.choice for pair in bench.store.reviews.pairs([review_id]) if pair.person == person]


def begin(page: Page, review_id: str, person: str) -> None:
    page.goto(f"/review?id={review_id}&who={person}")
    expect(page.locator(".player video")).to_have_count(2)
    at_rest(page)


def shown(page: Page) -> str:
    return str(first_video(page))


def judge(page: Page, key: str) -> float:
    """Press it; how long until the next pair stands there."""
    before, begun = shown(page), time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(
        """before => {
            for (const host of document.querySelectorAll('*'))
                for (const root of [host, host.shadowRoot])
                    if (root?.querySelector?.('.player')) {
                        const video = root.querySelector('.player video')
                        return !video || video.getAttribute('src') !== before
                    }
            return true
        }""",
        arg=before,
        polling=10,
    )
    took = time.perf_counter() - begun
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')
            ?.getAttribute('data-test-script-state') !== 'running'"""
    )
    page.wait_for_timeout(100)  # nobody has seen the new pair sooner
    return took


def test_twenty_pairs_by_keyboard_with_a_reload_between(
    page: Page, context: BrowserContext, app: App, say: Callable[[str], None]
) -> None:
    review_id = review(app, "twenty")
    begin(page, review_id, "Ana")
    pressed = [key for _ in range(5) for key in KEYS]
    took = [judge(page, key) for key in pressed[:10]]
    before = shown(page)
    page.reload()
    expect(page.locator(".player video")).to_have_count(2)
    assert shown(page) == before
    at_rest(page)
    other = context.new_page()
    begin(other, review_id, "Ana")
    assert shown(other) == before, "another tab goes on with the same pair"
    other.close()
    took += [judge(page, key) for key in pressed[10:]]
    assert said(app, review_id, "Ana") == [KEYS[key] for key in pressed]
    say(f"review: key to next pair {statistics.median(took):.2f} s in the median, at most {max(took):.2f} s")
    assert statistics.median(took) < 1.0
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Left is better")).to_be_visible()
    page.wait_for_timeout(1_000)
    assert len(said(app, review_id, "Ana")) == 19


def test_two_people_at_once(browser: Browser, app: App) -> None:
    review_id = review(app, "two")
    contexts = [browser.new_context(base_url=app.address) for _ in range(2)]
    pages = {person: context.new_page() for person, context in zip(("Ana", "Bo"), contexts, strict=True)}
    for person, page in pages.items():
        begin(page, review_id, person)
    for key in ("1", "2", "1"):
        for page in pages.values():
            judge(page, key)
    for context in contexts:
        context.close()
    expected = [Choice.LEFT, Choice.RIGHT, Choice.LEFT]
    assert said(app, review_id, "Ana") == said(app, review_id, "Bo") == expected


def test_nothing_that_reaches_the_browser_tells_the_arm(browser: Browser, app: App) -> None:
    """Page, addresses, headers, messages and the bytes of the clips, of a judge's visit."""
    review_id = review(app, "blind")
    with Workbench(app.folder) as bench:
        words = telling(bench, *PROMPTS, "dawn", "dusk", "animatic/preview", "pan left")
    context = browser.new_context(base_url=app.address)
    page = context.new_page()
    seen = Seen(page)
    begin(page, review_id, "Ana")
    for key in "12":
        judge(page, key)
    for word in ("fps", "640 ×", "sound", "frame "):
        assert word not in page.locator(".player").inner_text()
    seen.nothing_tells(words, videos=2)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_judge(browser: Browser, app: App, scheme: str, root: Path) -> None:
    review_id = review(app, f"all {scheme}")
    context = browser.new_context(
        base_url=app.address,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    begin(page, review_id, "Ana")
    assert accessibility_faults(page) == []
    page.goto(f"/ranking?review={review_id}")
    expect(page.get_by_text("No votes yet")).to_be_visible()
    assert accessibility_faults(page) == []
    context.close()
