"""A log on a temporary folder that the pages read, and pages opened as a person's link would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from workbench.api import Workbench
from workbench.api.current import use
from workbench.providers.fake import Fake, Script

OpenLog = Callable[..., Workbench]
OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """``open_log(Script(…))`` makes the process's workbench; its provider plays that script, or is given."""
    opened: list[Workbench] = []

    def open_(script: Script | None = None, **more: Any) -> Workbench:
        for bench in opened:
            bench.close()
        more.setdefault("providers", [Fake(tmp_path / "log.journal", script)])
        bench = Workbench(tmp_path / "log", **more)
        opened.append(bench)
        use(bench)
        return bench

    yield open_
    use(None)


@pytest.fixture
def log(open_log: OpenLog) -> Workbench:
    return open_log()


@pytest.fixture
def open_page(root: Path) -> OpenPage:
    """``open_page("run", id=…)``, drawn once. A page that raises fails the test."""

    def open_(name: str, **query: str | list[str]) -> AppTest:
        at = AppTest.from_file(root / "pages" / f"{name}.py", default_timeout=30)
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception, at.exception
        return at

    return open_
