"""A replay: runs of one model asked again of the model that takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from immutabledict import immutabledict

from workbench.domain.run import Run, Status


@dataclass(frozen=True, slots=True)
class Replay:
    """``sources`` are the runs of the model ``old`` that are asked again of ``new``, cell by cell.

    ``passed_over``: how many runs of the suite ended otherwise, and are not asked again.
    """

    old: str
    new: str
    sources: tuple[str, ...]
    passed_over: Mapping[Status, int] = field(default_factory=immutabledict)


@dataclass(frozen=True, slots=True)
class ReplayPair:
    """One request, and what each model made of it. ``None``: gone for good, or not sent (yet)."""

    index: int
    old: Run | None
    new: Run | None

    @property
    def is_answered(self) -> bool:
        """Both succeeded, and neither is in the bin."""
        return all(
            run is not None and run.status is Status.SUCCEEDED and not run.deleted_at
            for run in (self.old, self.new)
        )

    @property
    def is_watchable(self) -> bool:
        """Both have their clip still."""
        return self.is_answered and all(run is not None and run.clip for run in (self.old, self.new))
