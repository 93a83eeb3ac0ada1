"""Every provider that ships, against the one contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.providers.contract import Contract
from workbench.providers import registry
from workbench.providers.animatic import Animatic
from workbench.providers.base import Provider
from workbench.providers.fake import Fake, Script
from workbench.settings import load


class TestAnimatic(Contract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: Animatic(tmp_path / "work", at_once=2)

    @pytest.fixture
    def quick(self) -> dict[str, str | int | bool]:
        return {"resolution": "360p", "duration_s": 1, "generate_audio": False}


class TestFake(Contract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: Fake(tmp_path / "accepted.journal", Script(latency_s=0.05))


class TestFakeThatCancels(TestFake):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: Fake(tmp_path / "accepted.journal", Script(latency_s=0.05, can_cancel=True))


def test_the_registry_finds_the_engine_and_hides_the_script(tmp_path: Path) -> None:
    found = {provider.endpoint: provider for provider in registry.providers(load(tmp_path, environ={}))}
    assert "fake" not in found
    assert [name for name, provider in found.items() if not provider.missing()] == ["animatic"]


def test_the_registry_finds_the_script_that_is_named(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"latency_s": 1.5, "poll_errors": ["Unavailable"]}')
    found = registry.providers(load(tmp_path, environ={"WORKBENCH_FAKE": str(script)}))
    fake = next(provider for provider in found if isinstance(provider, Fake))
    assert fake.script == Script(latency_s=1.5, poll_errors=("Unavailable",))
