"""Ratings from 1 to 5 by one criterion: means with intervals over clips, and how far people agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from workbench.domain.errors import RequestError
from workbench.domain.rating import SCORES
from workbench.review.ranking import LEVEL, Interval
from workbench.review.votes import Floats, Ints, check_names, check_range, indices

RELIABLE, TENTATIVE = 0.8, 0.667  # Krippendorff, Content Analysis (2004), p. 241
_RESAMPLES, _SEED = 2_000, 20_040
_TAIL = (1 - LEVEL) / 2
_STEP_VARIANCE = 1 / 12  # of what a whole score may hide
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """``clip``, ``rater``: indices; ``score``: 1 to 5; one of each for a rating. ``arm_of`` for each clip.

    Raises ``RequestError`` where that does not hold, or where somebody rated a clip twice.
    """

    arms: tuple[str, ...]
    clips: tuple[str, ...]
    arm_of: Ints
    clip: Ints
    score: Ints
    rater: Ints
    raters: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("arm_of", "clip", "score", "rater"):
            object.__setattr__(self, name, indices(name, getattr(self, name)))
        for name in ("arms", "clips", "raters"):
            check_names(name, getattr(self, name))
        if len({len(self.clip), len(self.score), len(self.rater)}) > 1:
            raise RequestError("Clip, score and rater differ in length; give one of each for a rating.")
        if len(self.arm_of) != len(self.clips):
            raise RequestError(
                f"{len(self.arm_of)} arms are told for {len(self.clips)} clips; give each clip one."
            )
        check_range("arm_of", self.arm_of, len(self.arms))
        check_range("clip", self.clip, len(self.clips))
        check_range("rater", self.rater, len(self.raters))
        if (wrong := ~np.isin(self.score, SCORES)).any():
            raise RequestError(f"{self.score[wrong][0]} is no score; give one of 1 to 5.")
        cells, times = np.unique(self.rater * max(len(self.clips), 1) + self.clip, return_counts=True)
        if (times > 1).any():
            rater, clip = divmod(int(cells[times > 1][0]), len(self.clips))
            raise RequestError(
                f"“{self.raters[rater]}” rated the clip “{self.clips[clip]}” twice; give the newest only."
            )

    def __len__(self) -> int:
        return len(self.clip)


@dataclass(frozen=True, slots=True)
class Rated:
    """One arm: ``mean`` of its clips' means, each clip counting alike. ``mean`` is ``None`` where nothing was
    rated; with one clip its interval is the whole scale, as nothing is known of the next clip."""

    arm: str
    mean: Interval | None
    ratings: int
    clips: int


def rated(ratings: Ratings) -> tuple[Rated, ...]:
    """The best first. Student's t over clip means, m ± t(n − 1) s/√n, held to the scale.

    s² is at least what rounding to whole scores may hide: 1/12 for each rating of a clip.
    """
    clips, arms = len(ratings.clips), len(ratings.arms)
    counts = np.bincount(ratings.clip, minlength=clips)
    sums = np.bincount(ratings.clip, ratings.score, clips) if len(ratings) else np.zeros(clips)
    found = []
    for arm in range(arms):
        of = np.flatnonzero((ratings.arm_of == arm) & (counts > 0))
        means = sums[of] / counts[of]
        number = int(counts[of].sum())
        mean = _over_clips(means, number / len(of)) if len(of) else None
        found.append(Rated(ratings.arms[arm], mean, number, len(of)))
    found.sort(key=lambda one: (one.mean is None, -one.mean.value if one.mean else 0.0))
    return tuple(found)


def _over_clips(means: Floats, ratings_a_clip: float) -> Interval:
    low, high = float(SCORES[0]), float(SCORES[-1])
    mean, count = float(means.mean()), len(means)
    if count == 1:
        return Interval(mean, low, high)
    variance = max(float(means.var(ddof=1)), _STEP_VARIANCE / ratings_a_clip)
    half = float(stdtrit(count - 1, 1 - _TAIL)) * float(np.sqrt(variance / count))
    return Interval(mean, max(mean - half, low), min(mean + half, high))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's α, ordinal: 1 is perfect, 0 what chance makes. ``alpha`` is ``None`` where it can't be
    told, and ``sentence`` says why, or what the value means.

    ``items``: clips that two or more people rated; ``ratings`` on them.
    """

    alpha: Interval | None
    items: int
    ratings: int
    sentence: str


def agreement(ratings: Ratings, *, resamples: int = _RESAMPLES, seed: int = _SEED) -> Agreement:
    """α = 1 − (n − 1) Σ o(c,k) δ²(c,k) / Σ n(c) n(k) δ²(c,k), with o the coincidences of scores within clips,
    n their sums, and δ(c,k) = Σ n(c…k) − (n(c) + n(k))/2 (Krippendorff, Computing Krippendorff's
    Alpha-Reliability, 2011). The interval resamples clips.
    """
    counts = np.zeros((len(ratings.clips), len(SCORES)))
    np.add.at(counts, (ratings.clip, ratings.score - SCORES[0]), 1)
    counts = counts[counts.sum(1) >= 2]
    items, number = len(counts), int(counts.sum())
    if not items:
        return Agreement(None, 0, 0, "No clip was rated by two people: how far they agree can't be told.")
    pairs = counts[:, :, None] * counts[:, None, :]
    scores = np.arange(len(SCORES))
    pairs[:, scores, scores] -= counts
    coincidences = (pairs / (counts.sum(1) - 1)[:, None, None]).reshape(items, -1)
    value = _alphas(coincidences.sum(0)[None])[0]
    if np.isnan(value):
        return Agreement(
            *(None, items, number),
            "Every score on the clips that two people rated is the same: there is nothing to agree about.",
        )
    chance = np.random.default_rng(seed)
    drawn = []
    for start in range(0, resamples, _AT_ONCE):
        times = chance.multinomial(items, np.full(items, 1 / items), min(_AT_ONCE, resamples - start))
        drawn.append(_alphas(times @ coincidences))
    alphas = np.concatenate(drawn) if drawn else np.zeros(0)
    alphas = alphas[~np.isnan(alphas)]
    if items < 2 or not len(alphas):
        return Agreement(
            *(Interval(float(value), -1.0, 1.0), items, number),
            f"Only {items} clip was rated by two people: how far they agree stays open.",
        )
    low, high = np.quantile(alphas, [_TAIL, 1 - _TAIL])
    alpha = Interval(float(value), min(float(low), float(value)), max(float(high), float(value)))
    return Agreement(alpha, items, number, _meaning(alpha))


def _alphas(coincidences: Floats) -> Floats:
    """Of rows of 5 × 5 coincidences; NaN where all scores are one."""
    observed = coincidences.reshape(-1, len(SCORES), len(SCORES))
    sums = observed.sum(1)
    upto = sums.cumsum(1)
    between = np.abs(upto[:, :, None] - upto[:, None, :])  # Σ n from one score, not counted, to the other
    gap = between + 0.5 * (_lower(sums) - _upper(sums))
    distance = gap**2
    expected = (sums[:, :, None] * sums[:, None, :] * distance).sum((1, 2))
    total = sums.sum(1)
    found: Floats = np.full(len(observed), np.nan)
    some = expected > 0
    found[some] = 1 - (total[some] - 1) * (observed * distance).sum((1, 2))[some] / expected[some]
    return found


def _lower(sums: Floats) -> Floats:
    """n of the lower of two scores."""
    at = np.minimum.outer(np.arange(sums.shape[1]), np.arange(sums.shape[1]))
    return sums[:, at]


def _upper(sums: Floats) -> Floats:
    at = np.maximum.outer(np.arange(sums.shape[1]), np.arange(sums.shape[1]))
    return sums[:, at]


def _meaning(alpha: Interval) -> str:
    shown = f"α = {alpha.value:.2f} [{alpha.low:.2f}, {alpha.high:.2f}]".replace("-", "−")
    if alpha.low >= RELIABLE:
        return f"{shown}: people agree; the ratings can be relied on."
    if alpha.value >= TENTATIVE:
        return f"{shown}: people agree in the main; take the ratings as tentative."
    return f"{shown}: people agree too little to rely on the ratings; say more exactly what each score means."
