"""``Measuring``: sees to it that every clip is measured, in another process, whatever dies meanwhile.

The log's queue (``store/metrics.py``) says what is to be measured: a clip is in it from the moment that it
is stored until its values are. So it does not matter who has downloaded it, nor when this here was killed.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.domain.errors import FolderError
from workbench.media.files import MediaFiles
from workbench.media.metrics.about import EDITION
from workbench.media.metrics.asking import asked_of
from workbench.media.metrics.job import measure_clip, metrics_of, order
from workbench.runner.clock import Clock
from workbench.runner.executors import Measurers, measurers
from workbench.runner.process import is_alive, this_process
from workbench.store import Store
from workbench.store.metrics import Due

LOOK_EVERY_S = 2.0
MOST_TRIES = 3  # that cost the worker, or found no file; then the fault is told
STOP_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MeasuredNow:
    """How a clip came out; ``done`` and ``of`` count those of this call. ``fault`` is empty where well."""

    run_id: str
    position: int
    fault: str
    done: int
    of: int


OnMeasured = Callable[[MeasuredNow], Any]


class Measuring:
    """``executor`` as ``settings.executor`` gives it. Who has nothing to measure starts no process."""

    def __init__(self, store: Store, files: MediaFiles, clock: Clock, executor: str) -> None:
        self._store, self._files, self._clock = store, files, clock
        self._address = executor
        self.process = os.getpid()
        self._made: Measurers | None = None
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Measure what there is and what comes, in the background."""
        with self._guard:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._serve, name="measuring", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Break off; what was being measured goes back into the queue."""
        self._stop.set()
        with self._guard:
            made, thread = self._made, self._thread
        if made:
            made.close()
        if thread:
            thread.join(STOP_S)

    def drain(self, run_ids: Sequence[str] | None = None, on_measured: OnMeasured | None = None) -> int:
        """Measure all that is in the queue, or these runs' clips, and wait. Returns how many came out well.

        What another process measures just now is left to it.
        """
        only = self._store.metrics.keys(run_ids) if run_ids is not None else []
        if run_ids is not None and not only:
            return 0
        under_way: dict[Future[Any], Due] = {}
        claimed: list[Due] = []
        done = well = 0
        try:
            while not self._stop.is_set():
                room = self._at_once() - len(under_way)  # below 0 once a cluster has gone
                claimed = self._claim(room, only) if room > 0 else []
                while claimed:
                    under_way[self._submit(claimed[0])] = claimed[0]
                    del claimed[0]
                if not under_way:
                    return well
                ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in ended:
                    due = under_way.pop(future)
                    fault = self._settle(due, future)
                    if fault is None:
                        continue
                    done, well = done + 1, well + (not fault)
                    if on_measured:
                        waiting = self._store.metrics.waiting() if run_ids is None else len(under_way)
                        on_measured(MeasuredNow(due.run_id, due.position, fault, done, done + waiting))
            return well
        finally:
            for future in under_way:
                future.cancel()
            if left := [*claimed, *under_way.values()]:
                self._store.metrics.release(left, tried=False)

    def _serve(self) -> None:
        complained = ""
        while not self._stop.is_set():
            try:
                self.drain()
                complained = ""
            except Exception as error:  # a full disk, a scheduler that is away: it stays in the queue
                if str(error) != complained and not self._stop.is_set():
                    complained = str(error)
                    _log.error("measuring: %s", error, exc_info=not isinstance(error, FolderError))
            self._stop.wait(LOOK_EVERY_S)

    def _at_once(self) -> int:
        return self._made.at_once if self._made else 1

    def _claim(self, most: int, only: Sequence[int]) -> list[Due]:
        return self._store.metrics.claim(most, this_process(), is_alive, self._clock.now(), only)

    def _submit(self, due: Due) -> Future[Any]:
        (run,) = self._store.runs.get_many([due.run_id])
        (clip,) = [clip for clip in run.clips if clip.index == due.position]
        if not clip.path.is_file():
            return _gone(clip.path)
        return self._executor().submit(measure_clip, order(clip.path, asked_of(run, self._files)))

    def _executor(self) -> Executor:
        with self._guard:
            if self._made is None:
                self._made = measurers(self._address)
            return self._made.executor

    def _forget(self) -> None:
        """The next clip looks for the scheduler anew, and says so where there is none."""
        with self._guard:
            made, self._made = self._made, None
        if made:
            made.close()

    def _settle(self, due: Due, future: Future[Any]) -> str | None:
        """What is wrong with the clip, empty for nothing; ``None`` where it goes back into the queue."""
        metrics, now = self._store.metrics, self._clock.now()
        try:
            answer = future.result()
        except BaseException as error:
            if self._stop.is_set() or not isinstance(error, Exception):
                metrics.release([due], tried=False)
                return None
            if self._made is None or self._made.is_lost():
                metrics.release([due], tried=False)
                self._forget()
                return None
            if due.tries < MOST_TRIES:
                metrics.release([due], tried=True)
                return None
            why = str(error) or type(error).__name__
            if isinstance(error, BrokenExecutor):
                why = (
                    f"The worker died {due.tries} times at this clip; it may need more memory than there is."
                )
            metrics.failed(due, why, EDITION, now)
            return why
        if answer["fault"]:
            metrics.failed(due, answer["fault"], answer["edition"], now)
        else:
            values, strip = metrics_of(answer)
            metrics.keep(due, values, strip, answer["edition"], now)
        return str(answer["fault"])


def _gone(path: Path) -> Future[Any]:
    gone: Future[Any] = Future()
    gone.set_result(
        {"fault": f"Its file {path.name} is not in the media folder any more.", "edition": EDITION}
    )
    return gone
