"""Where models coincide – one clip an arm, no luck, no side, hardly a prior – so do the figures."""

from __future__ import annotations

from collections import Counter

import choix
import evalica
import numpy as np
import pytest

from tests.review.worlds import drawn
from workbench.review import Assumptions, Outcome, Votes, fitted
from workbench.review.votes import Floats

BARE = Assumptions(arm_sd=1e4, tie_sd=1e4, side_sd=0, sigma=0)
WINNERS = {
    Outcome.LEFT: evalica.Winner.X,
    Outcome.RIGHT: evalica.Winner.Y,
    Outcome.BOTH_GOOD: evalica.Winner.Draw,
    Outcome.BOTH_BAD: evalica.Winner.Draw,
}


def centred(strengths: Floats) -> Floats:
    centre: Floats = strengths - strengths.mean()
    return centre


def ours(votes: Votes) -> Floats:
    return centred(fitted(votes, BARE).modes[0].beta)


def cases(tie: float) -> list[Votes]:
    return [
        drawn(arms=arms, seeds=1, votes=votes, gap=0.3, luck=0, side=0, tie=tie, seed=arms)
        for arms, votes in ((2, 30), (5, 150), (12, 900))
    ]


@pytest.mark.parametrize("votes", cases(tie=0), ids=lambda votes: f"{len(votes.arms)} arms")
def test_bradley_terry_is_that_of_choix(votes: Votes) -> None:
    wins = [
        (int(left), int(right)) if outcome == Outcome.LEFT else (int(right), int(left))
        for left, right, outcome in zip(votes.left, votes.right, votes.outcome, strict=True)
    ]
    theirs = choix.opt_pairwise(len(votes.arms), wins, alpha=1e-9, method="Newton-CG", tol=1e-12)
    assert ours(votes) == pytest.approx(centred(theirs), abs=1e-6)


@pytest.mark.parametrize("votes", cases(tie=0), ids=lambda votes: f"{len(votes.arms)} arms")
def test_bradley_terry_is_that_of_evalica(votes: Votes) -> None:
    theirs = evalica.bradley_terry(*_named(votes), tolerance=1e-14, limit=100_000)
    scores = np.log(theirs.scores.reindex(list(votes.arms)).to_numpy())
    assert ours(votes) == pytest.approx(centred(scores), abs=1e-6)


@pytest.mark.parametrize("votes", cases(tie=0.6), ids=lambda votes: f"{len(votes.arms)} arms")
def test_davidson_with_ties_is_the_model_of_newman(votes: Votes) -> None:
    """Newman (2023) has P(tie) = 2v√(ππ) / (π + π + 2v√(ππ)): Davidson's with ν = 2v."""
    theirs = evalica.newman(*_named(votes), tolerance=1e-14, limit=100_000)
    scores = np.log(theirs.scores.reindex(list(votes.arms)).to_numpy())
    assert ours(votes) == pytest.approx(centred(scores), abs=1e-6)
    assert np.exp(fitted(votes, BARE).modes[0].eta) == pytest.approx(2 * theirs.v, abs=1e-6)


def test_a_side_is_an_arm_that_always_stands_left() -> None:
    """Of two clips alike, left wins w of n votes: the side is the logit of w/n."""
    counts = Counter({Outcome.LEFT: 30, Outcome.RIGHT: 10})
    outcome = np.array(list(counts.elements()))
    shown = np.arange(len(outcome)) % 2
    votes = Votes(("A",), ("a", "b"), np.zeros(2, int), shown, 1 - shown, outcome)
    fit = fitted(votes, Assumptions(arm_sd=1e4, side_sd=1e4, sigma=0))
    assert fit.modes[0].side == pytest.approx(np.log(3), abs=1e-6)
    assert np.sqrt(fit.modes[0].cov[-2, -2]) == pytest.approx(np.sqrt(1 / 30 + 1 / 10), abs=1e-6)


def _named(votes: Votes) -> tuple[list[str], list[str], list[evalica.Winner]]:
    return (
        [votes.arms[n] for n in votes.left],
        [votes.arms[n] for n in votes.right],
        [WINNERS[Outcome(one)] for one in votes.outcome],
    )
