"""A review of ratings by keyboard: nothing lost or doubled, nothing told of where a clip comes from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.app import App, serving
from tests.e2e.blind import Seen, first_video, telling
from tests.e2e.looking import at_rest
from tests.e2e.test_pages import accessibility_faults
from workbench.api import Workbench
from workbench.domain.rating import CRITERIA, Criterion
from workbench.domain.review import ReviewPlan

PROMPTS = ("A lighthouse at dawn, slow pan left", "A lighthouse at dusk, slow pan left")
SEEDS = 3
TWO = (CRITERIA[1], Criterion("warmth", "Warmth", "Is the light warm?"))
# By criterion, the keys that are pressed for each clip; 0 is “can't tell”.
GIVEN = (("4", "2"), ("5", "0"), ("1", "3"), ("2", "2"), ("0", "5"), ("3", "1"))
SLOW_MS = 60_000  # one machine may run many tests at once


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("rated")
    with Workbench(folder) as bench:
        requests = [
            bench.request(prompt, seed=seed, duration_s=1, resolution="360p")
            for seed in range(SEEDS)
            for prompt in PROMPTS
        ]
        bench.wait(bench.submit_many(requests), progress_bar=False)
    with serving(folder) as app:
        yield app


def review(app: App, name: str) -> str:
    with Workbench(app.folder) as bench:
        plan = ReviewPlan(overlap=0, repeats=0, criteria=TWO)
        return bench.review(name, list(bench.runs()), plan=plan).id


def given(app: App, review_id: str) -> list[tuple[int | None, ...]]:
    """What is kept, in the order in which it was asked."""
    with Workbench(app.folder) as bench:
        said = bench.store.rating_items.said([review_id])
        return [tuple(item.scores[one.name] for one in TWO) for item in said if item.counts]


def words(app: App, review_id: str) -> int:
    """How often anything at all was said, taken back or skipped."""
    with Workbench(app.folder) as bench:
        row = bench.store.db.read().execute(
            "SELECT count(*) FROM item_ratings AS r JOIN rating_items AS i ON i.id = r.item_id "
            "WHERE i.review_id = ?",
            [review_id],
        )
        return int(row.fetchone()[0])


def begin(page: Page, review_id: str) -> None:
    page.goto(f"/review?id={review_id}&who=Ana")
    expect(page.locator(".player video")).to_have_count(1, timeout=SLOW_MS)
    at_rest(page)


def rate(page: Page, keys: tuple[str, ...]) -> None:
    """Every key once its effect is there to be seen; at last Enter, and the next clip."""
    for key, criterion in zip(keys, TWO, strict=True):
        page.keyboard.press(key)
        told = "can't tell" if key == "0" else key
        expect(page.get_by_text(f"{criterion.label}: {told}")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Keep, and next")).to_be_enabled(timeout=SLOW_MS)
    at_rest(page)
    before = first_video(page)
    page.keyboard.press("Enter")
    gone = page.locator(f'.player video[src="{before}"]')
    expect(gone).to_have_count(0, timeout=SLOW_MS)
    at_rest(page)


def test_six_clips_by_keyboard_with_a_reload_between(page: Page, context: BrowserContext, app: App) -> None:
    review_id = review(app, "Six")
    begin(page, review_id)
    for keys in GIVEN[:3]:
        rate(page, keys)
    before = first_video(page)
    page.reload()
    expect(page.locator(".player video")).to_have_count(1, timeout=SLOW_MS)
    at_rest(page)
    assert first_video(page) == before
    other = context.new_page()
    begin(other, review_id)
    assert first_video(other) == before, "another tab goes on with the same clip"
    rate(other, GIVEN[3])
    page.keyboard.press("1")  # this tab is behind: its key is meant for a clip that is done
    expect(page.locator(f'.player video[src="{before}"]')).to_have_count(0, timeout=SLOW_MS)
    expect(page.get_by_text(f"{TWO[0].label}: –")).to_be_visible(timeout=SLOW_MS)
    at_rest(page)
    assert first_video(page) == first_video(other)
    other.close()
    for keys in GIVEN[4:]:
        rate(page, keys)
    expect(page.get_by_text("You have rated every clip of this review.")).to_be_visible(timeout=SLOW_MS)
    assert given(app, review_id) == [tuple(int(key) or None for key in keys) for keys in GIVEN]
    assert words(app, review_id) == len(GIVEN), "and nothing was said twice"


def test_nothing_that_reaches_the_browser_tells_the_arm(browser: Browser, app: App) -> None:
    review_id = review(app, "Blind")
    with Workbench(app.folder) as bench:
        hidden = telling(bench, *PROMPTS, "dawn", "dusk", "animatic/preview", "pan left")
    context = browser.new_context(base_url=app.address)
    page = context.new_page()
    seen = Seen(page)
    begin(page, review_id)
    rate(page, GIVEN[0])
    seen.nothing_tells(hidden, videos=1)
    at_rest(page)
    shown = page.locator(".player")
    told = shown.inner_text() + shown.evaluate(
        "root => [...root.querySelectorAll('*')].map(e => [...e.attributes].map(a => a.value)).join()"
    )
    assert not [word for word in ("fps", "640", "sound)", "no sound", "frame 1", " · ") if word in told]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_clip_and_all_that_it_is_rated_by(browser: Browser, app: App, scheme: str) -> None:
    review_id = review(app, f"Phone {scheme}")
    context = browser.new_context(
        base_url=app.address,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    begin(page, review_id)
    for name in ("1 Shortcut 1", "5 Shortcut 5", "Can't tell Shortcut 0", "Keep, and next Shortcut Enter"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_in_viewport(ratio=1, timeout=SLOW_MS)
    expect(page.locator(".player video")).to_be_in_viewport(ratio=1)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert accessibility_faults(page) == []
    context.close()
