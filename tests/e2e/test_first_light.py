"""The main job in a real browser: compose → generate → watch it play → find it in Runs → extend it."""

from __future__ import annotations

import re
import time

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.app import App, finished, log_of, serving
from workbench.domain.query import RunFilter
from workbench.domain.run import Parenthood, Status

PROMPT = "A lighthouse on a cliff in a storm, slow pan left"


def write(page: Page, text: str, field: str = "Prompt") -> None:
    """Type as a person does; the draft is saved while they go on."""
    box = page.get_by_role("textbox", name=field, exact=True)
    box.click()
    box.fill("")
    box.press_sequentially(text, delay=2)
    page.wait_for_timeout(700)


def choose_quick_settings(page: Page) -> None:
    page.get_by_role("button", name="360p").or_(page.get_by_role("radio", name="360p")).first.click()


def plays(page: Page, nth: int = 0) -> bool:
    """Whether the clip's own time really advances."""
    video = page.locator("video").nth(nth)
    expect(video).to_be_visible(timeout=180_000)
    video.evaluate("v => { v.muted = true; return v.play() }")
    before = video.evaluate("v => v.currentTime")
    page.wait_for_timeout(700)
    return bool(video.evaluate("(v, before) => v.currentTime !== before && v.videoWidth > 0", before))


def generate(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).click()


def test_compose_generate_watch_find_extend(page: Page, app: App) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto("/")
    write(page, PROMPT)
    write(page, "text, watermark", "Negative prompt")
    choose_quick_settings(page)
    expect(page.get_by_text(re.compile("Free"))).to_be_visible()
    generate(page)
    finished(app, 1)
    assert plays(page)

    run = log_of(app).runs.page(_everything()).runs[0]
    assert (run.request.prompt, run.request.negative_prompt) == (PROMPT, "text, watermark")
    assert run.request.settings["resolution"] == "360p"

    page.goto("/runs")
    search = page.get_by_label("Search prompts")
    search.fill("lighthouse")
    search.press("Enter")
    expect(page.get_by_text(PROMPT).first).to_be_visible()
    search.fill("nothing like it")
    search.press("Enter")
    expect(page.get_by_text(PROMPT)).to_have_count(0)

    page.goto(f"/run?id={run.id}")
    expect(page.get_by_text(PROMPT).first).to_be_visible()
    assert plays(page)
    page.get_by_role("button", name="Extend").or_(page.get_by_role("link", name="Extend")).first.click()
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    page.wait_for_timeout(1_500)
    generate(page)
    finished(app, 2)
    longer = log_of(app).runs.page(_everything()).runs[0]
    assert (longer.origin.parent_id, longer.origin.parenthood) == (run.id, Parenthood.EXTENSION)
    assert longer.clip and run.clip
    assert longer.clip.media.duration_s > run.clip.media.duration_s + 1
    elsewhere = [u for u in requests if not u.startswith((app.address, app.address.replace("http", "ws")))]
    assert [u for u in elsewhere if not u.startswith(("data:", "blob:"))] == [], "nothing leaves this machine"


def test_what_is_typed_is_there_after_a_reload(page: Page, app: App) -> None:
    page.goto("/")
    write(page, "A heron takes off from misty water")
    page.reload()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value(
        "A heron takes off from misty water"
    )


def test_progress_shows_in_two_tabs_and_survives_a_closed_one(context: BrowserContext, app: App) -> None:
    before = log_of(app).runs.counts().get(("animatic/preview", Status.SUCCEEDED), 0)
    first, second = context.new_page(), context.new_page()
    first.goto("/")
    write(first, "Snow falls on a forest at night, static")
    second.goto("/")
    expect(second.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    generate(first)
    for tab in (first, second):
        expect(tab.get_by_text(re.compile("queued|submitting|generating")).first).to_be_visible(
            timeout=15_000
        )
    first.close()
    finished(app, before + 1)
    assert plays(second)


def test_the_list_of_runs_tells_by_itself_of_what_another_tab_made(context: BrowserContext, app: App) -> None:
    waiting, writing = context.new_page(), context.new_page()
    waiting.goto("/runs")
    expect(waiting.get_by_role("heading", name="Runs")).to_be_visible()
    writing.goto("/")
    write(writing, "A paper boat drifts down a brook")
    choose_quick_settings(writing)
    generate(writing)
    expect(waiting.get_by_role("link", name="A paper boat drifts")).to_be_visible(timeout=15_000)
    expect(waiting.get_by_alt_text("First picture of: A paper boat drifts")).to_be_visible(timeout=180_000)


def test_a_run_can_be_cancelled(page: Page, app: App) -> None:
    page.goto("/")
    write(page, "A desert storm rolls in, aerial")
    page.get_by_role("radio", name="1080p").or_(page.get_by_role("button", name="1080p")).first.click()
    generate(page)
    page.get_by_role("button", name=re.compile("^Cancel")).first.click(timeout=20_000)
    deadline = time.monotonic() + 20
    while log_of(app).runs.page(_everything()).runs[0].status is not Status.CANCELLED:
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)


def test_a_killed_app_goes_on_where_it_was(page: Page, app: App) -> None:
    """kill -9 while a clip is rendered; the next start shows it finished."""
    with serving(app.folder / "killed") as first:
        page.goto(first.address)
        write(page, "Waves roll onto a beach at dusk, zoom out")
        generate(page)
        page.wait_for_timeout(1_200)
        first.kill()
    with serving(app.folder / "killed") as second:
        finished(second, 1)
        page.goto(second.address)
        assert plays(page)


def _everything() -> RunFilter:
    return RunFilter()
