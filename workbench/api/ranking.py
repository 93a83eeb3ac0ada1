"""Votes of reviews → which arm is better, and how sure that is; for pages, terminal and notebooks alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.api.agreement import ArmAgreement, arm_agreement
from workbench.api.arms import Arm, arms_of
from workbench.api.keeping import Keeping
from workbench.api.meant import Sentences, meant
from workbench.api.phrases import ArmPhrases, arm_phrases
from workbench.domain.review import Pair, Review, ReviewClip
from workbench.domain.run import Run
from workbench.store import Store

if TYPE_CHECKING:
    from workbench.review import Ranking, Votes

_BRIEF = Sentences(
    several="{count} briefs fit {wanted!r:.60}; give more of the id.",
    none="No clip of a review was written from a brief {wanted!r:.60}. {there}",
    empty="No clip of a review was written from one.",
)


@dataclass(frozen=True, slots=True)
class RankedArms:
    """``arms`` as they are labelled in ``ranking``; ``sentence`` says it in words.

    ``judged`` are all pairs that were judged, repeats and skips too; ``votes`` those that count.
    """

    arms: tuple[Arm, ...]
    ranking: Ranking
    sentence: str
    reviews: tuple[Review, ...]
    judged: tuple[Pair, ...]
    votes: Votes

    def arm(self, label: str) -> Arm:
        return next(arm for arm in self.arms if arm.label == label)

    def next_steps(self) -> tuple[str, ...]:
        """What would help to know which arm is the best, in sentences. Computed each time."""
        from workbench.review import steps

        return steps(self.ranking)

    def phrases(self) -> ArmPhrases:
        """What slots, settings and the model do, and how free edits differ. Computed each time."""
        return arm_phrases(self.arms, self.ranking)

    def agreement(self) -> ArmAgreement:
        """How far the reviewers agree. Computed each time."""
        everything = votes_on(self.reviews, self.judged, self.arms, repeats=True)
        return arm_agreement(self.votes, everything)


class RankingArms(Keeping):
    """``Workbench`` adds everything that makes runs."""

    def rank(
        self, *, review: str = "", experiment: str = "", brief: str = "", by: str = "arm", person: str = ""
    ) -> RankedArms | None:
        """What the votes of one review say, of one experiment's clips, of those written from one brief, or
        of all reviews.

        ``by``: what runs are grouped by – ``arm`` (all but the seed), ``prompt`` or ``model``. ``person``
        leaves the votes of one reviewer only. Clips whose runs are in the bin are left out. ``None`` where
        no clip is left to rank. Raises ``RequestError`` for an unknown review, or ``by``.
        """
        from workbench.review import headline, ranked

        reviews = [self.store.reviews.get(review)] if review else self.store.reviews.all()
        reviews = [one for one in reviews if not one.plan.criteria]  # those have ratings: ``rated``
        arms = arms_of(reviewed(self.store, reviews, experiment, brief), by)
        if not arms:
            return None
        judged = self.store.reviews.pairs([one.id for one in reviews])
        judged = [pair for pair in judged if not person or pair.person == person]
        votes = votes_on(reviews, judged, arms)
        ranking = ranked(votes)
        return RankedArms(arms, ranking, headline(ranking), tuple(reviews), tuple(judged), votes)

    def find_brief(self, told: str) -> str:
        """The id of a brief that clips of reviews were written from, of its beginning, or of its title.
        Raises ``RequestError`` for none, or several."""
        titles = {one: brief.title for one, brief in self.store.briefs.reviewed().items()}
        return meant(told, titles, _BRIEF)


def reviewed(store: Store, reviews: Iterable[Review], experiment: str = "", brief: str = "") -> list[Run]:
    """The runs whose clips these show: of one experiment, or one brief, where such a one is named."""
    ids = list(dict.fromkeys(clip.run_id for one in reviews for clip in one.clips))
    return [
        run
        for run in store.runs.get_many(ids)
        if run.clip
        and not run.deleted_at
        and experiment in ("", run.origin.experiment_id)
        and brief in ("", run.origin.brief_id)
    ]


def votes_that_count(judged: Iterable[Pair]) -> list[Pair]:
    """Repeats tell how steady a person is, skips nothing: neither is a vote."""
    return [pair for pair in judged if pair.choice and pair.choice.is_vote and not pair.repeat_of]


def votes_on(
    reviews: Sequence[Review], judged: Iterable[Pair], arms: Sequence[Arm], *, repeats: bool = False
) -> Votes:
    """As the statistics take them: of clips of ``arms`` alone, each clip of a run by itself.

    ``repeats`` has these in it: for how steady people are, never for a ranking.
    """
    from workbench.review import votes_of

    of_run = {run.id: arm.label for arm in arms for run in arm.runs}
    by_id = {review.id: review for review in reviews}
    clips = dict.fromkeys(clip for review in reviews for clip in review.clips if clip.run_id in of_run)
    arm_of = {clip_name(clip): of_run[clip.run_id] for clip in clips}
    rows = []
    said = [pair for pair in judged if pair.choice and pair.choice.is_vote]
    for pair in said if repeats else votes_that_count(said):
        shown = [clip_name(by_id[pair.review_id].clips[place]) for place in (pair.left, pair.right)]
        if all(name in arm_of for name in shown):
            rows.append((shown[0], shown[1], str(pair.choice), pair.person))
    return votes_of(rows, arm_of, [arm.label for arm in arms])


def clip_name(clip: ReviewClip) -> str:
    return f"{clip.run_id}.{clip.position}"


def run_of(clip: str, arms: Sequence[Arm]) -> Run:
    """The run of a clip's name."""
    run_id = clip.partition(".")[0]
    return next(run for arm in arms for run in arm.runs if run.id == run_id)
