"""What goes on from one picture to the next: flicker, warp error, what stands still and what is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.media.flow import FEWEST, flow
from workbench.media.metrics.passing import Seen
from workbench.media.motion import Step

MOST_WARPS = 32  # pairs of pictures, evenly, that flow is found between

_STILL = 1.1  # levels: what a codec makes of a picture that it repeats
_STILL_SHARE = 0.06  # of the largest change around
_AROUND_S = 0.75
_FROZEN_S = 0.3


@dataclass(frozen=True, slots=True)
class Warp:
    """One pair of neighbours: mean speed in frame widths a second, and luma left apart after the flow.

    ``None`` where there is nothing that can be followed.
    """

    at_s: float
    speed: float | None
    error: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Share of the time that is frozen, and of the pictures that repeat the one before while others move."""

    frozen: float
    repeated: float


def flicker(seen: Seen) -> float | None:
    """Half the root mean square of each picture's mean luma against the line between its neighbours.

    An alternation of ± n levels gives n; a fade however fast gives nothing. ``None`` below three pictures.
    """
    times, light = np.array(seen.times), np.array(seen.light)
    if len(times) < 3:
        return None
    part = (times[1:-1] - times[:-2]) / (times[2:] - times[:-2])
    apart = light[1:-1] - (light[:-2] + part * (light[2:] - light[:-2]))
    cut = np.zeros(len(apart), np.bool_)
    for at in seen.cuts:
        cut |= (times[:-2] < at - 1e-3) & (at - 1e-3 <= times[2:])
    left = apart[~cut]
    return float(np.sqrt((left**2).mean()) / 2) if len(left) else None


def warps(seen: Seen) -> tuple[Warp, ...]:
    """At most ``MOST_WARPS`` of the clip, none across a cut."""
    steps = [
        step for step in seen.steps if not any(step.at_s < cut - 1e-3 <= step.near[0] for cut in seen.cuts)
    ]
    if len(steps) > MOST_WARPS:
        steps = [steps[round(i)] for i in np.linspace(0, len(steps) - 1, MOST_WARPS)]
    return tuple(_warp(step) for step in steps)


def _warp(step: Step) -> Warp:
    found = flow(step.at_s, step.grey, *step.near)
    if len(found.x) < FEWEST:
        return Warp(step.at_s, None, None)
    height, width = step.grey.shape
    x, y = found.x * width + width / 2, found.y * width + height / 2
    way = found.velocities * width * found.seconds
    there = cv2.remap(
        step.near[1].astype(np.float32),
        (x + way[:, 0]).astype(np.float32)[None],
        (y + way[:, 1]).astype(np.float32)[None],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    here = step.grey[np.rint(y).astype(int), np.rint(x).astype(int)].astype(np.float32)
    return Warp(step.at_s, float(np.hypot(*found.velocities.T).mean()), float(np.abs(there[0] - here).mean()))


def standing(seen: Seen) -> Standing | None:
    """``None`` for a single picture."""
    if not seen.changes:
        return None
    times = np.array(seen.times)
    is_still = _still(times[1:], np.array(seen.changes))
    frozen_s, repeated, at = 0.0, 0, 0
    for still, run in groupby(is_still):
        count = len(list(run))
        lasts_s = float(times[at + count] - times[at])
        if still and (lasts_s >= _FROZEN_S - 1e-3 or count == len(is_still)):
            frozen_s += lasts_s
        elif still:
            repeated += count
        at += count
    return Standing(frozen_s / float(times[-1] - times[0]), repeated / len(is_still))


def _still(times: NDArray[np.float64], changes: NDArray[np.float64]) -> Sequence[bool]:
    """Whether each picture is the one before, against the most that changes around it."""
    starts = np.searchsorted(times, times - _AROUND_S)
    ends = np.searchsorted(times, times + _AROUND_S, "right")
    most = np.array([changes[start:end].max() for start, end in zip(starts, ends, strict=True)])
    return [bool(still) for still in changes <= np.maximum(_STILL, _STILL_SHARE * most)]
