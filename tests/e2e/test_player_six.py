"""Six clips of 1080p at once, beside the machine's own limit: the same six on a page without a player."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.e2e.player_reels import Reel, shoot, tell
from tests.e2e.player_seen import FRAME_MS, open_player, player_page

TAKES = 3
SECONDS = 6
LEAST = 0.85  # of what is seen without a player, where two cores do all without a graphics card
NAMES = [f"hd{number}" for number in range(6)]
PLAIN = "<body style='display: grid; grid-template-columns: repeat(3, 1fr)'>" + "".join(
    f"<video muted src='{name}.mp4' style='width: 100%'></video>" for name in NAMES
)
pytestmark = pytest.mark.timed

# While they play: how many frames came to the screen, the longest wait for one, and how far they were apart.
COUNT = """
async (root, { seconds, start }) => {
  const videos = [...root.querySelectorAll("video")]
  const frames = videos.map(() => 0), last = videos.map(() => performance.now())
  let gap = 0, apart = 0
  videos.forEach((video, i) => {
    const shown = (now) => {
      if (frames[i]++) gap = Math.max(gap, now - last[i])
      last[i] = now
      video.requestVideoFrameCallback(shown)
    }
    video.requestVideoFrameCallback(shown)
  })
  if (start) await Promise.all(videos.map((video) => video.play()))
  for (const begun = performance.now(); performance.now() - begun < seconds * 1000; ) {
    await new Promise(requestAnimationFrame)
    await new Promise((done) => setTimeout(done))
    const times = videos.filter((video) => !video.paused).map((video) => video.currentTime)
    if (times.length === videos.length) apart = Math.max(apart, Math.max(...times) - Math.min(...times))
  }
  return { frames, gap, apart: apart * 1000, travelled: videos.map((video) => video.currentTime) }
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """``frames`` of all clips; ``gap_ms`` is the longest that any of them stood still."""

    frames: int
    gap_ms: float
    apart_ms: float
    travelled_s: float

    @classmethod
    def of(cls, root: Locator, *, start: bool = False) -> Shown:
        seen: dict[str, Any] = root.evaluate(COUNT, {"seconds": SECONDS, "start": start})
        return cls(sum(seen["frames"]), seen["gap"], seen["apart"], min(seen["travelled"]))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One clip under six names: a browser shares nothing between two addresses."""
    folder = tmp_path_factory.mktemp("hd")
    reels = [Reel(name, frames=192, width=1920, height=1080, noise=9, crf=24) for name in NAMES]
    shoot(folder, *reels[:1])
    for name in NAMES[1:]:
        shutil.copy(folder / f"{NAMES[0]}.mp4", folder / f"{name}.mp4")
    tell(folder, *reels)
    (folder / "plain.html").write_text(PLAIN)
    with player_page(folder) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_six_clips_of_full_hd_stay_fluid(address: str, page: Page, say: Callable[[str], None]) -> None:
    for _ in range(TAKES):
        page.goto(f"{address}/reels/plain.html")
        page.wait_for_function("[...document.querySelectorAll('video')].every((one) => one.readyState >= 3)")
        plain = Shown.of(page.locator("body"), start=True)
        open_player(page, address, NAMES, "grid")
        page.keyboard.press("Space")
        ours = Shown.of(page.locator(".player"))
        say(
            f"six of 1080p: {ours.frames} of {6 * SECONDS * 24} frames seen, still {ours.gap_ms:.0f} ms at "
            f"most; without a player {plain.frames} and {plain.gap_ms:.0f}. {ours.apart_ms:.1f} ms apart"
        )
        if ours.frames >= LEAST * plain.frames and ours.gap_ms < 250 and ours.apart_ms < FRAME_MS:
            break
    assert ours.travelled_s > SECONDS - 1
    assert ours.frames >= LEAST * plain.frames
    assert ours.gap_ms < 250
    assert ours.apart_ms < FRAME_MS
