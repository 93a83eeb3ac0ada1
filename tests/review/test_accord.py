"""Krippendorff's α of votes on pairs, against its definition pair by pair."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from workbench.review import Votes, accord, together, votes_of

ARM_OF = {"a1": "A", "b1": "B", "a2": "A", "b2": "B"}
Row = tuple[str, str, str, str]


def by_definition(units: list[list[str]]) -> float:
    """1 − observed / expected disagreement, over all ordered pairs of answers; each unit both ways round."""
    exchanged = {"one": "other", "other": "one", "neither": "neither"}
    units = [unit for unit in units if len(unit) > 1]
    units += [[exchanged[answer] for answer in unit] for unit in units]
    answers = [answer for unit in units for answer in unit]
    observed = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    expected = 0.0
    for a in exchanged:
        for b in exchanged:
            expected += answers.count(a) * answers.count(b) * (a != b)
    half = len(answers) / 2  # the real number of answers; doubling them changes shares not at all
    return 1 - (observed / 2 / half) / (expected / 4 / (half * (half - 1)))


def said(answers: list[list[str]]) -> Votes:
    """A pair of clips for each list, a person for each place in it; sides change from person to person."""
    arm_of = {f"{arm}{n}": arm for n in range(len(answers)) for arm in "AB"}
    rows: list[Row] = []
    for n, unit in enumerate(answers):
        for person, answer in enumerate(unit):
            left, right = (f"A{n}", f"B{n}") if person % 2 == 0 else (f"B{n}", f"A{n}")
            outcome = {"one": "left", "other": "right", "neither": "both_bad"}[answer]
            if person % 2:
                outcome = {"left": "right", "right": "left"}.get(outcome, "both_good")
            rows.append((left, right, outcome, f"P{person}"))
    return votes_of(rows, arm_of)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_as_defined(seed: int) -> None:
    chance = np.random.default_rng(seed)
    units = [
        [
            str(one)
            for one in chance.choice(["one", "other", "neither"], chance.integers(1, 5), p=[0.6, 0.3, 0.1])
        ]
        for _ in range(40)
    ]
    found = accord(said(units))
    assert found.alpha is not None
    assert found.alpha.value == pytest.approx(by_definition(units), abs=1e-12)
    assert found.alpha.low < found.alpha.value < found.alpha.high
    assert found.pairs == sum(len(unit) > 1 for unit in units)
    assert found.votes == sum(len(unit) for unit in units if len(unit) > 1)
    assert accord(said(units)) == found, "the same votes, the same interval"


def test_all_agree_whichever_side_the_clip_stood_on() -> None:
    found = accord(said([["one", "one"]] * 10))
    assert found.alpha is not None
    assert (found.alpha.value, found.alpha.low, found.alpha.high) == (1.0, 1.0, 1.0)
    assert "people agree on which clip is better" in found.sentence


def test_the_interval_narrows_with_pairs() -> None:
    def width(times: int) -> float:
        found = accord(said([["one", "one"], ["one", "one"], ["one", "other"], ["neither", "one"]] * times))
        assert found.alpha is not None
        return found.alpha.high - found.alpha.low

    assert width(40) == pytest.approx(width(10) / 2, rel=0.15)


@pytest.mark.parametrize(
    ("units", "part"),
    [
        ([], "No pair was judged by two people"),
        ([["one"], ["other"]], "No pair was judged by two people"),
        ([["neither", "neither"]] * 3, "nothing to agree about"),
        ([["one", "other"]], "Only 1 pair was judged by two people"),
        ([["one", "other"]] * 9, "people disagree more than chance would"),
        ([["one", "one"], ["one", "other"]] * 9, "people often disagree"),
    ],
)
def test_what_can_t_be_told_is_said(units: list[list[str]], part: str) -> None:
    assert part in accord(said(units)).sentence


def test_the_first_vote_of_a_person_counts() -> None:
    rows: list[Row] = [("a1", "b1", "left", "Ana"), ("b1", "a1", "right", "Bo"), ("a1", "b1", "right", "Bo")]
    rows += [("a2", "b2", "left", "Ana"), ("a2", "b2", "left", "Bo")]
    found = accord(votes_of(rows, ARM_OF))
    assert (found.pairs, found.votes) == (2, 4)
    assert found.alpha is not None
    assert found.alpha.value == 1


def test_each_two_people() -> None:
    rows: list[Row] = [
        ("a1", "b1", "left", "Ana"),
        ("b1", "a1", "right", "Bo"),
        ("a2", "b2", "both_good", "Ana"),
        ("a2", "b2", "left", "Bo"),
        ("a1", "b2", "left", "Cy"),
    ]
    (found,) = together(votes_of(rows, ARM_OF))
    assert (found.one, found.other, found.same.count, found.same.of) == ("Ana", "Bo", 1, 2)
