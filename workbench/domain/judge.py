"""Machine judges: what compares clips without being a person, and is never counted as one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricJudge:
    """Prefers the clip with the better value of a metric.

    ``margin``: values that differ by that much or less are level, in the metric's unit.
    """

    metric: str
    prefers_higher: bool
    margin: float = 0.0

    @property
    def name(self) -> str:
        return f"metric:{self.metric}"
