"""The page against a service that someone else wrote: a clip, a lost answer, and no key in sight."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.app import FLAGS, App, log_of, serving
from tests.e2e.test_first_light import generate, plays, write
from tests.foreign.house import House, Street, secrets_in
from tests.foreign.service import CREATE, drops_after, running
from workbench.domain.query import RunFilter
from workbench.domain.run import Run, Status

pytestmark = [pytest.mark.browser, pytest.mark.long]
PAGES = ("/", "/runs", "/settings")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, clip: bytes) -> Iterator[Street]:
    street = Street.built(tmp_path_factory.mktemp("street"), clip)
    with running(*street.services):
        yield street


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, street: Street) -> Iterator[App]:
    house = House(tmp_path_factory.mktemp("house"), street.settings())
    with serving(house.data, house.settings()) as app:
        yield app


@pytest.fixture
def page(chromium: str, app: App) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(base_url=app.address, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(20_000)
        yield context.new_page()
        browser.close()


def settled(page: Page, app: App, count: int) -> Run:
    """The newest run, once there are ``count`` and it rests."""
    for _ in range(150):
        runs = log_of(app).runs.page(RunFilter(), 5).runs
        if len(runs) == count and not runs[0].status.is_busy:
            return runs[0]
        page.wait_for_timeout(200)
    raise AssertionError(f"nothing came of it: {log_of(app).runs.page(RunFilter(), 5).runs}")


def test_a_clip_a_lost_answer_and_no_key_on_any_page(page: Page, app: App, street: Street) -> None:
    page.goto("/")
    write(page, "A lion at dawn")
    box = page.get_by_role("combobox", name=re.compile("Model"))
    box.click()
    box.fill("openai-videos")
    page.get_by_role("option", name=re.compile("openai-videos")).first.click()
    expect(page.get_by_text(re.compile("emulat"))).to_have_count(0)
    generate(page)
    made = settled(page, app, 1)
    assert (made.status, made.is_emulated) == (Status.SUCCEEDED, False)
    assert plays(page)

    street.guide.faults[CREATE].append(drops_after)
    write(page, "A lion at night")
    generate(page)
    lost = settled(page, app, 2)
    assert lost.status is Status.UNCERTAIN
    assert len(street.guide.accepted) == len(street.guide.asked(CREATE)) == 2
    page.goto(f"/run?id={lost.id}")
    expect(page.get_by_text(re.compile("may have been charged")).first).to_be_visible()
    shown = [page.content()]
    for address in PAGES:
        page.goto(address)
        expect(page.get_by_role("main").or_(page.locator("section")).first).to_be_visible()
        page.wait_for_timeout(500)
        shown.append(page.content())
    assert [key[:6] for key in street.secrets() for text in shown if key in text] == []
    assert secrets_in(app.folder, street.secrets()) == []
