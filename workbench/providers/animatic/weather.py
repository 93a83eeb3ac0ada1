"""What falls from the sky and what flashes in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.daylight import Daylight
from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    Streams,
    blank,
    blurred,
    brightened,
    disc,
    ink,
    mix,
    stroke,
)
from workbench.providers.animatic.stage import Effect, Piece, Set


@dataclass(frozen=True, slots=True)
class Falling:
    """A tile that repeats and falls, in frame heights a second, with the camera's motion in it.
    ``tile`` holds the picture twice each way, so that any offset is one slice."""

    tile: Picture
    fall: float
    wind: float
    depth: float
    sway: float = 0.0
    covers: bool = False

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        height, width = frame.shape[:2]
        x, y, _ = view.at(self.depth)
        across = x - self.wind * t + self.sway * math.sin(1.3 * t + 9 * self.depth)
        left = int(across * height) % width
        top = int((y - self.fall * t) * height) % height
        part = self.tile[top : top + height, left : left + width]
        if self.covers:
            clear = cv2.bitwise_not(cv2.extractChannel(part, 3))
            cv2.multiply(frame, cv2.merge([clear] * 4), dst=frame, scale=1 / 255)
        cv2.add(frame, part, dst=frame)


def falling(stage: Set, day: Daylight) -> list[Piece]:
    """Rain, snow or lightning, as the plan's weather asks."""
    match stage.plan.weather:
        case "rain":
            return [*_rain(stage, day, 1.0)]
        case "storm":
            return [_lightning(stage), *_rain(stage, day, 1.5)]
        case "snow":
            return _snow(stage, day)
        case _:
            return []


def _rain(stage: Set, day: Daylight, hard: float) -> list[Piece]:
    tone = mix(day.haze, (0.85, 0.9, 1.0), 0.6)
    return [
        Falling(_streaks(stage, "rain far", int(420 * hard), 0.045, 0.14, tone, 0.7), 1.7, 0.22, 0.3),
        Falling(_streaks(stage, "rain", int(170 * hard), 0.10, 0.22, tone, 1.0), 2.6, 0.34, 0.7),
        Falling(_streaks(stage, "rain near", int(34 * hard), 0.22, 0.30, tone, 1.9), 3.6, 0.47, 1.0),
    ]


def _streaks(
    stage: Set, name: str, count: int, length: float, bright: float, tone: Colour, width: float
) -> Picture:
    camera = stage.camera
    height, wide = camera.height, camera.width
    rng = stage.streams.of(name)
    canvas = blank(height, wide)
    scale = height / 480
    for _ in range(round(count * camera.aspect / 1.78)):
        x, y = rng.uniform(0, camera.aspect) * height, rng.uniform(0, 1) * height
        size = length * rng.uniform(0.5, 1.2) * height
        force = bright * rng.uniform(0.35, 1.0)
        colour = ink((tone[0] * force, tone[1] * force, tone[2] * force), 0)
        for dx in (0, -wide):
            for dy in (0, -height):
                top = (x + dx + size * 0.13, y + dy)
                stroke(canvas, [top, (x + dx, y + dy + size)], max(1.0, width * scale), colour)
    if width > 1.5:
        canvas = blurred(canvas, 0.9 * scale)
    return np.tile(canvas, (2, 2, 1))


def _snow(stage: Set, day: Daylight) -> list[Piece]:
    tone = mix(day.haze, (1, 1, 1), 0.75 if stage.plan.time != "night" else 0.45)
    return [
        Falling(_flakes(stage, "snow far", 520, 0.0016, 0.55, tone), 0.10, 0.03, 0.2, 0.01, True),
        Falling(_flakes(stage, "snow", 200, 0.0030, 0.75, tone), 0.17, 0.05, 0.6, 0.02, True),
        Falling(_flakes(stage, "snow near", 46, 0.0085, 0.5, tone, True), 0.30, 0.08, 1.0, 0.04, True),
    ]


def _flakes(
    stage: Set, name: str, count: int, size: float, cover: float, tone: Colour, soft: bool = False
) -> Picture:
    camera = stage.camera
    height, wide = camera.height, camera.width
    rng = stage.streams.of(name)
    canvas = blank(height, wide)
    for _ in range(round(count * camera.aspect / 1.78)):
        x, y = rng.uniform(0, camera.aspect) * height, rng.uniform(0, 1) * height
        radius = size * rng.uniform(0.5, 1.3) * height
        there = cover * rng.uniform(0.5, 1.0)
        colour = ink((tone[0] * there, tone[1] * there, tone[2] * there), there)
        for dx in (0, -wide, wide):
            for dy in (0, -height, height):
                disc(canvas, x + dx, y + dy, radius, colour)
    if soft:
        canvas = blurred(canvas, size * 0.35 * height)
    return np.tile(canvas, (2, 2, 1))


def _lightning(stage: Set) -> Effect:
    """Flashes in a few seconds of the shot's clock, the same ones in every clip of it."""
    streams = Streams(stage.plan.seed)

    def flash(frame: Picture, camera: Camera, view: View, t: float) -> None:
        rng = streams.of(f"flash/{int(t // 2)}")
        begin = float(rng.uniform(0.2, 1.6))
        since = t % 2 - begin
        if rng.random() < 0.75 and 0 <= since < 0.5:
            force = math.exp(-since * 9) * (0.6 + 0.4 * math.cos(since * 70)) * 70
            frame[:] = brightened(frame, (force * 0.85, force * 0.9, force, 0))

    return Effect(flash)
