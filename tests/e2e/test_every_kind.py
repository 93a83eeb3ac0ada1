"""Every kind of run of every wire, from the page: text, first and last frame, references, extension."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.e2e.app import App, serving
from tests.e2e.looking import at_rest
from tests.e2e.test_first_light import write
from tests.e2e.test_real_models import made
from workbench.domain.media import Role
from workbench.domain.run import Parenthood, Status
from workbench.emulators.flow import FlowEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.vertex import VertexEmulator
from workbench.emulators.videos import VideosEmulator

FIRST, LAST, REFERENCE = Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE
VEO, OMNI = "vertex/veo-3.1-generate-001", "gemini/gemini-omni-1.2-flash"
# Each line is one run; one whose kind is an extension goes on from the run before it.
SWEEP: tuple[tuple[str, tuple[Role, ...], bool], ...] = (
    (VEO, (), False),
    (VEO, (), True),
    (VEO, (FIRST, LAST), False),
    (VEO, (REFERENCE,), False),
    (OMNI, (), False),
    (OMNI, (), True),
    (OMNI, (FIRST, LAST), False),
    (OMNI, (REFERENCE,), False),
    ("openai-videos/veo-3.1-fast", (), False),
    ("openai-videos/veo-3.1-fast-fl", (FIRST, LAST), False),
    ("flow/veo_3_1_t2v_fast", (), False),
    ("flow/veo_3_1_i2v_s_fast_fl", (FIRST, LAST), False),
    ("flow/veo_3_0_r2v_fast_ultra", (REFERENCE,), False),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with ExitStack() as stack:
        emulators = [
            stack.enter_context(emulator)
            for emulator in (
                VertexEmulator(operation_s=0.1),
                InteractionsEmulator(operation_s=0.1),
                VideosEmulator(operation_s=0.1, dialect="reseller"),
                FlowEmulator(operation_s=0.1),
            )
        ]
        environ: dict[str, str] = {}
        for emulator in emulators:
            environ |= emulator.settings()
        folder = tmp_path_factory.mktemp("data")
        toml = folder / "workbench.toml"
        toml.write_text(
            '[endpoints.shop]\nwire = "openai-videos"\ndialect = "reseller"\n'
            f'base_url = "{environ["OPENAI_VIDEOS_BASE_URL"]}"\nkey_env = "OPENAI_VIDEOS_API_KEY"\n'
            'models = ["veo-3.1-fast", "veo-3.1-fast-fl"]\n'
        )
        with serving(folder, environ) as app:
            yield app


def test_every_kind_of_run_of_every_wire(page: Page, app: App, root: Path) -> None:
    pictures = sorted((root / "data" / "samples").glob("*.jpg"))
    for model, roles, goes_on in SWEEP:
        name = model.replace("openai-videos/", "shop/")
        if goes_on:
            page.get_by_role("button", name="Extend", exact=True).first.click()
        else:
            page.goto("/")
            page.get_by_role("button", name="New").click()
        at_rest(page)
        write(page, f"A lighthouse in a storm, {name}")
        if not goes_on:
            _choose(page, app, name, roles)
        for role, picture in zip(roles, pictures, strict=False):
            _give(page, role, picture)
        run = made(page, app)
        assert run.status is Status.SUCCEEDED, (name, roles, run.outcome)
        assert run.request.model == name
        assert [i.role for i in run.request.inputs if not i.role.is_clip] == list(roles)
        assert (run.origin.parenthood is Parenthood.EXTENSION) is goes_on


def _choose(page: Page, app: App, name: str, roles: tuple[Role, ...]) -> None:
    """By its label, as the list shows it. A list that is open while the page is drawn anew closes without a
    choice, as a person would see; they choose again.
    """
    from workbench.api import Workbench
    from workbench.settings import load
    from workbench.ui.compose.model_choice import label

    with Workbench(settings=load(app.folder, {})) as bench:
        words = label(bench.model(name), is_ready=True)
    box = page.get_by_role("combobox", name=re.compile("Model"))
    for _ in range(3):
        box.click()
        box.fill(words)
        page.get_by_role("option", name=words, exact=True).click()
        at_rest(page)
        buttons = [page.get_by_role("button", name=re.compile(f"^{role.label}")) for role in roles]
        with suppress(PlaywrightError):
            for button in buttons:
                button.first.wait_for(timeout=8_000)
            return
    raise AssertionError(f"{words} was not taken")


def _give(page: Page, role: Role, picture: Path) -> None:
    button = page.get_by_role("button", name=re.compile(f"^{role.label}"))
    button.click()
    page.locator("input[type=file]").first.set_input_files(picture)
    expect(page.get_by_role("button", name=re.compile(f"Remove {role.label.lower()}")).first).to_be_visible()
    page.keyboard.press("Escape")
    at_rest(page)
