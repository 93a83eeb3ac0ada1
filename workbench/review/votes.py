"""Votes as arrays: what goes into every statistic of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from workbench.domain.errors import RequestError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Outcome(IntEnum):
    """What a person said of a pair. Two good clips and two bad ones are different facts, both ties."""

    LEFT = 0
    RIGHT = 1
    BOTH_GOOD = 2
    BOTH_BAD = 3

    @property
    def label(self) -> str:
        """As the log and the command line write it."""
        return self.name.lower()


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """``left``, ``right``: indices into ``clips``; ``outcome``: of ``Outcome``; ``rater``: into ``raters``,
    or empty where nobody is told apart; all of one length. ``arm_of``: for each clip its index into ``arms``.

    Raises ``RequestError`` where that does not hold.
    """

    arms: tuple[str, ...]
    clips: tuple[str, ...]
    arm_of: Ints
    left: Ints = field(default_factory=_none)
    right: Ints = field(default_factory=_none)
    outcome: Ints = field(default_factory=_none)
    rater: Ints = field(default_factory=_none)
    raters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("arm_of", "left", "right", "outcome", "rater"):
            object.__setattr__(self, name, indices(name, getattr(self, name)))
        for name in ("arms", "clips", "raters"):
            check_names(name, getattr(self, name))
        if len(self.arm_of) != len(self.clips):
            raise RequestError(
                f"{len(self.arm_of)} arms are told for {len(self.clips)} clips; give each clip one."
            )
        lengths = {len(self.left), len(self.right), len(self.outcome), len(self.rater) or len(self.left)}
        if len(lengths) > 1:
            raise RequestError(
                "Left, right, outcome and rater differ in length; give one of each for a vote."
            )
        check_range("arm_of", self.arm_of, len(self.arms))
        check_range("left", self.left, len(self.clips))
        check_range("right", self.right, len(self.clips))
        check_range("outcome", self.outcome, len(Outcome))
        check_range("rater", self.rater, len(self.raters))
        if (same := np.flatnonzero(self.left == self.right)).size:
            raise RequestError(
                f"Vote {same[0] + 1} compares the clip “{self.clips[self.left[same[0]]]}” with itself; "
                "a vote is on two clips."
            )

    def __len__(self) -> int:
        return len(self.left)

    @property
    def is_tie(self) -> Bools:
        tied: Bools = self.outcome >= Outcome.BOTH_GOOD
        return tied

    def only(self, kept: Bools | Ints) -> Votes:
        """The same clips and arms, with these votes (a mask, or indices) alone."""
        return replace(
            self,
            left=self.left[kept],
            right=self.right[kept],
            outcome=self.outcome[kept],
            rater=self.rater[kept] if len(self.rater) else self.rater,
        )

    def mirrored(self) -> Votes:
        """Every pair with its sides exchanged, and each vote still for the same clip."""
        outcome = self.outcome.copy()
        outcome[self.outcome == Outcome.LEFT], outcome[self.outcome == Outcome.RIGHT] = 1, 0
        return replace(self, left=self.right, right=self.left, outcome=outcome)


def votes_of(
    rows: Iterable[tuple[str, str, str, str]], arm_of: Mapping[str, str], arms: Iterable[str] = ()
) -> Votes:
    """From names: rows are (left clip, right clip, outcome, rater), ``arm_of`` tells each clip's arm.

    Clips stand in the order of ``arm_of``, arms in that of ``arms`` and then of their first clip, raters in
    that of their first vote. Raises ``RequestError`` for a clip or an outcome that is not known.
    """
    clips = {clip: n for n, clip in enumerate(arm_of)}
    names = {arm: n for n, arm in enumerate(dict.fromkeys([*arms, *arm_of.values()]))}
    outcomes = {outcome.label: int(outcome) for outcome in Outcome}
    raters: dict[str, int] = {}
    table: list[tuple[int, int, int, int]] = []
    for left, right, outcome, rater in rows:
        for clip in (left, right):
            if clip not in clips:
                raise RequestError(f"A vote is on the clip “{clip}”, of which no arm is told; tell its arm.")
        if outcome not in outcomes:
            raise RequestError(f"“{outcome}” is no outcome; use one of {', '.join(outcomes)}.")
        table.append((clips[left], clips[right], outcomes[outcome], raters.setdefault(rater, len(raters))))
    left_of, right_of, outcome_of, rater_of = np.array(table, np.int64).reshape(-1, 4).T
    of = np.array([names[arm] for arm in arm_of.values()], np.int64)
    return Votes(tuple(names), tuple(clips), of, left_of, right_of, outcome_of, rater_of, tuple(raters))


def indices(name: str, given: npt.ArrayLike) -> Ints:
    array = np.asarray(given)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise RequestError(f"“{name}” must be one row of whole numbers.")
    kept = array.astype(np.int64)
    kept.flags.writeable = False
    return kept


def check_names(name: str, given: tuple[str, ...]) -> None:
    if len(set(given)) != len(given):
        twice = next(one for one in given if given.count(one) > 1)
        raise RequestError(f"“{twice}” stands in “{name}” twice; name each once.")


def check_range(name: str, array: Ints, count: int) -> None:
    if array.size and not (array.min() >= 0 and array.max() < count):
        wrong = array.min() if array.min() < 0 else array.max()
        allowed = f"use 0 to {count - 1}" if count else "there is none to point at"
        raise RequestError(f"“{name}” holds {wrong}; {allowed}.")
