"""Every page, empty and full, light and dark, wide and narrow: no fault, no overflow, accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.e2e.app import App, serving
from tests.e2e.conftest import Fill
from tests.e2e.filled import EMPTY
from tests.e2e.looking import look_at, open_page, take_picture

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


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["empty", "full"])
def test_pages(
    state: str,
    scheme: str,
    size: str,
    browser: Browser,
    app: App,
    full: tuple[App, dict[str, str]],
    root: Path,
) -> None:
    shown, paths = (app, EMPTY) if state == "empty" else full
    pictures = root / "artifacts" / "pages"
    pictures.mkdir(parents=True, exist_ok=True)
    context = look_at(browser, shown.address, scheme=scheme, size=size)
    found: list[str] = []
    for name, path in paths.items():
        page = open_page(context, path)
        take_picture(page, pictures / f"{name}-{state}-{scheme}-{size}.png")
        if page.locator('[data-testid="stException"]').count():
            found.append(f"{name}: {page.locator('[data-testid=stException]').inner_text()}")
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            found.append(f"{name}: {overflow} px wider than the window")
        found += [f"{name}: {fault}" for fault in accessibility_faults(page)]
        page.close()
    context.close()
    assert not found, "\n".join(found)


def accessibility_faults(page: object) -> list[str]:
    violations = Axe().run(page).response["violations"]  # type: ignore[arg-type]
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
        if not any(own in f"{node}" for own in STREAMLITS_OWN.get(violation["id"], ()))
    ]
