from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.review.worlds import names
from workbench.review import Assumptions, Fit, Phrases, Votes, fitted, phrases_of
from workbench.review.model import chances
from workbench.review.phrases import holm

CAMERA, LIGHT = ("static", "dolly", "orbit"), ("noon", "dusk")
CELLS = list(product(CAMERA, LIGHT))


def world(
    strengths: list[float], seeds: int = 6, votes: int = 1_500, luck: float = 0.5, seed: int = 1
) -> Votes:
    chance = np.random.default_rng(seed)
    arms = len(strengths)
    arm_of = np.repeat(np.arange(arms), seeds)
    theta = np.array(strengths)[arm_of] + luck * chance.normal(size=arms * seeds)
    left = chance.integers(0, arms * seeds, votes)
    right = (left + chance.integers(1, arms * seeds, votes)) % (arms * seeds)
    at_left, at_right, _, _ = chances(theta[left] - theta[right], np.log(0.4))
    drawn = chance.random(votes)
    outcome = np.where(drawn < at_left, 0, np.where(drawn < at_left + at_right, 1, 2))
    return Votes(names("arm", arms), names("clip", arms * seeds), arm_of, left, right, outcome)


def told(cells: list[tuple[str, ...]], *slots: str) -> dict[str, dict[str, str]]:
    return {slot: {f"arm {n}": cell[at] for n, cell in enumerate(cells)} for at, slot in enumerate(slots)}


def additive(cell: tuple[str, str]) -> float:
    return {"static": 0.0, "dolly": 0.3, "orbit": -1.2}[cell[0]] + {"noon": 0.0, "dusk": 1.5}[cell[1]]


def test_effects_of_levels_are_found() -> None:
    found = phrases_of(fitted(world([additive(cell) for cell in CELLS])), told(CELLS, "camera", "light"))
    assert found.refusals == ()
    effects = {(one.slot, one.level): one for one in found.effects}
    truths = {("camera", "dolly"): 0.3, ("camera", "orbit"): -1.2, ("light", "dusk"): 1.5}
    assert effects.keys() == truths.keys()
    for key, truth in truths.items():
        one = effects[key]
        assert one.effect.low < truth < one.effect.high
        assert one.base == ("static" if key[0] == "camera" else "noon")
    assert effects["light", "dusk"].is_settled
    assert not effects["camera", "dolly"].is_settled
    assert effects["light", "dusk"].arms == 3


def test_with_votes_without_end_the_effects_are_those_of_least_squares() -> None:
    strengths = [
        additive(cell) + off for cell, off in zip(CELLS, (0.1, -0.1, 0, 0.05, -0.1, 0.05), strict=True)
    ]
    votes = world(strengths, seeds=1, votes=400_000, luck=0)
    fit = fitted(votes, Assumptions(sigma=0, side_sd=0))
    x = np.array(
        [[1, camera == "dolly", camera == "orbit", light == "dusk"] for camera, light in CELLS], float
    )
    theirs, *_ = np.linalg.lstsq(x, fit.modes[0].beta, rcond=None)
    ours = [one.effect.value for one in phrases_of(fit, told(CELLS, "camera", "light")).effects]
    assert ours == pytest.approx(theirs[1:], abs=0.01)


def test_what_does_not_add_up_widens_the_intervals() -> None:
    def width(crossed: float) -> float:
        strengths = [additive(cell) + crossed * (-1) ** n * (n // 2 - 1) for n, cell in enumerate(CELLS)]
        fit = fitted(world(strengths, seeds=10, votes=6_000, luck=0.3))
        one = phrases_of(fit, told(CELLS, "camera", "light")).effects[-1].effect
        return one.high - one.low

    assert width(1.5) > 1.3 * width(0)


def test_the_ranking_s_prior_does_not_shrink_effects() -> None:
    votes = world([additive(cell) for cell in CELLS])
    values = [
        [
            one.effect.value
            for one in phrases_of(fitted(votes, Assumptions(arm_sd=sd)), told(CELLS, "a", "b")).effects
        ]
        for sd in (0.7, 20.0)
    ]
    assert values[0] == pytest.approx(values[1], abs=0.05)


def fit_of(arms: int) -> Fit:
    return fitted(world([0.1 * n for n in range(arms)], seeds=2, votes=200))


@pytest.mark.parametrize(
    ("cells", "slots", "effects", "refusals"),
    [
        (
            [("static", "noon"), ("dolly", "dusk"), ("static", "noon")],
            ("camera", "light"),
            [],
            [
                "The levels of “camera” and “light” change only together: what each does can't be told; "
                "add an arm that changes one of them alone."
            ],
        ),
        (
            [("a", "x", "1"), ("b", "y", "1"), ("a", "x", "2"), ("b", "y", "2")],
            ("camera", "light", "style"),
            ["style"],
            [
                "The levels of “camera” and “light” change only together: what each does can't be told; "
                "add an arm that changes one of them alone."
            ],
        ),
        (
            [("a", "x"), ("b", "x"), ("a", "x")],
            ("camera", "light"),
            ["camera"],
            ["Every arm with votes has the same level of “light”, x: its effect can't be told."],
        ),
        (
            [("a", "x", "1", "p"), ("b", "y", "1", "p"), ("a", "x", "2", "q"), ("b", "y", "2", "q")],
            ("camera", "light", "style", "mood"),
            [],
            [
                "The levels of “camera” and “light” change only together: what each does can't be told; "
                "add an arm that changes one of them alone.",
                "The levels of “style” and “mood” change only together: what each does can't be told; "
                "add an arm that changes one of them alone.",
            ],
        ),
    ],
)
def test_levels_that_change_only_together_are_refused(
    cells: list[tuple[str, ...]], slots: tuple[str, ...], effects: list[str], refusals: list[str]
) -> None:
    found = phrases_of(fit_of(len(cells)), told(cells, *slots))
    assert [one.slot for one in found.effects] == effects
    assert list(found.refusals) == refusals


def test_arms_without_a_level_or_without_a_link_are_left_out() -> None:
    votes = world([0.0, 1.0, 0.5], seeds=2, votes=300)
    more = Votes(
        *((*votes.arms, "free", "far", "farther", "unseen"), (*votes.clips, "f", "g", "h", "u")),
        *(np.r_[votes.arm_of, 3, 4, 5, 6], np.r_[votes.left, 6, 7], np.r_[votes.right, 0, 8]),
        np.r_[votes.outcome, 0, 0],
    )
    levels = {
        "arm 0": "noon",
        "arm 1": "dusk",
        "arm 2": "noon",
        "far": "noon",
        "farther": "dusk",
        "unseen": "dusk",
    }
    found = phrases_of(fitted(more), {"light": levels})
    assert found.refusals == (
        "Left out, as they have no level of every slot: free.",
        "Left out, as no vote links them with the others: far, farther.",
    )
    (one,) = found.effects
    assert (one.level, one.base, one.arms) == ("dusk", "noon", 1)


def test_what_is_taken_aside_counts_and_is_not_told() -> None:
    """Four wordings of which the last two are better; dusk stands with a good one more often."""
    cells = [("noon", "w"), ("dusk", "x"), ("noon", "x"), ("dusk", "y"), ("noon", "y"), ("dusk", "z")]
    strengths = [{"w": -1.0, "x": -1.0, "y": 1.0, "z": 1.0}[wording] for _, wording in cells]
    fit = fitted(world(strengths, votes=4_000, luck=0.1))
    slots = told(cells, "light", "words")
    (fair,) = phrases_of(fit, slots, aside=["words"]).effects
    (blind,) = phrases_of(fit, {"light": slots["light"]}).effects
    assert (fair.slot, blind.slot) == ("light", "light")
    assert abs(fair.effect.value) < 0.2 < abs(blind.effect.value)
    (alone,) = (one for one in phrases_of(fit, slots).effects if one.slot == "light")
    assert alone.effect.value == pytest.approx(fair.effect.value)
    assert alone.p_adjusted >= fair.p_adjusted, "what is not told is not counted by Holm"
    same = {"words": dict.fromkeys(slots["words"], "w"), "light": slots["light"]}
    assert phrases_of(fit, same, aside=["words"]).refusals == ()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("votes", [0, 1, 3])
def test_hardly_any_votes(votes: int) -> None:
    found: Phrases = phrases_of(
        fitted(world([0.0, 0.0], seeds=1, votes=votes)), told([("a",), ("b",)], "camera")
    )
    for one in found.effects:
        assert np.isfinite([one.effect.low, one.effect.high, one.p]).all()
        assert not one.is_settled
    if not votes:
        assert found.refusals == (
            "Fewer than two arms with levels were compared: no phrase has an effect yet.",
        )


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # R: p.adjust(c(.01, .04, .03, .005), "holm")
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.2], [0.2]),
        ([], []),
    ],
)
def test_holm(p: list[float], adjusted: list[float]) -> None:
    assert holm(np.array(p)).tolist() == pytest.approx(adjusted)
