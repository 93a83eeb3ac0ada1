"""What each rater is like: agreement with the others, a liking for one side, consistency with themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from workbench.review.fit import DEFAULTS, Fit, fitted
from workbench.review.model import Assumptions
from workbench.review.votes import Bools, Ints, Outcome, Votes

_Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``, with Wilson's interval (1927); 0 to 1 where there is nothing to count."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


def share(count: int, of: int) -> Share:
    """(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)."""
    if not of:
        return Share(0, 0, 0.0, 1.0)
    p, z2 = count / of, _Z**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * float(np.sqrt(p * (1 - p) / of + z2 / (4 * of**2))) / (1 + z2 / of)
    low, high = (0.0 if not count else middle - half), (1.0 if count == of else middle + half)
    return Share(count, of, low, high)


@dataclass(frozen=True, slots=True)
class Rater:
    """``panel``: of the decided votes on clips that others voted on too, those for the clip that is ahead by
    the others' votes; ``expected``: the share that somebody like the others would reach, as near clips
    divide anyone (``None``: no such vote).

    ``left``: of the decided votes, those for the left side; ``repeats``: of pairs that came again, either way
    round, those that were answered as before.
    """

    rater: str
    votes: int
    ties: int
    panel: Share
    expected: float | None
    left: Share
    repeats: Share

    @property
    def is_apart(self) -> bool:
        """Surely less in agreement with the others than one like them would be."""
        return self.expected is not None and self.panel.high < self.expected

    @property
    def leans(self) -> bool:
        """Surely to one side. A side that nobody prefers is chosen half the time, as sides are random."""
        return self.left.low > 0.5 or self.left.high < 0.5


def raters_of(votes: Votes, assumptions: Assumptions = DEFAULTS) -> tuple[Rater, ...]:
    """One for each of ``votes.raters``, in that order. Needs ``votes.rater``; votes without are nobody's."""
    if not len(votes.rater):
        return tuple(_one(votes, None, n) for n in range(len(votes.raters)))
    sigma = fitted(votes, assumptions).sigma
    fixed = replace(assumptions, sigma=sigma)
    found = []
    for n in range(len(votes.raters)):
        others = votes.only(votes.rater != n)
        found.append(_one(votes, fitted(others, fixed) if len(others) else None, n))
    return tuple(found)


def _one(votes: Votes, others: Fit | None, rater: int) -> Rater:
    own = votes.only(votes.rater == rater) if len(votes.rater) else votes.only(np.zeros(len(votes), bool))
    decided = own.only(~own.is_tie)
    panel, expected = share(0, 0), None
    if others is not None:
        panel, expected = _with_panel(decided, others)
    return Rater(
        *(votes.raters[rater], len(own), len(own) - len(decided), panel, expected),
        share(int((decided.outcome == Outcome.LEFT).sum()), len(decided)),
        _repeats(own),
    )


def _with_panel(decided: Votes, others: Fit) -> tuple[Share, float | None]:
    mode, seen = others.modes[0], _seen(others.votes)
    shared = decided.only(seen[decided.left] & seen[decided.right])
    if not len(shared):
        return share(0, 0), None
    theta, (_, cov) = mode.theta(others.votes.arm_of), others.curve().theta_cov()
    d = theta[shared.left] - theta[shared.right]
    prefers_ahead = np.where(d >= 0, Outcome.LEFT, Outcome.RIGHT) == shared.outcome
    variance = cov[shared.left, shared.left] + cov[shared.right, shared.right]
    variance = variance - 2 * cov[shared.left, shared.right]
    blurred = (d + mode.side) / np.sqrt(1 + np.pi / 8 * variance)  # MacKay (1992): a logit that is not sure
    likely = expit(np.where(d >= 0, blurred, -blurred))
    return share(int(prefers_ahead.sum()), len(shared)), float(likely.mean())


def _seen(votes: Votes) -> Bools:
    seen = np.zeros(len(votes.clips), bool)
    seen[votes.left] = seen[votes.right] = True
    return seen


def _repeats(own: Votes) -> Share:
    """Each later vote on a pair against the one before it; all ties are one answer."""
    low, high = np.minimum(own.left, own.right), np.maximum(own.left, own.right)
    answer: Ints = np.where(own.is_tie, -1, np.where(own.outcome == Outcome.LEFT, own.left, own.right))
    last: dict[tuple[int, int], int] = {}
    same = again = 0
    for pair, said in zip(zip(low.tolist(), high.tolist(), strict=True), answer.tolist(), strict=True):
        if pair in last:
            again += 1
            same += said == last[pair]
        last[pair] = said
    return share(same, again)
