"""With a token, in a real browser: the form, every page behind it, and the way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.app import App, serving
from tests.e2e.conftest import Fill
from tests.e2e.looking import at_rest, look_at, open_page
from tests.e2e.test_first_light import choose_quick_settings, generate, plays, write
from tests.e2e.test_pages import accessibility_faults
from workbench.api.samples import samples
from workbench.server.access import access_of
from workbench.server.scopes import of_review
from workbench.server.sessions import cookie_name
from workbench.settings.access import AccessSettings

TOKEN = "correct-horse-battery-staple-42"
REFUSALS = """
window.refused = [];
document.addEventListener('securitypolicyviolation', event =>
    window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, filled: Fill) -> Iterator[tuple[App, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("full")
    paths = filled(folder)
    with serving(folder, {"WORKBENCH_TOKEN": TOKEN, "WORKBENCH_ALLOWED_HOSTS": "wb.example"}) as app:
        yield app, paths


@pytest.fixture
def visitor(browser: Browser, full: tuple[App, dict[str, str]]) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=full[0].address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    context.add_init_script(REFUSALS)
    yield context
    context.close()


def sign_in(page: Page, path: str = "/") -> None:
    page.goto(path)
    page.get_by_label("Access token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()


def test_in_by_the_form_and_out_again(visitor: BrowserContext, full: tuple[App, dict[str, str]]) -> None:
    page = visitor.new_page()
    assert page.goto("/runs").status == 401  # type: ignore[union-attr]
    assert page.locator("script").count() == 0
    field = page.get_by_label("Access token")
    expect(field).to_be_focused()
    page.keyboard.type("not the token at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not the token of this workbench.")
    page.get_by_label("Access token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    (cookie,) = [cookie for cookie in visitor.cookies() if cookie["name"] == "workbench_session"]
    assert (cookie["httpOnly"], cookie["sameSite"], TOKEN in cookie["value"]) == (True, "Lax", False)
    assert "workbench_session" not in page.evaluate("document.cookie")

    other = open_page(visitor, "/")
    page.goto("/settings")
    page.get_by_role("link", name="Sign out of this browser").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.goto("/runs").status == 401  # type: ignore[union-attr]
    page.go_back()
    expect(page.get_by_label("Access token")).to_be_visible()

    # A page that was open in another tab ends at its next word.
    write(other, "too late")
    with visitor.expect_event("response", lambda r: "/_stcore/" in r.url and r.status == 401):
        pass


def test_what_is_made_behind_the_gate(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    sign_in(page)
    page.get_by_role("textbox", name="Prompt", exact=True).wait_for()
    write(page, "A kite over a beach at noon, static shot")
    choose_quick_settings(page)
    picture = next(sample.path for sample in samples() if sample.path.suffix in (".png", ".jpg"))
    page.get_by_role("button", name="First frame").first.click()
    with page.expect_response(lambda answer: "/_stcore/upload_file/" in answer.url) as uploaded:
        page.locator('input[type="file"]').first.set_input_files(picture)
    assert uploaded.value.status == 204
    page.wait_for_timeout(1_500)
    page.keyboard.press("Escape")
    at_rest(page)
    generate(page)
    assert plays(page)
    assert page.evaluate("window.refused") == []


def test_no_page_is_hindered_by_what_browsers_are_told(
    visitor: BrowserContext, full: tuple[App, dict[str, str]]
) -> None:
    sign_in(visitor.new_page())
    found: dict[str, list[str]] = {}
    for name, path in full[1].items():
        page = open_page(visitor, path)
        assert page.locator('[data-testid="stException"]').count() == 0
        found[name] = page.evaluate("window.refused")
        page.close()
    assert not any(found.values()), found


def test_nothing_of_a_page_goes_elsewhere(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    sign_in(page)
    page.get_by_role("textbox", name="Prompt", exact=True).wait_for()
    refused = page.evaluate(
        """async () => {
            const image = new Image();
            image.src = 'https://elsewhere.example/?prompt';
            document.body.append(image);
            await fetch('https://elsewhere.example/').catch(() => 0);
            await new Promise(done => setTimeout(done, 300));
            return window.refused;
        }"""
    )
    assert sorted(line.split()[0] for line in refused) == ["connect-src", "img-src"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_forms_are_accessible(
    browser: Browser, full: tuple[App, dict[str, str]], scheme: str, size: str
) -> None:
    context = look_at(browser, full[0].address, scheme=scheme, size=size)
    page = context.new_page()
    for path in ("/", "/sign-out"):
        page.goto(path)
        assert accessibility_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/")
    page.get_by_label("Access token").fill("wrong " + scheme + size)
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert accessibility_faults(page) == []
    context.close()


def test_a_reviews_visitor_sees_no_page(visitor: BrowserContext, full: tuple[App, dict[str, str]]) -> None:
    """The review's page comes with the reviews; until then its visitor is told, and shown nothing."""
    sessions = access_of(AccessSettings(TOKEN, ("wb.example",))).sessions
    assert sessions
    review = of_review("R1")
    cookie = {"name": cookie_name(review), "value": sessions.issue(review), "url": full[0].address}
    visitor.add_cookies([cookie])  # type: ignore[list-item]
    page = visitor.new_page()
    for path in ("/", "/runs", "/settings", "/compare"):
        assert page.goto(path).status == 403  # type: ignore[union-attr]
        expect(page.get_by_role("alert")).to_contain_text("opens its review and nothing else")
    assert page.goto("/review").status == 200  # type: ignore[union-attr]
    expect(page.get_by_text("opens its review and nothing else")).to_be_visible()
    assert page.get_by_role("link", name="Runs").count() == 0
    # Streamlit's own way of going to a page without asking the server for it.
    page.evaluate("history.pushState({}, '', '/runs'); dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_timeout(1_500)
    assert page.get_by_role("heading", name="Runs").count() == 0
