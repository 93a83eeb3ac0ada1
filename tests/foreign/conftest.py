"""One clip for every foreign service, encoded once."""

from __future__ import annotations

import pytest

from tests.foreign.house import clip_bytes


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip_bytes(tmp_path_factory.mktemp("clip"))
