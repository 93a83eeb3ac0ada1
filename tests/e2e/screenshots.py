"""The pictures of the documents: ``python -m tests.e2e.screenshots FOLDER``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.app import FLAGS, serving
from tests.e2e.filled import fill
from tests.e2e.looking import look_at, open_page


def main(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("No Chromium was found: install the package chromium.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        paths = fill(Path(data))
        with serving(Path(data)) as app, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for scheme in ("light", "dark"):
                context = look_at(browser, app.address, scheme=scheme)
                for name, path in paths.items():
                    page = open_page(context, path)
                    page.screenshot(path=folder / f"{name}-{scheme}.png")
                    page.close()
                context.close()
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
