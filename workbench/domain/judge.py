"""Machine judges: what compares clips without being a person, and is never counted as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.rating import CRITERIA, Criterion, criteria, label_of
from workbench.domain.review import Choice


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


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a model looks at before it says which clip is better: a reason by each of ``criteria``.

    ``guide`` is what matters most, in one's own words. Any other word in it is another rubric: what was
    answered by the one before stands in the log, and is not used.
    """

    name: str
    label: str
    criteria: tuple[Criterion, ...]
    guide: str = ""


@dataclass(frozen=True, slots=True)
class ModelJudge:
    """A model, ``endpoint/model``, that says which clip is better by a rubric."""

    model: str
    rubric: Rubric

    @property
    def name(self) -> str:
        return f"model:{self.model}@{self.rubric.name}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model said of two clips as they were shown. ``reasons``: criterion → why; none may be missing
    where a model had something to say.
    """

    choice: Choice
    reasons: Mapping[str, str]


_BY = ("motion", "visual_quality", "consistency")  # frames have no sound; a prompt would tell the arm
GENERAL = Rubric("general", "General", tuple(each for each in CRITERIA if each.name in _BY))


def rubrics(written: Mapping[str, Mapping[str, Any]] = immutabledict()) -> Mapping[str, Rubric]:
    """Name → rubric, the built-in one first. ``written`` is what stands in ``workbench.toml``."""
    return immutabledict({GENERAL.name: GENERAL} | {name: _rubric(name, t) for name, t in written.items()})


def rubric(name: str, known: Mapping[str, Rubric]) -> Rubric:
    """The one of that name; ``general`` where it is empty. Raises ``RequestError``."""
    found = known.get(name or GENERAL.name)
    if found is None:
        raise RequestError(
            f"There is no rubric {name!r:.60}. Allowed: {', '.join(known)}. Choose one, or write "
            f"[judges.NAME] in workbench.toml."
        )
    return found


def _rubric(name: str, table: Mapping[str, Any]) -> Rubric:
    asks = criteria(table["criteria"])
    return Rubric(name, table.get("label") or label_of(name), asks, table.get("guide", ""))
