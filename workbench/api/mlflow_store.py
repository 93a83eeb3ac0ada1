"""``Tracking``: the part of the façade that writes runs into a store of MLflow's, through its own client.

The store is SQLite, ``mlflow.db`` in a folder, with ``artifacts/`` beside it: MLflow 3 opens its folders of
files only when told to. A run is found again by its id in the tag ``workbench.run`` and is there once,
however often it is written. One that MLflow has as running was broken off, and is gone on with.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.api.keeping import Keeping
from workbench.domain.errors import RequestError
from workbench.domain.metric import Measured
from workbench.domain.query import RunFilter
from workbench.domain.run import Run, Status
from workbench.media.metrics.about import EDITION
from workbench.store.metrics import AT_A_TIME

if TYPE_CHECKING:
    from mlflow import MlflowClient

V = TypeVar("V")

EXPERIMENT = "video-prompt-workbench"
RUN_TAG = "workbench.run"
LOCK = "workbench-export.lock"
PATIENCE_S = 10.0
_MEDIA_TAG = "workbench.media"
_NEEDED = ("mlflow", "sqlalchemy", "alembic")
_MISSING = "MLflow is not installed. Run: pip install 'video-prompt-workbench[mlflow]'."
_ENDS = {Status.SUCCEEDED: "FINISHED", Status.CANCELLED: "KILLED"}  # any other is FAILED


@dataclass(frozen=True, slots=True)
class TrackedRuns:
    """``uri`` is what MLflow calls the store. ``changed`` were there with other values, ``open_runs`` are not
    settled and were left out, ``missing`` clips and posters are no longer in the folder."""

    uri: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    open_runs: int = 0
    missing: int = 0


class Tracking(Keeping):
    """``Workbench`` adds everything that makes runs."""

    def export_mlflow(
        self,
        folder: str | Path,
        runs: RunFilter | Sequence[str],
        *,
        media: bool = True,
        costs: bool = True,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> TrackedRuns:
        """Settled runs as runs of MLflow, in ``folder``, which may hold such a store already.

        Parameters are the request and the slots' options, metrics are times, costs, the rating and what was
        measured of the first clip, tags all else. What came since the last time is added. ``media`` copies
        clips and posters; without ``costs`` no amount goes along. MLflow cuts a parameter at 6,000
        characters. ``on_progress`` gets runs seen, and of how many. Raises ``UnknownRun``, and
        ``RequestError`` where MLflow is missing or can't use the folder, or another export into it goes on.
        """
        ids = self.ids_of(runs)
        with _mlflow(), _alone_in(_made(Path(folder))) as target:
            return self._track(_Shelf.open(target), ids, media, costs, on_progress)

    def _track(
        self,
        shelf: _Shelf,
        ids: Sequence[str],
        media: bool,
        costs: bool,
        on_progress: Callable[[int, int], None] | None,
    ) -> TrackedRuns:
        names = {experiment.id: experiment.name for experiment in self.store.experiments.all()}
        new = changed = settled = missing = 0
        for at in range(0, len(ids), AT_A_TIME):
            batch = [run for run in self.store.runs.get_many(ids[at : at + AT_A_TIME]) if run.status.is_final]
            measured = self.store.metrics.of_runs([run.id for run in batch], EDITION)
            known = shelf.known(batch)
            for run in batch:
                page = _page(run, names, measured.get((run.id, 0)), costs)
                files, gone = self._artifacts(run) if media else ({}, 0)
                told = shelf.put(run, page, files, known.get(run.id), self.clock.now())
                new, changed = new + (told == "new"), changed + (told == "changed")
                missing += gone
            settled += len(batch)
            if on_progress:
                on_progress(min(at + AT_A_TIME, len(ids)), len(ids))
        return TrackedRuns(shelf.uri, new, changed, settled - new - changed, len(ids) - settled, missing)

    def _artifacts(self, run: Run) -> tuple[dict[Path, str], int]:
        """File → folder among the run's artifacts, and how many files are no longer here."""
        wanted = {clip.path: "clips" for clip in run.clips}
        wanted |= {self.files.path(clip.poster): "posters" for clip in run.clips if clip.poster}
        found = {path: folder for path, folder in wanted.items() if path.is_file()}
        return found, len(wanted) - len(found)


def _made(folder: Path) -> Path:
    folder = folder.expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(
            f"{folder} can't be used ({error.strerror}). Choose a folder for the store."
        ) from error
    return folder


@contextmanager
def _alone_in(folder: Path) -> Iterator[Path]:
    """MLflow knows no run that is there once: two exports at a time would each find none and make one.

    A database of its own is locked: SQLite's locks end with their process, on every system.
    """
    try:
        lock = sqlite3.connect(folder / LOCK, timeout=PATIENCE_S, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise RequestError(
            f"{folder} can't be written just now ({error}): another export into it may be going on. "
            f"Try again when it has ended."
        ) from error
    with closing(lock):
        yield folder


@dataclass(frozen=True, slots=True)
class _Page:
    """What MLflow keeps of a run."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The one experiment of MLflow's that the runs go into."""

    client: MlflowClient
    experiment: str
    uri: str

    @classmethod
    def open(cls, folder: Path) -> _Shelf:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        uri = f"sqlite:///{folder / 'mlflow.db'}"
        try:
            client = MlflowClient(uri)
            found = client.get_experiment_by_name(EXPERIMENT)
            artifacts = (folder / "artifacts").as_uri()
            made = found.experiment_id if found else client.create_experiment(EXPERIMENT, artifacts)
        except (MlflowException, SQLAlchemyError) as error:
            why = str(error).partition("\n")[0].rstrip(".")
            raise RequestError(f"MLflow can't use {folder} ({why}). Choose another folder.") from error
        return cls(client, made, uri)

    def known(self, runs: Sequence[Run]) -> dict[str, Any]:
        """MLflow's runs by our id, as far as they are of these: all that began when one of these did."""
        from mlflow.entities import ViewType

        if not runs:
            return {}
        begun = [_ms(_start(run)) for run in runs]
        span = f"attributes.start_time >= {min(begun)} AND attributes.start_time <= {max(begun)}"
        wanted, token = {run.id for run in runs}, None
        known: dict[str, Any] = {}
        while True:
            page = self.client.search_runs([self.experiment], span, ViewType.ALL, page_token=token)
            known |= {run_id: found for found in page if (run_id := found.data.tags.get(RUN_TAG)) in wanted}
            token = page.token
            if not token:
                return known

    def put(self, run: Run, page: _Page, files: Mapping[Path, str], known: Any, now: datetime) -> str:
        """Whether it was “new”, “changed” or “unchanged”; one deleted in MLflow stays as it is."""
        from mlflow.entities import Metric, Param, RunTag

        if known and known.info.lifecycle_stage == "deleted":
            return "unchanged"
        had = known.data if known else None
        is_ended = known is not None and known.info.status != "RUNNING"
        metrics = _other(page.metrics, had.metrics if had else {})
        tags = _other(page.tags, had.tags if had else {})
        files = {} if had and _MEDIA_TAG in had.tags else files
        if is_ended and not (metrics or tags or files):
            return "unchanged"
        end = _ms(run.finished_at or _start(run))
        info = (known or self.client.create_run(self.experiment, _ms(_start(run)), dict(tags), run.id)).info
        self.client.log_batch(
            info.run_id,
            metrics=[Metric(name, value, _ms(now) if known else end, 0) for name, value in metrics.items()],
            params=[] if is_ended else [Param(name, value) for name, value in page.params.items()],
            tags=[RunTag(name, value) for name, value in tags.items()] if known else [],
        )
        for path, folder in files.items():
            self.client.log_artifact(info.run_id, str(path), folder)
        if files:
            self.client.set_tag(info.run_id, _MEDIA_TAG, f"{len(files)} files")
        if not is_ended:
            self.client.set_terminated(info.run_id, _ENDS.get(run.status, "FAILED"), end)
        return "changed" if is_ended else "new"


@contextmanager
def _mlflow() -> Iterator[None]:
    """MLflow, without a line about each table that it makes and each prompt that it cuts."""
    if not all(map(importlib.util.find_spec, _NEEDED)):
        raise RequestError(_MISSING)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow  # noqa: F401 - which sets the level of its logger

    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _page(run: Run, experiments: Mapping[str, str], measured: Measured | None, costs: bool) -> _Page:
    request, origin = run.request, run.origin
    params = {
        **request.settings,
        **{f"slot.{name}": option for name, option in origin.slots.items()},
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt or None,
        "seed": request.seed,
        "take": request.take,
    }
    metrics = {
        **({name: one.value for name, one in measured.metrics.items()} if measured else {}),
        "queue_s": run.queue_s,
        "latency_s": run.latency_s,
        "download_s": run.download_s,
        "rating": run.rating,
    }
    if costs:
        metrics |= {"estimate_usd": _usd(run.estimate_micros), "billed_usd": _usd(run.billed_micros)}
    tags = {
        RUN_TAG: run.id,
        "workbench.status": run.status,
        "workbench.kind": run.kind,
        "workbench.failure": run.failure,
        "workbench.message": run.message or None,
        "workbench.charge": run.charge if costs else None,
        "workbench.emulated": run.is_emulated,
        "workbench.parent": origin.parent_id,
        "workbench.parenthood": origin.parenthood,
        "workbench.experiment_id": origin.experiment_id,
        "workbench.experiment": experiments.get(origin.experiment_id or ""),
    }
    return _Page(
        {name: str(value) for name, value in params.items() if value is not None},
        {name: float(value) for name, value in metrics.items() if value is not None},
        {name: str(value) for name, value in tags.items() if value is not None},
    )


def _other(now: Mapping[str, V], had: Mapping[str, V]) -> dict[str, V]:
    return {name: value for name, value in now.items() if had.get(name) != value}


def _start(run: Run) -> datetime:
    return run.submitted_at or run.created_at


def _usd(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
