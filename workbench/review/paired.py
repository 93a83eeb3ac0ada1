"""Two values of each of many pairs, an old one and a new one: how far they shifted, and how sure that is.

Nothing is assumed of how values are spread: the test is the sign test, and the interval of the median
difference is the same test turned round. Pairs count one by one, so an answer holds for requests like those
that were paired; whether it holds for other prompts is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from workbench.review.phrases import holm
from workbench.review.ranking import LEVEL
from workbench.review.votes import Floats

_TAIL = (1 - LEVEL) / 2
_COIN = 0.5


@dataclass(frozen=True, slots=True)
class Shift:
    """Of one quantity, over the ``pairs`` that have both values, in its unit. ``old`` and ``new`` are
    medians, ``change`` is the median of new − old; ``low`` to ``high`` holds it in at least 95 % of cases,
    and is ``None`` for fewer than six pairs.

    ``up`` and ``down`` count pairs whose new value is higher, or lower. ``p`` is the two-sided sign test's
    and ``p_adjusted`` Holm's over all quantities; ``None`` where no pair differs. ``most_down`` and
    ``most_up`` are the places of the pairs with the smallest and the largest change.
    """

    pairs: int
    old: float
    new: float
    change: float
    low: float | None
    high: float | None
    up: int
    down: int
    p: float | None
    p_adjusted: float | None
    most_down: int
    most_up: int

    @property
    def is_settled(self) -> bool:
        """More pairs went one way than chance explains."""
        return self.p_adjusted is not None and self.p_adjusted < 1 - LEVEL


def shifts(quantities: Sequence[tuple[Floats, Floats]]) -> tuple[Shift | None, ...]:
    """One for each (old values, new values), which are pair by pair; NaN is a value that is not known.

    ``None`` where no pair has both.
    """
    tests = np.array([_sign_test(new - old) for old, new in quantities], float)
    known = ~np.isnan(tests)
    adjusted = np.full(len(tests), np.nan)
    adjusted[known] = holm(tests[known])
    return tuple(
        _shift(old, new, float(p), float(p_adjusted))
        for (old, new), p, p_adjusted in zip(quantities, tests, adjusted, strict=True)
    )


def _shift(old: Floats, new: Floats, p: float, p_adjusted: float) -> Shift | None:
    change = new - old
    (places,) = np.nonzero(~np.isnan(change))
    if not len(places):
        return None
    order = places[np.argsort(change[places], kind="stable")]
    low, high = _interval(change[order])
    return Shift(
        pairs=len(places),
        old=float(np.median(old[places])),
        new=float(np.median(new[places])),
        change=float(np.median(change[places])),
        low=low,
        high=high,
        up=int((change[places] > 0).sum()),
        down=int((change[places] < 0).sum()),
        p=None if np.isnan(p) else p,
        p_adjusted=None if np.isnan(p) else p_adjusted,
        most_down=int(order[0]),
        most_up=int(order[-1]),
    )


def _sign_test(change: Floats) -> float:
    """Pairs that are level say nothing of the way; NaN where all are."""
    up, down = int((change > 0).sum()), int((change < 0).sum())
    if not up + down:
        return float("nan")
    return min(1.0, 2 * float(bdtr(min(up, down), up + down, _COIN)))


def _interval(ordered: Floats) -> tuple[float | None, float | None]:
    """Between the k-th smallest and the k-th largest, k as large as the level allows."""
    n = len(ordered)
    k = int(np.searchsorted(bdtr(np.arange(n + 1), n, _COIN), _TAIL))
    return (float(ordered[k - 1]), float(ordered[n - k])) if k else (None, None)
