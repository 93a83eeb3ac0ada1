"""A question to the run log, and one page of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.domain.metric import MetricRange
from workbench.domain.run import Run, Status


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs; every field that is set narrows. ``text`` is searched as words in both prompts.

    ``rating_least`` keeps runs with a mean rating of at least that (1 to 5). ``measured`` keeps runs whose
    first clip has a value in every one of these ranges. ``deleted`` shows the bin instead of the log.
    """

    text: str = ""
    model: str = ""
    status: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    rating_least: float | None = None
    experiment_id: str = ""
    arm_hash: str = ""
    request_hash: str = ""
    parent_id: str = ""
    deleted: bool = False
    measured: tuple[MetricRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, newest first. ``older`` is the key of the next page, ``None`` on the last."""

    runs: tuple[Run, ...]
    older: int | None = None


@dataclass(frozen=True, slots=True)
class RankedPage:
    """Runs in the order of a metric, each with its value. ``next`` is the key of the next page."""

    runs: tuple[tuple[Run, float], ...]
    next: tuple[float, int] | None = None
