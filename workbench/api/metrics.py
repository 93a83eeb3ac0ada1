"""``Gauging``: the part of the façade that measures clips, and finds runs by what was measured.

There is no single score of quality: blur, darkness and a low bit rate all make a clip smoother and its
pictures more alike, so a sum of these values would praise them. ``METRICS`` says what each value means.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence

from workbench.api.keeping import Keeping
from workbench.domain.metric import Measured, MetricRange, NearDuplicates
from workbench.domain.query import RankedPage, RunFilter
from workbench.domain.run import Run
from workbench.media.metrics.about import EDITION, METRICS, About, Direction
from workbench.runner.measuring import MeasuredNow, Measuring, OnMeasured
from workbench.settings import Settings

__all__ = ["METRICS", "About", "Direction", "Gauging", "MeasuredNow"]

EVERYTHING = RunFilter()
_guard = threading.Lock()


class Gauging(Keeping):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings
    _measuring: Measuring | None = None

    def metrics(self, run: Run | str, clip: int = 0) -> Measured | None:
        """What was measured of a run's clip; ``None`` where it was not measured yet. ``UnknownRun``."""
        run_id = self._id(run)
        return self.store.metrics.of_runs([run_id], EDITION).get((run_id, clip))

    def metrics_of(self, run_ids: Sequence[str]) -> dict[tuple[str, int], Measured]:
        """The same for a whole page of runs at once: by (run id, clip), in whole ids."""
        return self.store.metrics.of_runs(run_ids, EDITION)

    def measure(
        self,
        runs: Iterable[Run | str] | None = None,
        *,
        recompute: bool = False,
        on_measured: OnMeasured | None = None,
    ) -> int:
        """Measure what is missing or is of older formulas, and wait. Returns how many came out well.

        Of ``runs``, or of the whole log; with ``recompute`` also what there is already. It is done by
        another process, or by the cluster that ``WORKBENCH_EXECUTOR`` names. The app measures every new
        clip by itself; two that measure at once share the work. Raises ``UnknownRun`` or ``BadSetting``.
        """
        ids = None if runs is None else [self._id(run) for run in runs]
        if recompute:
            self.store.metrics.queue_again(ids)
        else:
            self.store.metrics.queue_outdated(EDITION)
        return self._measurer().drain(ids, on_measured)

    def unmeasured(self) -> int:
        """How many clips wait to be measured."""
        return self.store.metrics.waiting()

    def ranked(
        self,
        by: str | MetricRange,
        wanted: RunFilter = EVERYTHING,
        *,
        descending: bool = True,
        limit: int = 50,
        after: tuple[float, int] | None = None,
    ) -> RankedPage:
        """Runs in the order of a metric of their first clip, within a range where one is given.

        Runs without that value are left out. ``after`` is the ``next`` of the page before. Raises
        ``RequestError`` for an unknown metric, naming what there is.
        """
        by = MetricRange(by) if isinstance(by, str) else by
        return self.store.ranked.page(wanted, by, descending=descending, limit=limit, after=after)

    def near_duplicates(
        self, runs: Iterable[Run | str] | None = None, *, experiment: str = ""
    ) -> list[NearDuplicates]:
        """Clips that show as good as the same, of these runs or of an experiment, the nearest first.

        By the middle picture, so two clips that differ in motion only are found, too. A clip that was not
        measured is passed over.
        """
        from workbench.media.metrics.alikeness import fingerprint_of, near_duplicates  # with OpenCV

        ids = None if runs is None else [self._id(run) for run in runs]
        halves = ("fingerprint_high", "fingerprint_low")
        found = self.store.metrics.values_of(halves, ids, experiment)
        clips = [clip for clip, values in found.items() if len(values) == len(halves)]
        prints = [fingerprint_of(*(found[clip][half] for half in halves)) for clip in clips]
        return [NearDuplicates(clips[p.one], clips[p.other], p.bits) for p in near_duplicates(prints)]

    def measure_in_background(self) -> None:
        """Measure what there is and what comes for as long as this workbench is open: the app's part."""
        self._measurer().start()

    def stop_measuring(self) -> None:
        """What is being measured goes back into the queue."""
        with _guard:
            measuring, self._measuring = self._measuring, None
        if measuring and measuring.process == os.getpid():
            measuring.close()

    def _measurer(self) -> Measuring:
        with _guard:
            # A forked child has its parent's without the threads that worked for it.
            if self._measuring is None or self._measuring.process != os.getpid():
                self._measuring = Measuring(self.store, self.files, self.clock, self.settings.executor)
            return self._measuring

    def _id(self, run: Run | str) -> str:
        return run.id if isinstance(run, Run) else self.store.runs.resolve(run)
