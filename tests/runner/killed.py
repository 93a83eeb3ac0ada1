"""A process that drives one run and kills itself (SIGKILL) at the N-th step, counting both sides of each.

python -m tests.runner.killed FOLDER N      N = 0: never
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import workbench.runner.drive as drive
from tests.runner.bench import running
from workbench.providers.fake import Fake, Script
from workbench.store.ledger import Ledger

LEDGER = ("claim", "begin_submit", "accepted", "progress", "ready", "clip_stored", "end", "release")
PROVIDER = ("submit", "poll", "fetch")
FILES = ("take_clip",)
WATCHED = (*LEDGER, *PROVIDER, *FILES)


def main(folder: Path, fatal: int) -> None:
    passed = 0

    def pass_by(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == fatal:
            (folder / "killed-at").write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, names in ((Ledger, LEDGER), (Fake, PROVIDER), (drive, FILES)):
        for name in names:
            setattr(owner, name, _watched(getattr(owner, name), name, pass_by))
    with running(folder, Script(latency_s=0.03, clips=2)) as bench:
        run = bench.settle((folder / "run-id").read_text())
    print(json.dumps({"status": run.status, "clips": len(run.clips), "steps": passed}))


def _watched(call: Any, name: str, pass_by: Any) -> Any:
    """``call``, with a chance to die right before and right after it."""
    if inspect.iscoroutinefunction(call):

        @functools.wraps(call)
        async def watched_async(*arguments: Any, **named: Any) -> Any:
            pass_by(f"before {name}")
            result = await call(*arguments, **named)
            pass_by(f"after {name}")
            return result

        return watched_async

    @functools.wraps(call)
    def watched(*arguments: Any, **named: Any) -> Any:
        pass_by(f"before {name}")
        result = call(*arguments, **named)
        pass_by(f"after {name}")
        return result

    return watched


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
