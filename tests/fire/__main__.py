"""``make fire``: 200 kills over 50 open runs on three wires."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fire.fire import FAULTS, burn
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.vertex import VertexEmulator
from workbench.emulators.videos import VideosEmulator

MODELS = (
    "openai-videos/Wan-AI/Wan2.2-TI2V-5B-Diffusers",
    "vertex/veo-3.1-lite-generate-001",
    "gemini/gemini-omni-1.2-flash",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--open", type=int, default=50, help="runs kept open all the time")
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    emulators = [
        VideosEmulator(FAULTS, operation_s=1.5, dialect="vllm-omni"),
        VertexEmulator(FAULTS, operation_s=1.5),
        InteractionsEmulator(FAULTS, operation_s=1.5),
    ]
    with tempfile.TemporaryDirectory(prefix="fire-") as name:
        report = burn(
            Path(name) / "data", emulators, MODELS, kills=asked.kills, open_runs=asked.open, seed=asked.seed
        )
    print(report)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
