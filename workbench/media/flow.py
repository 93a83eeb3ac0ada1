"""Optical flow between two pictures, and the camera's part in it.

A camera is four numbers a second: right and down (frame widths), scale and turn (radians) of the ground,
about the middle of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.media.fit import Pixels

Floats = NDArray[np.float64]

FEWEST = 24  # points to fit a camera to

_GRID = 4  # every so many pixels, one point
_TEXTURE = 2e-4  # smallest eigenvalue of the gradients at which a point's flow means something
_THINNEST = 64  # pixels on a side that flow is found on
_SURE = 0.1  # response of phase correlation from which its shift is believed
_CHANGED = 24  # grey levels
_WORTH = 0.02  # share of the points; fewer that change may be noise
_ENOUGH = 600  # points that a camera is fitted to
_RIM = 0.3  # of the half width and height; what lies beyond is the rim
_ROUNDS = 8
_SAME = 0.006  # frame widths a second within which two velocities are one


@dataclass(frozen=True, slots=True)
class Flow:
    """Velocities (frame widths a second) at points with texture; ``lost`` is what share of those that changed
    it takes to where something else is.
    """

    seconds: float
    x: Floats
    y: Floats
    velocities: Floats
    lost: float


def flow(start_s: float, a: Pixels, end_s: float, b: Pixels) -> Flow:
    """From one grey picture to a later one."""
    height, width = a.shape
    seconds = max(end_s - start_s, 1e-3)
    pixels = _dense(a, b)[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID]
    texture = cv2.cornerMinEigenVal(a, 7)[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID]
    down, across = np.mgrid[_GRID // 2 : height : _GRID, _GRID // 2 : width : _GRID].astype(np.float32)
    there_x, there_y = across + pixels[..., 0], down + pixels[..., 1]
    there = cv2.remap(
        b.astype(np.float32), there_x, there_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    is_inside = (there_x > 0) & (there_x < width - 1) & (there_y > 0) & (there_y < height - 1)
    here = a[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID].astype(np.float32)
    is_good = (texture > _TEXTURE) & is_inside
    is_astray = is_good & (np.abs(there - here) > _CHANGED)
    is_changed = is_good & (np.abs(b[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID] - here) > _CHANGED)
    lost = float(is_astray.sum()) / max(1.0, float(is_changed.sum()), _WORTH * float(is_good.sum()))
    return Flow(
        seconds,
        ((across[is_good] - width / 2) / width).astype(np.float64),
        ((down[is_good] - height / 2) / width).astype(np.float64),
        pixels[is_good].astype(np.float64) / width / seconds,
        lost,
    )


def _dense(a: Pixels, b: Pixels) -> NDArray[np.float32]:
    """Where each pixel goes, in pixels (right, down)."""
    height, width = a.shape
    # OpenCV's search reads beyond a picture that is thinner than its patches, and crashes.
    below, beside = max(0, _THINNEST - height), max(0, _THINNEST - width)
    if below or beside:
        a, b = (np.pad(one, ((0, below), (0, beside)), "edge") for one in (a, b))
    size = a.shape[1], a.shape[0]
    # It starts from the shift of the whole, which alone finds the far end of a fast pan.
    shift, response = cv2.phaseCorrelate(a.astype(np.float32), b.astype(np.float32), _window(*size))
    start = np.full((*a.shape, 2), shift if response > _SURE else (0.0, 0.0), np.float32)
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    engine.setFinestScale(1)
    found = np.asarray(engine.calc(a, b, start), np.float32)[:height, :width]
    return np.nan_to_num(found, posinf=0.0, neginf=0.0)


@cache
def _window(width: int, height: int) -> NDArray[np.float32]:
    return np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)


def moved(x: Floats, y: Floats, camera: Floats) -> Floats:
    """What the camera makes of a ground that stands still."""
    right, down, scale, turn = camera
    return np.column_stack([right + scale * x - turn * y, down + scale * y + turn * x])


def fitted(x: Floats, y: Floats, flow: Floats) -> Floats:
    """The camera's (right, down, scale, turn) that most points follow, a similarity: of three guesses: no
    motion, that of all, that of the rim.

    The rim counts twice: a subject stands in the middle more often.
    """
    thin = max(1, len(x) // _ENOUGH)
    x, y, flow = x[::thin], y[::thin], flow[::thin]
    one, none = np.ones_like(x), np.zeros_like(x)
    design = np.concatenate([np.column_stack([one, none, x, -y]), np.column_stack([none, one, y, x])])
    target = flow.T.ravel()
    is_rim = np.maximum(np.abs(x), np.abs(y) * (0.5 / max(np.abs(y).max(), 1e-9))) > _RIM
    rim = np.where(is_rim, 2.0, 1.0)
    width = _SAME + 0.1 * np.hypot(*flow.T)  # residuals within it are the same motion
    start = np.array([*np.median(flow, axis=0), 0.0, 0.0])

    def apart(fit: Floats) -> Floats:
        return np.asarray(np.hypot(*(target - design @ fit).reshape(2, -1)))

    def solved(weights: Floats) -> Floats:
        weighted = design.T * np.concatenate([weights, weights])
        return np.asarray(np.linalg.solve(weighted @ design + np.eye(4) * 1e-9, weighted @ target))

    def least(fit: Floats, prior: Floats) -> Floats:
        """Least absolute residuals, by reweighting (Weiszfeld)."""
        for _ in range(_ROUNDS):
            fit = solved(prior / np.maximum(apart(fit), 1e-3))
        return fit

    guesses = [np.zeros(4), least(start, rim)]
    if is_rim.sum() >= FEWEST:
        guesses.append(least(start, np.where(is_rim, 1.0, 0.0)))
    best = max(guesses, key=lambda fit: float((rim * np.exp(-((apart(fit) / width) ** 2))).sum()))
    for _ in range(_ROUNDS // 2):  # from there on, what does not follow has no say
        best = solved(rim * np.exp(-((apart(best) / width) ** 2)) + 1e-6)
    return best
