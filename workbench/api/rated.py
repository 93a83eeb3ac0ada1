"""Ratings of reviews → how each arm does by each criterion, and how far people agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.api.arms import Arm, arms_of
from workbench.api.keeping import Keeping
from workbench.api.ranking import clip_name
from workbench.domain.errors import RequestError
from workbench.domain.rating import Criterion
from workbench.domain.rating_item import RatingItem
from workbench.domain.review import Review

if TYPE_CHECKING:
    from workbench.review import Agreement, Interval, Rated, Ratings


@dataclass(frozen=True, slots=True)
class ByCriterion:
    """``arms``: the best first, their means with 95 % intervals over clips."""

    criterion: Criterion
    arms: tuple[Rated, ...]
    agreement: Agreement
    sentence: str


@dataclass(frozen=True, slots=True)
class RatedArms:
    """``arms`` as they are labelled in ``criteria``; ``ratings`` are clips rated, repeats left out."""

    arms: tuple[Arm, ...]
    criteria: tuple[ByCriterion, ...]
    reviews: tuple[Review, ...]
    ratings: int
    people: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return " ".join(one.sentence for one in self.criteria)


class RatingArms(Keeping):
    """``Workbench`` adds everything that makes runs."""

    def rated(
        self,
        *,
        review: str = "",
        experiment: str = "",
        criterion: str = "",
        by: str = "arm",
        person: str = "",
    ) -> RatedArms | None:
        """What the blind ratings of one review say, of one experiment's clips, or of all reviews.

        ``criterion`` and ``person`` leave one. Clips whose runs are in the bin are left out. ``None`` where
        no clip is left. Raises ``RequestError`` for an unknown review or criterion, or a review of pairs.
        """
        reviews = [self.store.reviews.get(review)] if review else self.store.reviews.all()
        if review and not reviews[0].plan.criteria:
            raise RequestError(f"“{reviews[0].name}” is a review of pairs: it has votes, and no ratings.")
        reviews = [one for one in reviews if one.plan.criteria]
        known = {each.name: each for one in reversed(reviews) for each in one.plan.criteria}
        if criterion and criterion not in known:
            raise RequestError(f"Nothing was rated by {criterion!r:.60}. Allowed: {', '.join(known)}.")
        ids = list(dict.fromkeys(clip.run_id for one in reviews for clip in one.clips))
        arms = arms_of(
            [
                run
                for run in self.store.runs.get_many(ids)
                if run.clip
                and not run.deleted_at
                and (not experiment or run.origin.experiment_id == experiment)
            ],
            by,
        )
        if not arms:
            return None
        told = [item for item in self.store.rating_items.said([one.id for one in reviews]) if item.counts]
        told = [item for item in told if person in ("", item.person)]
        found = [
            by_criterion(each, ratings_on(reviews, told, arms, each.name))
            for each in known.values()
            if criterion in ("", each.name)
        ]
        people = tuple(sorted({item.person for item in told}))
        return RatedArms(arms, tuple(found), tuple(reviews), len(told), people)


def by_criterion(criterion: Criterion, ratings: Ratings) -> ByCriterion:
    from workbench.review import agreement, rated

    arms = rated(ratings)
    return ByCriterion(criterion, arms, agreement(ratings), f"{criterion.label}: {_said(arms)}")


def ratings_on(
    reviews: Sequence[Review], told: Iterable[RatingItem], arms: Sequence[Arm], criterion: str
) -> Ratings:
    """As the statistics take them. Who rated a clip in two reviews counts by the newest word."""
    import numpy as np

    from workbench.review import Ratings

    of_run = {run.id: place for place, arm in enumerate(arms) for run in arm.runs}
    by_id = {review.id: review for review in reviews}
    shown = dict.fromkeys(clip for review in reviews for clip in review.clips if clip.run_id in of_run)
    places = {clip: place for place, clip in enumerate(shown)}
    scores: dict[tuple[str, int], int] = {}
    for item in sorted((one for one in told if one.counts), key=lambda one: (one.said_at, one.id)):
        clip, score = by_id[item.review_id].clips[item.place], item.scores.get(criterion)
        if score is not None and clip in places:
            scores[item.person, places[clip]] = score
    people = sorted({person for person, _ in scores})
    rater_of = {person: place for place, person in enumerate(people)}
    return Ratings(
        arms=tuple(arm.label for arm in arms),
        clips=tuple(clip_name(clip) for clip in shown),
        arm_of=np.array([of_run[clip.run_id] for clip in shown], np.int64),
        clip=np.array([clip for _, clip in scores], np.int64),
        score=np.array(list(scores.values()), np.int64),
        rater=np.array([rater_of[person] for person, _ in scores], np.int64),
        raters=tuple(people),
    )


def interval_text(interval: Interval | None) -> str:
    return f"{interval.value:.1f} [{interval.low:.1f}, {interval.high:.1f}]" if interval else "not rated"


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
                    {"arm": a.arm, "mean": _told(a.mean), "ratings": a.ratings, "clips": a.clips}
                    for a in one.arms
                ],
                "alpha": _told(one.agreement.alpha),
                "agreement": one.agreement.sentence,
            }
            for one in found.criteria
        ],
    }


def _told(interval: Interval | None) -> dict[str, float] | None:
    return {"value": interval.value, "low": interval.low, "high": interval.high} if interval else None


def _said(arms: Sequence[Rated]) -> str:
    """What may be said of the first, as long as intervals are all that is compared."""
    some = [(arm.arm, arm.mean) for arm in arms if arm.mean]
    if not some:
        return "nothing was rated yet."
    first, mean = some[0]
    head = f"{first} has the highest mean, {interval_text(mean)}"
    if len(some) == 1:
        return f"{head}; no other arm was rated."
    near = [arm for arm, other in some[1:] if other.high >= mean.low]
    if not near:
        return f"{head}, and its interval lies above every other."
    return f"{head}; the intervals of {', '.join(near)} reach into its own, so which is better stays open."
