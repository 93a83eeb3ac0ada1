"""``make test``: all tests, in three turns that differ by how much each test needs the machine for itself.

Much of the time is waiting, so the first turn has more workers than cores, which begin with the long files
(``conftest.py`` puts them first); browsers need more of a core, and what is measured to the millisecond needs
the machine alone. What failed beside others is looked at once more alone, if it is little: on a busy machine
a wait can be too short. Such tests are named at the end, to be mended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]
BROWSERS = "tests/e2e"
TURNS = (
    ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not timed", "--ignore", BROWSERS),
    ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not timed", BROWSERS),
    ("-m", "timed"),
)
MOST_LOOKED_AT_AGAIN = 4
PASSED, SOME_FAILED = 0, 1  # pytest's own; any other is a run that came to no end


def main() -> int:
    """The exit status: 0 where every test passed, beside others or then alone."""
    _failures().unlink(missing_ok=True)
    ended = {_pytest(*turn) for turn in TURNS}
    if ended == {PASSED}:
        return PASSED
    failed = list(json.loads(_failures().read_text())) if _failures().is_file() else []
    if ended - {PASSED, SOME_FAILED} or not 0 < len(failed) <= MOST_LOOKED_AT_AGAIN:
        return SOME_FAILED
    print(f"\nFailed beside others, and now alone: {', '.join(failed)}", flush=True)
    if _pytest("--last-failed") != PASSED:
        return SOME_FAILED
    print(f"Passed alone; a race that is to be mended: {', '.join(failed)}", flush=True)
    return PASSED


def _pytest(*arguments: str) -> int:
    # Tests that are rewritten for their assertions once need not be by every worker of every run.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=FOLDER, env=environ, check=False).returncode


def _failures() -> Path:
    return FOLDER / ".pytest_cache" / "v" / "cache" / "lastfailed"


if __name__ == "__main__":
    sys.exit(main())
