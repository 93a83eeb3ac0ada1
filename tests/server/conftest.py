"""One real app for all tests of its HTTP side, with one clip in its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.app import App, serving
from tests.media.footage import write_clip
from workbench import Workbench
from workbench.domain.media import Media, Role


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="session")
def clip(app: App, clip_path: Path) -> Media:
    with Workbench(app.folder) as bench:
        return bench.take_in(clip_path, "clip.mp4", Role.SOURCE_CLIP)


@pytest.fixture(scope="session")
def client(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.address, trust_env=False) as client:
        yield client
