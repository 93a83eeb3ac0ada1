"""A ranking as others take it: JSON, a table, a picture, and pairs for training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from workbench.api.agreement import agreement_record
from workbench.api.arms import Arm
from workbench.api.forest import Forest, Line
from workbench.api.phrases import phrases_record
from workbench.api.ranking import RankedArms, run_of, votes_that_count
from workbench.domain.review import Choice
from workbench.domain.times import to_text
from workbench.review.sentence import effect as interval_text

if TYPE_CHECKING:
    from workbench.review import Interval, Standing

PRICES: Final = ("cost_micros", "latency_s")


def record(found: RankedArms, people: Mapping[str, str] | None = None) -> dict[str, object]:
    """Everything that the page shows, as JSON. ``people`` says what reviewers are called."""
    ranking = found.ranking
    return {
        "sentence": found.sentence,
        "next_steps": list(found.next_steps()),
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
        "who_voted_what": who_voted_what(found, people),
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


def who_voted_what(found: RankedArms, people: Mapping[str, str] | None = None) -> list[dict[str, object]]:
    """One a reviewer and arm, the best first: ``votes_for`` it, of ``decided`` ones between it and others.

    ``people`` says what reviewers are called.
    """
    import numpy as np

    from workbench.review import Outcome

    votes = found.votes
    shape = len(votes.raters), len(votes.arms)
    is_left = votes.outcome == Outcome.LEFT
    better = votes.arm_of[np.where(is_left, votes.left, votes.right)]
    worse = votes.arm_of[np.where(is_left, votes.right, votes.left)]
    told = np.flatnonzero(~votes.is_tie & (better != worse))
    won, lost = np.zeros(shape, int), np.zeros(shape, int)
    np.add.at(won, (votes.rater[told], better[told]), 1)
    np.add.at(lost, (votes.rater[told], worse[told]), 1)
    place = {arm: number for number, arm in enumerate(votes.arms)}
    return [
        {
            "reviewer": people[name] if people else name,
            "arm": one.arm,
            "votes_for": int(won[rater, place[one.arm]]),
            "decided": int(won[rater, place[one.arm]] + lost[rater, place[one.arm]]),
        }
        for rater, name in enumerate(votes.raters)
        for one in found.ranking.standings
    ]


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


def forest(found: RankedArms) -> Forest:
    """Effects with their 95 % intervals, the best first."""
    standings = found.ranking.standings
    return Forest(
        [
            Line(f"{one.arm}  {found.arm(one.arm).title}", one.effect, interval_text(one.effect))
            for one in standings
        ],
        reach([one.effect for one in standings]),
        {0: ""},
        title=found.sentence,
        about="effect against the mean of all, in logits, with 95 % intervals",
    )


def forest_svg(found: RankedArms) -> str:
    return forest(found).svg()


def reach(intervals: list[Interval]) -> tuple[float, float]:
    """The ends of an axis that has 0 and every interval in it."""
    low = min([-0.5, *(one.low for one in intervals)])
    high = max([0.5, *(one.high for one in intervals)])
    room = 0.04 * (high - low)
    return low - room, high + room


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
