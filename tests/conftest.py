"""What all tests share: no keys from outside, and one reason where a browser or Node is missing."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

NEEDS = {
    "browser": (("chromium", "chromium-browser", "google-chrome"), "browser tests need Chromium"),
    "node": (("node",), "the components' unit tests need Node.js"),
}
REQUIRED = os.environ.get("REQUIRE_BROWSER") == "1"
_missing: set[str] = set()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not REQUIRED and any(item.get_closest_marker("fresh") for item in items):
        _missing.add("left out: the tests of a fresh install; REQUIRE_BROWSER=1 runs them too")
        items[:] = [item for item in items if not item.get_closest_marker("fresh")]
    for name, (programs, reason) in NEEDS.items():
        if any(shutil.which(program) for program in programs) or REQUIRED:
            continue
        for item in items:
            if item.get_closest_marker(name):
                _missing.add(f"skipped: {reason}; none was found on this machine")
                item.add_marker(pytest.mark.skip(reason=reason))
    if hasattr(config, "workerinput"):
        _longest_first(items)


def _longest_first(items: list[pytest.Item]) -> None:
    """File by file, as the workers get them: whoever gets a long one last keeps the others waiting."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, -tests[item.path]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing"] = sorted(_missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    _missing.update(getattr(node, "workeroutput", {}).get("missing", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason in sorted(_missing):
        terminalreporter.write_line(reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """With REQUIRE_BROWSER=1 (CI) a skip is a failure: nothing may go untested in silence."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although REQUIRE_BROWSER=1: {report.longrepr}"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and folders of whoever runs the tests stay out of them."""
    for name in list(os.environ):
        if name.startswith(("WORKBENCH_", "GEMINI_", "GOOGLE_", "OPENAI_", "VERTEX_", "FLOW_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_real_time_process() -> Iterator[None]:
    """A library that makes this process a real-time one stops the machine once a browser inherits it."""
    yield
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(0) == os.SCHED_OTHER, "this test left the process a real-time one"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = next((p for program in NEEDS["browser"][0] if (p := shutil.which(program))), None)
    assert found, "REQUIRE_BROWSER=1, but no Chromium was found; install the package chromium"
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).parents[1]
