"""Ratings of reviews → how each arm does by each criterion, and how far people agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.api.arms import Arm, arms_of
from workbench.api.keeping import Keeping
from workbench.api.ranking import clip_name, reviewed
from workbench.domain.errors import RequestError
from workbench.domain.rating import Criterion
from workbench.domain.rating_item import RatingItem
from workbench.domain.review import Review, ReviewClip

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
    """``arms`` as they are labelled in ``criteria``; ``told`` is what was said of which clip, and counts."""

    arms: tuple[Arm, ...]
    criteria: tuple[ByCriterion, ...]
    reviews: tuple[Review, ...]
    told: tuple[tuple[ReviewClip, RatingItem], ...]

    @property
    def sentence(self) -> str:
        return " ".join(one.sentence for one in self.criteria)

    @property
    def ratings(self) -> int:
        """Clips rated: one of each person for each clip, repeats left out."""
        return len(self.told)

    @property
    def people(self) -> tuple[str, ...]:
        """In the order of the alphabet."""
        return tuple(sorted({item.person for _, item in self.told}))

    def arm(self, label: str) -> Arm:
        return next(arm for arm in self.arms if arm.label == label)


class RatingArms(Keeping):
    """``Workbench`` adds everything that makes runs."""

    def rated(
        self,
        *,
        review: str = "",
        experiment: str = "",
        brief: str = "",
        criterion: str = "",
        by: str = "arm",
        person: str = "",
    ) -> RatedArms | None:
        """What the blind ratings of one review say, of one experiment's clips, of those written from one
        brief, or of all reviews.

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
        arms = arms_of(reviewed(self.store, reviews, experiment, brief), by)
        if not arms:
            return None
        shown = {run.id for arm in arms for run in arm.runs}
        by_id = {one.id: one for one in reviews}
        said = self.store.rating_items.said(list(by_id))
        told = [
            (clip, item)
            for item in said
            if item.counts
            and person in ("", item.person)
            and (clip := by_id[item.review_id].clips[item.place]).run_id in shown
        ]
        found = [
            by_criterion(each, ratings_on(reviews, [item for _, item in told], arms, each.name))
            for each in known.values()
            if criterion in ("", each.name)
        ]
        return RatedArms(arms, tuple(found), tuple(reviews), tuple(told))


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
