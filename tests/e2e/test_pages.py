"""Every page, empty and full, light and dark, wide and narrow: no fault, no overflow, accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.app import App, serving
from tests.e2e.conftest import Fill
from tests.e2e.filled import EMPTY
from tests.e2e.looking import go_over_to, look_at, open_page, take_picture

AXE = Axe().axe_script
pytestmark = pytest.mark.long

# Faults in what Streamlit itself draws, by rule and element; nothing of ours may stand here.
STREAMLITS_OWN = {
    "scrollable-region-focusable": (".stTable",),  # st.table scrolls sideways on a narrow screen
    "presentation-role-conflict": ("stFileUploader",),
    "region": ("stFloatingOverlayPortal",),  # a tooltip that is just shown
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, filled: Fill) -> Iterator[tuple[App, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("full")
    paths = filled(folder)
    with serving(folder) as app:
        yield app, paths


OF_COLOURS = ["color-contrast", "link-in-text-block"]

# Each width is opened in one scheme and goes over to the other, so each scheme is opened and gone over to.
SCHEMES = {"wide": ("light", "dark"), "narrow": ("dark", "light")}


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("state", ["empty", "full"])
def test_pages(
    state: str, size: str, browser: Browser, app: App, full: tuple[App, dict[str, str]], root: Path
) -> None:
    shown, paths = (app, EMPTY) if state == "empty" else full
    opened, gone_over_to = SCHEMES[size]
    context = look_at(browser, shown.address, scheme=opened, size=size)
    found: list[str] = []
    for name, path in paths.items():
        page = open_page(context, path)
        for scheme in (opened, gone_over_to):
            if scheme != opened:
                go_over_to(page, scheme)
            if faults := faults_of(page, only_colours=scheme != opened):
                picture = root / "artifacts" / "pages" / f"{name}-{state}-{scheme}-{size}.png"
                picture.parent.mkdir(parents=True, exist_ok=True)
                take_picture(page, picture)
                found += [f"{name}, {scheme}: {fault} – see {picture}" for fault in faults]
        page.close()
    context.close()
    assert not found, "\n".join(found)


def faults_of(page: Page, *, only_colours: bool = False) -> list[str]:
    """``only_colours``: of a page whose other faults were told in another scheme already."""
    errors = page.locator('[data-testid="stException"]').all_inner_texts()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wider = [f"{overflow} px wider than the window"] if overflow > 0 else []
    return errors + wider + accessibility_faults(page, only_colours=only_colours)


def accessibility_faults(page: Page, *, only_colours: bool = False) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **({"runOnly": OF_COLOURS} if only_colours else {})}
    violations = page.evaluate("options => axe.run(options).then((found) => found.violations)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
        if not any(own in f"{node}" for own in STREAMLITS_OWN.get(violation["id"], ()))
    ]
