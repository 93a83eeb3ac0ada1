"""The player on a page: layouts by their pixels, every way of use, what goes into the link and comes back."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.player_reels import Reel, shoot
from tests.e2e.player_seen import open_player, player_page, shown_frames
from tests.e2e.test_pages import accessibility_faults
from workbench.player import Note, PlayerClip, from_link, standalone

RED, BLUE = (200, 0, 0), (0, 0, 200)
REELS = (
    Reel("red", colour=RED, hertz=440),
    Reel("blue", colour=BLUE, hertz=220),
    Reel("tall", frames=60, fps="30", width=180, height=320, colour=(0, 120, 0)),
    Reel("square", frames=100, fps="25", width=200, height=200, hertz=300),
)
NAMES = tuple(reel.name for reel in REELS)


@pytest.fixture(scope="module")
def reels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reels")
    shoot(folder, *REELS)
    return folder


@pytest.fixture(scope="module")
def address(reels: Path) -> Iterator[str]:
    with player_page(reels) as address:
        yield address


Make = Callable[..., Page]


@pytest.fixture
def make(browser: Browser) -> Iterator[Make]:
    """A page in a context of its own: ``make(width=360, color_scheme="dark")``."""
    made: list[BrowserContext] = []

    def make(width: int = 1280, height: int = 900, **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        made.append(context)
        return context.new_page()

    yield make
    for context in made:
        context.close()


def told(page: Page, text: str) -> None:
    """What the page's Python was told last."""
    expect(page.get_by_text(re.compile("^told"))).to_contain_text(f"told {text};")


def runs(page: Page) -> int:
    found = re.search(r"run (\d+)", page.get_by_text(re.compile("^told")).inner_text())
    assert found
    return int(found[1])


def picture(of: Locator) -> NDArray[np.int16]:
    shot = Image.open(io.BytesIO(of.screenshot())).convert("RGB")
    return np.asarray(shot).astype(np.int16)


def inside(of: Locator) -> NDArray[np.int16]:
    """Without the edge, which may fall between two pixels."""
    return picture(of)[4:-4, 4:-4]


def colour_at(of: NDArray[np.int16], x: float, y: float) -> tuple[int, int, int]:
    """At shares of the picture, as the median of a few pixels."""
    height, width, _ = of.shape
    top, left = int(y * (height - 1)), int(x * (width - 1))
    red, green, blue = np.median(of[max(0, top - 3) : top + 4, max(0, left - 3) : left + 4], axis=(0, 1))
    return int(red), int(green), int(blue)


def is_like(seen: tuple[int, int, int], wanted: tuple[int, int, int], within: int = 24) -> bool:
    return all(abs(one - other) <= within for one, other in zip(seen, wanted, strict=True))


# Each a link, then colours at shares of the frame, where the background shows.
LAYOUTS = [
    ("", {(0.1, 0.2): RED, (0.9, 0.2): BLUE}),
    ("grid", {(0.1, 0.2): RED, (0.9, 0.2): BLUE}),
    ("wipe~m0.7", {(0.1, 0.2): RED, (0.65, 0.12): RED, (0.75, 0.12): BLUE, (0.95, 0.2): BLUE}),
    ("wipe~p2_1", {(0.1, 0.2): BLUE, (0.9, 0.2): RED}),
    ("difference", {(0.1, 0.2): (200, 0, 200)}),
    ("difference~t0.5~b2", {(0.1, 0.2): (255, 0, 255)}),
    ("onion~m0.25", {(0.1, 0.2): (150, 0, 50)}),
    ("onion~m0", {(0.1, 0.2): RED}),
    ("flip", {(0.1, 0.2): RED, (0.9, 0.2): RED}),
    ("flip~p2_1", {(0.1, 0.2): BLUE}),
]


@pytest.mark.parametrize(("link", "colours"), LAYOUTS, ids=[link or "side" for link, _ in LAYOUTS])
def test_a_layout_shows_what_it_says(
    link: str, colours: dict[tuple[float, float], tuple[int, int, int]], address: str, make: Make
) -> None:
    page = make()
    open_player(page, address, ("red", "blue"), link)
    shown_frames(page)
    frame = page.locator(".frame")
    layers = [
        box for layer in page.locator(".layer").filter(visible=True).all() if (box := layer.bounding_box())
    ]
    outer = frame.bounding_box()
    assert outer
    seen = picture(frame)
    # The names stand above the pictures.
    top = (min(box["y"] for box in layers) - outer["y"]) / outer["height"]
    for (x, y), colour in colours.items():
        found = colour_at(seen, x, top + y * (1 - top))
        assert is_like(found, colour), f"at {x}, {y}: {found}, not {colour}"


def test_the_difference_of_a_clip_from_itself_is_black(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "red"), "difference~t1~b8")
    shown_frames(page)
    assert inside(page.locator(".layer").first).max() <= 8
    page.keyboard.press(">")  # a frame later: the digits and the blocks differ
    page.get_by_role("button", name="Choose Reel red and hear it").last.click()
    assert inside(page.locator(".layer").first).max() > 100


KEYS = [
    (["w"], "wipe"),
    (["o", "b", "b"], "onion~m0.4"),
    (["d", "e", "e"], "difference~b4"),
    (["i", "x"], "flip~p2_1"),
    (["g", "s"], "nothing"),
    (["."], "t0.063"),
    ([".", ".", ","], "t0.063"),
    (["ArrowRight", "[", "ArrowRight", "]"], "t2~r1_2"),
    (["ArrowRight", "[", "\\"], "t1"),
    (["End"], "t3.979"),
    (["p"], "once"),
    (["j", "j"], "v0.5"),
    (["l", "l", "l", "l", "l"], "v2"),
    (["j"] * 9, "v0.1"),
    (["+", "+", "Shift+ArrowRight"], "z1.563_0.564_0.5"),
    (["2", ">", ">"], "o0_0.083~c2"),
    (["<"], "o-0.042_0"),
    (["m"], "mute"),
    (["}"], "t0.5"),
    (["}", "}", "{"], "t0.5"),
]


@pytest.mark.parametrize(("keys", "link"), KEYS, ids=[" ".join(keys) for keys, _ in KEYS])
def test_keys_without_a_click_first(keys: list[str], link: str, address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    for key in keys:
        page.keyboard.press(key)
    told(page, link)


def test_typing_is_not_meant_for_the_player(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    page.get_by_role("textbox", name="Edition").press_sequentially("wdo . m")
    page.get_by_role("textbox", name="Edition").press("Enter")
    expect(page.get_by_text("told nothing; run 2")).to_be_visible()
    offset = page.get_by_role("spinbutton", name="Offset of Reel blue in seconds")
    offset.fill("0.25")
    offset.press("Enter")
    told(page, "o0_0.25")


def test_the_sheet_of_keys(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    for text in ("Play or pause", "One frame back, on", "Difference", "Pixel by pixel", "This sheet"):
        expect(sheet.get_by_text(text, exact=True)).to_be_visible()
    assert accessibility_faults(page) == []
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("w")
    told(page, "wipe")


def test_the_link_opens_the_same_and_hostile_ones_open_too(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, NAMES, "t1.5~r1_2~o0_0.5_0_-0.25~c4~grid")
    expect(page.get_by_role("button", name="Grid")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("spinbutton", name="Offset of Reel blue in seconds")).to_have_value("0.500")
    assert shown_frames(page) == [36, 24, 45, 43]
    open_player(page, address, NAMES, "t9999~z2_0_0~o1_2~<script>~" + "~" * 500)
    assert shown_frames(page) == [95, 95, 59, 99]
    assert (
        page.locator("video").first.evaluate("(video) => video.style.transform")
        == "translate(0%, 0%) scale(2)"
    )


def test_playing_runs_nothing_and_a_rerun_leaves_it_playing(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"), "v0.25")
    before = runs(page)
    page.evaluate("window.kept = []")
    page.locator("video").evaluate_all("(videos) => { window.kept = videos }")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_timeout(1_000)
    assert runs(page) == before
    page.get_by_role("textbox", name="Edition").press("End")
    page.get_by_role("textbox", name="Edition").blur()
    assert page.locator("video").evaluate_all("(videos) => videos.every((one, i) => one === window.kept[i])")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("^told t0"))).to_be_visible()
    page.get_by_role("textbox", name="Edition").fill("2")
    page.get_by_role("textbox", name="Edition").press("Enter")  # as the page's link says, again
    told(page, "v0.25")
    assert shown_frames(page) == [0, 0]
    assert page.locator("video").evaluate_all("(videos) => videos.every((one, i) => one === window.kept[i])")


def test_it_loops_in_the_range_or_stops_at_its_end(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"), "r1_1.5~t1")
    page.keyboard.press("Space")
    wrapped = """async (player) => {
        const video = player.querySelector("video")
        let last = 0, wraps = 0, out = 0
        for (const begun = performance.now(); wraps < 2 && performance.now() - begun < 15000;) {
            await new Promise(requestAnimationFrame)
            if (video.currentTime < last - 0.2) wraps++
            last = video.currentTime
            if (last > 1.65 || last < 0.9) out++
        }
        return [wraps, out]
    }"""
    assert page.locator(".player").evaluate(wrapped) == [2, 0]
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert shown_frames(page) == [35, 35]


def test_one_clip_is_heard(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, NAMES)
    heard = "(videos) => videos.map((video) => !video.muted)"
    videos = page.locator("video")
    assert videos.evaluate_all(heard) == [True, False, False, False]
    page.keyboard.press("4")
    assert videos.evaluate_all(heard) == [False, False, False, True]
    expect(page.get_by_role("button", name="Choose Reel tall, which has no sound")).to_be_visible()
    page.keyboard.press("m")
    assert videos.evaluate_all(heard) == [False] * 4


def test_zoom_and_pan_are_linked_to_the_pixel(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    first, second = page.locator(".layer").all()
    box = first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.4)
    page.keyboard.down("Control")
    for _ in range(8):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    transforms = page.locator("video").evaluate_all(
        "(videos) => videos.map((video) => video.style.transform)"
    )
    assert transforms[0] == transforms[1] != "none"
    assert page.locator("video.pixels").count() == 2
    before = picture(second)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.1, steps=4)
    page.mouse.up()
    after = page.locator("video").evaluate_all("(videos) => videos.map((video) => video.style.transform)")
    assert after[0] == after[1] != transforms[0]
    assert np.abs(picture(second) - before).max() > 100
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # a drag is no tap


def test_by_touch(address: str, make: Make) -> None:
    page = make(width=390, height=844, has_touch=True, is_mobile=True)
    open_player(page, address, ("red", "blue"), "wipe")
    frame = page.locator(".layer").first
    box = frame.bounding_box()
    assert box
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (0.5, 0.5))
    for x in (0.4, 0.3, 0.2):
        touch("touchMove", (x, 0.5))
    touch("touchEnd")
    expect(page.get_by_role("slider", name="Wipe line").first).to_have_attribute("aria-valuenow", "20")
    page.touchscreen.tap(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.touchscreen.tap(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    touch("touchStart", (0.4, 0.4), (0.6, 0.6))
    for by in (0.1, 0.2, 0.3):
        touch("touchMove", (0.4 - by, 0.4 - by), (0.6 + by, 0.6 + by))
    touch("touchEnd")
    zoomed = page.locator("video").first.evaluate("(video) => video.style.transform")
    assert float(zoomed.split("scale(")[1].rstrip(")")) > 2


def test_the_scrubber_its_notes_and_its_range(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"), "o0_0.25")
    track = page.get_by_role("slider", name="Time", exact=True)
    box = track.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 2 / 4.25, box["y"] + 10)
    expect(track).to_have_attribute("aria-valuetext", re.compile(r"^0:0[12]\.\d{3}, frame 4[789]$"))
    page.get_by_role("button", name="Note at 0:00.750: Of the second").click()  # moved with its clip
    told(page, "t0.75~o0_0.25")
    page.keyboard.press("[")
    edge = page.get_by_role("slider", name="Beginning of the range")
    expect(edge).to_have_attribute("aria-valuenow", "0.750")
    edge.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", "0.792")


def test_full_screen(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    page.keyboard.press("f")
    full = "(player) => player.matches(':fullscreen')"
    page.wait_for_function("() => document.fullscreenElement !== null")
    assert page.locator(".player").evaluate(full)
    page.keyboard.press(".")
    assert shown_frames(page) == [1, 1]
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement === null")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readable_and_never_too_wide(scheme: str, width: int, address: str, make: Make, root: Path) -> None:
    page = make(width=width, color_scheme=scheme)
    pictures = root / "artifacts" / "player"
    pictures.mkdir(parents=True, exist_ok=True)
    for layout in ("side", "grid", "wipe", "difference", "onion", "flip"):
        open_player(page, address, NAMES, f"{layout}~t0.5~r0.25_1.5")
        shown_frames(page)
        page.locator(".player").screenshot(path=pictures / f"{layout}-{scheme}-{width}.png")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0
        beyond = """(player) => [...player.querySelectorAll("button, input, .time, .layer")].filter((one) => {
            const { left, right, width } = one.getBoundingClientRect()
            return width && one.checkVisibility() && (left < 0 || right > innerWidth + 0.5)
        }).map((one) => one.className || one.ariaLabel)"""
        assert page.locator(".player").evaluate(beyond) == []
        assert accessibility_faults(page) == []


def test_what_a_screen_reader_hears(address: str, make: Make) -> None:
    page = make()
    open_player(page, address, ("red", "blue"))
    player = page.get_by_role("group", name="Player", exact=True)
    for name in ("Playing", "Range", "Speed", "Layout", "Zoom", "More"):
        expect(player.get_by_role("group", name=name, exact=True)).to_be_visible()
    expect(player.get_by_role("timer", name="Time")).to_have_text("0:00.000")
    page.keyboard.press(".")
    expect(player.get_by_role("status")).to_have_text("0:00.063, frame 1 of clip 1")
    page.keyboard.press("Space")
    expect(player.get_by_role("status")).to_have_text("Playing")


@pytest.mark.parametrize("reduced", ["reduce", "no-preference"])
def test_autoplay_is_silent_and_not_for_everybody(reduced: str, address: str, make: Make) -> None:
    page = make(reduced_motion=reduced)
    open_player(page, address, ("red", "blue"), autoplay="1")
    name = "Play" if reduced == "reduce" else "Pause"
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    is_muted = page.locator("video").first.evaluate("(video) => video.muted")
    assert is_muted is (reduced != "reduce")
    if is_muted:
        page.keyboard.press("Space")
        expect(page.get_by_text(re.compile("^told t"))).to_be_visible()
        assert "mute" not in page.get_by_text(re.compile("^told t")).inner_text(), "nobody asked for that"
        page.keyboard.press("m")
        assert page.locator("video").first.evaluate("(video) => !video.muted")


def test_a_document_goes_back_to_how_players_begin(reels: Path, make: Make, tmp_path: Path) -> None:
    """Also where it begins otherwise itself."""
    page = make()
    url = (reels / "red.mp4").as_uri()
    clips = [PlayerClip(url, name, 24, 4.0, 320, 180) for name in ("one", "other")]
    path = tmp_path / "report.html"
    path.write_text(standalone(clips, state=from_link("wipe", 2)), encoding="utf-8")
    page.goto(path.as_uri())
    expect(page.get_by_role("button", name="Wipe")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("s")
    page.wait_for_url("**/report.html#*")
    page.reload()
    expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")


def test_a_document_of_its_own_asks_for_nothing(reels: Path, make: Make, tmp_path: Path) -> None:
    page = make()
    clips = []
    for reel in REELS[:2]:
        data = base64.b64encode((reels / f"{reel.name}.mp4").read_bytes()).decode()
        clips.append(
            PlayerClip(
                f"data:video/mp4;base64,{data}", reel.name, float(reel.rate), 4.0, 320, 180, has_audio=True
            )
        )
    path = tmp_path / "report.html"
    path.write_text(standalone(clips, notes=[Note(1.0, "Here")], label="Two of them"), encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    expect(page.get_by_role("group", name="Two of them")).to_be_visible()
    assert shown_frames(page) == [0, 0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("w")
    page.wait_for_url("**/report.html#wipe~t1*")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.reload()
    expect(page.get_by_role("button", name="Wipe")).to_have_attribute("aria-pressed", "true")
    assert shown_frames(page) == [24, 24]
    assert accessibility_faults(page) == []
