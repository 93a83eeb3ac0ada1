"""A question to the run log, and one page of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.domain.run import Run, Status


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs; every field that is set narrows. ``text`` is searched as words in both prompts.

    ``rating_least`` keeps runs with a mean rating of at least that (1 to 5). ``deleted`` shows the
    bin instead of the log.
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


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, newest first. ``older`` is the key of the next page, ``None`` on the last."""

    runs: tuple[Run, ...]
    older: int | None = None
