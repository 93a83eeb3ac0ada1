"""Ratings as others take them: JSON, tables, and a picture for each criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from workbench.api.forest import Forest, Line
from workbench.api.rated import ByCriterion, RatedArms, interval_text
from workbench.domain.rating import SCORES
from workbench.domain.times import to_text


def record(found: RatedArms) -> dict[str, Any]:
    """For JSON."""
    return {
        "sentence": found.sentence,
        "reviews": [one.id for one in found.reviews],
        "ratings": found.ratings,
        "people": len(found.people),
        "arms": [
            {"arm": arm.label, "title": arm.title, "runs": [run.id for run in arm.runs]} for arm in found.arms
        ],
        "criteria": [
            {
                "criterion": one.criterion.name,
                "sentence": one.sentence,
                "arms": [
                    {
                        "arm": each.arm,
                        "mean": each.mean and asdict(each.mean),
                        "ratings": each.ratings,
                        "clips": each.clips,
                    }
                    for each in one.arms
                ],
                "alpha": one.agreement.alpha and asdict(one.agreement.alpha),
                "agreement": one.agreement.sentence,
            }
            for one in found.criteria
        ],
    }


def rows(found: RatedArms) -> list[dict[str, object]]:
    """One for each criterion and arm, the best first; for a table or CSV. Means are points of 1 to 5."""
    return [
        {
            "criterion": one.criterion.name,
            "arm": each.arm,
            "what": found.arm(each.arm).title,
            "mean": each.mean and round(each.mean.value, 3),
            "low": each.mean and round(each.mean.low, 3),
            "high": each.mean and round(each.mean.high, 3),
            "ratings": each.ratings,
            "clips": each.clips,
        }
        for one in found.criteria
        for each in one.arms
    ]


def scores(found: RatedArms, people: Mapping[str, str]) -> list[dict[str, object]]:
    """One for each score that was given, or could not be; ``people`` says what reviewers are called."""
    by_run = {run.id: (arm.label, run.request) for arm in found.arms for run in arm.runs}
    told: list[dict[str, object]] = []
    for clip, item in found.told:
        arm, request = by_run[clip.run_id]
        for criterion, score in item.scores.items():
            told.append(
                {
                    "arm": arm,
                    "seed": request.seed,
                    "take": request.take,
                    "clip": clip.position + 1,
                    "reviewer": people[item.person],
                    "criterion": criterion,
                    "score": score,
                    "rated_at": item.said_at and to_text(item.said_at),
                }
            )
    return told


def forest(found: RatedArms, one: ByCriterion) -> Forest:
    """Means by one criterion with their 95 % intervals, the best first."""
    low, high = SCORES[0], SCORES[-1]
    return Forest(
        [
            Line(f"{each.arm}  {found.arm(each.arm).title}", each.mean, interval_text(each.mean))
            for each in one.arms
        ],
        (low, high),
        {score: str(score) for score in SCORES},
        title=one.sentence,
        about=f"{one.criterion.label}: mean of the clips, {low} to {high}, with 95 % intervals over clips",
    )


def forest_svg(found: RatedArms, one: ByCriterion) -> str:
    return forest(found, one).svg()
