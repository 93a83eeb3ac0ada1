"""``RunSet``: runs that match a filter, read from the log only when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.api.results import LoggedRun
from workbench.domain.errors import FolderError, RequestError
from workbench.domain.query import Page, RunFilter
from workbench.domain.run import Status
from workbench.domain.times import now
from workbench.media.metrics.about import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.api.run_comparison import Comparison
    from workbench.api.run_grid import RunGrid
    from workbench.api.run_plots import RunPlots
    from workbench.player import Layout
    from workbench.store import Store

_PAGE = 200
_SHOWN = 20


class RunSet:
    """Newest first. ``filter`` says which; ``most`` keeps the newest so many. A set never changes: ``where``
    and ``limit`` give another.
    """

    def __init__(self, store: Store, wanted: RunFilter | None = None, most: int | None = None) -> None:
        self._store = store
        self.filter = wanted or RunFilter()
        self.most = most

    # Which runs

    def where(
        self,
        text: str = "",
        *,
        model: str = "",
        status: Status | str | Sequence[Status | str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        rating_least: float | None = None,
        experiment: str = "",
        deleted: bool | None = None,
    ) -> RunSet:
        """The same with more asked of a run, as ``Workbench.runs`` takes it.

        Words add up; of anything else that is said twice, the last word counts. Call it before ``limit``:
        raises ``RequestError`` after it.
        """
        if self.most is not None:
            raise RequestError("A set that was cut by limit can't be narrowed. Call where first, then limit.")
        statuses = (status,) if isinstance(status, str) else tuple(status)
        given = {
            "text": f"{self.filter.text} {text}".strip(),
            "model": model,
            "status": tuple(Status(s) for s in statuses),
            "since": since,
            "until": until,
            "rating_least": rating_least,
            "experiment_id": experiment,
            "deleted": deleted,
        }
        said = {name: value for name, value in given.items() if value not in ("", (), None)}
        return RunSet(self._store, replace(self.filter, **said))  # type: ignore[arg-type]

    def limit(self, most: int) -> RunSet:
        """The newest ``most`` of these."""
        if most < 0:
            raise RequestError(f"limit is {most}; it takes 0 or more.")
        return RunSet(self._store, self.filter, most if self.most is None else min(most, self.most))

    # Reading them

    def __iter__(self) -> Iterator[LoggedRun]:
        before, left = None, self.most
        while left is None or left > 0:
            page = self.page(_PAGE if left is None else min(_PAGE, left), before)
            yield from map(LoggedRun.of, page.runs)
            if page.older is None:
                return
            before = page.older
            left = None if left is None else left - len(page.runs)

    def __len__(self) -> int:
        from workbench.store.frames import run_count

        return run_count(self._store.db, self.filter, self.most)

    def __bool__(self) -> bool:
        return self.most != 0 and bool(self.page(1).runs)

    @property
    def ids(self) -> list[str]:
        from workbench.store.frames import run_ids

        return run_ids(self._store.db, self.filter, self.most)

    def page(self, limit: int = 50, before: int | None = None) -> Page:
        """One page, whatever ``most`` says; ``before`` is the ``older`` of the page above it."""
        return self._store.runs.page(self.filter, limit, before)

    # As a table

    def to_dataframe(self, metrics: Sequence[str] | bool = ()) -> pd.DataFrame:
        """One row a run: what was asked, what it took and cost, where the first clip lies.

        ``metrics`` adds a column for each name in it, ``True`` for every metric that there is: of the first
        clip, NA where it was not measured. Raises ``RequestError`` for an unknown name.
        """
        from workbench.store.frames import runs_frame

        return runs_frame(self._store.db, self.filter, _names(metrics), self.most)

    def to_parquet(self, path: str | Path, metrics: Sequence[str] | bool = ()) -> Path:
        """``to_dataframe`` as a file, which replaces what is there. Returns where it lies."""
        from workbench.api.run_files import write_parquet

        return write_parquet(self._store, self.filter, path, _names(metrics), self.most)

    def to_csv(self, path: str | Path, metrics: Sequence[str] | bool = ()) -> Path:
        from workbench.api.run_files import write_csv

        return write_csv(self._store, self.filter, path, _names(metrics), self.most)

    def to_jsonl(self, path: str | Path, metrics: Sequence[str] | bool = ()) -> Path:
        from workbench.api.run_files import write_jsonl

        return write_jsonl(self._store, self.filter, path, _names(metrics), self.most)

    # To look at

    def compare(self, *ids: str, layout: Layout = "side", max_bytes: int = 6_000_000) -> Comparison:
        """The player that holds clips in step, for a notebook cell: of these runs (ids, or beginnings of
        one), or of the newest six of the set that have a clip.

        The cell holds small copies and plays offline; more than ``max_bytes`` of them are left out, and
        said to be. Raises ``RequestError`` where there is no clip, or for more than six.
        """
        from workbench.api.run_comparison import compared

        made = compared(self._named(ids) if ids else self, layout, max_bytes, all_of_them=bool(ids))
        with suppress(FolderError):  # a log that can't be written is no reason not to show clips
            self._store.retention.see(made.hashes, now())
        return made

    def grid(self, x: str = "seed", y: str = "prompt", most: int = 60) -> RunGrid:
        """The newest ``most`` runs as a table of stills: ``x`` across, ``y`` down.

        Both are ``prompt``, ``negative_prompt``, ``model``, ``seed``, a setting, or a slot of the template
        that made them. Raises ``RequestError`` for anything that these runs do not have.
        """
        from workbench.api.run_grid import gridded

        return gridded(self._store, list(self.limit(most)), x, y)

    @property
    def plot(self) -> RunPlots:
        """``plot.latency()``, ``plot.cost()``, ``plot.metric(name)``."""
        from workbench.api.run_plots import RunPlots

        return RunPlots(self)

    def __repr__(self) -> str:
        return f"<RunSet of {len(self):,} runs>"

    def _repr_html_(self) -> str:
        most = _SHOWN if self.most is None else min(_SHOWN, self.most)
        return str(self.limit(most).to_dataframe().to_html())

    def _named(self, ids: Sequence[str]) -> list[LoggedRun]:
        runs = self._store.runs
        return [LoggedRun.of(runs.get(runs.resolve(run_id))) for run_id in ids]


def _names(metrics: Sequence[str] | bool) -> Sequence[str]:
    return list(METRICS) if metrics is True else metrics or ()
