from __future__ import annotations

import evalica
import krippendorff
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from tests.review.worlds import names
from workbench.domain.errors import RequestError
from workbench.review import Ratings, agreement, rated


def ratings_of(table: dict[str, list[int | None]], arm_of: list[int] | None = None) -> Ratings:
    """A row of scores for each rater, one a clip; ``None`` where there is none."""
    rows = [
        (clip, score, rater)
        for rater, scores in enumerate(table.values())
        for clip, score in enumerate(scores)
        if score is not None
    ]
    clips = len(next(iter(table.values())))
    arms = arm_of or [0] * clips
    clip, score, rater = np.array(rows, np.int64).reshape(-1, 3).T
    return Ratings(
        *(names("arm", max(arms) + 1), names("clip", clips), np.array(arms)),
        *(clip, score, rater, tuple(table)),
    )


def drawn(seed: int, clips: int = 30, raters: int = 4, noise: float = 0.8) -> dict[str, list[int | None]]:
    chance = np.random.default_rng(seed)
    truth = chance.normal(3, 1.1, clips)
    scores = np.clip(np.round(truth + noise * chance.normal(size=(raters, clips))), 1, 5).astype(int)
    missing = chance.random((raters, clips)) < 0.4
    return {
        f"rater {n}": [None if gone else int(score) for score, gone in zip(row, out, strict=True)]
        for n, (row, out) in enumerate(zip(scores, missing, strict=True))
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [0.1, 0.8, 3.0])
def test_alpha_is_that_of_krippendorff_and_of_evalica(seed: int, noise: float) -> None:
    table = drawn(seed, noise=noise)
    scores = np.array([[np.nan if one is None else one for one in row] for row in table.values()], float)
    ours = agreement(ratings_of(table), resamples=50).alpha
    assert ours is not None
    theirs = krippendorff.alpha(scores, level_of_measurement="ordinal", value_domain=[1, 2, 3, 4, 5])
    assert ours.value == pytest.approx(theirs, abs=1e-6)
    assert ours.value == pytest.approx(evalica.alpha(pd.DataFrame(scores), "ordinal").alpha, abs=1e-6)


def test_the_bootstrap_resamples_clips() -> None:
    """The same spread as drawing clips one by one and asking ``krippendorff`` each time."""
    table = drawn(3, clips=20)
    scores = np.array([[np.nan if one is None else one for one in row] for row in table.values()], float)
    scores = scores[:, (~np.isnan(scores)).sum(0) >= 2]
    chance = np.random.default_rng(1)
    theirs = [
        krippendorff.alpha(
            scores[:, chance.integers(0, scores.shape[1], scores.shape[1])],
            level_of_measurement="ordinal",
            value_domain=[1, 2, 3, 4, 5],
        )
        for _ in range(1_500)
    ]
    ours = agreement(ratings_of(table)).alpha
    assert ours is not None
    assert [ours.low, ours.high] == pytest.approx(np.quantile(theirs, [0.025, 0.975]), abs=0.04)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("table", "items", "sentence"),
    [
        (
            {"Ann": [3, None], "Bo": [None, 3]},
            *(0, "No clip was rated by two people: how far they agree can't be told."),
        ),
        (
            {"Ann": [3, 3], "Bo": [3, 3]},
            2,
            "Every score on the clips that two people rated is the same: there is nothing to agree about.",
        ),
        (
            {"Ann": [3, 1], "Bo": [4, None]},
            *(1, "Only 1 clip was rated by two people: how far they agree stays open."),
        ),
        (
            {"Ann": [1, 2, 3, 4, 5] * 4, "Bo": [1, 2, 3, 4, 5] * 4},
            *(20, "α = 1.00 [1.00, 1.00]: people agree; the ratings can be relied on."),
        ),
    ],
)
def test_what_agreement_can_and_cannot_say(
    table: dict[str, list[int | None]], items: int, sentence: str
) -> None:
    found = agreement(ratings_of(table))
    assert (found.items, found.sentence) == (items, sentence)
    if found.alpha is not None:
        assert np.isfinite([found.alpha.value, found.alpha.low, found.alpha.high]).all()


@pytest.mark.parametrize(
    ("noise", "words"), [(0.1, "can be relied on"), (0.4, "tentative"), (3.0, "say more exactly")]
)
def test_alpha_is_told_in_words(noise: float, words: str) -> None:
    assert words in agreement(ratings_of(drawn(1, clips=60, noise=noise))).sentence


def test_the_unit_of_a_mean_is_the_clip() -> None:
    table: dict[str, list[int | None]] = {
        "Ann": [5, 4, 2, 1, 3],
        "Bo": [5, 4, None, 1, None],
        "Cy": [5, 3, None, 2, None],
    }
    best, worst = rated(ratings_of(table, [0, 0, 0, 1, 1]))
    means = np.array([5.0, 11 / 3, 2.0])
    half = t.ppf(0.975, 2) * means.std(ddof=1) / np.sqrt(3)
    assert (best.arm, best.ratings, best.clips) == ("arm 0", 7, 3)
    assert best.mean is not None
    assert best.mean.value == pytest.approx(means.mean())
    assert best.mean.low == pytest.approx(max(means.mean() - half, 1))
    assert best.mean.high == pytest.approx(min(means.mean() + half, 5))
    assert (worst.arm, worst.clips) == ("arm 1", 2)


def test_the_same_scores_again_narrow_nothing() -> None:
    once = rated(ratings_of({"Ann": [5, 3, 2]}))[0].mean
    often = rated(ratings_of({name: [5, 3, 2] for name in ("Ann", "Bo", "Cy")}))[0].mean
    assert once == often


def test_one_clip_alike_clips_and_none() -> None:
    found = rated(ratings_of({"Ann": [4, 4, 4, 2, None]}, [0, 0, 0, 1, 2]))
    alike, one, none = (one.mean for one in found)
    assert alike is not None
    assert one is not None
    assert 3.2 < alike.low < 4 < alike.high < 4.8
    assert (one.value, one.low, one.high) == (2, 1, 5)
    assert none is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"score": [6]}, "6 is no score; give one of 1 to 5."),
        ({"clip": [1]}, "“clip” holds 1; use 0 to 0."),
        ({"score": [1, 2]}, "Clip, score and rater differ in length; give one of each for a rating."),
        ({"arm_of": []}, "0 arms are told for 1 clips; give each clip one."),
        (
            {"clip": [0, 0], "score": [1, 2], "rater": [0, 0]},
            "“Ann” rated the clip “a” twice; give the newest only.",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(changed: dict[str, object], sentence: str) -> None:
    fitting: dict[str, object] = {"arms": ("A",), "clips": ("a",), "arm_of": [0], "raters": ("Ann",)}
    fitting |= {"clip": [0], "score": [1], "rater": [0]}
    Ratings(**fitting)  # type: ignore[arg-type]
    with pytest.raises(RequestError) as refused:
        Ratings(**(fitting | changed))  # type: ignore[arg-type]
    assert str(refused.value) == sentence
