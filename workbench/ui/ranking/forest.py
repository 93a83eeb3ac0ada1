"""Effects with their intervals, drawn of plain boxes: they follow the theme and are read as text."""

from __future__ import annotations

from html import escape

from workbench.api.ranking import RankedArms
from workbench.api.standings import reach
from workbench.review.sentence import effect as interval_text


def forest_html(found: RankedArms) -> str:
    """A row an arm, the best first."""
    standings = found.ranking.standings
    low, high = reach([one.effect for one in standings])

    def share(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    rows = []
    for one in standings:
        effect = one.effect
        place = f"left:{share(effect.low)}%;right:{100 - share(effect.high):.2f}%"
        ranks = f"{one.best_rank}" if one.best_rank == one.worst_rank else f"{one.best_rank}–{one.worst_rank}"
        rows.append(
            f'<li><span class="wb-arm"><b>{escape(one.arm)}</b> {escape(found.arm(one.arm).title)}</span>'
            f'<span class="wb-axis" aria-hidden="true"><i style="left:{share(0)}%"></i>'
            f'<u style="{place}"></u><b style="left:{share(effect.value)}%"></b></span>'
            f'<span class="wb-effect">{interval_text(effect)}</span>'
            f'<span class="wb-rank">rank {ranks}</span></li>'
        )
    return f'<ol class="wb-forest">{"".join(rows)}</ol>'
