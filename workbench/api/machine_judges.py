"""Metrics as judges of a review's pairs: raters of their own kind, told by their agreement with people first.

Nothing of it is stored, and none of it is in ``Workbench.rank``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING

from workbench.api.ranking import RankedArms, RankingArms, clip_name
from workbench.domain.errors import RequestError
from workbench.domain.judge import MetricJudge
from workbench.domain.review import ReviewClip
from workbench.media.metrics.about import METRICS, Direction

if TYPE_CHECKING:
    from workbench.review import Ranking, Votes
    from workbench.review.judging import WithPeople

_DIRECTED = {
    name: about.direction is Direction.HIGHER
    for name, about in METRICS.items()
    if about.direction in (Direction.HIGHER, Direction.LOWER)
}


@dataclass(frozen=True, slots=True)
class MachineJudged:
    """``votes``: one of the judge's on each pair that people judged and whose clips both have a value;
    ``unmeasured``: pairs left out, as one has none.

    ``ranking`` is of these votes alone, ``people`` of people's alone; their arms have the same labels.
    """

    judge: MetricJudge
    agreement: WithPeople
    votes: Votes
    ranking: Ranking
    people: RankedArms
    unmeasured: int


class MachineJudging(RankingArms):
    """``Workbench`` adds everything that makes runs."""

    def judges(self, review: str) -> list[MetricJudge]:
        """Metrics that say which way is better, and have a value for two clips of the review or more.

        Raises ``RequestError`` for an unknown review.
        """
        clips = set(self.store.reviews.get(review).clips)
        values = self._values(_DIRECTED, clips)
        return [
            MetricJudge(name, higher)
            for name, higher in _DIRECTED.items()
            if sum(name in known for known in values.values()) > 1
        ]

    def judged_by(
        self, review: str, judge: str, *, margin: float = 0.0, by: str = "arm"
    ) -> MachineJudged | None:
        """What ``judge`` (``metric:NAME``) says of the pairs that people judged, and how far they agree.

        Values that differ by ``margin`` or less, in the metric's unit, are a tie. ``None`` where no clip of
        the review is left. Raises ``RequestError`` for an unknown review, judge, or ``by``.
        """
        chosen = metric_judge(judge, margin)
        people = self.rank(review=review, by=by)
        return None if people is None else self.judged_by_metric(people, chosen)

    def judged_by_metric(self, people: RankedArms, chosen: MetricJudge) -> MachineJudged:
        """``judged_by`` of votes that are ranked already."""
        from workbench.review import ranked
        from workbench.review.judging import metric_votes, pairs_of, with_people

        clips = {clip for one in people.reviews for clip in one.clips}
        known = self._values([chosen.metric], clips)
        values = {clip_name(clip): found[chosen.metric] for clip, found in known.items()}
        votes = metric_votes(people.votes, values, chosen)
        agreement = with_people(people.votes, votes, METRICS[chosen.metric].label)
        unmeasured = len(pairs_of(people.votes)) - len(votes)
        return MachineJudged(chosen, agreement, votes, ranked(votes), people, unmeasured)

    def _values(self, names: Iterable[str], clips: set[ReviewClip]) -> dict[ReviewClip, dict[str, float]]:
        found = self.store.metrics.values_of(list(names), list({clip.run_id for clip in clips}))
        known = {ReviewClip(*place): values for place, values in found.items()}
        return {clip: values for clip, values in known.items() if clip in clips}


def metric_judge(name: str, margin: float = 0.0) -> MetricJudge:
    """From ``metric:NAME``. Raises ``RequestError`` naming what there is."""
    kind, _, metric = name.partition(":")
    if kind != "metric" or metric not in _DIRECTED:
        allowed = ", ".join(f"metric:{one}" for one in _DIRECTED)
        raise RequestError(
            f"“{name}” is no judge: a metric that says which way is better can be one, or a model that looks "
            f"(ENDPOINT/MODEL). Allowed: {allowed}."
        )
    if not (isfinite(margin) and margin >= 0):
        raise RequestError(f"A margin can't be {margin}; give 0 or more, in the metric's unit.")
    return MetricJudge(metric, _DIRECTED[metric], margin)


def judged_record(found: MachineJudged) -> dict[str, object]:
    """As JSON. Effects are logits."""
    return {
        "judge": found.judge.name,
        "margin": found.judge.margin,
        **agreement_record(found.agreement),
        "ties": int(found.votes.is_tie.sum()),
        "unmeasured": found.unmeasured,
        "arms": effects_record(found.ranking),
    }


def agreement_record(agreement: WithPeople) -> dict[str, object]:
    return {
        "sentence": agreement.sentence,
        "same": agreement.same,
        "pairs": agreement.pairs,
        "rate": asdict(agreement.rate) if agreement.rate else None,
        "kappa": agreement.kappa,
        "people": asdict(agreement.people),
    }


def effects_record(ranking: Ranking) -> list[dict[str, object]]:
    return [{"arm": one.arm, "effect": asdict(one.effect)} for one in ranking.standings]
