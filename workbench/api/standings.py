"""A ranking as others take it: JSON, a table, a picture, and pairs for training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any, Final

from workbench.api.agreement import agreement_record
from workbench.api.arms import Arm
from workbench.api.phrases import phrases_record
from workbench.api.ranking import RankedArms, run_of, votes_that_count
from workbench.domain.review import Choice
from workbench.domain.times import to_text
from workbench.review.sentence import effect as interval_text

if TYPE_CHECKING:
    from workbench.review import Interval, Standing

PRICES: Final = ("cost_micros", "latency_s")
_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 860, 34, 330, 150, 30
_INK, _QUIET, _LINE, _MARK = "#1c1c1b", "#565653", "#c9c9c4", "#0b6b75"


def record(found: RankedArms, people: Mapping[str, str] | None = None) -> dict[str, object]:
    """Everything that the page shows, as JSON. ``people`` says what reviewers are called."""
    ranking = found.ranking
    return {
        "sentence": found.sentence,
        "votes": ranking.votes,
        "clips": ranking.clips,
        "arms": [_arm(found.arm(one.arm), one) for one in ranking.standings],
        "differences": [
            {
                "ahead": one.ahead,
                "behind": one.behind,
                "gap": asdict(one.gap),
                "chance": one.chance,
                "votes": one.votes,
                "clips": one.clips,
                "settled": one.is_settled,
            }
            for one in ranking.differences
        ],
        "groups": [list(group) for group in ranking.groups],
        "clip_spread": asdict(ranking.sigma),
        "left_side": asdict(ranking.side),
        "ties": asdict(ranking.tie),
        "phrases": phrases_record(found.phrases()),
        "agreement": agreement_record(found.agreement(), people),
        "undominated": {name: list(undominated(found, name)) for name in PRICES},
        "reviews": [review.id for review in found.reviews],
    }


def undominated(found: RankedArms, price: str) -> tuple[str, ...]:
    """Arms, the cheapest first, for which no other is both better and cheaper; ``price`` is of ``PRICES``.

    Of the arms that were compared and whose price is known, by the middle of their effects alone.
    """
    known = [
        (value, -one.effect.value, one.arm)
        for one in found.ranking.standings
        if one.votes and (value := getattr(found.arm(one.arm), price)) is not None
    ]
    kept: list[tuple[float, float, str]] = []
    for one in sorted(known):
        if not kept or one[1] < kept[-1][1]:
            kept.append(one)
    return tuple(arm for *_, arm in kept)


def rows(found: RankedArms) -> list[dict[str, object]]:
    """One an arm, the best first, for a table or CSV. Effects are logits; money is US dollars."""
    return [_row(found.arm(one.arm), one) for one in found.ranking.standings]


def preferences(found: RankedArms) -> Iterator[dict[str, object]]:
    """What was preferred over what, of votes for one side: as preference training takes it."""
    by_id = {review.id: review for review in found.reviews}
    arms = {run.id for arm in found.arms for run in arm.runs}
    for pair in votes_that_count(found.judged):
        clips = by_id[pair.review_id].clips
        better, worse = (pair.left, pair.right) if pair.choice is Choice.LEFT else (pair.right, pair.left)
        if (
            pair.choice not in (Choice.LEFT, Choice.RIGHT)
            or not {clips[better].run_id, clips[worse].run_id} <= arms
        ):
            continue
        yield {
            **_side("chosen", clips[better].run_id, clips[better].position, found.arms),
            **_side("rejected", clips[worse].run_id, clips[worse].position, found.arms),
            "question": by_id[pair.review_id].plan.question,
            "reviewer": pair.person,
            "voted_at": to_text(pair.voted_at) if pair.voted_at else None,
        }


def forest_svg(found: RankedArms) -> str:
    """Effects with their 95 % intervals, the best first; a picture on white that needs nothing else."""
    standings = found.ranking.standings
    low, high = reach([one.effect for one in standings])
    height = _TOP + _ROW * len(standings) + 44
    inner = _WIDTH - _LEFT - _RIGHT

    def x(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * inner, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="system-ui, sans-serif" font-size="13" role="img">',
        f"<title>{escape(found.sentence)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<line x1="{x(0)}" x2="{x(0)}" y1="{_TOP - 8}" y2="{height - 36}" stroke="{_LINE}"/>',
    ]
    for number, one in enumerate(standings):
        y, effect = _TOP + _ROW * number + _ROW // 2, one.effect
        title = escape(_cut(f"{one.arm}  {found.arm(one.arm).title}", 46))
        parts += [
            f'<text x="12" y="{y + 4}" fill="{_INK}">{title}</text>',
            f'<line x1="{x(effect.low)}" x2="{x(effect.high)}" y1="{y}" y2="{y}" stroke="{_MARK}" '
            'stroke-width="3" stroke-linecap="round"/>',
            f'<circle cx="{x(effect.value)}" cy="{y}" r="5.5" fill="{_MARK}"/>',
            f'<text x="{_WIDTH - 12}" y="{y + 4}" fill="{_QUIET}" text-anchor="end">'
            f"{interval_text(effect)}</text>",
        ]
    about = "effect against the mean of all, in logits, with 95 % intervals"
    parts.append(f'<text x="{_LEFT}" y="{height - 12}" fill="{_QUIET}" font-size="12">{about}</text></svg>')
    return "\n".join(parts)


def reach(intervals: list[Interval]) -> tuple[float, float]:
    """The ends of an axis that has 0 and every interval in it."""
    low = min([-0.5, *(one.low for one in intervals)])
    high = max([0.5, *(one.high for one in intervals)])
    room = 0.04 * (high - low)
    return low - room, high + room


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _arm(arm: Arm, standing: Standing) -> dict[str, object]:
    request = arm.request
    return {
        "label": arm.label,
        "title": arm.title,
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "settings": dict(request.settings),
        "runs": [run.id for run in arm.runs],
        "effect": asdict(standing.effect),
        "ranks": [standing.best_rank, standing.worst_rank],
        "mean_rank": standing.mean_rank,
        "votes": standing.votes,
        "clips": standing.clips,
        "wins": standing.wins,
        "losses": standing.losses,
        "both_good": standing.both_good,
        "both_bad": standing.both_bad,
        "cost_micros": arm.cost_micros,
        "latency_s": arm.latency_s,
    }


def _row(arm: Arm, standing: Standing) -> dict[str, object]:
    effect = standing.effect
    return {
        "arm": arm.label,
        "what": arm.title,
        "rank": _ranks(standing),
        "effect": round(effect.value, 3),
        "low": round(effect.low, 3),
        "high": round(effect.high, 3),
        "votes": standing.votes,
        "clips": standing.clips,
        "wins": standing.wins,
        "losses": standing.losses,
        "both_good": standing.both_good,
        "both_bad": standing.both_bad,
        "cost_usd": None if arm.cost_micros is None else arm.cost_micros / 1e6,
        "latency_s": arm.latency_s,
    }


def _ranks(standing: Standing) -> str:
    best, worst = standing.best_rank, standing.worst_rank
    return str(best) if best == worst else f"{best}–{worst}"


def _side(name: str, run_id: str, position: int, arms: tuple[Arm, ...]) -> Mapping[str, Any]:
    run = run_of(f"{run_id}.{position}", arms)
    clip = next((one for one in run.clips if one.index == position), None)
    return {
        f"{name}_prompt": run.request.prompt,
        f"{name}_negative_prompt": run.request.negative_prompt,
        f"{name}_model": run.request.model,
        f"{name}_seed": run.request.seed,
        f"{name}_run": run.id,
        f"{name}_path": str(clip.path) if clip else None,
    }
