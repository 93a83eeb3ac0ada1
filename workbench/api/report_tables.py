"""The tables of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from workbench.api.arms import Arm
from workbench.api.ranking import RankedArms
from workbench.review.sentence import effect as interval_text

if TYPE_CHECKING:
    from workbench.review import Rater, Share, Standing

NONE: Final = "–"
MOST_IN_MATRIX: Final = 20
Cells = Sequence[Sequence[str]]


def table(caption: str, head: Sequence[str], body: Cells) -> str:
    """All cells are text; the first column names the row."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in body
    )
    return scrolling(
        caption,
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>",
    )


def scrolling(label: str, markup: str) -> str:
    """What may be wider than the page, and is scrolled by keyboard, too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{markup}</div>'


def standings(found: RankedArms) -> tuple[Sequence[str], Cells]:
    head = ("Arm", "Rank", "Effect", "Votes", "Clips", "Wins", "Losses", "Both good", "Both bad")
    body = [
        (
            one.arm,
            _ranks(one),
            interval_text(one.effect),
            *(f"{number:,}" for number in (one.votes, one.clips, one.wins, one.losses)),
            *(f"{number:,}" for number in (one.both_good, one.both_bad)),
        )
        for one in found.ranking.standings
    ]
    return head, body


def win_matrix(found: RankedArms) -> str:
    """How sure it is that the row is better than the column, and in how many votes they met."""
    labels = [one.arm for one in found.ranking.standings]
    if len(labels) < 2:
        return "<p>There is one arm only.</p>"
    shown = labels[:MOST_IN_MATRIX]
    known = {(one.ahead, one.behind): (one.chance, one.votes) for one in found.ranking.differences}
    known |= {(behind, ahead): (1 - chance, votes) for (ahead, behind), (chance, votes) in known.items()}

    def cell(row: str, column: str) -> str:
        if (row, column) not in known:
            return NONE
        chance, votes = known[row, column]
        return f"{chance:.0%} · {votes:,}"

    body = [(row, *(cell(row, column) for column in shown)) for row in shown]
    cut = f", of the best {MOST_IN_MATRIX} of {len(labels)}" if len(labels) > MOST_IN_MATRIX else ""
    caption = "How sure it is that the row is better than the column · in how many votes they met"
    return table(caption + cut, ("Arm", *shown), body)


def reviewers(told: Sequence[Rater], people: Mapping[str, str]) -> tuple[Sequence[str], Cells]:
    head = ("Reviewer", "Votes", "Ties", "With the others", "Left side", "Same on repeats")
    body = [
        (
            people[one.rater],
            f"{one.votes:,}",
            f"{one.ties:,}",
            *map(_share, (one.panel, one.left, one.repeats)),
        )
        for one in told
    ]
    return head, body


def costs(found: RankedArms) -> str:
    body = [
        (one.arm, interval_text(one.effect), _cost(found.arm(one.arm)), _latency(found.arm(one.arm)))
        for one in found.ranking.standings
    ]
    caption = "Medians of a run: what was billed or, where that is not known, estimated; and how long it took"
    return table(caption, ("Arm", "Effect", "Cost", "Latency"), body)


def _ranks(one: Standing) -> str:
    best, worst = one.best_rank, one.worst_rank
    return f"{best}" if best == worst else f"{best}–{worst}"


def _share(share: Share) -> str:
    return f"{share.count} of {share.of} ({share.low:.0%}–{share.high:.0%})" if share.of else NONE


def _cost(arm: Arm) -> str:
    if all(run.is_emulated for run in arm.runs):
        return "nothing (emulated)"
    micros = arm.cost_micros
    if micros is None:
        return "not known"
    decimals = 4 if 0 < micros < 10_000 else 2
    return f"${micros / 1e6:,.{decimals}f}" if micros else "free"


def _latency(arm: Arm) -> str:
    return NONE if arm.latency_s is None else f"{arm.latency_s:.1f} s"
