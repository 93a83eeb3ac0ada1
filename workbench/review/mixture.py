"""Mixtures of normal distributions: what is left of a quantity once σ is integrated over a grid."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.review.votes import Floats

_MOST_STEPS = 60
_NO_SPREAD = 1e-200
_SETTLED = 1e-9


def below(x: Floats, means: Floats, sds: Floats, weights: Floats) -> Floats:
    """P(X < x) for X = Σ w N(mean, sd²); the last axis of ``means`` and ``sds`` is that of ``weights``.

    Where a spread is 0, it counts as half at its mean.
    """
    scaled = (np.asarray(x)[..., None] - means) / np.maximum(sds, _NO_SPREAD)
    chance: Floats = ndtr(scaled) @ weights
    return chance


def quantile(share: float, means: Floats, sds: Floats, weights: Floats) -> Floats:
    """x with P(X < x) = ``share``, between the quantiles of the parts: Newton's steps, halving where one
    leads out of there."""
    parts = means + float(ndtri(share)) * sds
    low, high = parts.min(-1), parts.max(-1)
    x: Floats = 0.5 * (low + high)
    for _ in range(_MOST_STEPS):
        over = below(x, means, sds, weights) - share
        low, high = np.where(over < 0, x, low), np.where(over < 0, high, x)
        tried = x - over / np.maximum(_density(x, means, sds, weights), _NO_SPREAD)
        before, x = x, np.where((tried > low) & (tried < high), tried, 0.5 * (low + high))
        if np.max(np.abs(x - before), initial=0.0) < _SETTLED:
            break
    return x


def _density(x: Floats, means: Floats, sds: Floats, weights: Floats) -> Floats:
    sds = np.maximum(sds, _NO_SPREAD)
    found: Floats = np.exp(-0.5 * ((x[..., None] - means) / sds) ** 2) / sds @ weights / np.sqrt(2 * np.pi)
    return found
