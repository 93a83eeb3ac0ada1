"""``RatingClips``: the part of the façade for blind reviews of ratings – one clip at a time, by criteria.

Which clip comes next is drawn from a seed made of the review, the person and how many clips they were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.api.arms import arms_of
from workbench.api.rated import RatingArms, by_criterion, ratings_on
from workbench.api.reviewing import (
    AHEAD,
    BLIND,
    GONE,
    REPEATS_APART,
    REPEATS_FROM,
    Reviewing,
    ShownClip,
    seed_of,
)
from workbench.domain.errors import RequestError
from workbench.domain.note import Note
from workbench.domain.rating import SCORES
from workbench.domain.rating_item import RatingItem, Said
from workbench.domain.review import Progress, Review, ReviewPlan
from workbench.domain.run import Clip, Run

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class AskedRatings:
    """What a reviewer has before them. ``items`` in order, up to ``AHEAD``; where there are none, ``why``."""

    items: tuple[RatingItem, ...]
    why: str = ""


class RatingClips(RatingArms, Reviewing):
    """``Workbench`` adds everything that makes runs."""

    def asked_ratings(self, review_id: str, person: str, ahead: int = AHEAD) -> AskedRatings:
        """The clips that ``person`` is to rate now; the same after a reload, or in another tab."""
        review = self.store.reviews.get(review_id)
        if not review.plan.criteria:
            raise RequestError(f"“{review.name}” is a review of pairs: nothing in it is rated.")
        if not person.strip():
            raise RequestError("Say who you are: ratings are kept by name.")
        items, runs = self.store.rating_items, self._runs_of(review)
        for item in items.open(review_id, person):
            if review.clips[item.place].run_id not in runs:
                items.say(item.id, person, Said.SKIP, {}, GONE, self.clock.now())
        for _ in range(ahead):
            held = items.open(review_id, person)
            if len(held) >= ahead:
                break
            if why := self._give_clip(review, runs, person, held, ahead):
                return AskedRatings(tuple(held), why)
        return AskedRatings(tuple(items.open(review_id, person)[:ahead]))

    def rate_item(self, item: RatingItem, scores: Mapping[str, int | None]) -> RatingItem:
        """1 to 5 by each criterion of the review, ``None`` where it can't be told. The newest word counts."""
        criteria = [one.name for one in self.store.reviews.get(item.review_id).plan.criteria]
        if missing := [name for name in criteria if name not in scores]:
            raise RequestError(
                f"Not rated yet: {', '.join(missing)}. Give 1 to 5, or say that you can't tell."
            )
        if unknown := [name for name in scores if name not in criteria]:
            raise RequestError(f"There is no criterion {unknown[0]!r} here. Allowed: {', '.join(criteria)}.")
        for score in scores.values():
            if score is not None and score not in SCORES:
                raise RequestError(f"A score can't be {score!r}. Allowed: 1, 2, 3, 4 or 5.")
        return self.store.rating_items.say(item.id, item.person, Said.RATED, scores, "", self.clock.now())

    def skip_item(self, item: RatingItem, reason: str) -> RatingItem:
        return self.store.rating_items.say(
            item.id, item.person, Said.SKIP, {}, reason.strip(), self.clock.now()
        )

    def take_back_rating(self, review_id: str, person: str) -> RatingItem | None:
        """The person's last word is none any more, and its clip comes first; ``None`` where there is none."""
        last = self.store.rating_items.last(review_id, person)
        if last is None:
            return None
        return self.store.rating_items.say(last.id, person, None, {}, "", self.clock.now())

    def clip_of(self, item: RatingItem) -> Clip:
        """Raises ``UnknownRun`` where it is gone for good."""
        return self._clip(self.store.reviews.get(item.review_id).clips[item.place])

    def note_on_item(self, item: RatingItem, text: str, *, at_s: float | None) -> Note:
        """What a reviewer sees in the clip; beyond its time it is of all of it."""
        shown = self.store.reviews.get(item.review_id).clips[item.place]
        length_s = self._clip(shown).media.duration_s
        at_s = at_s if at_s is not None and 0 <= at_s <= length_s else None
        return self.store.notes.add(
            Note(shown.run_id, text, at_s, shown.position, item.person), self.clock.now()
        )

    def review_progress(self, review_id: str) -> list[Progress]:
        """Of pairs, or of clips rated."""
        return super().review_progress(review_id) or self.store.rating_items.progress(review_id)

    def shown_clip(self, key: str) -> ShownClip | None:
        """The clip that a reviewer's browser calls ``key``. Raises ``BadMedia`` where it can't be copied."""
        from workbench.media.blind import kept_blind  # with PyAV

        item = self.store.rating_items.of_key(key)
        if item is None:
            return super().shown_clip(key)
        try:
            found = self.clip_of(item)
        except RequestError:  # the review was deleted, or the clip
            return None
        return ShownClip(
            item.review_id, kept_blind(found.path, found.media.sha256, self.settings.data / BLIND)
        )

    def _give_clip(
        self, review: Review, runs: Mapping[str, Run], person: str, held: Sequence[RatingItem], ahead: int
    ) -> str:
        """A clip more. Returns why there is none."""
        import numpy as np

        told = self.store.rating_items.said([review.id])
        if why := self._has_enough(review, runs, told):
            return why
        mine = [item for item in told if item.person == person]
        known = {item.place for item in (*mine, *held)}
        left = [p for p, clip in enumerate(review.clips) if clip.run_id in runs and p not in known]
        if not left:
            return "You have rated every clip of this review. Thank you."
        chance = np.random.default_rng(seed_of(review.id, person, len(mine) + len(held)))
        repeat = _repeat(review.plan, mine, chance)
        if repeat:
            place = repeat.place
        else:
            seen = {item.place for item in told}
            theirs = [p for p in left if p in seen]
            fresh = [p for p in left if p not in seen]
            again = theirs and (not fresh or chance.random() < review.plan.overlap)
            among = theirs if again else fresh
            place = among[int(chance.integers(len(among)))]
        self.store.rating_items.give(
            review.id,
            person,
            place,
            repeat_of=repeat.id if repeat else "",
            unless_open=ahead,
            now=self.clock.now(),
        )
        return ""

    def _has_enough(self, review: Review, runs: Mapping[str, Run], told: Sequence[RatingItem]) -> str:
        plan = review.plan
        if review.closed_at:
            return "This review is closed. Thank you."
        if not runs:
            return "The clips of this review are gone: there is none left to rate."
        counted = [item for item in told if item.counts]
        if plan.votes_wanted is not None and len(counted) >= plan.votes_wanted:
            return f"All {plan.votes_wanted} ratings of this review are there. Thank you."
        if plan.until is not None and self.clock.now() >= plan.until:
            return "The time of this review is over. Thank you."
        if plan.width is not None and counted:
            arms = arms_of(list(runs.values()))
            found = [
                arm.mean
                for each in plan.criteria
                for arm in by_criterion(each, ratings_on([review], counted, arms, each.name)).arms
            ]
            if all(mean and mean.high - mean.low < plan.width for mean in found):
                return "The intervals of this review are as narrow as was asked for. Thank you."
        return ""


def _repeat(plan: ReviewPlan, mine: Sequence[RatingItem], chance: np.random.Generator) -> RatingItem | None:
    """An earlier clip of the person's own, not of late and not one that came back already."""
    if len(mine) < REPEATS_FROM or chance.random() >= plan.repeats:
        return None
    back = {item.repeat_of for item in mine}
    fit = [item for item in mine[:-REPEATS_APART] if item.counts and item.id not in back]
    return fit[int(chance.integers(len(fit)))] if fit else None
