"""Outlines of figures: limbs, joints, curves, and the light along an edge."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    blurred,
    disc,
    polygon,
)

Point = tuple[float, float]


def rimmed(canvas: Picture, colour: Colour, rim: Colour, side: float, scale: float) -> Picture:
    """Light along the edge that faces the sun, and a little modelling inside."""
    mask = canvas[..., 3].astype(np.float32) / 255
    away = np.array([[1, 0, -side * 0.014 * scale], [0, 1, 0.017 * scale]])
    hidden = cv2.warpAffine(mask, away, (mask.shape[1], mask.shape[0]))
    edge = blurred(np.clip(mask - hidden, 0, 1), max(0.3, 0.006 * scale)) * mask
    inner = blurred(mask, max(1.0, 0.12 * scale))
    form = mask * np.clip(1 - inner, 0, 1) * 0.16
    lit = canvas.astype(np.float32)
    lit[..., :3] += (edge * 0.62 + form)[..., None] * np.array(rim, np.float32) * 255
    return np.asarray(np.clip(lit, 0, 255).astype(np.uint8))


def limb(canvas: Picture, p: Point, q: Point, r1: float, r2: float, tone: tuple[float, ...]) -> None:
    """A tapered capsule."""
    disc(canvas, *p, r1, tone)
    disc(canvas, *q, r2, tone)
    dx, dy = q[0] - p[0], q[1] - p[1]
    length = math.hypot(dx, dy) or 1.0
    nx, ny = -dy / length, dx / length
    polygon(
        canvas,
        [
            (p[0] + nx * r1, p[1] + ny * r1),
            (q[0] + nx * r2, q[1] + ny * r2),
            (q[0] - nx * r2, q[1] - ny * r2),
            (p[0] - nx * r1, p[1] - ny * r1),
        ],
        tone,
    )


def joint(top: Point, foot: Point, upper: float, lower: float, bend: float) -> Point:
    """The middle joint of two bones between ``top`` and ``foot``; ``bend`` 1 forward, −1 back."""
    dx, dy = foot[0] - top[0], foot[1] - top[1]
    reach = min(math.hypot(dx, dy), upper + lower - 1e-4)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = math.sqrt(max(0.0, upper**2 - along**2))
    ux, uy = dx / reach, dy / reach
    return (top[0] + ux * along - uy * off * bend, top[1] + uy * along + ux * off * bend)


def spline(points: list[Point], closed: bool = True, steps: int = 7) -> list[Point]:
    """Catmull–Rom through the points."""
    n = len(points)
    ends = n if closed else n - 1
    found: list[Point] = []
    for i in range(ends):
        p = [
            np.array(points[(i + k) % n] if closed else points[min(max(i + k, 0), n - 1)])
            for k in (-1, 0, 1, 2)
        ]
        for t in np.linspace(0, 1, steps, endpoint=False):
            found.append(_between(p, float(t)))
    if not closed:
        found.append(points[-1])
    return found


def _between(p: list[npt.NDArray[np.float64]], t: float) -> Point:
    q = 0.5 * (
        2 * p[1]
        + (p[2] - p[0]) * t
        + (2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]) * t**2
        + (3 * p[1] - p[0] - 3 * p[2] + p[3]) * t**3
    )
    return (float(q[0]), float(q[1]))
