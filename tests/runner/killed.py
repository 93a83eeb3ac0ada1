"""Lives of a process that drives one run and kills itself (SIGKILL) as it passes a named point.

Reads a JSON list of lives from standard input, forks each from one process that has imported everything,
and prints how each ended: 0, or minus the signal. Point ``before poll`` with ``count`` 2 is right before
the second poll of that life; a life without a point sees its run through. With ``worker`` it is the
engine's renderer that dies there.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.runner.bench import running
from workbench.media import worker
from workbench.providers.animatic import Animatic
from workbench.providers.fake import Fake, Script
from workbench.runner import drive
from workbench.store.ledger import Ledger

LEDGER = ("claim", "begin_submit", "accepted", "progress", "ready", "clip_stored", "end", "release")
PROVIDER = ("submit", "poll", "fetch", "forget")
FILES = ("take",)
WATCHED = (*LEDGER, *PROVIDER, *FILES)
AT_ONCE = 4


@dataclass(frozen=True)
class Life:
    folder: str
    engine: str
    point: str = ""
    count: int = 1
    worker: bool = False


def main() -> None:
    lives = [Life(**life) for life in json.load(sys.stdin)]
    ends: list[int] = []
    for first in range(0, len(lives), AT_ONCE):
        pids = [_fork(life) for life in lives[first : first + AT_ONCE]]
        ends += [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    print(json.dumps(ends))


def _fork(life: Life) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _live(life)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _live(life: Life) -> None:
    folder = Path(life.folder)
    run_id = (folder / "run-id").read_text()
    left = life.count if life.point else 0

    def pass_by(point: str) -> None:
        nonlocal left
        if point != life.point or left == 0:
            return
        left -= 1
        if left == 0 and life.worker:
            worker.stop(folder / "work" / run_id)
        elif left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    is_fake = life.engine == "fake"
    for owner, names in ((Ledger, LEDGER), (Fake if is_fake else Animatic, PROVIDER), (drive, FILES)):
        for name in names:
            setattr(owner, name, _watched(getattr(owner, name), name, pass_by))
    script = Script(latency_s=0.6, clips=2)  # several looks long: progress is told at a look
    provider = None if is_fake else Animatic(folder / "work")
    with running(folder, script, provider=provider) as bench:
        bench.settle(run_id, within_s=40.0)
    if left:
        raise AssertionError(f"{life.point} was not passed {life.count} times")


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
    main()
