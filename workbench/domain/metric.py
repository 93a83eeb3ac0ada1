"""What was measured of clips: single values, strips over time, and what a list is narrowed by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from immutabledict import immutabledict

from workbench.domain.errors import RequestError

Point = tuple[float, float]  # seconds, value


@dataclass(frozen=True, slots=True)
class Metric:
    """One value of one clip; ``None`` where the metric has no meaning for it, never NaN."""

    name: str
    value: float | None
    unit: str
    version: int


@dataclass(frozen=True, slots=True)
class Strip:
    """Over time, for a sparkline: mean speed in frame widths a second, and mean luma of 1."""

    motion: tuple[Point, ...] = ()
    brightness: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one clip. ``fault`` says why there are no values where it could not be measured.

    ``is_current``: by the formulas of today; older values stay until it is measured anew.
    """

    run_id: str
    position: int
    measured_at: datetime
    is_current: bool
    metrics: Mapping[str, Metric] = field(default_factory=immutabledict)
    strip: Strip = Strip()
    fault: str = ""

    def value(self, name: str) -> float | None:
        """``None`` where it was not measured, or has no meaning for the clip."""
        found = self.metrics.get(name)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class MetricRange:
    """Runs whose first clip has a value from ``least`` to ``most``, both included; ``None`` is no bound."""

    name: str
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        """As it stands in an address: ``motion~0.5~``."""
        return "~".join((self.name, *("" if end is None else repr(end) for end in (self.least, self.most))))

    @classmethod
    def parse(cls, text: str) -> MetricRange:
        """Raises ``RequestError`` for what is no range of a metric."""
        name, *ends = text.split("~")
        try:
            least, most = (float(end) if end else None for end in ends)
        except ValueError:
            least = most = None
        known = [end for end in (least, most) if end is not None]
        if not name or not known or not all(map(math.isfinite, known)) or known != sorted(known):
            raise RequestError(
                f"{text!r} is no range of a metric; one is name~least~most, such as motion~0.5~."
            )
        return cls(name, least, most)


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Two clips, each as (run id, position), whose middle pictures differ in ``bits`` of 64 only."""

    one: tuple[str, int]
    other: tuple[str, int]
    bits: int
