"""What a replay came to: request by request the old clip and the new one, and what got better or worse.

There is no sum of it all: each quantity is told by itself, with how sure it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from typing import Final

from workbench.api.ranking import RankedArms
from workbench.api.replay_changes import Changed, Verdict, changes_of
from workbench.api.replaying import Replaying
from workbench.api.reviewing import MOST_CLIPS
from workbench.api.sweeping import OWN, own_of
from workbench.domain.errors import RequestError
from workbench.domain.replay import Replay, ReplayPair
from workbench.domain.review import Review, ReviewClip, ReviewPlan
from workbench.domain.run import Status
from workbench.store.cells import newest
from workbench.store.experiments import Experiment

REVIEW: Final = "review"  # in what an experiment keeps of itself: the blind review of its pairs


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """``pairs`` are all requests of the replay. ``counts`` are of the new runs, by status; ``holes`` were
    never sent. ``unmeasured``: runs of pairs whose clip is still to be measured.

    ``ranked`` is what the votes of ``review`` say of the two models; both are ``None`` before there is one.
    """

    experiment: Experiment
    replay: Replay
    pairs: tuple[ReplayPair, ...]
    counts: Mapping[Status, int]
    holes: int
    changes: tuple[Changed, ...]
    unmeasured: tuple[str, ...]
    review: Review | None = None
    ranked: RankedArms | None = None

    @property
    def answered(self) -> tuple[ReplayPair, ...]:
        """What is compared."""
        return tuple(pair for pair in self.pairs if pair.is_answered)

    def of(self, *verdicts: Verdict) -> tuple[Changed, ...]:
        return tuple(one for one in self.changes if one.verdict in verdicts)

    @property
    def sentence(self) -> str:
        return _sentence(self)


class ReplayReporting(Replaying):
    """``Workbench`` adds everything that makes runs."""

    def replay_report(self, experiment_id: str) -> ReplayReport:
        """What got better and worse, by the runs as they are now. Raises ``RequestError`` for an experiment
        that is no replay.
        """
        experiment, replay = self.experiment(experiment_id), self._replay(experiment_id)
        pairs = self._replay_pairs(experiment.id, replay)
        answered = [pair for pair in pairs if pair.is_answered]
        runs = [run for pair in answered for run in (pair.old, pair.new) if run]
        measured = self._workbench.metrics_of([run.id for run in runs])
        progress = self.experiment_progress(experiment.id)
        review = self._replay_review_of(experiment.id)
        return ReplayReport(
            experiment,
            replay,
            tuple(pairs),
            progress.counts,
            progress.holes,
            changes_of(answered, measured),
            tuple(run.id for run in runs if run.clip and (run.id, 0) not in measured),
            review,
            self._workbench.rank(review=review.id, by="model") if review else None,
        )

    def replay_review(self, experiment_id: str) -> Review:
        """The blind review in which the old clip of a request stands beside the new one, and no other: made
        where there is none yet. Of more than 500 pairs, every second or third and so on is in it.

        Raises ``RequestError`` where no request has both clips.
        """
        experiment, replay = self.experiment(experiment_id), self._replay(experiment_id)
        if review := self._replay_review_of(experiment.id):
            return review
        whole = [pair for pair in self._replay_pairs(experiment.id, replay) if pair.is_watchable]
        if not whole:
            raise RequestError("No request has both an old clip and a new one yet. Wait for the first.")
        shown = whole[:: ceil(len(whole) / (MOST_CLIPS // 2))]
        clips = [ReviewClip(run.id) for pair in shown for run in (pair.old, pair.new) if run]
        places = tuple((2 * n, 2 * n + 1) for n in range(len(shown)))
        review = self.store.reviews.create(experiment.name, ReviewPlan(pairs=places), clips, self.clock.now())

        def reviewed(plan: dict[str, object]) -> Mapping[str, object]:
            return {**plan, OWN: {**(own_of(plan) or {}), REVIEW: review.id}}

        self.store.experiments.change(experiment.id, reviewed)
        return review

    # Inside

    def _replay(self, experiment_id: str) -> Replay:
        replay = self.replay_of(experiment_id)
        if replay is None:
            raise RequestError("This experiment is no replay: it repeats no runs of another model.")
        return replay

    def _replay_pairs(self, experiment_id: str, replay: Replay) -> list[ReplayPair]:
        kept = self.store.experiments.cells
        latest = newest(kept.made(experiment_id), kept.stands(experiment_id))
        ids = [*replay.sources, *(stand.run_id for stand in latest.values())]
        runs = {run.id: run for run in self.store.runs.get_many(ids)}
        return [
            ReplayPair(index, runs.get(source), runs.get(latest[index].run_id) if index in latest else None)
            for index, source in enumerate(replay.sources)
        ]

    def _replay_review_of(self, experiment_id: str) -> Review | None:
        """``None`` where there was none, or it was deleted."""
        own = own_of(self.store.experiments.plan(experiment_id)) or {}
        return next((one for one in self.store.reviews.all() if one.id == own.get(REVIEW)), None)


def _sentence(found: ReplayReport) -> str:
    """“22 of 24 requests have a new clip, 1 failed, 1 is left out. Better: …. Worse: …. …”."""
    counts = dict(found.counts)
    made, asked = counts.pop(Status.SUCCEEDED, 0), len(found.pairs)
    rest = [f"{count:,} {status}" for status, count in sorted(counts.items()) if count]
    rest += [f"{found.holes:,} left out"] if found.holes else []
    told = [", ".join([f"{made:,} of {asked:,} requests have a new clip", *rest]) + "."]
    if not found.answered:
        return " ".join([*told, "There is nothing to compare yet."])
    for word, verdicts in (
        ("Better", [Verdict.BETTER]),
        ("Worse", [Verdict.WORSE]),
        ("Different, neither way better", [Verdict.HIGHER, Verdict.LOWER]),
    ):
        if ones := found.of(*verdicts):
            told.append(f"{word}: {'; '.join(map(_briefly, ones))}.")
    if found.of(Verdict.OPEN):
        unsettled = "All else can't be told" if len(told) > 1 else "Nothing can be told"
        told.append(f"{unsettled} apart from chance on {len(found.answered):,} pairs.")
    if found.unmeasured:
        told.append(f"{len(found.unmeasured):,} clips are not measured yet.")
    return " ".join(told)


def _briefly(one: Changed) -> str:
    shift, count = one.shift, max(one.shift.up, one.shift.down)
    way = f"{one.verdict} " if one.better is None else ""
    return f"{one.label} ({way}in {count:,} of {shift.pairs:,})"


def replay_record(found: ReplayReport) -> dict[str, object]:
    """As JSON; runs by id, money in US dollars."""
    return {
        "sentence": found.sentence,
        "experiment": found.experiment.id,
        "old": found.replay.old,
        "new": found.replay.new,
        "old_passed_over": {str(status): n for status, n in found.replay.passed_over.items()},
        "new_runs": {str(status): n for status, n in found.counts.items()},
        "holes": found.holes,
        "unmeasured": list(found.unmeasured),
        "pairs": [_ids(pair) for pair in found.pairs],
        "changes": [_changed_record(one) for one in found.changes],
        "review": found.review.id if found.review else None,
        "votes": found.ranked.sentence if found.ranked else None,
    }


def _changed_record(one: Changed) -> dict[str, object]:
    figures = asdict(one.shift)
    del figures["most_up"], figures["most_down"]  # places in what is not told here
    return {
        "name": one.name,
        "label": one.label,
        "unit": one.unit,
        "better_is": one.direction.value or None,
        "verdict": one.verdict.value,
        "better": one.better,
        "worse": one.worse,
        **figures,
        "rose_most": _ids(one.rose),
        "fell_most": _ids(one.fell),
    }


def _ids(pair: ReplayPair) -> dict[str, str | None]:
    return {"old": pair.old.id if pair.old else None, "new": pair.new.id if pair.new else None}
