"""The paid path from the page, against emulators: nothing here is charged, and the page says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.app import App, log_of, serving
from tests.e2e.looking import at_rest
from tests.e2e.test_first_light import generate, plays, write
from workbench.domain.media import Role
from workbench.domain.query import RunFilter
from workbench.domain.run import Kind, Parenthood, Run, Status
from workbench.emulators.faults import Fault, Step
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import Emulator
from workbench.emulators.vertex import VertexEmulator
from workbench.emulators.videos import VideosEmulator


@dataclass(frozen=True)
class Services:
    vertex: Emulator
    gemini: Emulator
    videos: Emulator


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with (
        VertexEmulator(operation_s=0.2) as vertex,
        InteractionsEmulator(operation_s=0.2) as gemini,
        VideosEmulator(operation_s=0.2) as videos,
    ):
        yield Services(vertex, gemini, videos)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, services: Services) -> Iterator[App]:
    environ = {**services.vertex.settings(), **services.gemini.settings(), **services.videos.settings()}
    with serving(tmp_path_factory.mktemp("data"), environ) as app:
        yield app


def newest(app: App) -> Run | None:
    return next(iter(log_of(app).runs.page(RunFilter(), 1).runs), None)


def made(page: Page, app: App, *, within_s: float = 30.0) -> Run:
    """Press Generate; the run that comes of it, settled."""
    before = newest(app)
    at_rest(page)
    generate(page)
    for turn in range(1, int(within_s * 5) + 1):
        run = newest(app)
        is_new = run is not None and (before is None or run.id != before.id)
        if run and is_new and not run.status.is_busy:
            return run
        if turn == 40 and not is_new:  # pressed just as the page was drawn anew: a person presses again
            generate(page)
        page.wait_for_timeout(200)
    raise AssertionError(f"nothing came of it: {newest(app)}")


def choose_model(page: Page, label: str) -> None:
    at_rest(page)  # a list that is open while the page is drawn anew closes
    box = page.get_by_role("combobox", name=re.compile("Model"))
    box.click()
    box.fill(label)
    page.get_by_role("option", name=re.compile(re.escape(label))).first.click()
    expect(page.get_by_text("This endpoint is an emulator")).to_be_visible()


def test_settings_ask_every_endpoint(page: Page, app: App) -> None:
    page.goto("/settings")
    page.get_by_role("button", name="Ask them now").click()
    expect(page.get_by_text("it answers")).to_have_count(4)  # the three, and the engine of this machine
    made_up = page.get_by_text("emulator", exact=True)
    expect(page.locator('[class*="st-key-wb-endpoint-"]', has=made_up)).to_have_count(3)
    expect(page.locator('[class*="st-key-wb-reader-"]', has=made_up)).to_have_count(1)  # gemini reads, too
    page.get_by_text(re.compile("^3 models")).first.click()
    expect(page.get_by_text(re.compile(r"\$0\.40/s")).first).to_be_visible()


def test_a_clip_from_a_first_frame_with_its_cost(
    page: Page, app: App, services: Services, root: Path
) -> None:
    page.goto("/")
    write(page, "The lion wakes and walks on, slow dolly in")
    choose_model(page, "vertex · Veo 3.1 – until")
    page.get_by_role("radio", name="8 s").click()
    page.get_by_role("button", name="First frame").click()
    still = next((root / "data" / "samples").glob("*.jpg"))
    page.locator("input[type=file]").first.set_input_files(still)
    expect(page.get_by_role("button", name="Remove first frame")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 clip · $3.20 estimated, nothing is charged: emulated")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\$0\.40/s – .*2026-11"))).to_be_visible()
    run = made(page, app)
    assert run.status is Status.SUCCEEDED, run.outcome
    assert plays(page)
    sent = services.vertex.book.of(Step.CREATE)
    assert len(sent) == 1
    assert sent[0].body["instances"][0]["image"]["bytesBase64Encoded"]
    assert len(run.request.inputs_as(Role.FIRST_FRAME)) == 1
    assert (run.is_emulated, run.estimate_micros) == (True, 3_200_000)

    page.goto(f"/run?id={run.id}")
    expect(page.get_by_text("emulated – nothing was charged")).to_be_visible()
    expect(page.get_by_text("Estimated $3.20; an emulator made it")).to_be_visible()
    page.goto("/runs")
    expect(page.get_by_text("emulated", exact=True).first).to_be_visible()


def test_a_negative_prompt_goes_into_the_prompt_where_that_is_chosen(
    page: Page, app: App, services: Services
) -> None:
    page.goto("/")
    page.get_by_role("button", name="New").click()
    write(page, "A heron takes off from misty water")
    choose_model(page, "gemini · Gemini Omni 1.2")
    write(page, "text, people", "Negative prompt")
    expect(page.get_by_text("has none; this is kept and not sent.")).to_be_visible()
    page.get_by_text("Put it into the prompt").click()
    expect(page.get_by_text("Avoid: text, people")).to_be_visible()
    run = made(page, app)
    assert run.status is Status.SUCCEEDED, run.outcome
    assert run.adjustments == ("The negative prompt was folded into the prompt: text, people",)
    sent = json.dumps(services.gemini.book.of(Step.CREATE)[-1].body)
    assert "A heron takes off from misty water\\n\\nAvoid: text, people" in sent
    expect(page.get_by_role("textbox", name="Negative prompt", exact=True)).to_have_value("text, people")


def test_a_still_first_then_the_clip_that_starts_from_it(page: Page, app: App, services: Services) -> None:
    page.goto("/")
    page.get_by_role("button", name="New").click()
    choose_model(page, "vertex · Veo 3.1 – until")
    write(page, "A heron at dusk, slow dolly in")
    door = page.get_by_role("button", name=re.compile("^Make a still first"))
    door.focus()
    page.keyboard.press("Enter")
    words = page.get_by_role("textbox", name="Prompt of the still")
    expect(words).to_have_value("A heron at dusk, slow dolly in")  # what was typed since the page was drawn
    page.keyboard.press("Escape")
    expect(words).not_to_be_visible()
    door.click()
    page.get_by_role("button", name="Make the still").dblclick()
    page.get_by_role("button", name="Use as first frame").click(timeout=30_000)
    expect(page.get_by_role("button", name="Remove first frame")).to_be_visible()
    run = made(page, app)
    assert (run.status, run.origin.parenthood) == (Status.SUCCEEDED, Parenthood.STILL), run.outcome
    stills = [r for r in log_of(app).runs.page(RunFilter(), 50).runs if r.kind is Kind.IMAGE]
    assert [run.origin.parent_id] == [still.id for still in stills], "a double click is one still"


def test_a_run_without_an_answer_is_found_and_collected(
    context: BrowserContext, page: Page, app: App, services: Services
) -> None:
    services.videos.faults.add(Fault(Step.CREATE, "drop_after"))
    page.goto("/")
    page.get_by_role("button", name="New").click()
    write(page, "Snow falls on a forest at night")
    choose_model(page, "openai-videos")
    run = made(page, app)
    assert run.status is Status.UNCERTAIN, run.outcome
    page.goto(f"/run?id={run.id}")
    expect(page.get_by_role("heading", name="What became of it?")).to_be_visible()
    page.get_by_role("button", name="Ask the provider").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("likely this one")).to_be_visible()
    page.get_by_role("button", name="Collect number 1").click()
    for _ in range(100):
        if log_of(app).runs.get(run.id).status is Status.SUCCEEDED:
            break
        page.wait_for_timeout(200)
    assert log_of(app).runs.get(run.id).status is Status.SUCCEEDED
    assert plays(page)
    assert len(services.videos.book.operations) == 1, "nothing was sent twice"
