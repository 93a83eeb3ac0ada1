"""Mixtures of normal distributions: what is left of a quantity once σ is integrated over a grid."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.review.votes import Floats

_HALVINGS = 45
_NO_SPREAD = 1e-200


def below(x: Floats, means: Floats, sds: Floats, weights: Floats) -> Floats:
    """P(X < x) for X = Σ w N(mean, sd²); the last axis of ``means`` and ``sds`` is that of ``weights``.

    Where a spread is 0, it counts as half at its mean.
    """
    scaled = (np.asarray(x)[..., None] - means) / np.maximum(sds, _NO_SPREAD)
    chance: Floats = ndtr(scaled) @ weights
    return chance


def quantile(share: float, means: Floats, sds: Floats, weights: Floats) -> Floats:
    """x with P(X < x) = ``share``, by bisection between the quantiles of the parts."""
    parts = means + float(ndtri(share)) * sds
    low, high = parts.min(-1), parts.max(-1)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        is_low = below(middle, means, sds, weights) < share
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        if np.max(high - low, initial=0.0) < 1e-9:
            break
    found: Floats = 0.5 * (low + high)
    return found
