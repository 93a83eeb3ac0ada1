"""A stage: layers back to front, drawn once, then moved and composited frame by frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import (
    Blend,
    Matrix,
    Picture,
    Streams,
    Window,
    blank,
    blend_of,
    bounds,
    over,
)


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
    blend: Blend = Blend.COVER

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
        over(frame, self.drawn, matrix, self.opacity(t) if self.opacity else 1.0, self.blend)

    def tight(self) -> Layer:
        """The same layer without its empty margins, and with the quickest blend that is right."""
        left, top, right, bottom = bounds(self.drawn)
        if self.sway:
            bottom = self.drawn.shape[0]  # the row that the bending holds
        drawn = np.ascontiguousarray(self.drawn[top:bottom, left:right])
        w, d = self.window, self.window.density
        window = Window(w.left + left / d, w.top + top / d, w.left + right / d, w.top + bottom / d, d)
        return replace(self, drawn=drawn, window=window, blend=blend_of(drawn))


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

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        x, y = self.place(t)
        drawn = self.cycle[int(t / self.cycle_s * len(self.cycle)) % len(self.cycle)]
        left, top = x - self.anchor[0] / self.density, y - self.anchor[1] / self.density
        window = Window(left, top, left + 1, top + 1, self.density)
        over(frame, drawn, camera.matrix(view, window, self.depth))

    def turned(self) -> Actor:
        """The same actor facing the other way."""
        width = self.cycle[0].shape[1]
        cycle = tuple(np.ascontiguousarray(drawn[:, ::-1]) for drawn in self.cycle)
        return replace(self, cycle=cycle, anchor=(width - self.anchor[0], self.anchor[1]))

    def tight(self) -> Actor:
        """The same actor without the margins that are empty in its whole cycle."""
        boxes = [bounds(drawn) for drawn in self.cycle]
        left, top = (min(box[i] for box in boxes) for i in (0, 1))
        right, bottom = (max(box[i] for box in boxes) for i in (2, 3))
        cycle = tuple(np.ascontiguousarray(drawn[top:bottom, left:right]) for drawn in self.cycle)
        return replace(self, cycle=cycle, anchor=(self.anchor[0] - left, self.anchor[1] - top))


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
        self.pieces = tuple(p.tight() if isinstance(p, Layer | Actor) else p for p in pieces)

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
