"""What pages and routes say of bad files and unusable folders: a sentence, never a traceback."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from tests.bad_files import REFUSED, TAKEN
from tests.test_bad_input import FOLDERS, RTL
from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, make, press, text
from workbench.api import Workbench
from workbench.api.current import use
from workbench.providers.fake import Script
from workbench.server.gate import Gate
from workbench.server.routes import ROUTES
from workbench.ui.compose.composition import Composition, to_draft
from workbench.ui.compose.state import DRAFT

PAGES = ("compose", "references", "runs", "run", "compare", "settings")


def write(log: Workbench, **fields: Any) -> None:
    """As if typed before the page was opened."""
    log.store.drafts.save(DRAFT, to_draft(Composition(model="fake/clip", **fields)), log.clock.now())


def answer(path: str) -> httpx.Response:
    """As whoever sits at this machine is answered: strangers hear no reason."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Gate(Starlette(routes=ROUTES)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def upload(at: AppTest, name: str, data: bytes) -> AppTest:
    at.get("file_uploader")[0].set_value([(f"{name}.png", data, "image/png")]).run()
    assert not at.exception, at.exception
    return at


def test_files_that_are_no_pictures(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compose")
    for file in REFUSED:
        upload(at, file.name, file.data)
        assert len(at.error) == 1
        assert f"{file.name}.png {file.said}" in at.error[0].value.replace("\\", "")
    assert not log.store.media.newest()
    assert not log.files.root.exists()
    assert log.store.drafts.load(DRAFT).get("inputs", []) == []


def test_odd_pictures_are_taken_and_say_what_was_changed(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compose")
    for file in TAKEN:
        upload(at, file.name, file.data)
        assert not at.error
        assert file.said in html(at)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("x " * 50_000, "is 100,000 characters long"),
        ("🦁" * 25_000, "is 25,000 characters long"),
        ("{" * 100_000, "Allowed: up to 4,000"),
        ("a\0b", "holds a NUL character"),
    ],
    ids=["100 kB", "emoji", "braces", "NUL"],
)
def test_prompts_that_can_not_be_sent(log: Workbench, open_page: OpenPage, prompt: str, said: str) -> None:
    write(log, prompt=prompt)
    at = open_page("compose")
    press(at, "Generate")
    assert said in at.error[0].value.replace("\\", "")
    assert not list(log.runs())
    assert log.store.drafts.load(DRAFT)["prompt"] == prompt, "nothing typed is lost"


def test_any_script_is_sent_and_shown_as_it_was_typed(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt=RTL)
    press(open_page("compose"), "Generate")
    run = next(iter(log.runs()))
    assert run.request.prompt == RTL
    at = open_page("run", id=run.id)
    assert RTL in text(at) + html(at) + "".join(title.value for title in at.title)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_can_not_be_used(
    tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    FOLDERS[name].spoil(tmp_path / "log")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "log"))
    use(None)
    for page in PAGES:
        errors = open_page(page).error
        assert [FOLDERS[name].said in error.value for error in errors] == [True], page
    for path in ("/api/health", f"/api/media/{'0' * 64}.mp4"):
        told = answer(path)
        assert (told.status_code, FOLDERS[name].said in told.text) == (503, True)


@pytest.mark.parametrize(
    ("name", "said"), [("newer", "was updated by a newer workbench"), ("in use", "edit-suite-2")]
)
def test_a_folder_that_is_taken_over_while_pages_are_open(
    open_log: OpenLog, open_page: OpenPage, name: str, said: str
) -> None:
    log = open_log()
    make(log, "a lake")
    write(log, prompt="kept")
    assert answer("/api/health").status_code == 200
    _spoil(log, name)
    for page in PAGES:
        errors = open_page(page).error
        assert [said in error.value for error in errors] == [True], page
    assert answer("/api/health").status_code == 503
    assert log.store.drafts.load(DRAFT)["prompt"] == "kept"


def _spoil(log: Workbench, name: str) -> None:
    if name == "in use":
        FOLDERS[name].spoil(log.settings.data)
        return
    with sqlite3.connect(log.settings.data / "workbench.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize(("page", "label"), [("run", "Delete"), ("compose", "Cancel"), ("runs", "Undo")])
def test_a_click_after_the_folder_was_taken_over(
    open_log: OpenLog, open_page: OpenPage, page: str, label: str
) -> None:
    log = open_log(Script(latency_s=30.0 if label == "Cancel" else 0.0, can_cancel=True))
    run_id = log.submit(log.request("a lake", model="fake/clip"))
    if label != "Cancel":
        log.wait([run_id], timeout_s=30, progress_bar=False)
    at = open_page("run" if label == "Undo" else page, id=run_id)
    if label == "Undo":
        press(at, "Delete")
    _spoil(log, "newer")
    press(at, label)  # fails on any exception
    assert "was updated by a newer workbench" in at.error[0].value
