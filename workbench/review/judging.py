"""What a machine judge says of the pairs that people judged, and how often it agrees with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.judge import MetricJudge
from workbench.review.ranking import LEVEL, Interval
from workbench.review.raters import Share, share
from workbench.review.votes import Outcome, Votes

_RESAMPLES, _SEED = 2_000, 20_041
_TAIL = (1 - LEVEL) / 2
_COIN = 0.5

Places = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WithPeople:
    """``same`` of the ``pairs`` that both the judge and most people decided. ``rate`` is their share, with
    a 95 % interval over clips; ``None`` where there is no such pair.

    ``people``: of each two people's decided votes on pairs that the judge decided, those that are alike;
    evenly divided pairs are in it.
    """

    same: int
    pairs: int
    rate: Interval | None
    people: Share
    sentence: str

    @property
    def kappa(self) -> float | None:
        """Cohen's κ. Which clip of a pair comes first is arbitrary, so chance agrees on half."""
        return 2 * self.rate.value - 1 if self.rate else None


def metric_votes(people: Votes, values: Mapping[str, float], judge: MetricJudge) -> Votes:
    """One vote of the judge on each pair that people judged, where both clips have a value.

    A tie is of two values that are level; it says nothing of how good they are.
    """
    pairs = [
        (one, other)
        for one, other in pairs_of(people)
        if people.clips[one] in values and people.clips[other] in values
    ]
    outcomes = []
    for one, other in pairs:
        gap = values[people.clips[one]] - values[people.clips[other]]
        if abs(gap) <= judge.margin:
            outcomes.append(Outcome.BOTH_GOOD)
        else:
            outcomes.append(Outcome.LEFT if (gap > 0) == judge.prefers_higher else Outcome.RIGHT)
    return _one_each(people, pairs, outcomes, judge.name)


@dataclass(frozen=True, slots=True)
class Orders:
    """``same``: of the pairs that a judge was shown both ways round, those with one answer (all ties are
    one). ``left``: of its answers that decide, those for the left side.
    """

    same: Share
    left: Share

    @property
    def leans(self) -> bool:
        """Surely to one side: each clip stood on the left as often as on the right."""
        return self.left.low > _COIN or self.left.high < _COIN

    @property
    def sentence(self) -> str:
        if not self.same.of:
            return "It was asked about no pair both ways round yet."
        told = f"Shown both ways round, {self.same.count} of {self.same.of} pairs got the same answer"
        told += "." if self.same.count == self.same.of else "; the others count as ties."
        if not self.left.of:
            return told
        side = "it leans to one side." if self.leans else "no side is sure to be preferred."
        return f"{told} The left side was chosen in {self.left.count} of {self.left.of} answers: {side}"


def model_votes(
    people: Votes, said: Mapping[Places, tuple[Outcome, Outcome]], name: str
) -> tuple[Votes, Orders]:
    """One vote of a model on each pair of ``said``, which holds what it answered with the first clip on the
    left, and then with the second there.

    Where the two answers differ, the vote is a tie: what turns with the sides was not said of the clips. Two
    votes, with the sides' pull taken out as it is of people's, would count one clip's luck twice: answers of
    one machine on one pair are no two raters. A tie is ``BOTH_BAD`` where both answers say so; else it says
    nothing of how good the clips are.
    """
    exchanged = {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}
    outcomes, same = [], 0
    for one_way, other_way in said.values():
        back = exchanged.get(other_way, other_way)
        ties = one_way >= Outcome.BOTH_GOOD and back >= Outcome.BOTH_GOOD
        same += ties or one_way == back
        outcomes.append(one_way if one_way == back else Outcome.BOTH_GOOD)
    decided = [answer for both in said.values() for answer in both if answer < Outcome.BOTH_GOOD]
    orders = Orders(share(same, len(said)), share(decided.count(Outcome.LEFT), len(decided)))
    return _one_each(people, list(said), outcomes, name), orders


def _one_each(people: Votes, pairs: Sequence[Places], outcomes: Sequence[Outcome], name: str) -> Votes:
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    said, nobody_else = np.array(outcomes, np.int64), np.zeros(len(pairs), np.int64)
    return Votes(people.arms, people.clips, people.arm_of, left, right, said, nobody_else, (name,))


def with_people(
    people: Votes, machine: Votes, label: str, *, resamples: int = _RESAMPLES, seed: int = _SEED
) -> WithPeople:
    """Pairs on which people are divided evenly are left out; of a person's votes on a pair the first counts.

    The interval resamples clips, and with them the pairs that they stand in (a pair counts as often as both
    its clips were drawn); it is never narrower than Wilson's of the pairs, which few pairs need.
    """
    by_pair = _decided(people)
    said = {pair: better for (pair, better) in _better(machine) if better is not None}
    compared: list[tuple[Places, bool]] = []
    couples = alike = 0
    for pair, better in said.items():
        votes = Counter(by_pair.get(pair, {}).values())
        one, other = votes[pair[0]], votes[pair[1]]
        couples += (one + other) * (one + other - 1) // 2
        alike += (one * (one - 1) + other * (other - 1)) // 2
        if one == other:
            continue
        compared.append((pair, (better == pair[0]) == (one > other)))
    same = sum(agrees for _, agrees in compared)
    rate = _interval(compared, resamples, seed) if compared else None
    between = share(alike, couples)
    return WithPeople(
        same, len(compared), rate, between, _sentence(label, same, len(compared), rate, between)
    )


def pairs_of(votes: Votes) -> list[Places]:
    """Each pair of clips once, whichever side they stood on, by their places in ``votes.clips``."""
    return list(dict.fromkeys(_pair(*sides) for sides in _sides(votes)))


def _sides(votes: Votes) -> list[Places]:
    return list(zip(votes.left.tolist(), votes.right.tolist(), strict=True))


def _pair(one: int, other: int) -> Places:
    return (one, other) if one < other else (other, one)


def _better(votes: Votes) -> list[tuple[Places, int | None]]:
    """Each vote's pair, and the clip it prefers; ``None`` is a tie."""
    told = []
    for (left, right), outcome in zip(_sides(votes), votes.outcome.tolist(), strict=True):
        better = {Outcome.LEFT: left, Outcome.RIGHT: right}.get(outcome)
        told.append((_pair(left, right), better))
    return told


def _decided(people: Votes) -> dict[Places, dict[int, int | None]]:
    """Pair → person → the clip preferred in the first vote."""
    found: dict[Places, dict[int, int | None]] = {}
    raters = people.rater.tolist() if len(people.rater) else range(len(people))
    for rater, (pair, better) in zip(raters, _better(people), strict=True):
        found.setdefault(pair, {}).setdefault(rater, better)
    return found


def _interval(compared: list[tuple[Places, bool]], resamples: int, seed: int) -> Interval:
    clips, at = np.unique([pair for pair, _ in compared], return_inverse=True)
    left, right = at.reshape(-1, 2).T
    agrees = np.array([one for _, one in compared], float)
    random = np.random.default_rng(seed)
    rates = []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(len(clips), size=len(clips)), minlength=len(clips))
        weight = drawn[left] * drawn[right]
        if total := weight.sum():
            rates.append(float(weight @ agrees / total))
    wilson = share(int(agrees.sum()), len(agrees))
    low, high = np.quantile(rates, [_TAIL, 1 - _TAIL]) if rates else (wilson.low, wilson.high)
    return Interval(float(agrees.mean()), min(float(low), wilson.low), max(float(high), wilson.high))


def _sentence(label: str, same: int, pairs: int, rate: Interval | None, people: Share) -> str:
    if rate is None:
        return f"{label}: no pair was decided both by it and by people, so how far they agree can't be told."
    told = (
        f"{label} agrees with people on {same} of {pairs} pair{'' if pairs == 1 else 's'} "
        f"({_percent(rate.value)} % [{_percent(rate.low)}, {_percent(rate.high)}]); a coin would on 50 %: "
    )
    if rate.low > _COIN:
        told += "better than a coin, and still no person."
    elif rate.high < _COIN:
        told += "it prefers what people don't."
    else:
        told += "not a stand-in for people."
    if people.of:
        told += (
            f" On pairs that it decided, two people agree {_percent(people.count / people.of)} % of the time."
        )
    return told


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"
