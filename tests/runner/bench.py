"""A store, a provider and a runner on a temporary folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.test_runs import new, request
from workbench.domain.run import Run
from workbench.media.files import MediaFiles
from workbench.providers.base import Provider
from workbench.providers.fake import Fake, Script
from workbench.runner.clock import Clock, SystemClock
from workbench.runner.runner import Runner
from workbench.store import NewRun, Store


class Bench:
    def __init__(
        self, folder: Path, script: Script, provider: Provider | None = None, clock: Clock | None = None
    ) -> None:
        self.store = Store(folder)
        self.files = MediaFiles(folder / "media")
        self.fake = Fake(folder / "accepted.journal", script)
        self.runner = Runner(self.store, self.files, [provider or self.fake], kind="app", clock=clock)

    def log(self, *runs: NewRun) -> list[str]:
        runs = runs or (new(request()),)
        self.store.runs.insert(runs, SystemClock().now())
        self.runner.wake()
        return [run.id for run in runs]

    def settle(self, run_id: str, *, within_s: float = 20.0) -> Run:
        """The run once no runner has anything left to do with it."""
        return self.until(run_id, lambda run: not run.status.is_busy, within_s=within_s)

    def until(self, run_id: str, reached: Callable[[Run], object], *, within_s: float = 20.0) -> Run:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            run = self.store.runs.get(run_id)
            if reached(run):
                return run
            SystemClock().pause(0.01)
        raise AssertionError(f"not reached in {within_s} s: {run}")


@contextmanager
def running(
    folder: Path,
    script: Script | None = None,
    *,
    provider: Provider | None = None,
    clock: Clock | None = None,
) -> Iterator[Bench]:
    bench = Bench(folder, script or Script(), provider, clock)
    bench.runner.start()
    try:
        yield bench
    finally:
        bench.runner.stop()
        bench.store.close()
