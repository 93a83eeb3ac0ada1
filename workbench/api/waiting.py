"""Waiting for runs: reads the log until they are done, and tells whoever listens how far they are."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.api.results import LoggedRun, Progress
from workbench.domain.errors import RequestError
from workbench.domain.run import Run, Status

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

LOOK_EVERY_S = 0.1
HOLDUPS_EVERY = 10  # looks: what the queue waits for takes a few more reads
SEE_TO_DRIVER_EVERY = 20  # looks: the app that drives a run may go away while somebody waits
Listener = Callable[[Progress], Any]


def wait(
    bench: Workbench,
    ids: Sequence[str],
    *,
    timeout_s: float | None = None,
    on_progress: Listener | None = None,
    progress_bar: bool | None = None,
) -> list[LoggedRun]:
    """Block until every run is settled, or overdue: that one comes back as it is, and goes on.

    Raises ``TimeoutError(message, id)``; the runs go on.
    """
    with _bar(len(ids), progress_bar, on_progress) as listen:
        for runs in _watch(bench, ids, timeout_s, listen):
            if _settled(runs):
                return [LoggedRun.of(run) for run in runs]
            bench.clock.pause(LOOK_EVERY_S)
    raise AssertionError("unreachable: _watch ends by returning or raising")


async def wait_async(
    bench: Workbench,
    ids: Sequence[str],
    *,
    timeout_s: float | None = None,
    on_progress: Listener | None = None,
) -> list[LoggedRun]:
    """``wait`` without blocking the loop."""
    for runs in _watch(bench, ids, timeout_s, on_progress or (lambda _: None)):
        if _settled(runs):
            return [LoggedRun.of(run) for run in runs]
        await bench.clock.sleep(LOOK_EVERY_S)
    raise AssertionError("unreachable: _watch ends by returning or raising")


def _watch(
    bench: Workbench, ids: Sequence[str], timeout_s: float | None, listen: Listener
) -> Iterator[list[Run]]:
    check_timeout(timeout_s)
    full_ids = [bench.store.runs.resolve(run_id) for run_id in ids]
    started = bench.clock.now()
    told: dict[str, Progress] = {}
    held_up: dict[str, str] = {}
    looks = 0
    while True:
        if looks % SEE_TO_DRIVER_EVERY == 0:
            bench.drive(full_ids)
        runs = bench.store.runs.get_many(full_ids)
        if looks % HOLDUPS_EVERY == HOLDUPS_EVERY - 1:
            held_up = bench.holdups(runs)
        looks += 1
        for run in runs:
            waits_for = run.waits_for
            if run.status is Status.QUEUED:
                waits_for = held_up.get(run.id, waits_for)
            if run.status.is_busy:
                waits_for = waits_for or bench.folder_fault
            now = Progress(run.id, run.status, run.progress, run.progress_note, waits_for)
            if told.get(run.id) != now:
                told[run.id] = now
                listen(now)
        yield runs
        if timeout_s is not None and (bench.clock.now() - started).total_seconds() >= timeout_s:
            late = next(run for run in runs if run.status.is_busy and not run.overdue)
            raise TimeoutError(
                f"Run {late.id} is still {late.status} after {timeout_s:g} s. It goes on: "
                f"`workbench resume` or wait() collects it.",
                late.id,
            )


def check_timeout(timeout_s: object) -> None:
    """Before anything is logged that would then be waited for. Raises ``RequestError``."""
    is_number = isinstance(timeout_s, int | float) and not isinstance(timeout_s, bool)
    if timeout_s is not None and not (is_number and timeout_s >= 0):  # type: ignore[operator]
        raise RequestError(
            f"timeout_s can't be {timeout_s!r:.60}. Allowed: seconds from 0, or None to wait until the end."
        )


def _settled(runs: Sequence[Run]) -> bool:
    return not any(run.status.is_busy and not run.overdue for run in runs)


@contextmanager
def _bar(total: int, wanted: bool | None, on_progress: Listener | None) -> Iterator[Listener]:
    """A listener that also moves a progress bar, where there is somebody to see it."""
    if not (_has_audience() and on_progress is None if wanted is None else wanted):
        yield on_progress or (lambda _: None)
        return
    with warnings.catch_warnings(action="ignore"):  # in a notebook without widgets it draws with letters
        from tqdm.auto import tqdm

    share: dict[str, float] = {}
    with tqdm(total=float(total), unit="run", bar_format="{l_bar}{bar}| {elapsed}{postfix}") as bar:

        def listen(progress: Progress) -> None:
            before = share.get(progress.run_id, 0.0)  # a download has no fraction: the bar stays where it was
            share[progress.run_id] = max(before, progress.fraction or 0.0) if progress.status.is_busy else 1.0
            bar.update(sum(share.values()) - bar.n)
            bar.set_postfix_str(progress.waits_for or progress.note or str(progress.status))
            if on_progress:
                on_progress(progress)

        yield listen


def _has_audience() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
