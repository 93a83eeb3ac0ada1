"""Machine judges on votes that are written down by hand."""

from __future__ import annotations

import pytest

from workbench.domain.judge import MetricJudge
from workbench.review import Outcome, Votes, ranked, votes_of
from workbench.review.judging import metric_votes, model_votes, pairs_of, with_people

ARM_OF = {"a1": "A", "b1": "B", "a2": "A", "b2": "B"}
VALUES = {"a1": 3.0, "b1": 1.0, "a2": 2.0, "b2": 2.5}
HIGHER, LOWER = MetricJudge("sharpness", True), MetricJudge("flicker", False)


def people(*rows: tuple[str, str, str, str]) -> Votes:
    return votes_of(rows, ARM_OF)


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (HIGHER, ["left", "right"]),
        (LOWER, ["right", "left"]),
        (MetricJudge("sharpness", True, 0.5), ["left", "both_good"]),
        (MetricJudge("sharpness", True, 0.49), ["left", "right"]),
    ],
)
def test_a_verdict_a_pair_by_direction_and_margin(judge: MetricJudge, said: list[str]) -> None:
    votes = people(("a1", "b1", "both_bad", "Ana"), ("b1", "a1", "left", "Bo"), ("a2", "b2", "left", "Ana"))
    found = metric_votes(votes, VALUES, judge)
    assert pairs_of(votes) == pairs_of(found) == [(0, 1), (2, 3)]
    labels = ["left", "right", "both_good", "both_bad"]
    assert [labels[one] for one in found.outcome] == said
    assert found.raters == (judge.name,)


def test_a_pair_without_a_value_has_no_verdict() -> None:
    votes = people(("a1", "b1", "left", "Ana"), ("a2", "b2", "left", "Ana"))
    assert pairs_of(metric_votes(votes, {"a1": 1.0, "b1": 2.0, "a2": 3.0}, HIGHER)) == [(0, 1)]


def test_agreement_counts_pairs_and_people_apart() -> None:
    votes = people(
        *[("a1", "b1", "left", who) for who in ("Ana", "Bo")],
        *[("b1", "a2", "left", "Ana"), ("a2", "b1", "both_good", "Bo")],
        *[("a2", "b2", "left", "Ana"), ("a2", "b2", "right", "Bo")],
        ("a1", "a2", "both_bad", "Ana"),
    )
    found = with_people(votes, metric_votes(votes, VALUES, HIGHER), "Sharpness")
    assert (found.same, found.pairs) == (1, 2), "an even split and a tie of people decide nothing"
    assert (found.people.count, found.people.of) == (1, 2), "the even split is a disagreement of people"
    assert found.rate and found.rate.low < 0.5 < found.rate.high
    assert found.kappa == 0
    assert found.sentence.startswith("Sharpness agrees with people on 1 of 2 pairs (50 % [")
    assert "not a stand-in for people. On pairs that it decided, two people agree 50 %" in found.sentence


@pytest.mark.parametrize(
    ("said", "same", "told"), [("left", 30, "better than a coin"), ("right", 0, "what people don't")]
)
def test_sides_do_not_matter_and_much_agreement_is_told(said: str, same: int, told: str) -> None:
    arm_of = {f"{arm}{n}": arm for n in range(30) for arm in "ab"}
    other = {"left": "right", "right": "left"}[said]
    rows = [(f"a{n}", f"b{n}", said, "Ana") if n % 2 else (f"b{n}", f"a{n}", other, "Ana") for n in range(30)]
    votes = votes_of(rows, arm_of)
    machine = metric_votes(votes, {clip: float(clip[0] == "a") for clip in arm_of}, HIGHER)
    found = with_people(votes, machine, "Sharpness")
    assert (found.same, found.pairs) == (same, 30)
    assert found.rate and 0 < found.rate.high - found.rate.low < 0.2, "as wide as Wilson's: never sure"
    assert told in found.sentence
    assert ranked(machine).standings[0].arm == "a"


def test_clips_that_come_often_widen_the_interval() -> None:
    """One clip in every pair is one clip's luck, however many the pairs."""
    arm_of = {"hub": "A", "hub2": "A", **{f"b{n}": "B" for n in range(40)}}
    rows = [("hub" if n % 2 else "hub2", f"b{n}", "left" if n % 2 else "right", "Ana") for n in range(40)]
    values = {clip: 1.0 if clip.startswith("hub") else 0.0 for clip in arm_of}
    hubs = votes_of(rows, arm_of)
    found = with_people(hubs, metric_votes(hubs, values, HIGHER), "Sharpness")
    assert found.rate and found.rate.value == 0.5
    assert (found.rate.low, found.rate.high) == (0, 1)


def test_nothing_to_compare() -> None:
    votes = people(("a1", "b1", "both_bad", "Ana"))
    found = with_people(votes, metric_votes(votes, VALUES, HIGHER), "Sharpness")
    assert (found.same, found.pairs, found.rate, found.kappa) == (0, 0, None, None)
    assert "can't be told" in found.sentence


L, R, GOOD, BAD = Outcome


@pytest.mark.parametrize(
    ("one_way", "other_way", "vote", "is_steady"),
    [
        (L, R, L, True),
        (R, L, R, True),
        (L, L, GOOD, False),
        (R, R, GOOD, False),
        (BAD, BAD, BAD, True),
        (GOOD, GOOD, GOOD, True),
        (GOOD, BAD, GOOD, True),
        (L, BAD, GOOD, False),
        (BAD, R, GOOD, False),
    ],
)
def test_what_turns_with_the_sides_is_a_tie(
    one_way: Outcome, other_way: Outcome, vote: Outcome, *, is_steady: bool
) -> None:
    votes = people(("a1", "b1", "left", "Ana"))
    found, orders = model_votes(votes, {(0, 1): (one_way, other_way)}, "model:m@general")
    assert (found.left.tolist(), found.right.tolist(), found.outcome.tolist()) == ([0], [1], [vote])
    assert found.raters == ("model:m@general",)
    assert (orders.same.count, orders.same.of) == (int(is_steady), 1)
    decided = [one for one in (one_way, other_way) if one in (L, R)]
    assert (orders.left.count, orders.left.of) == (decided.count(L), len(decided))


def test_which_clip_is_called_the_first_changes_nothing() -> None:
    votes = people(("a1", "b1", "left", "Ana"), ("a2", "b2", "right", "Ana"))
    answers = {(0, 1): (L, R), (2, 3): (L, L)}
    turned = {(other, one): (second, first) for (one, other), (first, second) in answers.items()}
    found, orders = model_votes(votes, answers, "m")
    back, same_orders = model_votes(votes, turned, "m")
    assert orders == same_orders
    assert with_people(votes, found, "M") == with_people(votes, back, "M")
    assert with_people(votes, found, "M").same == 1


def test_a_liking_for_one_side_is_told() -> None:
    votes = people(("a1", "b1", "left", "Ana"), ("a2", "b2", "left", "Ana"), ("a1", "b2", "left", "Ana"))
    always_left = dict.fromkeys(pairs_of(votes), (L, L))
    found, orders = model_votes(votes, always_left, "m")
    assert found.is_tie.all() and orders.leans
    assert orders.sentence == (
        "Shown both ways round, 0 of 3 pairs got the same answer; the others count as ties. "
        "The left side was chosen in 6 of 6 answers: it leans to one side."
    )
    _, steady = model_votes(votes, dict.fromkeys(pairs_of(votes), (L, R)), "m")
    assert steady.sentence.startswith("Shown both ways round, 3 of 3 pairs got the same answer. The left")
    assert "3 of 6 answers: no side is sure to be preferred." in steady.sentence
    _, ties = model_votes(votes, {(0, 1): (GOOD, BAD)}, "m")
    assert ties.sentence == "Shown both ways round, 1 of 1 pairs got the same answer."
    assert "no pair" in model_votes(votes, {}, "m")[1].sentence
