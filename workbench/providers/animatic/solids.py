"""Small solids that really turn: faceted gems, rings, bottles, boxes, drawn as shaded polygons."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.raster import Colour, Picture, Window, blank, ink, over, polygon, smoothstep

Points = npt.NDArray[np.float64]
Shader = Callable[["Lighting"], Points]  # colours (faces, 3) or with coverage (faces, 4)
_FINER = 2  # supersampling


@dataclass(frozen=True, slots=True)
class Lighting:
    """What a shader sees of all faces: normals and mirror directions in camera space (x right, y up, z
    to the viewer), centres in the solid's own space, and the turn in radians."""

    normal: Points
    mirror: Points
    centre: Points
    turn: float


@dataclass(frozen=True, slots=True)
class Solid:
    """``faces`` are quads or triangles (n, 4) of ``vertices``; both sides are drawn if ``clear``."""

    vertices: Points
    faces: npt.NDArray[np.int64]
    shader: Shader
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Turning:
    """Solids on a turntable at ``foot`` (world), ``size`` units high, seen from ``tilt`` above, with
    their mirror image of ``reflection`` strength in the table."""

    solids: tuple[Solid, ...]
    foot: tuple[float, float]
    size: float
    tilt: float
    depth: float
    reflection: float
    start: float = 0.0
    idle: float = 0.0  # radians a second of its own

    def draw(self, frame: Picture, camera: Camera, view: View, t: float) -> None:
        turn = self.start + camera.turn(t) + self.idle * t
        scale = self.size * camera.height * _FINER
        side = int(scale * 1.9)
        canvas = blank(int(scale * 1.5), side)
        middle = np.array([side / 2, scale * 1.22])
        for solid in self.solids:
            _draw(canvas, solid, turn, self.tilt, middle, scale)
        small = cv2.resize(canvas, (side // _FINER, canvas.shape[0] // _FINER), interpolation=cv2.INTER_AREA)
        density = camera.height
        left, top = self.foot[0] - middle[0] / _FINER / density, self.foot[1] - middle[1] / _FINER / density
        if self.reflection:
            foot_row = int(middle[1] / _FINER + 0.02 * scale / _FINER)
            mirrored = small[:foot_row][::-1]
            fade = np.linspace(self.reflection, 0, len(mirrored))[:, None, None] ** 1.4
            dim = np.asarray(mirrored * fade, np.uint8)
            below = Window(left, top + foot_row / density, left + 1, top + 1, density)
            over(frame, dim, camera.matrix(view, below, self.depth))
        over(
            frame,
            np.asarray(small),
            camera.matrix(view, Window(left, top, left + 1, top + 1, density), self.depth),
        )


def _draw(canvas: Picture, solid: Solid, turn: float, tilt: float, middle: Points, scale: float) -> None:
    cos, sin = math.cos(turn), math.sin(turn)
    yaw = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    cos, sin = math.cos(tilt), math.sin(tilt)
    pitch = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    seen = solid.vertices @ (pitch @ yaw).T
    corners = seen[solid.faces]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = normal / np.maximum(length, 1e-9)
    mirror = 2 * normal[:, 2:3] * normal - np.array([0, 0, 1.0])
    colours = solid.shader(Lighting(normal, mirror, solid.vertices[solid.faces].mean(axis=1), turn))
    near = 1 / (1 - 0.10 * seen[:, 2:3])
    flat = middle + seen[:, :2] * np.array([1, -1]) * near * scale
    order = np.argsort(corners[:, :, 2].mean(axis=1))
    for i in order:
        if not solid.clear and normal[i, 2] <= 0.0:
            continue
        c = colours[i]
        tone: Colour = (float(c[0]), float(c[1]), float(c[2]))
        if len(c) == 4 and c[3] < 0.995:
            _glaze(canvas, flat[solid.faces[i]], tone, float(c[3]))
        else:
            # Without smoothing: smoothed edges would let the ground shine through every seam.
            cv2.fillPoly(
                canvas, [np.round(flat[solid.faces[i]] * 16).astype(np.int32)], ink(tone), cv2.LINE_8, 4
            )


def _glaze(canvas: Picture, points: Points, tone: Colour, cover: float) -> None:
    """A see-through polygon."""
    low = np.maximum(np.floor(points.min(axis=0)).astype(int) - 1, 0)
    high = np.ceil(points.max(axis=0)).astype(int) + 2
    area = canvas[low[1] : high[1], low[0] : high[0]]
    if area.size == 0:
        return
    layer = blank(*area.shape[:2])
    polygon(layer, points - low, ink((tone[0] * cover, tone[1] * cover, tone[2] * cover), cover))
    over(area, layer, np.eye(2, 3))


def softboxes(mirror: Points) -> npt.NDArray[np.float64]:
    """What a studio looks like in a mirror: a big soft box above left, a strip at the right, a dim floor."""
    x, y, z = mirror.T
    box = smoothstep(0.15, 0.5, y) * smoothstep(-0.95, -0.35, x) * smoothstep(0.55, 0.05, x)
    strip = smoothstep(0.50, 0.62, x) * smoothstep(0.92, 0.78, x) * smoothstep(-0.6, 0.0, y)
    edge = smoothstep(-0.70, -0.80, x) * smoothstep(-0.98, -0.9, x) * smoothstep(-0.7, 0.1, y)
    floor = 0.12 * smoothstep(0.1, -0.8, y)
    return np.asarray(box * 0.95 + strip * 0.85 + edge * 0.6 + floor + 0.05 * (z > 0))


def metal(tone: Colour) -> Shader:
    dark, bright = np.array(tone) * 0.16, np.minimum(np.array(tone) * 1.25 + 0.12, 1.0)

    def shade(l: Lighting) -> Points:  # noqa: E741
        level = softboxes(l.mirror)[:, None]
        facing = np.clip(l.normal[:, 2:3], 0, 1)
        return np.asarray(np.clip(dark + bright * level + np.array(tone) * 0.18 * facing, 0, 1))

    return shade


def faceted(tone: Colour, seed: int, cover: float) -> Shader:
    """A cut stone: every facet shows its own bit of the surroundings, thrown about inside."""
    rng = np.random.default_rng(seed)
    throw = rng.normal(0, 1, (512, 3))
    phase = rng.uniform(0, 2 * math.pi, 512)
    deep, body = np.array(tone) * 0.10, np.array(tone)

    def shade(l: Lighting) -> Points:  # noqa: E741
        count = len(l.normal)
        inside = l.normal + 0.55 * throw[:count]
        fire = 0.5 + 0.5 * np.sin(inside @ np.array([3.1, 4.3, 2.2]) + 5.0 * l.turn + phase[:count])
        fire = fire[:, None] ** 2.2
        gleam = softboxes(l.mirror)[:, None]
        colour = deep + body * (0.12 + 0.80 * fire) + 0.6 * gleam * (0.25 + 0.75 * body) + 0.45 * fire**4
        alpha = np.full((count, 1), cover)
        return np.hstack([np.clip(colour, 0, 1), np.clip(alpha + 0.5 * gleam, 0, 1)])

    return shade


def glass(tone: Colour, fill_to: float, liquid: Colour) -> Shader:
    def shade(l: Lighting) -> Points:  # noqa: E741
        level = softboxes(l.mirror)[:, None]
        rim = (1 - np.clip(l.normal[:, 2:3], 0, 1)) ** 2.2
        filled = smoothstep(fill_to + 0.012, fill_to - 0.012, l.centre[:, 1:2])
        glow = np.exp(-((l.normal[:, :1] - 0.18) ** 2) / 0.22)
        inside = np.array(liquid) * (0.30 + 0.75 * glow) * (0.72 + 0.5 * l.centre[:, 1:2])
        body = np.array(tone) * 0.22 * (1 - filled) + inside * filled
        colour = body * (1 - 0.72 * rim) + 0.82 * level + 0.22 * rim * np.array(tone)
        return np.asarray(np.clip(colour, 0, 1))

    return shade


def plain(tone: Colour, gloss: float = 0.35) -> Shader:
    def shade(l: Lighting) -> Points:  # noqa: E741
        light = np.clip(l.normal @ np.array([-0.45, 0.65, 0.62]), 0, 1)[:, None]
        return np.asarray(
            np.clip(np.array(tone) * (0.22 + 0.85 * light) + gloss * softboxes(l.mirror)[:, None], 0, 1)
        )

    return shade


def lathe(profile: list[tuple[float, float]], shader: Shader, around: int = 64, square: float = 0.0) -> Solid:
    """A surface of revolution; ``profile`` is (radius, height) from the bottom up. ``square`` 0 to 1
    flattens its sides."""
    angle = np.linspace(0, 2 * math.pi, around, endpoint=False)
    power = 1 - 0.72 * square
    cos, sin = np.cos(angle), np.sin(angle)
    ring = np.column_stack([np.sign(cos) * np.abs(cos) ** power, np.sign(sin) * np.abs(sin) ** power])
    vertices = np.vstack(
        [np.column_stack([ring[:, 0] * r, np.full(around, h), ring[:, 1] * r]) for r, h in profile]
    )
    return Solid(vertices, _bands(len(profile), around), shader)


def torus(
    radius: float, tube: float, height: float, shader: Shader, around: int = 112, section: int = 18
) -> Solid:
    """A ring that stands upright in the x–y plane."""
    a = np.linspace(0, 2 * math.pi, around, endpoint=False)
    b = np.linspace(0, 2 * math.pi, section, endpoint=False)
    rows = [
        np.column_stack(
            [
                (radius + tube * np.cos(b)) * math.cos(t),
                height + (radius + tube * np.cos(b)) * math.sin(t),
                -tube * 1.5 * np.sin(b),
            ]
        )
        for t in a
    ]
    return Solid(np.vstack(rows), _bands(around, section, closed=True)[:, ::-1], shader)


def emerald_cut(width: float, length: float, foot: float, tone: Colour, seed: int) -> tuple[Solid, Solid]:
    """(pavilion, crown) of a step-cut stone lying flat, its girdle at ``foot``."""

    def octagon(w: float, d: float, y: float) -> Points:
        cut = 0.32 * min(w, d)
        flat = [
            (w, d - cut),
            (w - cut, d),
            (-w + cut, d),
            (-w, d - cut),
            (-w, -d + cut),
            (-w + cut, -d),
            (w - cut, -d),
            (w, -d + cut),
        ]
        return np.array([(x, y, z) for x, z in flat])

    steps_up = [(1.0, 0.0), (0.93, 0.14), (0.82, 0.25), (0.66, 0.33)]
    steps_down = [(1.0, 0.0), (0.78, -0.20), (0.5, -0.40), (0.16, -0.58)]
    crown = np.vstack([octagon(width * s, length * s, foot + h * width) for s, h in steps_up])
    below = np.vstack([octagon(width * s, length * s, foot + h * width) for s, h in steps_down])
    table = 8 * (len(steps_up) - 1)
    lid = np.array(
        [
            [table, table + 1, table + 2, table + 3],
            [table, table + 3, table + 4, table + 7],
            [table + 4, table + 5, table + 6, table + 7],
        ]
    )
    faces_up = np.vstack([_bands(len(steps_up), 8)[:, ::-1], lid[:, ::-1]])
    return (
        Solid(below, _bands(len(steps_down), 8), faceted(tone, seed, 0.92), clear=True),
        Solid(crown, _outward(crown, faces_up, foot), faceted(tone, seed + 1, 0.42)),
    )


def box(width: float, height: float, length: float, shader: Shader) -> Solid:
    """A box with softly rounded edges."""
    return lathe(
        [
            (0.0, 0.0),
            (width * 0.9, 0.0),
            (width, height * 0.04),
            (width, height * 0.96),
            (width * 0.93, height),
            (0.0, height),
        ],
        shader,
        around=72,
        square=0.92,
    )


def _bands(rows: int, around: int, closed: bool = False) -> npt.NDArray[np.int64]:
    """Quads between rings of ``around`` vertices each."""
    i, j = np.meshgrid(np.arange(rows if closed else rows - 1), np.arange(around), indexing="ij")
    up, on = (i + 1) % rows, (j + 1) % around
    quads = [i * around + j, up * around + j, up * around + on, i * around + on]
    return np.stack([q.ravel() for q in quads], axis=1)


def _outward(vertices: Points, faces: npt.NDArray[np.int64], foot: float) -> npt.NDArray[np.int64]:
    """The faces, each turned so that its normal leaves the solid."""
    corners = vertices[faces]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    away = corners.mean(axis=1) - np.array([0.0, foot, 0.0])
    inward = (normal * away).sum(axis=1) < 0
    return np.where(inward[:, None], faces[:, ::-1], faces)
