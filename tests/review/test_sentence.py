from __future__ import annotations

import re

import pytest

from tests.review.test_ranking import HOSTILE
from tests.review.worlds import drawn, one_clip_each
from workbench.review import (
    Assumptions,
    Interval,
    Outcome,
    Votes,
    between,
    headline,
    ranked,
    steps,
    votes_of,
)
from workbench.review.sentence import advice, effect

L, R, GOOD, BAD = Outcome


def six_clips(wins_a: int, wins_b: int) -> Votes:
    """A and B with three clips each, every vote on another pair in turn."""
    clips = {f"{arm}{n}": arm for arm in "AB" for n in range(3)}
    won = ["left"] * wins_a + ["right"] * wins_b
    rows = [(f"A{n % 3}", f"B{n // 3 % 3}", outcome, "") for n, outcome in enumerate(won)]
    return votes_of(rows, clips)


def test_few_votes_on_few_clips_are_not_settled_and_a_seed_would_help_more() -> None:
    told = headline(ranked(six_clips(9, 15)))
    assert re.fullmatch(
        r"B ahead of A: \+\d\.\d \[−\d\.\d, \d\.\d\], P = 0\.\d\d, 24 votes on 6 clips: not settled; "
        r"a fourth seed for each would help more than 40 more votes\.",
        told,
    ), told


def test_many_clips_with_few_votes_need_votes() -> None:
    told = headline(ranked(drawn(arms=2, seeds=12, votes=60, gap=0.7, luck=0.7)))
    assert "more votes would help more than one more seed for each" in told


def test_what_is_settled_is_said_to_be() -> None:
    told = headline(ranked(drawn(arms=2, seeds=12, votes=900, gap=1.5, luck=0.5)))
    assert re.fullmatch(
        r"arm 1 ahead of arm 0: \+\d\.\d \[\d\.\d, \d\.\d\], P > 0\.99, \d+ votes on 24 clips: settled\.",
        told,
    ), told


def test_three_arms_tell_who_may_be_the_best() -> None:
    clear = headline(ranked(drawn(arms=3, seeds=12, votes=2_000, gap=1.5, luck=0.5)))
    assert clear.startswith("arm 2 is ahead of all 2 others. The nearest: arm 2 ahead of arm 1: +")
    open_ = headline(ranked(drawn(arms=3, seeds=2, votes=20, gap=0.1)))
    assert re.match(r"Not separable yet: arm \d, arm \d and arm \d may each be the best\. arm \d ", open_)


TOLD = {
    "no vote": r"No votes yet: nothing can be said\.",
    "one vote": r"arm 0 ahead of arm 1: \+.*, P = 0\.\d\d, 1 vote on 2 clips: not settled; a second seed .*",
    "all good ties": r"Not separable yet: .* level with .*: 0\.0 .*, P = 0\.50, 400 votes .*not settled; .*",
    "all bad ties": r"arm \d level with arm \d: 0\.0 \[−.*, P = 0\.50, 1 vote on 2 clips: not settled; .*",
    "always left": r"arm \d level with arm \d: 0\.0 \[−.*, P = 0\.50, 400 votes on 2 clips: not settled; .*",
    "perfect separation": r"Not separable yet: .*arm 0 ahead of arm 1: \+.*: not settled; a second seed .*",
    "a circle": r"Not separable yet: arm 0, arm 1 and arm 2 may each be the best\. .*P = 0\.50.*",
    "two islands": r".*No vote links arm 0 and arm 1 with arm 3 and arm 2: each is ranked by itself; .*",
    "one arm": r"Every vote compares two clips of one arm: nothing can be said of arms\.",
    "nothing at all": r"No votes yet: nothing can be said\.",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_odd_votes_have_a_true_sentence(case: str) -> None:
    told = headline(ranked(HOSTILE[case]))
    assert re.fullmatch(TOLD[case], told), told
    assert not re.search(r"nan|inf|None|-\d", told), told


@pytest.mark.parametrize("case", HOSTILE)
def test_there_is_a_next_step_whatever_the_votes(case: str) -> None:
    for step in steps(ranked(HOSTILE[case])):
        assert step.endswith(".")
        assert not re.search(r"nan|inf|None|-\d", step), step


def test_what_to_do_next() -> None:
    assert steps(ranked(HOSTILE["no vote"])) == ("Let somebody judge: there is no vote yet.",)
    linking, telling = steps(ranked(HOSTILE["two islands"]))
    assert linking == "Show a clip of arm 3 and arm 2 beside one of arm 0 and arm 1: no vote links them."
    assert telling.startswith("To tell arm 0 from arm 1: ")
    near = ranked(drawn(arms=2, seeds=3, votes=90, gap=0.5))
    (telling,) = steps(near)
    (found,) = near.differences
    who = f"To tell {found.ahead} from {found.behind}"
    assert telling.startswith(f"{who}: {advice(near, found)}. If they stay as ")
    far = ranked(drawn(arms=2, seeds=12, votes=900, gap=3.0))
    assert steps(far) == ("arm 1 is the best of 2: use it. More votes won't change that.",)


def test_arms_that_lost_are_left_out_next() -> None:
    """Two alike, and one far behind."""
    rows = [(0, 1, L), (1, 0, L)] * 20 + [(0, 2, L), (2, 0, R), (1, 2, L), (2, 1, R)] * 20
    telling, leaving = steps(ranked(one_clip_each(3, rows), Assumptions(sigma=0.3)))
    assert telling.startswith("To tell arm ")
    assert leaving == "Make no more of arm 2: no longer a rival for the first place."


def test_an_arm_without_votes_is_named() -> None:
    votes = one_clip_each(3, [(0, 1, L)] * 3)
    assert headline(ranked(votes)).endswith(" No vote yet on arm 2.")


def test_two_arms_that_nothing_links() -> None:
    ranking = ranked(HOSTILE["two islands"])
    assert between(ranking, "arm 0", "arm 3") == (
        "arm 0 and arm 3 were never compared, directly or by way of others: nothing can be said; "
        "show a clip of each side by side."
    )


def test_two_arms_that_a_third_links() -> None:
    ranking = ranked(one_clip_each(3, [(0, 1, L)] * 9 + [(1, 2, L)] * 9))
    assert "no vote on one against the other, 2 clips compared by way of others" in between(
        ranking, "arm 2", "arm 0"
    )


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        (Interval(0.71, -0.68, 2.14), "+0.7 [−0.7, 2.1]"),
        (Interval(-0.71, -2.14, 0.68), "−0.7 [−2.1, 0.7]"),
        (Interval(0.0, -0.0001, 0.001), "0.0 [0.0, 0.001]"),
        (Interval(0.4, 0.02, 0.8), "+0.4 [0.02, 0.8]"),
        (Interval(0.4, -0.04, 0.8), "+0.4 [−0.04, 0.8]"),
    ],
)
def test_figures_are_short_and_never_hide_the_side_of_zero(interval: Interval, told: str) -> None:
    assert effect(interval) == told
