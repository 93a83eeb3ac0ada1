"""What the player's page shows and how far its clips are apart, read from its videos and their pixels."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.e2e.player_reels import BITS

ROOT = Path(__file__).parents[2]
QUIET = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_LOGGER_LEVEL": "warning"}
FRAME_MS = 1000 / 24
STARTED_S = 0.5
LONGEST_LOOK_MS = 2  # where the machine took the browser away in the middle of a look, it is none

# The number that stands in the blocks along the bottom of what a video shows now.
READ = f"""
const canvas = new OffscreenCanvas({BITS * 4}, 4)
const pen = canvas.getContext("2d", {{ willReadFrequently: true }})
const read = (video) => {{
  const {{ videoWidth: w, videoHeight: h }} = video
  pen.drawImage(video, 0, h * 0.92, w, h * 0.04, 0, 0, {BITS * 4}, 4)
  const {{ data }} = pen.getImageData(0, 2, {BITS * 4}, 1)
  let number = 0
  for (let bit = 0; bit < {BITS}; bit++) number = number * 2 + (data[(bit * 4 + 2) * 4] > 127 ? 1 : 0)
  return number
}}
"""

# At every picture of the browser: where each clip is, less its offset; of every fourth also its pixels.
WATCH = (
    "async (player, { seconds, offsets, nudge }) => {"
    + READ
    + """
  const videos = [...player.querySelectorAll("video")]
  const seen = [], begun = performance.now()
  let nudged = false
  for (let count = 0; performance.now() - begun < seconds * 1000; count++) {
    await new Promise(requestAnimationFrame)
    await new Promise((done) => setTimeout(done)) // within a task a video's time stands
    const before = performance.now()
    const at = (performance.now() - begun) / 1000
    if (nudge && !nudged && at > nudge.at) {
      videos[nudge.clip].currentTime += nudge.by
      nudged = true
    }
    const on = videos.map((video, i) => [video, i]).filter(([video, i]) => {
      const shared = video.currentTime + offsets[i]
      const isOn = video.currentTime < video.duration - 0.1 && shared > Math.max(...offsets)
      return isOn && video.checkVisibility()
    })
    const times = on.map(([video, i]) => video.currentTime + offsets[i])
    seen.push({
      at, times, took: performance.now() - before,
      runs: on.filter(([video]) => !video.paused).length,
      seeks: on.some(([video]) => video.seeking),
      waits: !player.querySelector(".waiting").hidden,
      frames: count % 4 ? null : on.map(([video, i]) => [i, read(video)]),
    })
  }
  return seen
}"""
)


@dataclass(frozen=True, slots=True)
class Figures:
    """``apart_ms``: the two furthest clips, at each picture while any of them runs."""

    seen: Sequence[Mapping[str, Any]]

    @property
    def running(self) -> list[Mapping[str, Any]]:
        looks = [one for one in self.seen if one["took"] < LONGEST_LOOK_MS]
        return [one for one in looks if one["runs"] and len(one["times"]) > 1]

    @property
    def apart_ms(self) -> list[float]:
        return [1000 * (max(one["times"]) - min(one["times"])) for one in self.running]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.apart_ms)

    @property
    def max_ms(self) -> float:
        return max(self.apart_ms)

    @property
    def travelled_s(self) -> float:
        """How far the clips came, forward only."""
        times = [one["times"][0] for one in self.running]
        return sum(max(0.0, now - before) for before, now in pairwise(times))

    def pixels_apart(self, rates: Sequence[float], offsets: Sequence[float]) -> list[float]:
        """Beginnings of the frames that are seen, apart in seconds, of each look after the start.

        A browser needs some pictures until it shows in time what it has begun to play.
        """
        shown = [
            [number / rates[i] + offsets[i] for i, number in one["frames"]]
            for one in self.running
            if one["frames"] and one["at"] > STARTED_S
        ]
        return [max(times) - min(times) for times in shown]


def is_held(seen: Figures) -> bool:
    """Played, and never further apart than a frame."""
    return bool(seen.running) and seen.median_ms < 5 and seen.max_ms < FRAME_MS


def best(takes: Iterator[Figures], is_good: Callable[[Figures], bool] = is_held) -> Figures:
    """The first good one, else the one whose clips were least apart."""
    seen = []
    for figures in takes:
        assert figures.running, "nothing played"
        seen.append(figures)
        if is_good(figures):
            return figures
    return min(seen, key=lambda figures: figures.max_ms)


@contextmanager
def player_page(reels: Path) -> Iterator[str]:
    """Its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT / "workbench" / "app",  # its theme
        env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT), "REELS": str(reels)},
    )
    try:
        assert process.stdout
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found, "the page did not start"
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.wait(20)


# Listening before it says so: the first request waits instead of failing.
_SERVE = """
import socket, uvicorn
from tests.e2e.player_app import app
listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listener])
"""


def open_player(page: Page, address: str, clips: Sequence[str], link: str = "", **more: str) -> None:
    """All clips can be played, and stand where ``link`` says."""
    page.goto(f"{address}/?{urlencode({'clips': '~'.join(clips), 'player': link, **more})}")
    expect(page.locator("video")).to_have_count(len(clips), timeout=30_000)
    page.locator(".player").evaluate(
        """async (player) => {
          const seen = [...player.querySelectorAll("video")].filter((video) => video.checkVisibility())
          const isThere = (video) => video.readyState >= 2 && !video.seeking
          while (!seen.every(isThere)) await new Promise((done) => setTimeout(done, 50))
        }"""
    )


def watched(page: Page, seconds: float, offsets: Sequence[float], nudge: object = None) -> Figures:
    """Every picture of the next ``seconds``."""
    given = {"seconds": seconds, "offsets": list(offsets), "nudge": nudge}
    return Figures(page.locator(".player").evaluate(WATCH, given))


def shown_frames(page: Page) -> list[int]:
    """From the pixels, once no clip looks for its place any more and what it found is drawn."""
    return page.locator(".player").evaluate(
        "async (player) => {"
        + READ
        + """
          const videos = [...player.querySelectorAll("video")].filter((one) => one.checkVisibility())
          const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
          do await drawn()
          while (videos.some((video) => video.seeking || video.readyState < 2))
          await drawn()
          return videos.map(read)
        }"""
    )


def told_frames(page: Page) -> list[int]:
    """What stands above each picture that is shown."""
    told = page.locator(".frame-number").filter(visible=True).all_inner_texts()
    return [int(text.split("·")[0].removeprefix("f ")) for text in told]
