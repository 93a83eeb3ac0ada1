"""Hard cuts: where one picture has nothing to do with the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.media.fit import Pixels
from workbench.media.pixels import lab, scaled

Picture = NDArray[np.float32]  # Lab

SIDE = 64  # pixels on the long side of a thumbnail
_THINNEST = 8
_LEAST = 9.0  # mean ΔE between two pictures, laid over one another, below which nobody sees a cut
_ALIKE = 0.55  # correlation above which they still show the same thing
_AROUND = 6  # pictures on either side that tell what is usual here
_USUAL = 3.0  # a cut is so many times more than that
_FLASH = 2  # pictures after which a flash is over


def thumbnail(small: Pixels) -> Pixels:
    """What ``find`` compares: RGB, very small."""
    found = scaled(small, SIDE)
    height, width = found.shape[:2]
    if min(height, width) >= _THINNEST:
        return found
    size = (max(width, _THINNEST), max(height, _THINNEST))
    return np.asarray(cv2.resize(found, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def find(thumbnails: Sequence[Pixels], times: Sequence[float]) -> tuple[float, ...]:
    """Times of the first picture after each hard cut.

    Two pictures are laid over one another by phase correlation before they are compared, and a step
    counts only where it stands out from its neighbours: a pan however fast is none, nor is a flash.
    Dissolves and fades are not looked for.
    """
    if len(thumbnails) < 2:
        return ()
    height, width = thumbnails[0].shape[:2]
    window = np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)

    @lru_cache(maxsize=16)  # of a minute of them, all at once would be too many
    def picture(i: int) -> Picture:
        smooth = np.asarray(cv2.GaussianBlur(thumbnails[i], (0, 0), 1.0), np.uint8)
        return lab(smooth)

    def is_other(i: int, j: int) -> bool:
        change, alike = _apart(picture(i), picture(j), window)
        return change >= _LEAST and alike < _ALIKE

    last = len(thumbnails) - 1
    steps = np.array([_apart(picture(i), picture(i + 1), window)[0] for i in range(last)])
    found = []
    for i in (int(at) for at in np.flatnonzero(steps >= _LEAST)):
        near = np.concatenate([steps[max(0, i - _AROUND) : i], steps[i + 1 : i + 1 + _AROUND]])
        is_usual = len(near) > 0 and steps[i] < _USUAL * float(np.median(near))
        # A flash comes and goes: what follows it is what stood before it.
        stays = is_other(i, min(i + 1 + _FLASH, last))
        is_return = i > 0 and not is_other(max(i - _FLASH, 0), i + 1)
        if is_other(i, i + 1) and stays and not is_usual and not is_return:
            found.append(round(float(times[i + 1]), 3))
    return tuple(found)


def _apart(a: Picture, b: Picture, window: NDArray[np.float32]) -> tuple[float, float]:
    """Mean ΔE and correlation of lightness where the two overlap, at the shift that fits best: none, or
    the one that phase correlation finds.
    """
    shift, response = cv2.phaseCorrelate(
        np.ascontiguousarray(a[..., 0]), np.ascontiguousarray(b[..., 0]), window
    )
    best = _compared(a, b, 0, 0)
    x, y = (round(float(value)) for value in np.nan_to_num(shift))
    height, width = a.shape[:2]
    if response > 0.05 and (x or y) and abs(x) <= width // 2 and abs(y) <= height // 2:
        best = min(best, _compared(a, b, x, y))
    return best


def _compared(a: Picture, b: Picture, x: int, y: int) -> tuple[float, float]:
    height, width = a.shape[:2]
    one = a[max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)]
    two = b[max(0, y) : height - max(0, -y), max(0, x) : width - max(0, -x)]
    change = float(np.linalg.norm(one - two, axis=2).mean())
    light, other = one[..., 0] - one[..., 0].mean(), two[..., 0] - two[..., 0].mean()
    size = float(np.sqrt((light**2).sum() * (other**2).sum()))
    flat = float(light.std()) < 1.0 or float(other.std()) < 1.0  # a plain colour is like no other picture
    return change, 0.0 if flat else float((light * other).sum()) / max(size, 1e-9)
