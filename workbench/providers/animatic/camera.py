"""The camera: where each depth of the scene stands in the frame at a time.

Distance covered grows without end but ever more slowly, so a clip can be extended up to half a minute
without running out of scenery, and the continuation starts at the speed at which its parent ended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Matrix, Window

PAN_SPEED = 0.075  # frame widths a second
TILT_SPEED = 0.06  # frame heights a second
GROWTH = 0.06  # natural logarithm of scale a second
_TIRING_S = 14.0
_EASE_S = 0.8


@dataclass(frozen=True, slots=True)
class View:
    """Camera at one time. x, y in world units; ``growth`` is the logarithm of the scale."""

    x: float = 0.0
    y: float = 0.0
    growth: float = 0.0
    zoom: float = 0.0
    roll: float = 0.0
    orbit: float = 0.0

    def at(self, depth: float) -> tuple[float, float, float]:
        """(x, y, scale) for a layer: depth 0 is the horizon, 1 the nearest grass."""
        near = 0.55 + 0.7 * depth
        side = (0.5 - depth) * self.orbit  # what lies beyond the subject goes against what lies before it
        return self.x * near + side, self.y * near, math.exp(self.growth * (0.35 + 1.1 * depth) + self.zoom)


class Camera:
    """The path of a shot plan's camera over a frame of ``width`` × ``height`` pixels."""

    def __init__(self, plan: ShotPlan, width: int, height: int) -> None:
        self.plan = plan
        self.width, self.height = width, height
        self.aspect = width / height

    def view(self, t: float) -> View:
        """Where the camera is ``t`` seconds into the shot."""
        way = self.plan.amount * _distance(t, self.plan.easing)
        side, up, grow = PAN_SPEED * self.aspect * way, TILT_SPEED * way, GROWTH * way
        match self.plan.move:
            case "pan_left":
                return View(x=-side)
            case "pan_right":
                return View(x=side)
            case "tilt_up":
                return View(y=0.08 - up)
            case "tilt_down":
                return View(y=up - 0.12)
            case "dolly_in":
                return View(growth=grow)
            case "dolly_out":
                return View(growth=0.3 - grow)
            case "zoom_in":
                return View(zoom=grow)
            case "zoom_out":
                return View(zoom=0.3 - grow)
            case "orbit_left":
                return View(orbit=side * 2.2)
            case "orbit_right":
                return View(orbit=-side * 2.2)
            case "aerial":
                return View(y=-up * 0.35, growth=grow * 1.1)
            case "handheld":
                return _handheld(t, self.plan.amount)
            case _:
                return View()

    def turn(self, t: float) -> float:
        """How far an orbit has gone round its subject, in radians."""
        sign = {"orbit_left": -1.0, "orbit_right": 1.0}.get(self.plan.move, 0.0)
        return sign * 0.16 * self.plan.amount * _distance(t, self.plan.easing)

    def window(self, depth: float, times: tuple[float, float], margin: float = 0.02) -> Window:
        """The part of a layer that is ever seen between two times, at the density to draw it with."""
        reach: list[tuple[float, float, float, float]] = []
        scales: list[float] = []
        for t in np.linspace(times[0], times[1], 33):
            view = self.view(float(t))
            x, y, scale = view.at(depth)
            half_w, half_h = self.aspect / 2 / scale, 0.5 / scale
            tip = abs(math.sin(view.roll)) * max(half_w, half_h)
            reach.append((x - half_w - tip, y - half_h - tip, x + half_w + tip, y + half_h + tip))
            scales.append(scale)
        left, top = (min(r[i] for r in reach) - margin for i in (0, 1))
        right, bottom = (max(r[i] for r in reach) + margin for i in (2, 3))
        # Whole pixels of the world, so that a continuation draws the same grid as its parent.
        density = self.height * min(1.3, max(1.0, 1 + (max(scales) - 1) * 0.6))
        density = round(density / 8) * 8
        return Window(
            math.floor(left * density) / density,
            math.floor(top * density) / density,
            math.ceil(right * density) / density,
            math.ceil(bottom * density) / density,
            density,
        )

    def matrix(self, view: View, window: Window, depth: float) -> Matrix:
        """2×3, from pixels of a layer drawn over ``window`` to pixels of the frame."""
        x, y, scale = view.at(depth)
        unit = self.height * scale
        cos, sin = math.cos(view.roll), math.sin(view.roll)
        turn = np.array([[cos, -sin], [sin, cos]]) * unit
        origin = turn @ np.array([window.left - x, window.top - y])
        return np.column_stack([turn / window.density, origin + np.array([self.width / 2, self.height / 2])])


def _distance(t: float, easing: str) -> float:
    """Seconds of full-speed travel covered after ``t`` seconds."""
    tired = _TIRING_S * (1 - math.exp(-t / _TIRING_S))
    if easing == "linear":
        return tired
    eased = min(t, _EASE_S)
    # The integral of a smoothstep start, less what full speed would have covered.
    u = eased / _EASE_S
    return tired - (eased - _EASE_S * (u**3 - u**4 / 2))


def _handheld(t: float, amount: float) -> View:
    def sway(*parts: tuple[float, float, float]) -> float:
        return amount * sum(a * math.sin(2 * math.pi * f * t + p) for a, f, p in parts)

    return View(
        x=sway((0.012, 0.43, 0.0), (0.006, 1.1, 1.3), (0.0022, 2.9, 0.4)),
        y=sway((0.010, 0.37, 0.9), (0.005, 1.3, 2.2), (0.0022, 3.3, 1.8)),
        roll=sway((0.006, 0.31, 0.5), (0.002, 1.7, 2.0)),
        zoom=0.03,
    )
