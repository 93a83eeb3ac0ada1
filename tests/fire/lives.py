"""Processes to be killed: forked from one that has imported everything, so that a life begins at once.

Reads one line a life from standard input (how many runs to keep open; 0: see through what is open and end)
and answers with its pid. Each life is an app's runner on the same folder.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import traceback

import aiohttp  # noqa: F401 - imported once, before the forks
import av  # noqa: F401
import h11  # noqa: F401
import httpcore  # noqa: F401
import truststore  # noqa: F401
from google import genai

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import BUSY
from workbench.runner.clock import SystemClock
from workbench.runner.runner import Runner  # noqa: F401

LOOK_EVERY_S = 0.1


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    _ = genai.Client(api_key="none").aio.interactions  # imports several hundred modules when first asked for
    models = sys.argv[1].split(",")
    for line in sys.stdin:
        print(_fork(models, int(line)), flush=True)


def _fork(models: list[str], open_runs: int) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.set_event_loop(None)
            _live(models, open_runs)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _live(models: list[str], open_runs: int) -> None:
    clock = SystemClock()
    with Workbench(app=True) as bench:
        bench.resume()
        while True:
            busy = sum(count for (_, status), count in bench.counts().items() if status in BUSY)
            if busy == 0 and open_runs == 0:
                return
            if busy < open_runs:
                _submit(bench, models, open_runs - busy)
            bench.runner().wake()
            clock.pause(LOOK_EVERY_S)


def _submit(bench: Workbench, models: list[str], count: int) -> None:
    """Each run has words of its own: what is accepted twice stands twice in an emulator's book."""
    try:
        bench.submit_many(
            bench.request(f"A lighthouse in a storm, {secrets.token_hex(8)}", model=secrets.choice(models))
            for _ in range(min(count, 10))
        )
    except WorkbenchError as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
