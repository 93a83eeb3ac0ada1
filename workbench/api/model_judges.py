"""Models as judges of a review's pairs: asked by a rubric, both ways round, after people were.

What they answered is in the log of questions, by content, model and the words of rubric and review: nothing
is paid for twice, and none of it is in ``Workbench.rank``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from workbench.api.judge_sending import Sending, Sent
from workbench.api.machine_judges import MachineJudging, agreement_record, effects_record
from workbench.api.ranking import RankedArms, clip_name
from workbench.api.reading import FREE, Estimate
from workbench.api.reviewing import BLIND
from workbench.api.scripting import Scripting
from workbench.api.viewing import Clips, PairAsked, Task
from workbench.domain.errors import RequestError
from workbench.domain.judge import ModelJudge, Rubric, Verdict, rubric, rubrics
from workbench.domain.review import ReviewClip

if TYPE_CHECKING:
    from workbench.review import Outcome, Ranking, Votes
    from workbench.review.judging import Orders, WithPeople

PURPOSE = "judge"
MOST_PAIRS = 1_000  # of a review: enough to tell an agreement to three points in a hundred


@dataclass(frozen=True, slots=True)
class Judging:
    """What a judge is asked: ``pairs`` are those that people judged, the most voted on first, ``MOST_PAIRS``
    at most; ``asked`` those of them of which something is still to be sent. ``estimate`` is the most that
    this should cost.
    """

    judge: ModelJudge
    pairs: tuple[PairAsked, ...]
    asked: tuple[PairAsked, ...]
    estimate: Estimate

    @property
    def questions(self) -> int:
        """Those to be sent."""
        return sum(len(one.unanswered) for one in self.asked)

    @property
    def cost(self) -> str:
        """What would be sent and what it may cost, in a sentence."""
        pairs, questions = _number(len(self.asked), "pair"), _number(self.questions, "question")
        told = f"{self.judge.model} would be asked about {pairs} ({questions}: each pair both ways round)"
        if self.estimate.micros is None:
            return f"{told} at a cost that is not known: workbench.toml takes a price."
        emulated = "; this is an emulator, so nothing will be charged" if self.estimate.is_emulated else ""
        return f"{told} for ${self.estimate.micros / 1e6:.2f} at most{emulated}."


@dataclass(frozen=True, slots=True)
class ModelJudged:
    """``votes``: one of the judge's on each pair that people judged and it answered both ways round, with
    ``verdicts`` in the same order; ``unjudged``: pairs that it did not. ``is_emulated``: an emulator said it.

    ``ranking`` is of these votes alone, ``people`` of people's alone; their arms have the same labels.
    """

    judge: ModelJudge
    agreement: WithPeople
    orders: Orders
    votes: Votes
    ranking: Ranking
    people: RankedArms
    unjudged: int
    verdicts: tuple[tuple[Verdict, Verdict], ...]
    is_emulated: bool


class ModelJudging(MachineJudging, Scripting):
    """``Workbench`` adds everything that makes runs."""

    def rubrics(self) -> Mapping[str, Rubric]:
        """Name → rubric: the built-in one and those of ``workbench.toml``."""
        return rubrics(self.settings.written.judges)

    def model_judge(self, model: str, rubric_name: str = "") -> ModelJudge:
        """``model`` is ``endpoint/model``, or an endpoint for its first one. Raises ``RequestError``."""
        first = (one.model for one in self.readers() if one.model.startswith(f"{model}/"))
        name = model if "/" in model else next(first, model)
        return ModelJudge(self.reading.model(name).model, rubric(rubric_name, self.rubrics()))

    def is_reader(self, name: str) -> bool:
        """Whether ``name`` is an endpoint that looks, or one of its models."""
        endpoint = name.partition("/")[0]
        return any(one.model.startswith(f"{endpoint}/") for one in self.readers())

    def model_judges(self, people: RankedArms) -> list[ModelJudge]:
        """Models that have judged a pair of this review, with the rubrics by which they did."""
        models = filter(self.is_reader, self.store.asks.models(PURPOSE))
        judges = [ModelJudge(model, one) for model in models for one in self.rubrics().values()]
        return [one for one in judges if any(pair.answers for pair in self._pairs(people, one))]

    def judging(self, people: RankedArms, judge: ModelJudge, *, most: int | None = None) -> Judging:
        """What ``judge`` would be asked of the pairs that people judged (of the ``most`` that stand first),
        and what that may cost. Sends nothing. Raises ``RequestError`` for votes of several reviews.
        """
        if most is not None and most < 1:
            raise RequestError(f"{most} pairs can't be judged; give 1 or more.")
        pairs = self._pairs(people, judge)
        asked = tuple(one for one in pairs[:most] if one.unanswered)
        return Judging(judge, pairs, asked, self._price(judge.model, asked))

    def judge(self, judging: Judging, on_answer: Callable[[int], None] | None = None) -> Sent:
        """Ask all of it; ``on_answer`` gets the number of questions that are done with.

        Raises before anything is sent ``ProviderNotReady``, and ``BudgetExceeded`` where not all of it fits
        into the day. What goes wrong later is told in ``Sent.failures``; the rest goes on unless it would
        go wrong alike.
        """
        self.check_judge(judging)
        clips = Clips(self.files, self.settings.data / BLIND)
        return Sending(self.reading, self.clock, PURPOSE, clips, on_answer).send(judging.asked)

    def check_judge(self, judging: Judging) -> None:
        """Raise what ``judge`` would before anything is sent. Where nothing is to be sent all is well."""
        if judging.asked:
            self.reading.named(judging.judge.model)
            self.reading.check_affordable(judging.judge.model, judging.estimate)

    def judged_by_model(self, people: RankedArms, judge: ModelJudge) -> ModelJudged:
        """What the log holds of the judge's answers, and how far they agree with people. Asks nothing."""
        from workbench.review import ranked
        from workbench.review.judging import model_votes, pairs_of, with_people

        pairs = self._pairs(people, judge)
        told = {one.pair: one.answers for one in pairs if len(one.answers) == 2}
        said = {pair: (_outcome(one), _outcome(other)) for pair, (one, other) in told.items()}
        votes, orders = model_votes(people.votes, said, judge.name)
        agreement = with_people(people.votes, votes, judge.model)
        unjudged = len(pairs_of(people.votes)) - len(votes)
        verdicts = tuple((one, other) for one, other in told.values())
        emulated = self.reading.is_emulated(judge.model)
        return ModelJudged(
            judge, agreement, orders, votes, ranked(votes), people, unjudged, verdicts, emulated
        )

    # Inside

    def _pairs(self, people: RankedArms, judge: ModelJudge) -> tuple[PairAsked, ...]:
        from workbench.prompting.judging import read_verdict
        from workbench.review.judging import pairs_of

        task, votes = self._task(people, judge), people.votes
        clips = {
            clip_name(ReviewClip(run.id, clip.index)): (run.id, clip.media)
            for arm in people.arms
            for run in arm.runs
            for clip in run.clips
        }
        sides = zip(votes.left.tolist(), votes.right.tolist(), strict=True)
        often = Counter(frozenset(pair) for pair in sides)
        there = [pair for pair in pairs_of(votes) if all(votes.clips[place] in clips for place in pair)]
        pairs = sorted(there, key=lambda pair: -often[frozenset(pair)])[:MOST_PAIRS]
        shown = [(clips[votes.clips[one]], clips[votes.clips[other]]) for one, other in pairs]
        viewings = [task.viewings(one, other) for (_, one), (_, other) in shown]
        names = [f"Runs {one[-6:]} and {other[-6:]}" for (one, _), (other, _) in shown]
        known = self.reading.known([(one.question, one.contents) for both in viewings for one in both])
        told = [None if one is None else read_verdict(one, judge.rubric) for one in known]
        return tuple(
            PairAsked(*each)
            for each in zip(pairs, names, viewings, zip(told[::2], told[1::2], strict=True), strict=True)
        )

    def _task(self, people: RankedArms, judge: ModelJudge) -> Task:
        """As the page of the review asks people: what is the same for all clips may be told."""
        if len(people.reviews) != 1:
            raise RequestError("A model judges one review, whose question it is asked. Choose one.")
        (review,) = people.reviews
        requests = [run.request for run in self.store.runs.get_many([c.run_id for c in review.clips])]
        prompts, inputs = {one.prompt for one in requests}, {one.inputs for one in requests}
        given = inputs.pop() if len(inputs) == 1 else ()
        return Task.of(
            judge,
            review.plan.question,
            prompts.pop() if len(prompts) == 1 else "",
            [one.media for one in given if not one.media.is_video],
            sees_clips=self.reading.model(judge.model).sees_clips,
        )

    def _price(self, model: str, asked: Sequence[PairAsked]) -> Estimate:
        unanswered = [viewing for one in asked for viewing in one.unanswered]
        if not unanswered:
            return FREE
        return self.reading.price(
            model,
            sum(one.text_bytes for one in unanswered),
            pictures=sum(one.pictures for one in unanswered),
            clip_tokens=sum(one.clip_tokens for one in unanswered),
            questions=len(unanswered),
        )


def _outcome(verdict: Verdict) -> Outcome:
    from workbench.review import Outcome

    return Outcome[verdict.choice.name]


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def model_judged_record(found: ModelJudged) -> dict[str, object]:
    """As JSON. Effects are logits; of each pair the answers are as it was shown, the first clip on the left
    and then the other.
    """
    votes = found.votes
    sides = zip(votes.left.tolist(), votes.right.tolist(), votes.outcome.tolist(), strict=True)
    return {
        "judge": found.judge.name,
        "emulated": found.is_emulated,
        "rubric": asdict(found.judge.rubric),
        **agreement_record(found.agreement),
        "orders": {**asdict(found.orders), "sentence": found.orders.sentence},
        "ties": int(votes.is_tie.sum()),
        "unjudged": found.unjudged,
        "arms": effects_record(found.ranking),
        "verdicts": [
            {
                "clips": [votes.clips[left], votes.clips[right]],
                "outcome": _label(outcome, both),
                "answers": [{"choice": one.choice, "reasons": dict(one.reasons)} for one in both],
            }
            for (left, right, outcome), both in zip(sides, found.verdicts, strict=True)
        ],
    }


def _label(outcome: int, both: tuple[Verdict, Verdict]) -> str:
    """A tie of answers that differ is neither of two good clips nor of two bad ones."""
    from workbench.review import Outcome

    if outcome < Outcome.BOTH_GOOD:
        return Outcome(outcome).label
    one, other = both
    return str(one.choice) if one.choice is other.choice and not one.choice.is_side else "tie"
