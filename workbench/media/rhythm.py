"""Whether a movement goes on evenly, quickens, slows down, or comes in beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

_FEWEST = 6
_STEP_S = 0.1
_QUICKENS = 1.7  # last third to first third
_TREND = 0.6  # correlation with time that a trend needs
_BEAT = 0.5  # autocorrelation of a beat …
_AGAIN = 0.3  # … and of two
_SWING = 0.25  # of the mean speed, that a beat must make up
_LONGEST_BEAT = 0.36  # of the clip: a beat comes nearly three times, or it is chance


class Pace(StrEnum):
    STILL = "still"
    STEADY = "steady"
    QUICKENING = "quickening"
    SLOWING = "slowing"
    PULSING = "pulsing"
    UNEVEN = "uneven"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``beat_s`` is the seconds from one beat to the next, where it is ``PULSING``."""

    pace: Pace
    beat_s: float | None = None


def rhythm(times: Sequence[float], speeds: Sequence[float]) -> Rhythm:
    """Of speeds, in any unit, at growing times. Too few to tell count as steady."""
    if max(speeds, default=0.0) <= 0:
        return Rhythm(Pace.STILL)
    if len(speeds) < _FEWEST:
        return Rhythm(Pace.STEADY)
    even = np.arange(times[0], times[-1] + 1e-6, _STEP_S)
    series = _smoothed(np.interp(even, times, speeds))
    mean = float(series.mean())
    beat = _beat(series, mean)
    if beat is not None:
        return Rhythm(Pace.PULSING, round(beat, 2))
    third = max(1, len(series) // 3)
    first, last = float(np.median(series[:third])), float(np.median(series[-third:]))
    floor = 0.05 * mean
    trend = float(np.corrcoef(even, series)[0, 1]) if float(series.std()) > 1e-9 else 0.0
    if (last + floor) / (first + floor) >= _QUICKENS and trend >= _TREND:
        return Rhythm(Pace.QUICKENING)
    if (first + floor) / (last + floor) >= _QUICKENS and trend <= -_TREND:
        return Rhythm(Pace.SLOWING)
    return Rhythm(Pace.UNEVEN if float(series.std()) > 0.5 * mean else Pace.STEADY)


def _smoothed(series: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(series, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def _beat(series: NDArray[np.float64], mean: float) -> float | None:
    """Seconds of the strongest beat: the first peak of the autocorrelation that is high enough."""
    count = len(series)
    time = np.arange(count)
    rest = series - np.polyval(np.polyfit(time, series, 1), time)
    if count < 2 * _FEWEST or float(rest.std()) < _SWING * mean:
        return None
    longest = int(count * _LONGEST_BEAT)
    alike = [1.0] + [_correlation(rest[:-lag], rest[lag:]) for lag in range(1, 2 * longest + 1)]
    peaks = [
        lag
        for lag in range(2, longest)
        if alike[lag] >= _BEAT
        and alike[lag] >= max(alike[lag - 1], alike[lag + 1])
        and min(alike[:lag]) < 0.0  # it has been away in between
        and max(alike[2 * lag - 1 : 2 * lag + 2]) >= _AGAIN
    ]
    if not peaks:
        return None
    best = max(alike[lag] for lag in peaks)
    return _STEP_S * next(lag for lag in peaks if alike[lag] >= 0.85 * best)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / max(size, 1e-12)
