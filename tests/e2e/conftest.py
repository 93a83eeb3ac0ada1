"""One browser for all end-to-end tests, one app a module, one fresh context a test.

The browser is the package's, not the session's: while Playwright is up, no other test could run asyncio.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.app import FLAGS, App, serving
from tests.e2e.filled import fill

expect.set_options(timeout=15_000)  # three workers on two cores; what is there at once costs nothing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


Fill = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Makes a folder as after an afternoon's work; returns page name → path.

    The work is done once, for all workers: it renders ten clips.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    once, told = shared / "filled", shared / "filled.json"

    def filled(folder: Path) -> dict[str, str]:
        with (shared / "filled.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(json.dumps(fill(once)))
        shutil.copytree(once, folder, dirs_exist_ok=True)
        paths: dict[str, str] = json.loads(told.read_text())
        return paths

    return filled


@pytest.fixture
def context(browser: Browser, app: App) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=app.address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """A figure that was measured, into the log of the tests."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", end="")

    return say
