"""Opening a page and waiting until there is nothing more to come."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def look_at(browser: Browser, address: str, *, scheme: str, size: str = "wide") -> BrowserContext:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=address,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    return context


def open_page(context: BrowserContext, path: str) -> Page:
    """The page, once its script has run to the end and its pictures are there."""
    page = context.new_page()
    page.goto(path)
    page.locator('[data-testid="stMainBlockContainer"]').wait_for()
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            const busy = app.getAttribute('data-test-script-state') === 'running';
            const bones = document.querySelector('[data-testid="stSkeleton"]');
            const near = i => i.checkVisibility() && i.getBoundingClientRect().top < window.innerHeight;
            const images = [...document.images].every(i => i.complete || !near(i));
            return !busy && !bones && images && document.querySelectorAll('h1, h2, h3').length > 0;
        }"""
    )
    page.wait_for_timeout(700)
    return page


def go_over_to(page: Page, scheme: str) -> None:
    """As when the evening comes and the machine changes to dark: the page is not opened again."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.wait_for_function(
        """scheme => getComputedStyle(document.querySelector('[data-testid="stApp"]'))
            .colorScheme === scheme""",
        arg=scheme,
    )
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until the script has ended and does not begin again at once: what is open then stays open."""
    for _ in range(2):
        page.wait_for_function(
            """() => document.querySelector('[data-testid="stApp"]')
                ?.getAttribute('data-test-script-state') !== 'running'"""
        )
        page.wait_for_timeout(300)


def take_picture(page: Page, path: Path) -> None:
    """The whole page: Streamlit scrolls inside the window, so the window grows until nothing is hidden."""
    window = page.viewport_size
    assert window
    height = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": window["width"], "height": max(window["height"], height)})
    page.wait_for_timeout(300)
    page.screenshot(path=path)
    page.set_viewport_size(window)
