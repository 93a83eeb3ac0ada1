"""The main job without a mouse: write, generate, pick two, compare, rate, delete and undo."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.app import App, finished, log_of
from workbench.domain.query import RunFilter
from workbench.domain.run import Status

FOCUS = """() => {
    let at = document.activeElement
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return at
}"""
NAME = f"""(() => {{
    const at = ({FOCUS})()
    return at.ariaLabel || (!["MAIN", "BODY"].includes(at.tagName) && at.innerText) || ""
}})()"""


def tab_to(page: Page, name: str, *, most: int = 80) -> None:
    """Press Tab until what is called ``name`` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if name in page.evaluate(NAME):
            return
    raise AssertionError(f"Tab never comes to {name}; it stands on {page.evaluate(NAME)!r}")


def settled(page: Page) -> None:
    page.wait_for_timeout(300)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'"
    )
    page.wait_for_timeout(300)


def test_the_main_job_without_a_mouse(page: Page, app: App) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    for number, prompt in enumerate(("A lion walks at dawn", "A lion walks at dusk"), 1):
        page.get_by_role("textbox", name="Prompt", exact=True).focus()
        page.keyboard.press("Control+A")
        page.keyboard.type(prompt, delay=5)
        page.keyboard.press("Control+Enter")
        finished(app, number)
    expect(page.get_by_text("What changed")).to_be_visible()

    page.goto("/runs")
    expect(page.get_by_role("checkbox", name="Select")).to_have_count(2)
    for _ in range(2):
        tab_to(page, "Select")
        page.keyboard.press("Space")
        settled(page)
    expect(page.get_by_text("2 selected")).to_be_visible()
    tab_to(page, "Gallery")
    tab_to(page, "Compare")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    both = page.url

    tab_to(page, "Settings that differ")  # past the player, the note and the cards
    tab_to(page, "1")  # the clip to rate
    for name, key in (("1", "ArrowRight"), ("Comment", ""), ("Who", "")):
        tab_to(page, name)
        if key:
            page.keyboard.press(key)
            page.keyboard.press("Space")
        else:
            page.keyboard.type("Ana")
    tab_to(page, "Save rating")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: 1 of")).to_be_visible()

    page.reload()
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    assert page.url == both
    page.go_back()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    run = log_of(app).runs.page(RunFilter()).runs[0]
    page.goto(f"/run?id={run.id}")
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 run deleted")).to_be_visible()
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 run restored")).to_be_visible()


def test_a_popover_comes_right_after_its_button(page: Page) -> None:
    page.goto("/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    settled(page)
    is_inside = "Boolean(document.activeElement.closest('[data-testid=stPopoverBody]'))"
    tab_to(page, "Import")
    page.keyboard.press("Tab")
    after = page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Drop MP4s, their JSON, or archives")).to_be_visible()

    page.keyboard.press("Tab")
    assert page.evaluate(is_inside)
    page.keyboard.press("Shift+Tab")
    assert "Import" in page.evaluate(NAME)
    inside = 0
    page.keyboard.press("Tab")
    while page.evaluate(is_inside):
        inside += 1
        page.keyboard.press("Tab")
    assert inside == 2  # the help, and the button that takes a file
    assert page.evaluate("document.activeElement.outerHTML") == after

    tab_to_back = "document.querySelector('[data-testid=stPopoverButton][aria-expanded=true]').focus()"
    page.evaluate(tab_to_back)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Drop MP4s, their JSON, or archives")).to_be_hidden()
    assert "Import" in page.evaluate(NAME)


def test_where_the_focus_is_can_be_seen(page: Page) -> None:
    """Every stop of the Tab key on a page shows an outline, a ring or a line of the accent."""
    page.goto("/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    settled(page)
    unseen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        page.wait_for_timeout(250)
        if page.evaluate("document.activeElement === document.body"):
            break
        name, seen = page.evaluate(
            f"""() => {{
                const at = ({FOCUS})()
                const marked = e => {{
                    const s = getComputedStyle(e)
                    const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0
                    return ring || s.boxShadow !== 'none' || s.borderColor === 'rgb(11, 107, 117)'
                }}
                let seen = false
                for (let e = at, up = 0; e && up < 6; e = e.parentElement, up++) seen ||= marked(e)
                return [at.tagName + ' ' + {NAME}.slice(0, 40), seen || at.tagName === 'MAIN']
            }}"""
        )
        if not seen:
            unseen.append(name)
    assert not unseen, unseen


def test_nothing_typed_is_lost_while_a_run_finishes(page: Page, app: App) -> None:
    """The whole page is drawn again when a run settles; whoever types on does not notice."""
    before = log_of(app).runs.counts().get(("animatic/preview", Status.SUCCEEDED), 0)
    page.goto("/")
    box = page.get_by_role("textbox", name="Prompt", exact=True)
    box.focus()
    page.keyboard.press("Control+A")
    words = "Rain falls on a street"
    page.keyboard.type(words, delay=5)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 60")
    page.keyboard.press("Control+Enter")
    while log_of(app).runs.counts().get(("animatic/preview", Status.SUCCEEDED), 0) == before:
        page.keyboard.type(" and on", delay=60)
        words += " and on"
    for _ in range(3):
        page.keyboard.type(" still", delay=60)
        words += " still"
    settled(page)
    expect(box).to_have_value(words)
    expect(box).to_be_focused()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 60
    page.wait_for_timeout(700)
    page.reload()
    expect(box).to_have_value(words)
