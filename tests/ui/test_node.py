"""The components' own unit tests, in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.node
@pytest.mark.parametrize("file", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda f: f.name)
def test_component(file: Path) -> None:
    done = subprocess.run(["node", "--test", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
