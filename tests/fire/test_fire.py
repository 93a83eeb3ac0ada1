"""A small fire in every test run; ``make fire`` burns longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fire.fire import FAULTS, burn
from workbench.emulators.videos import VideosEmulator

pytestmark = pytest.mark.long


def test_after_kills_every_accepted_operation_ends_in_a_clip_or_a_told_reason(tmp_path: Path) -> None:
    emulator = VideosEmulator(FAULTS, operation_s=0.8, dialect="vllm-omni")
    report = burn(
        tmp_path / "data",
        [emulator],
        ["openai-videos/Wan-AI/Wan2.2-TI2V-5B-Diffusers"],
        kills=12,
        open_runs=15,
        seed=7,
    )
    assert report.accepted >= 10, str(report)
    assert report.states["succeeded"] >= 5, str(report)
    assert report.is_good, str(report)
