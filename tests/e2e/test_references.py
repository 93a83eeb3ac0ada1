"""From references to a clip in a real browser, on the local look: nothing of it needs a key."""

from __future__ import annotations

import io
import re
from itertools import pairwise

from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.app import App, finished, log_of
from tests.e2e.looking import at_rest
from tests.e2e.test_first_light import plays, write
from tests.e2e.test_keyboard import tab_to
from workbench.api.samples import samples
from workbench.domain.brief import Facet
from workbench.domain.media import Role
from workbench.domain.query import RunFilter

PICTURES = [s.path for s in samples() if s.path.stem in ("amber-bottle", "savanna-lion")]


def text_of(page: Page, label: str) -> str:
    return page.get_by_role("textbox", name=label, exact=True).input_value()


def test_upload_look_resolve_write_compose_generate(page: Page, app: App) -> None:
    page.goto("/references")
    page.locator('input[type="file"]').set_input_files(PICTURES)
    for name in ("amber-bottle.jpg", "savanna-lion.jpg"):
        page.get_by_role("checkbox", name=name).check(force=True)
        expect(page.get_by_text(re.compile(f"Image . · {name}"))).to_be_visible()
    page.get_by_role("button", name="Look", exact=True).click()
    expect(page.get_by_role("heading", name="What was seen")).to_be_visible(timeout=30_000)

    page.get_by_role("radiogroup", name=re.compile("^Light")).get_by_role("radio").nth(1).check(force=True)
    expect(page.get_by_text("chosen")).to_be_visible()
    subjects = page.get_by_role("textbox", name="Subjects, one per line")
    subjects.fill("an amber glass bottle")
    subjects.press("Control+Enter")
    at_rest(page)
    write(page, "the bottle turns slowly", "Extra instructions")
    at_rest(page)

    page.reload()
    expect(page.get_by_role("textbox", name="Subjects, one per line")).to_have_value("an amber glass bottle")
    expect(page.get_by_role("textbox", name="Extra instructions")).to_have_value("the bottle turns slowly")
    expect(page.get_by_text("chosen")).to_be_visible()

    page.get_by_role("button", name="Write", exact=True).click()
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_have_value(re.compile("an amber glass bottle", re.IGNORECASE))
    expect(prompt).to_have_value(re.compile("the bottle turns slowly", re.IGNORECASE))
    prompt.press("Control+End")
    prompt.press_sequentially(" Dust floats in the light.", delay=2)
    page.wait_for_timeout(700)
    page.reload()
    expect(prompt).to_have_value(re.compile("Dust floats in the light\\.$"))
    wanted = prompt.input_value()

    page.get_by_role("button", name="Send to Compose").click()
    expect(page.get_by_role("heading", name="Compose")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value(wanted)
    page.get_by_role("radio", name="360p").or_(page.get_by_role("button", name="360p")).first.click()
    at_rest(page)
    page.get_by_role("button", name="Generate", exact=True).click()
    finished(app, 1)
    assert plays(page)

    run = log_of(app).runs.page(RunFilter()).runs[0]
    assert run.request.prompt == wanted
    assert [i.role for i in run.request.inputs] == [Role.REFERENCE, Role.REFERENCE]
    brief = log_of(app).briefs.get(run.origin.brief_id or "")
    assert brief and brief.texts(Facet.SUBJECT) == ("an amber glass bottle",)
    assert not brief.conflicts or Facet.LIGHT not in brief.conflicts

    page.goto(f"/run?id={run.id}")
    page.get_by_text("What was seen in the references").click()
    expect(page.get_by_text("an amber glass bottle (written by hand)")).to_be_visible()


def test_by_keyboard_alone_from_the_shelf_to_compose(page: Page, app: App) -> None:
    """On the shelf that the test before has filled: Tab, Space, Enter and arrows, and nothing else."""

    def press(name: str, key: str = "Enter") -> None:
        tab_to(page, name)
        page.keyboard.press(key)
        at_rest(page)

    page.goto("/references")
    expect(page.get_by_role("heading", name="What was seen")).to_be_visible()
    at_rest(page)
    press("Start over")
    expect(page.get_by_text("Nothing is picked")).to_be_visible()
    for name in ("savanna-lion.jpg", "amber-bottle.jpg"):
        press(name, "Space")
        expect(page.get_by_text(re.compile(f"Image . · {name}"))).to_be_visible()
    press("Look")
    expect(page.get_by_role("heading", name="What was seen")).to_be_visible(timeout=30_000)
    page.get_by_role("heading", name="What was seen").click()  # Tab goes on from here
    tab_to_first_radio(page)
    page.keyboard.press("Space")
    at_rest(page)
    expect(page.get_by_text("chosen")).to_be_visible()
    press("Write")
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_have_value(re.compile("."))
    press("Improve, vary, translate")
    expect(page.get_by_text("What to do")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("What to do")).to_have_count(0)
    wanted = prompt.input_value()
    press("Send to Compose")
    expect(page.get_by_role("heading", name="Compose")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value(wanted)


def tab_to_first_radio(page: Page) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            return
    raise AssertionError("Tab comes to no choice")


def test_a_long_shelf_scrolls_in_its_place(page: Page, app: App) -> None:
    files = [
        {"name": f"swatch {n:02d}.png", "mimeType": "image/png", "buffer": picture(n)} for n in range(24)
    ]
    page.goto("/references")
    page.locator('input[type="file"]').set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_role("checkbox", name=re.compile("^swatch"))).to_have_count(24)
    boxes = [card.bounding_box() for card in page.locator('[class*="st-key-wb-ref-"]').all()]
    tops = sorted({round(box["y"]) for box in boxes if box})
    heights = [box["height"] for box in boxes if box]
    assert all(b - a >= min(heights) for a, b in pairwise(tops)), "no card lies on another"
    last = page.get_by_text("swatch 00.png", exact=True)
    last.click()
    expect(page.get_by_text(re.compile("· swatch 00.png"))).to_be_visible()
    assert page.get_by_role("heading", name="Look").bounding_box()["y"] < 200  # type: ignore[index]


def picture(number: int) -> bytes:
    with io.BytesIO() as handle:
        Image.new("RGB", (320, 180), (10 * number, 90, 160)).save(handle, "PNG")
        return handle.getvalue()
