"""``Reviewing``: the part of the façade for blind reviews – who is shown which two clips next, and votes.

The next pair is drawn from a seed made of the review, the person and how many pairs they were given, so a
choice can be drawn again from the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.api.arms import Arm, arms_of
from workbench.api.keeping import Keeping
from workbench.api.ranking import clip_name, votes_on, votes_that_count
from workbench.api.run_set import RunSet
from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.note import Note
from workbench.domain.query import RunFilter
from workbench.domain.review import Choice, Pair, Progress, Review, ReviewClip, ReviewPlan
from workbench.domain.run import Clip, Run
from workbench.settings import Settings

if TYPE_CHECKING:
    import numpy as np

    from workbench.review import Fit

MOST_CLIPS = 1_000
AHEAD = 2  # pairs given to a person: the one that is judged, and the next, to be loaded meanwhile
REPEATS_FROM = 5  # pairs judged before one comes back
REPEATS_APART = 4
GONE = "A clip was deleted"
BLIND = Path("cache", "blind")  # in the data folder


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip as a reviewer's browser gets it: ``path`` is a copy that tells nothing of its origin."""

    review_id: str
    path: Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reviewer has before them. ``pairs`` in order, up to ``AHEAD``; where there are none, ``why``."""

    pairs: tuple[Pair, ...]
    why: str = ""


class Reviewing(Keeping):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings

    def review(
        self,
        name: str,
        runs: Iterable[Run | str] | None = None,
        *,
        experiment: str = "",
        plan: ReviewPlan | None = None,
    ) -> Review:
        """A blind review of the clips of ``runs``, or of an experiment's.

        Runs without a clip are passed over. Raises ``RequestError`` where fewer than two arms have one.
        """
        clips = [ReviewClip(run.id) for run in self._shown(runs, experiment)]
        if len(clips) > MOST_CLIPS:
            raise RequestError(f"A review of {len(clips)} clips is too long; choose up to {MOST_CLIPS:,}.")
        arms = arms_of([self._logged(clip.run_id) for clip in clips])
        if len(arms) < (1 if plan and plan.criteria else 2):
            have = "no clip" if not arms else "clips of one arm only (all but the seed is the same)"
            raise RequestError(f"There is nothing to compare: these runs have {have}. Choose clips of two.")
        name = " ".join(name.split())[:200] or "Review"
        return self.store.reviews.create(name, plan or ReviewPlan(), clips, self.clock.now())

    def reviews(self) -> list[Review]:
        """Newest first."""
        return self.store.reviews.all()

    def asked(self, review_id: str, person: str, ahead: int = AHEAD) -> Asked:
        """The pairs that ``person`` is to judge now; the same after a reload, or in another tab."""
        review = self.store.reviews.get(review_id)
        if review.plan.criteria:
            raise RequestError(f"“{review.name}” is a review of ratings: it has no pairs.")
        if not person.strip():
            raise RequestError("Say who you are: votes are kept by name.")
        self._skip_gone(review, person)
        for _ in range(ahead):
            held = self.store.reviews.open_pairs(review_id, person)
            if len(held) >= ahead:
                break
            if why := self._give(review, person, held, ahead):
                return Asked(tuple(held), why)
        return Asked(tuple(self.store.reviews.open_pairs(review_id, person)[:ahead]))

    def vote(self, pair_id: str, person: str, choice: Choice | str, reason: str = "") -> Pair:
        """Say which clip of a pair is better. The newest word counts; twice the same is once."""
        return self.store.reviews.vote(pair_id, person, Choice(choice), reason.strip(), self.clock.now())

    def clips_of(self, pair: Pair) -> tuple[Clip, Clip]:
        """Left and right. Raises ``UnknownRun`` where one is gone for good."""
        review = self.store.reviews.get(pair.review_id)
        left, right = (review.clips[place] for place in (pair.left, pair.right))
        return self._clip(left), self._clip(right)

    def note_on(self, pair: Pair, side: int, text: str, *, at_s: float | None, person: str) -> Note:
        """What a reviewer sees in the left (0) or right (1) clip; beyond its time it is of all of it."""
        shown = self.store.reviews.get(pair.review_id).clips[(pair.left, pair.right)[side]]
        length_s = self._clip(shown).media.duration_s
        at_s = at_s if at_s is not None and 0 <= at_s <= length_s else None
        note = Note(shown.run_id, text, at_s, shown.position, person)
        return self.store.notes.add(note, self.clock.now())

    def take_back(self, review_id: str, person: str) -> Pair | None:
        """The person's last vote is none any more, and its pair comes first; ``None`` where there is none."""
        last = self.store.reviews.last_vote(review_id, person)
        if last is None:
            return None
        return self.store.reviews.vote(last.id, person, None, "", self.clock.now())

    def review_progress(self, review_id: str) -> list[Progress]:
        return self.store.reviews.progress(review_id)

    def close_review(self, review_id: str, *, reopen: bool = False) -> None:
        """Nobody gets a new pair any more."""
        self.store.reviews.close(review_id, None if reopen else self.clock.now())

    def delete_review(self, review_id: str, *, undo: bool = False) -> None:
        """Its votes count no more, until that is undone."""
        self.store.reviews.delete(review_id, None if undo else self.clock.now())

    def shown_clip(self, key: str) -> ShownClip | None:
        """The clip that a reviewer's browser calls ``key``. Raises ``BadMedia`` where it can't be copied."""
        from workbench.media.blind import kept_blind  # with PyAV

        pair = self.store.reviews.pair_of_key(key)
        if pair is None:
            return None
        try:
            review = self.store.reviews.get(pair.review_id)
            clip = review.clips[pair.left if key == pair.left_key else pair.right]
            found = self._clip(clip)
        except RequestError:  # the review was deleted, or the clip
            return None
        return ShownClip(review.id, kept_blind(found.path, found.media.sha256, self.settings.data / BLIND))

    # Which pair is next

    def _give(self, review: Review, person: str, held: Sequence[Pair], ahead: int) -> str:
        """A pair more. Returns why there is none."""
        import numpy as np

        judged = self.store.reviews.pairs([review.id])
        runs = self._runs_of(review)
        places = [place for place, clip in enumerate(review.clips) if clip.run_id in runs]
        there = set(places)
        arms = arms_of([runs[review.clips[place].run_id] for place in places])
        if why := self._is_over(review, judged, arms):
            return why
        mine = [pair for pair in judged if pair.person == person]
        known = {pair.clips for pair in (*mine, *held)}
        arm_of = {run.id: number for number, arm in enumerate(arms) for run in arm.runs}
        apart = [
            pair
            for pair in review.plan.pairs or combinations(places, 2)
            if set(pair) <= there
            and arm_of[review.clips[pair[0]].run_id] != arm_of[review.clips[pair[1]].run_id]
        ]
        left = [pair for pair in apart if frozenset(pair) not in known]
        if not left:
            return "You have judged every pair of this review. Thank you."
        seed = seed_of(review.id, person, len(mine) + len(held))
        chance = np.random.default_rng(seed)
        if repeat := _repeat(review.plan, mine, chance):
            self._given(review, person, (repeat.right, repeat.left), 0.0, ahead, repeat_of=repeat.id)
            return ""
        seen = {pair.clips for pair in judged}
        theirs = [pair for pair in left if frozenset(pair) in seen]
        if theirs and chance.random() < review.plan.overlap:
            pair = theirs[int(chance.integers(len(theirs)))]
            sides = (pair[0], pair[1]) if chance.random() < 0.5 else (pair[1], pair[0])
            self._given(review, person, sides, review.plan.overlap / len(theirs), ahead)
            return ""
        from workbench.review import choose
        from workbench.review.pairing import TOP_SHARE

        fit = _fit(review, judged, arms)
        spot = {clip: n for n, clip in enumerate(fit.votes.clips)}
        index = {place: spot[clip_name(review.clips[place])] for place in places}
        place_of = {n: place for place, n in index.items()}
        pairs = np.array([(index[one], index[other]) for one, other in left], np.int64)
        top_share = TOP_SHARE if review.plan.width is None else 0.0  # that rule is of every difference
        chosen = choose(fit, seed, pairs=pairs, top_share=top_share)
        share = 1.0 if not theirs else 1 - review.plan.overlap
        self._given(
            review,
            person,
            (place_of[chosen.left], place_of[chosen.right]),
            chosen.probability * share,
            ahead,
        )
        return ""

    def _skip_gone(self, review: Review, person: str) -> None:
        """A pair of which a clip went to the bin after it was given can't be judged."""
        held = self.store.reviews.open_pairs(review.id, person)
        there = self._runs_of(review) if held else {}
        for pair in held:
            if any(review.clips[place].run_id not in there for place in pair.clips):
                self.store.reviews.vote(pair.id, person, Choice.SKIP, GONE, self.clock.now())

    def _given(
        self,
        review: Review,
        person: str,
        clips: tuple[int, int],
        probability: float,
        ahead: int,
        repeat_of: str = "",
    ) -> None:
        self.store.reviews.give(
            review,
            person,
            clips,
            probability=probability,
            repeat_of=repeat_of,
            unless_open=ahead,
            now=self.clock.now(),
        )

    def _is_over(self, review: Review, judged: Sequence[Pair], arms: Sequence[Arm]) -> str:
        if review.closed_at:
            return "This review is closed. Thank you."
        if len(arms) < 2:
            return "The clips of this review are gone: there are no two left to compare."
        plan = review.plan
        counted = votes_that_count(judged)
        if plan.votes_wanted is not None and len(counted) >= plan.votes_wanted:
            return f"All {plan.votes_wanted} votes of this review are there. Thank you."
        if plan.until is not None and self.clock.now() >= plan.until:
            return "The time of this review is over. Thank you."
        if plan.width is not None and counted:
            from workbench.review import ranked

            ranking = ranked(votes_on([review], judged, arms))
            widths = [found.gap.high - found.gap.low for found in ranking.differences]
            if len(ranking.groups) == 1 and max(widths) < plan.width:
                return "The intervals of this review are as narrow as was asked for. Thank you."
        return ""

    def _runs_of(self, review: Review) -> dict[str, Run]:
        """Those that still have the clip."""
        runs = self.store.runs.get_many([clip.run_id for clip in review.clips])
        return {run.id: run for run in runs if run.clip and not run.deleted_at}

    def _shown(self, runs: Iterable[Run | str] | None, experiment: str) -> list[Run]:
        if runs is None:
            wanted = RunFilter(experiment_id=experiment)
            found: list[Run] = list(RunSet(self.store, wanted)) if experiment else []
        else:
            found = [self._logged(run.id if isinstance(run, Run) else run) for run in runs]
        unique = {run.id: run for run in found}
        return [run for _, run in sorted(unique.items()) if run.clip and run.clip.media.is_video]

    def _clip(self, shown: ReviewClip) -> Clip:
        run = self._logged(shown.run_id)
        found = next((clip for clip in run.clips if clip.index == shown.position), None)
        if found is None or run.deleted_at:
            raise UnknownRun(f"Run {run.id} has no clip {shown.position} any more.")
        return found

    def _logged(self, run_id: str) -> Run:
        return self.store.runs.get(self.store.runs.resolve(run_id))


def _fit(review: Review, judged: Sequence[Pair], arms: Sequence[Arm]) -> Fit:
    from workbench.review import fitted

    return fitted(votes_on([review], judged, arms))


def _repeat(plan: ReviewPlan, mine: Sequence[Pair], chance: np.random.Generator) -> Pair | None:
    """An earlier pair of the person's own, not of late and not one that came back already."""
    if len(mine) < REPEATS_FROM or chance.random() >= plan.repeats:
        return None
    back = {pair.repeat_of for pair in mine}
    old = sorted(mine, key=lambda pair: pair.id)[:-REPEATS_APART]
    fit = [p for p in old if p.choice and p.choice.is_vote and not p.repeat_of and p.id not in back]
    return fit[int(chance.integers(len(fit)))] if fit else None


def seed_of(review_id: str, person: str, number: int) -> int:
    told = f"{review_id}\0{person}\0{number}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big")
