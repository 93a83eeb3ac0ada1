"""How far reviewers agree on pairs of clips: Krippendorff's α of their votes, and each two of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.review.ranking import LEVEL, Interval
from workbench.review.raters import Share, share
from workbench.review.ratings import RELIABLE, TENTATIVE
from workbench.review.votes import Floats, Ints, Outcome, Votes

_RESAMPLES, _SEED = 2_000, 20_040
_TAIL = (1 - LEVEL) / 2
_ANSWERS = 3  # the one clip, the other, neither: two good clips and two bad ones are one answer
_EXCHANGED = [1, 0, 2]


@dataclass(frozen=True, slots=True)
class Accord:
    """Krippendorff's α, nominal: 1 is perfect, 0 what chance makes. ``alpha`` is ``None`` where it can't be
    told, and ``sentence`` says why, or what the value means.

    ``pairs``: those that two or more people judged; ``votes`` on them.
    """

    alpha: Interval | None
    pairs: int
    votes: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Together:
    """``same``: of the pairs that both people judged, those with one answer."""

    one: str
    other: str
    same: Share


def accord(votes: Votes, *, resamples: int = _RESAMPLES, seed: int = _SEED) -> Accord:
    """α = 1 − (n − 1) Σ o(c,k) / Σ n(c) n(k) over c ≠ k, with o the coincidences of answers within pairs
    and n their sums (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011).

    Which clip of a pair is called the one is arbitrary, so each pair counts both ways round. The interval
    resamples pairs. Of somebody who judged a pair more than once, the first vote counts.
    """
    counts = _counts(votes)
    pairs, number = len(counts), int(counts.sum())
    if not pairs:
        return Accord(None, 0, 0, "No pair was judged by two people: how far they agree can't be told.")
    kinds, times = np.unique(counts, axis=0, return_counts=True)  # pairs with the same answers are alike
    both = kinds[:, :, None] * kinds[:, None, :]
    both[:, range(_ANSWERS), range(_ANSWERS)] -= kinds
    one_way = both / (kinds.sum(1) - 1)[:, None, None]
    other_way = one_way[:, _EXCHANGED][:, :, _EXCHANGED]
    coincidences = ((one_way + other_way) / 2).reshape(len(kinds), -1)
    value = float(_alphas((times @ coincidences)[None])[0])
    if np.isnan(value):
        return Accord(
            *(None, pairs, number),
            "All said “neither” of every pair that two people judged: there is nothing to agree about.",
        )
    if pairs < 2:
        return Accord(
            *(Interval(value, -1.0, 1.0), pairs, number),
            "Only 1 pair was judged by two people: how far they agree stays open.",
        )
    drawn = np.random.default_rng(seed).multinomial(pairs, times / pairs, resamples)
    alphas = _alphas(drawn @ coincidences)
    low, high = np.quantile(alphas[~np.isnan(alphas)], [_TAIL, 1 - _TAIL])
    alpha = Interval(value, min(float(low), value), max(float(high), value))
    return Accord(alpha, pairs, number, _meaning(alpha))


def together(votes: Votes) -> tuple[Together, ...]:
    """Each two people who judged a pair both, in the order of ``votes.raters``."""
    said: list[dict[tuple[int, int], int]] = [{} for _ in votes.raters]
    for rater, pair, answer in _answers(votes):
        said[rater].setdefault(pair, answer)
    found = []
    for one, other in combinations(range(len(said)), 2):
        shared = said[one].keys() & said[other].keys()
        if shared:
            same = sum(said[one][pair] == said[other][pair] for pair in shared)
            found.append(Together(votes.raters[one], votes.raters[other], share(same, len(shared))))
    return tuple(found)


def _answers(votes: Votes) -> list[tuple[int, tuple[int, int], int]]:
    """Rater, pair and answer of each vote, whichever side the clips stood on."""
    if not len(votes.rater):
        return []
    low, high = np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)
    better: Ints = np.where(votes.outcome == Outcome.LEFT, votes.left, votes.right)
    answer: Ints = np.where(votes.is_tie, 2, np.where(better == low, 0, 1))
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    return list(zip(votes.rater.tolist(), pairs, answer.tolist(), strict=True))


def _counts(votes: Votes) -> Floats:
    """Pairs that two or more people judged × how many gave each answer."""
    seen: set[tuple[int, tuple[int, int]]] = set()
    counts: dict[tuple[int, int], list[float]] = {}
    for rater, pair, answer in _answers(votes):
        if (rater, pair) not in seen:
            seen.add((rater, pair))
            counts.setdefault(pair, [0.0] * _ANSWERS)[answer] += 1
    table = np.array(list(counts.values()), float).reshape(-1, _ANSWERS)
    several: Floats = table[table.sum(1) >= 2]
    return several


def _alphas(coincidences: Floats) -> Floats:
    """Of rows of 3 × 3 coincidences; NaN where all answers are one."""
    observed = coincidences.reshape(-1, _ANSWERS, _ANSWERS)
    sums, kept = observed.sum(1), np.trace(observed, axis1=1, axis2=2)
    total = sums.sum(1)
    expected = total**2 - (sums**2).sum(1)
    found: Floats = np.full(len(observed), np.nan)
    some = expected > 0
    found[some] = 1 - (total[some] - 1) * (total - kept)[some] / expected[some]
    return found


def _meaning(alpha: Interval) -> str:
    shown = f"α = {alpha.value:.2f} [{alpha.low:.2f}, {alpha.high:.2f}]".replace("-", "−")
    if alpha.low >= RELIABLE:
        return f"{shown}: people agree on which clip is better."
    if alpha.value >= TENTATIVE:
        return f"{shown}: people agree in the main."
    if alpha.high < 0:
        return f"{shown}: people disagree more than chance would; ask whether all read the question alike."
    return (
        f"{shown}: people often disagree; near clips divide anyone, or the question is read in several ways."
    )
