"""A stage: layers back to front, drawn once, then moved and composited frame by frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Matrix, Picture, Streams, Window, blank, over


class Piece(Protocol):
    """Something on the stage. It draws itself into ``frame`` as it is at ``t`` seconds."""

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture over a window of the world. ``drift`` moves it (units a second); ``sway`` bends its
    top (world units of shear per unit of height) with ``period_s``; ``opacity`` may vary in time."""

    drawn: Picture
    window: Window
    depth: float
    drift: tuple[float, float] = (0.0, 0.0)
    sway: float = 0.0
    period_s: float = 4.0
    phase: float = 0.0
    opacity: Callable[[float], float] | None = None

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        matrix = camera.matrix(view, self.window, self.depth)
        if any(self.drift):
            shift = np.array(self.drift) * t * self.window.density
            matrix[:, 2] += matrix[:, :2] @ shift
        if self.sway:
            bend = self.sway * (
                math.sin(2 * math.pi * t / self.period_s + self.phase)
                + 0.4 * math.sin(2 * math.pi * t / (self.period_s * 0.37) + 2 * self.phase)
            )
            matrix = _sheared(matrix, bend, self.drawn.shape[0])
        over(frame, self.drawn, matrix, self.opacity(t) if self.opacity else 1.0)


@dataclass(frozen=True, slots=True)
class Actor:
    """A cycle of pictures that travels. ``place(t)`` gives its foot in the world; ``anchor`` is the
    foot in pixels of the pictures, ``density`` their pixels per unit."""

    cycle: tuple[Picture, ...]
    anchor: tuple[float, float]
    density: float
    depth: float
    place: Callable[[float], tuple[float, float]]
    cycle_s: float = 1.0
    flipped: bool = False

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        x, y = self.place(t)
        drawn = self.cycle[int(t / self.cycle_s * len(self.cycle)) % len(self.cycle)]
        ax, ay = self.anchor[0] / self.density, self.anchor[1] / self.density
        width = drawn.shape[1]
        if self.flipped:
            drawn = np.ascontiguousarray(drawn[:, ::-1])
            ax = width / self.density - ax
        over(frame, drawn, camera.matrix(view, Window(x - ax, y - ay, x, y, self.density), self.depth))


@dataclass(frozen=True, slots=True)
class Effect:
    """A whole-frame step between layers: a reflection, rain, lightning."""

    apply: Callable[[Picture, Camera, View, float], None]

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        self.apply(frame, camera, view, t)


@dataclass(frozen=True, slots=True)
class Set:
    """What a scene builder gets: the plan, the camera, the times that will be seen, random streams."""

    plan: ShotPlan
    camera: Camera
    times: tuple[float, float]
    streams: Streams

    def window(self, depth: float, margin: float = 0.02) -> Window:
        return self.camera.window(depth, self.times, margin)

    @property
    def narrow(self) -> float:
        """How much smaller a subject has to be to fit a tall frame; 1 in a wide one."""
        return min(1.0, 0.35 + 0.5 * self.camera.aspect)


class Stage:
    """Everything that is seen, back to front."""

    def __init__(self, camera: Camera, pieces: Iterable[Piece]) -> None:
        self.camera = camera
        self.pieces = tuple(pieces)

    def frame(self, t: float) -> Picture:
        """The picture ``t`` seconds into the shot (RGBA, coverage full where anything was drawn)."""
        frame = blank(self.camera.height, self.camera.width)
        view = self.camera.view(t)
        for piece in self.pieces:
            piece.draw(frame, self.camera, view, t)
        return frame


def _sheared(matrix: Matrix, bend: float, rows: int) -> Matrix:
    """``matrix`` after a shear that holds the picture's bottom row."""
    shear = np.array([[1.0, -bend, bend * rows], [0.0, 1.0, 0.0]])
    full = np.vstack([shear, [0, 0, 1]])
    return np.asarray(matrix @ full)
