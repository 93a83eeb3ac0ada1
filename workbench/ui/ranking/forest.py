"""Values with their intervals, drawn of plain boxes: they follow the theme and are read as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from workbench.api.ranking import RankedArms
from workbench.api.rated import ByCriterion, RatedArms
from workbench.api.rated import interval_text as mean_text
from workbench.api.standings import reach
from workbench.domain.rating import SCORES
from workbench.review.sentence import effect as effect_text

if TYPE_CHECKING:
    from workbench.review import Interval


@dataclass(frozen=True, slots=True)
class _Row:
    """``interval`` is drawn, ``told`` says it, ``note`` stands at the end."""

    arm: str
    title: str
    interval: Interval | None
    told: str
    note: str


def forest_html(found: RankedArms) -> str:
    """Effects, a row an arm, the best first; the line is at the mean."""
    standings = found.ranking.standings
    rows = []
    for one in standings:
        ranks = f"{one.best_rank}" if one.best_rank == one.worst_rank else f"{one.best_rank}–{one.worst_rank}"
        title = found.arm(one.arm).title
        rows.append(_Row(one.arm, title, one.effect, effect_text(one.effect), f"rank {ranks}"))
    return _drawn(rows, reach([one.effect for one in standings]), 0)


def means_html(found: RatedArms, one: ByCriterion) -> str:
    """Means by one criterion, a row an arm, the best first; the line is at the middle of the scale."""
    rows = [
        _Row(
            arm.arm,
            found.arm(arm.arm).title,
            arm.mean,
            mean_text(arm.mean),
            f"clips: {arm.clips}, ratings: {arm.ratings}",
        )
        for arm in one.arms
    ]
    low, high = SCORES[0], SCORES[-1]
    return _drawn(rows, (low, high), (low + high) / 2)


def _drawn(rows: Iterable[_Row], scale: tuple[float, float], line: float) -> str:
    low, high = scale

    def share(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    def marks(interval: Interval) -> str:
        place = f"left:{share(interval.low)}%;right:{100 - share(interval.high):.2f}%"
        return f'<u style="{place}"></u><b style="left:{share(interval.value)}%"></b>'

    drawn = [
        f'<li><span class="wb-arm"><b>{escape(row.arm)}</b> {escape(row.title)}</span>'
        f'<span class="wb-axis" aria-hidden="true"><i style="left:{share(line)}%"></i>'
        f"{marks(row.interval) if row.interval else ''}</span>"
        f'<span class="wb-effect">{escape(row.told)}</span>'
        f'<span class="wb-rank">{escape(row.note)}</span></li>'
        for row in rows
    ]
    return f'<ol class="wb-forest">{"".join(drawn)}</ol>'
