import numpy as np
import pytest

from workbench.domain.errors import RequestError
from workbench.review import Outcome, Votes, votes_of

CLIPS = {"a1": "A", "b1": "B", "a2": "A"}


def test_rows_of_names_become_arrays() -> None:
    rows = [("a1", "b1", "left", "Ann"), ("b1", "a2", "both_bad", "Bo"), ("a2", "b1", "both_good", "Ann")]
    votes = votes_of(rows, CLIPS)
    assert (votes.arms, votes.clips, votes.raters) == (("A", "B"), ("a1", "b1", "a2"), ("Ann", "Bo"))
    assert votes.arm_of.tolist() == [0, 1, 0]
    assert votes.left.tolist() == [0, 1, 2]
    assert votes.right.tolist() == [1, 2, 1]
    assert votes.outcome.tolist() == [Outcome.LEFT, Outcome.BOTH_BAD, Outcome.BOTH_GOOD]
    assert votes.rater.tolist() == [0, 1, 0]
    assert votes.is_tie.tolist() == [False, True, True]
    assert len(votes) == 3


def test_arms_without_clips_and_their_order_can_be_told() -> None:
    assert votes_of([], CLIPS, ["C", "B"]).arms == ("C", "B", "A")
    assert len(votes_of([], {})) == 0


def test_a_mirror_exchanges_sides_and_nothing_else() -> None:
    votes = votes_of([("a1", "b1", "left", "Ann"), ("b1", "a2", "both_bad", "Bo")], CLIPS)
    mirror = votes.mirrored()
    assert (mirror.left.tolist(), mirror.right.tolist()) == ([1, 2], [0, 1])
    assert mirror.outcome.tolist() == [Outcome.RIGHT, Outcome.BOTH_BAD]
    assert mirror.mirrored().outcome.tolist() == votes.outcome.tolist()


def test_some_votes_alone() -> None:
    votes = votes_of([("a1", "b1", "left", "Ann"), ("b1", "a2", "both_bad", "Bo")], CLIPS)
    assert votes.only(votes.is_tie).left.tolist() == [1]
    assert votes.only(votes.is_tie).rater.tolist() == [1]
    assert votes.only(np.array([1, 0])).left.tolist() == [1, 0]


def test_arrays_are_frozen_and_not_the_callers() -> None:
    given = np.array([0])
    votes = Votes(("A", "B"), ("a", "b"), np.array([0, 1]), given, np.array([1]), np.array([0]))
    given[0] = 1
    assert votes.left.tolist() == [0]
    with pytest.raises(ValueError, match="read-only"):
        votes.left[0] = 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"left": [5]}, "“left” holds 5; use 0 to 1."),
        ({"right": [-1]}, "“right” holds -1; use 0 to 1."),
        ({"outcome": [4]}, "“outcome” holds 4; use 0 to 3."),
        ({"rater": [0]}, "“rater” holds 0; there is none to point at."),
        ({"left": [1]}, "Vote 1 compares the clip “b” with itself; a vote is on two clips."),
        ({"left": [0.5]}, "“left” must be one row of whole numbers."),
        ({"left": [[0]]}, "“left” must be one row of whole numbers."),
        (
            {"outcome": [0, 1]},
            "Left, right, outcome and rater differ in length; give one of each for a vote.",
        ),
        ({"arm_of": [0]}, "1 arms are told for 2 clips; give each clip one."),
        ({"arm_of": [0, 2]}, "“arm_of” holds 2; use 0 to 1."),
        ({"clips": ("a", "a")}, "“a” stands in “clips” twice; name each once."),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(changed: dict[str, object], sentence: str) -> None:
    fitting = {
        "arms": ("A", "B"),
        "clips": ("a", "b"),
        "arm_of": [0, 1],
        "left": [0],
        "right": [1],
        "outcome": [0],
    }
    Votes(**fitting)  # type: ignore[arg-type]
    with pytest.raises(RequestError) as refused:
        Votes(**(fitting | changed))  # type: ignore[arg-type]
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("a1", "x", "left", ""), "A vote is on the clip “x”, of which no arm is told; tell its arm."),
        (
            ("a1", "b1", "tie", ""),
            "“tie” is no outcome; use one of left, right, both_good, both_bad.",
        ),
    ],
)
def test_unknown_names_are_refused(row: tuple[str, str, str, str], sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        votes_of([row], CLIPS)
    assert str(refused.value) == sentence
