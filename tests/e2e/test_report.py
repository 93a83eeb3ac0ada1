"""A report opened as a file, with the network off: it plays in sync, and nothing leaves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.player_seen import Figures, best, is_held, watched
from tests.e2e.test_pages import accessibility_faults
from workbench.api import Workbench
from workbench.domain.review import ReviewPlan

PROMPTS = (
    "A lion walks at dawn, slow pan left",
    "A lion walks at dusk, slow pan left</script><img src=https://evil.example/x onerror=document.title='!'>",
    "A lighthouse in a storm",
)
TAKES = 3


@dataclass(frozen=True)
class Opened:
    """``asked`` is every address that the page has asked for; ``said`` what it has complained about."""

    page: Page
    asked: list[str]
    said: list[str]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    with Workbench(folder / "log") as bench:
        asked = [
            bench.request(p, duration_s=3, resolution="360p", aspect_ratio="16:9", seed=seed)
            for seed in range(2)
            for p in PROMPTS
        ]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        plan = ReviewPlan(overlap=0, repeats=0)
        review = bench.review("<script>document.title='!'</script>", runs, plan=plan)
        for number in range(12):
            pair = bench.asked(review.id, "Ana").pairs[0]
            bench.vote(pair.id, "Ana", ("left", "right", "both_good", "both_bad")[number % 4])
        return bench.report(review.id, path=folder / "report.html")


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(browser: Browser, report: Path, scheme: str) -> Iterator[Opened]:
    """All that it has can be played."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.set_default_timeout(30_000)
    context.set_offline(True)
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url[:100]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.evaluate(
        """async () => {
          const shadow = document.getElementById("player").shadowRoot
          const videos = [...shadow.querySelectorAll("video"), ...document.querySelectorAll("video")]
          const isThere = (video) => video.readyState >= 2 && !video.seeking
          while (!videos.every(isThere)) await new Promise((done) => setTimeout(done, 50))
        }"""
    )
    yield Opened(page, asked, said)
    context.close()


def test_all_of_it_is_in_the_file(opened: Opened, report: Path) -> None:
    page = opened.page
    expect(page).to_have_title("<script>document.title='!'</script>")
    expect(page.locator("h1")).to_have_text("<script>document.title='!'</script>")
    expect(page.locator(".player video")).to_have_count(3)
    expect(page.locator(".arm video")).to_have_count(3)
    expect(page.get_by_text(PROMPTS[1], exact=True).first).to_be_visible()
    assert page.locator(".arm img").evaluate_all("(all) => all.every((one) => one.naturalWidth > 0)")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size({"width": 390, "height": 800})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.emulate_media(media="print")
    expect(page.locator(".player")).to_be_hidden()
    expect(page.locator(".arm img").first).to_be_visible()
    assert {url for url in opened.asked if not url.startswith("data:")} == {report.as_uri()}
    assert opened.said == []


def test_a_script_that_got_in_would_not_run(opened: Opened) -> None:
    page = opened.page
    page.evaluate(
        """() => {
          document.body.append(Object.assign(document.createElement("script"), { text: "window.ran = 1" }))
          document.body.insertAdjacentHTML("beforeend", "<img src=data:, onerror='window.ran = 1'>")
          document.body.append(Object.assign(new Image(), { src: "https://evil.example/x" }))
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert len(opened.said) == 3
    assert all("Content Security Policy" in said for said in opened.said)


def test_who_can_not_see_it_can_use_it(opened: Opened) -> None:
    assert not accessibility_faults(opened.page)


def test_keys_are_the_pages_until_the_player_is_meant(opened: Opened) -> None:
    page = opened.page
    time = page.get_by_role("timer")
    page.keyboard.press(".")
    expect(time).to_have_text("0:00.000")
    page.keyboard.press("End")
    page.evaluate("async () => { while (!scrollY) await new Promise(requestAnimationFrame) }")
    page.locator(".player").focus()
    page.keyboard.press(".")
    expect(time).not_to_have_text("0:00.000")
    expect(page).to_have_url(re.compile(r"#t0\.\d+$"))
    at = time.inner_text()
    page.reload()
    expect(page.get_by_role("timer")).to_have_text(at)


@pytest.mark.timed
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_it_plays_in_sync(opened: Opened, say: Callable[[str], None]) -> None:
    page = opened.page

    def takes() -> Iterator[Figures]:
        for _ in range(TAKES):
            page.locator(".player").focus()
            page.keyboard.press("Home")
            page.keyboard.press("Space")
            yield watched(page, 2.5, (0, 0, 0))
            page.keyboard.press("Space")

    seen = best(takes())
    say(f"report: median {seen.median_ms:.1f} ms, at most {seen.max_ms:.1f} ms apart")
    assert seen.travelled_s > 1.5
    assert is_held(seen)
