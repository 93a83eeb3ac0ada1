"""``Changed``: one quantity of a replay's pairs – latency, cost, or a metric – and which way it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import nan
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.domain.metric import Measured
from workbench.domain.replay import ReplayPair
from workbench.domain.run import Run
from workbench.media.metrics.about import METRICS, Direction

if TYPE_CHECKING:
    from workbench.review.paired import Shift

_FINGERPRINT, _OFF = "fingerprint_", "_off"  # names that say nothing of size; that are best at 0
_LATENCY, _COST = "latency_s", "cost_usd"
Clip = tuple[str, int]  # run id, position


class Verdict(StrEnum):
    """Which way more pairs went than chance explains; ``HIGHER`` and ``LOWER``: neither way is better."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    OPEN = "not settled"
    SAME = "the same"  # no pair differs


@dataclass(frozen=True, slots=True)
class Changed:
    """One quantity: latency, cost, or a metric of the first clips. ``direction`` is ``HIGHER`` or ``LOWER``
    where one way is better, else ``NONE``. ``rose`` and ``fell`` are the pairs that changed most, up and
    down.
    """

    name: str
    label: str
    unit: str
    direction: Direction
    shift: Shift
    rose: ReplayPair
    fell: ReplayPair

    @property
    def better(self) -> int | None:
        """How many pairs got better; ``None`` where neither way is."""
        return {Direction.HIGHER: self.shift.up, Direction.LOWER: self.shift.down}.get(self.direction)

    @property
    def worse(self) -> int | None:
        return {Direction.HIGHER: self.shift.down, Direction.LOWER: self.shift.up}.get(self.direction)

    @property
    def best(self) -> ReplayPair | None:
        """The pair that got better most; ``None`` where none did."""
        sides = {Direction.HIGHER: self.rose, Direction.LOWER: self.fell}
        return sides.get(self.direction) if self.better else None

    @property
    def worst(self) -> ReplayPair | None:
        sides = {Direction.HIGHER: self.fell, Direction.LOWER: self.rose}
        return sides.get(self.direction) if self.worse else None

    @property
    def verdict(self) -> Verdict:
        if not self.shift.up + self.shift.down:
            return Verdict.SAME
        if not self.shift.is_settled:
            return Verdict.OPEN
        went_up = self.shift.up > self.shift.down
        if self.better is None or self.worse is None:
            return Verdict.HIGHER if went_up else Verdict.LOWER
        return Verdict.BETTER if self.better > self.worse else Verdict.WORSE


def changes_of(pairs: Sequence[ReplayPair], measured: Mapping[Clip, Measured]) -> tuple[Changed, ...]:
    """Of pairs that are answered: every quantity that one of them has both values of."""
    import numpy as np

    from workbench.review.paired import shifts

    asked = _quantities()
    tables = [
        np.array([_both(pair, name, measured) for pair in pairs], float).reshape(-1, 2).T for name in asked
    ]
    told = shifts([(old, new) for old, new in tables])
    return tuple(
        Changed(name, label, unit, way, shift, pairs[shift.most_up], pairs[shift.most_down])
        for (name, (label, unit, way)), shift in zip(asked.items(), told, strict=True)
        if shift
    )


def _quantities() -> Mapping[str, tuple[str, str, Direction]]:
    """Name → label, unit, which way is better."""
    found = {_LATENCY: ("Latency", "s", Direction.LOWER), _COST: ("Cost", "USD", Direction.LOWER)}
    for name, about in METRICS.items():
        if name.startswith(_FINGERPRINT):
            continue
        way = about.direction if about.direction is not Direction.AS_ASKED else Direction.NONE
        found[name] = (about.label, about.unit, Direction.LOWER if name.endswith(_OFF) else way)
    return immutabledict(found)


def _both(pair: ReplayPair, name: str, measured: Mapping[Clip, Measured]) -> tuple[float, float]:
    """Old and new value; NaN where one is not known, or they are of two versions of a formula."""
    assert pair.old and pair.new
    runs = (pair.old, pair.new)
    if name == _LATENCY:
        old, new = (run.latency_s for run in runs)
    elif name == _COST:
        old, new = map(_usd, runs)
    else:
        one, other = (
            found.metrics.get(name) if (found := measured.get((run.id, 0))) else None for run in runs
        )
        if one is None or other is None or one.version != other.version:
            return nan, nan
        old, new = one.value, other.value
    if old is None or new is None:
        return nan, nan
    return (abs(old), abs(new)) if name.endswith(_OFF) else (old, new)


def _usd(run: Run) -> float | None:
    micros = run.estimate_micros if run.billed_micros is None else run.billed_micros
    return None if micros is None else micros / 1e6
