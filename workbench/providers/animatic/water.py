"""Water that mirrors what stands behind it: sea, lake, a wet street."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.raster import (
    Colour,
    Field,
    Picture,
    Window,
    brightened,
    ink,
    mix,
    scaled,
    smoothstep,
)
from workbench.providers.animatic.stage import Set


@dataclass(frozen=True, slots=True)
class Water:
    """Mirrors the frame at ``shore`` (world height, at ``depth``).

    ``ripples`` holds two fields seen in perspective, twice the frame wide. ``rough`` is how far a
    ripple throws the mirror image, ``tint`` and ``body`` what becomes of it: mirrored × tint + body,
    fading to ``body`` alone towards the viewer. ``glint`` lights crests in a column under ``sun_x``.
    """

    ripples: tuple[Field, Field]
    shore: float
    depth: float
    rough: float
    tint: Colour
    body: Colour
    glint: Colour
    sun_x: float
    glint_wide: float
    speed: float
    smear: float
    deep: float

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        height, width = frame.shape[:2]
        origin = camera.matrix(view, Window(0.0, self.shore, 1.0, 1.0, 1.0), self.depth)
        line = origin[1, 2]
        top = int(np.ceil(line))
        if top >= height - 1 or top < 2:
            return
        rows = height - top
        span = self.ripples[0].shape[1]
        _, _, scale = view.at(self.depth)
        pushed = view.at(0.5)[0] * height * scale
        own = self.speed * t * height
        shifts = [int(np.clip((span - width) / 2 + pushed + s, 0, span - width)) for s in (own, -0.7 * own)]
        count = min(rows, self.ripples[0].shape[0])
        a = self.ripples[0][:count, shifts[0] : shifts[0] + width]
        b = self.ripples[1][:count, shifts[1] : shifts[1] + width]
        waves = a + b
        if count < rows:
            waves = np.pad(waves, ((0, rows - count), (0, 0)), mode="edge")
        down = (np.arange(rows, dtype=np.float32) + (top - line))[:, None]
        throw = (self.rough * (0.012 * height + down * 0.42)).astype(np.float32)
        above = np.clip(line - down * 0.92 - np.abs(waves) * throw, 0, line - 1).astype(np.float32)
        across = (
            np.broadcast_to(np.arange(width, dtype=np.float32)[None, :], waves.shape) + waves * throw * 0.10
        )
        mirror = cv2.remap(frame, across, above, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if self.smear:
            mirror = cv2.blur(mirror, (1, max(1, int(self.smear * height) | 1)))
        mirror = scaled(mirror, (*self.tint, 1.0))
        body = brightened(mirror, ink(self.body, 0))
        if self.deep:
            fade = smoothstep(0.0, 1.0, down / (height * 0.55)) * self.deep * 255
            keep = cv2.merge([np.repeat((255 - fade).astype(np.uint8), width, axis=1)] * 4)
            body = brightened(cv2.multiply(body, keep, scale=1 / 255), (0, 0, 0, 255))
        if self.glint_wide:
            centre = width / 2 + (self.sun_x - view.at(0.0)[0]) * height * view.at(0.0)[2]
            self._sparkle(body, waves, down, centre, height)
        frame[top:] = body

    def _sparkle(self, body: Picture, waves: Field, down: Field, centre: float, height: int) -> None:
        wide = self.glint_wide * (0.05 * height + down * 0.55)
        x = np.arange(body.shape[1], dtype=np.float32)[None, :] - centre
        column = np.exp(-((x / wide) ** 2))
        crest = np.clip((waves - 0.15) * 3.0, 0, 1)
        force = np.clip(column * (crest * 0.95 + 0.12) * 255, 0, 255).astype(np.uint8)
        lit = scaled(cv2.merge([force] * 4), (*self.glint, 0.0))
        cv2.add(body, lit, dst=body)


def water(
    stage: Set,
    shore: float,
    depth: float,
    rough: float,
    tint: Colour,
    body: Colour,
    glint: Colour,
    sun_x: float,
    glint_wide: float = 1.0,
    speed: float = 0.03,
    smear: float = 0.0,
    deep: float = 0.35,
    cell: float = 0.055,
    stretch: float = 5.0,
) -> Water:
    """Water from ``shore`` down to the viewer."""
    camera = stage.camera
    rows = int(camera.height * (0.75 - min(0.4, shore)))
    flat = Window(0.0, 0.0, 2.5, 2.5, 300.0)
    fields = []
    for name in ("ripples", "swell"):
        noise = stage.streams.noise(
            f"water/{name}", flat, cell if name == "ripples" else cell * 1.7, 4, stretch=stretch
        )
        fields.append(_in_perspective(noise, rows, camera.width * 2, camera.height))
    return Water(
        (fields[0], fields[1]),
        shore,
        depth,
        rough,
        tint,
        body,
        mix(glint, (1, 1, 1), 0.25),
        sun_x,
        glint_wide,
        speed,
        smear,
        deep,
    )


def _in_perspective(noise: Field, rows: int, columns: int, height: int) -> Field:
    """``noise`` as a plane that runs to the horizon at row 0."""
    down = (np.arange(rows, dtype=np.float32) + 1.5)[:, None] / height
    distance = 0.16 / (down + 0.035)
    across = (np.arange(columns, dtype=np.float32)[None, :] / height - columns / height / 2) * (
        0.35 + 0.65 * distance
    )
    size = noise.shape[0]
    u = (across * 300.0 + size / 2).astype(np.float32)
    v = np.broadcast_to(distance * 360.0, u.shape).astype(np.float32)
    plane = cv2.remap(noise, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    far = smoothstep(0.0, 0.06, down)
    return np.asarray(plane * (0.25 + 0.75 * far), np.float32)
