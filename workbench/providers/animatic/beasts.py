"""Four-legged walkers: their shapes as data, and one gait for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.providers.animatic.outline import Point, joint, limb, rimmed, spline
from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    blank,
    disc,
    ink,
    mix,
    polygon,
    stroke,
)
from workbench.providers.animatic.stage import Actor

STEPS = 24  # pictures in a walk cycle
CYCLE_S = 1.8
_STANCE = 0.62  # part of the cycle that a foot is on the ground


@dataclass(frozen=True, slots=True)
class Beast:
    """A four-legged walker, facing right; lengths in shoulder heights."""

    body: float = 1.25
    chest: float = 0.24
    waist: float = 0.17
    leg: float = 0.075
    paw: float = 0.062
    neck: float = 0.42
    neck_angle: float = 0.55  # above the horizontal, radians
    neck_wide: float = 0.17
    head: float = 0.15
    muzzle: float = 0.20
    snout: float = 0.45  # how thick it ends
    mane: float = 0.0
    crest: bool = False
    ear: float = 0.06
    tail: float = 0.9
    tuft: float = 0.05
    antlers: bool = False
    trunk: bool = False
    cat: bool = False  # a blunt face with a chin
    stride: float = 0.30


BEASTS: Mapping[str, Beast] = {
    "lion": Beast(
        body=1.05,
        chest=0.26,
        waist=0.19,
        leg=0.085,
        paw=0.07,
        mane=0.34,
        neck=0.40,
        neck_angle=0.38,
        head=0.165,
        muzzle=0.19,
        snout=0.62,
        tuft=0.06,
        ear=0.05,
        stride=0.36,
        cat=True,
    ),
    "cat": Beast(
        cat=True,
        body=1.1,
        neck=0.42,
        neck_angle=0.35,
        head=0.135,
        chest=0.22,
        waist=0.16,
        tuft=0.035,
        tail=1.0,
    ),
    "dog": Beast(body=1.1, neck=0.42, neck_angle=0.7, head=0.13, muzzle=0.26, leg=0.065, tail=0.6, ear=0.1),
    "horse": Beast(
        body=1.08,
        chest=0.225,
        waist=0.19,
        leg=0.06,
        paw=0.05,
        neck=0.68,
        neck_angle=0.85,
        neck_wide=0.15,
        head=0.115,
        muzzle=0.34,
        crest=True,
        tail=0.62,
        tuft=0.09,
        ear=0.08,
    ),
    "deer": Beast(
        body=1.0,
        chest=0.19,
        waist=0.15,
        leg=0.045,
        paw=0.034,
        neck=0.62,
        neck_angle=1.0,
        neck_wide=0.105,
        head=0.095,
        muzzle=0.22,
        antlers=True,
        tail=0.12,
        tuft=0.03,
        ear=0.1,
    ),
    "elephant": Beast(
        body=1.12,
        chest=0.34,
        waist=0.33,
        leg=0.125,
        paw=0.115,
        neck=0.40,
        neck_angle=0.32,
        neck_wide=0.24,
        head=0.24,
        muzzle=0.1,
        trunk=True,
        tail=0.5,
        tuft=0.03,
        ear=0.26,
        stride=0.2,
    ),
}


# In head radii from the middle of the head: brow, bridge, nose, lips, chin, jaw.
_CAT_FACE = (
    *((-0.70, 0.85), (0.00, 1.02), (0.52, 0.80), (1.10, 0.42), (1.52, 0.22), (1.72, 0.05), (1.74, -0.18)),
    *((1.60, -0.34), (1.64, -0.52), (1.50, -0.74), (1.20, -0.84), (0.60, -0.92), (-0.40, -0.90)),
)


def pace(kind: str, size: float, cycle_s: float = CYCLE_S) -> float:
    """Units a second at which the feet stand still on the ground."""
    return BEASTS[kind].stride * size / (_STANCE * cycle_s)


def beast(
    kind: str,
    size: float,
    density: float,
    colour: Colour,
    rim: Colour,
    rim_from: float,
    depth: float,
    place: Callable[[float], Point],
    flipped: bool,
    cycle_s: float = CYCLE_S,
) -> Actor:
    """A walking animal ``size`` high at the shoulder. ``rim`` lights its edge from −1 (left) to 1."""
    shape = BEASTS[kind]
    scale = size * density
    height, width = int(scale * 2.5) + 4, int(scale * 3.4) + 4
    anchor = (scale * 1.55, scale * 2.35)
    cycle = []
    for i in range(STEPS):
        canvas = blank(height, width)
        far = mix(colour, rim, 0.05)
        _walker(canvas, shape, i / STEPS, anchor, scale, ink(colour), ink(far))
        cycle.append(rimmed(canvas, colour, rim, -rim_from if flipped else rim_from, scale))
    actor = Actor(tuple(cycle), anchor, density, depth, place, cycle_s)
    return actor.turned() if flipped else actor


def _walker(
    canvas: Picture,
    b: Beast,
    phase: float,
    anchor: Point,
    scale: float,
    near: tuple[float, ...],
    far: tuple[float, ...],
) -> None:
    def at(x: float, y: float) -> Point:
        return (anchor[0] + x * scale, anchor[1] - y * scale)

    bob = 0.014 * math.sin(4 * math.pi * phase)
    shoulder, hip = (b.body * 0.42, 0.98 + bob), (-b.body * 0.46, 0.95 - bob)
    mid_y = shoulder[1] - b.chest
    limbs = ((0.5, False, far), (0.75, True, far), (0.0, False, near), (0.25, True, near))
    for offset, is_front, tone in limbs[:2]:
        _leg(canvas, b, at, shoulder if is_front else hip, is_front, (phase + offset) % 1, scale, tone)
    _tail(canvas, b, at, hip, phase, scale, near)
    outline = [
        (hip[0] - 0.17, hip[1] - 0.16),
        (hip[0] - 0.07, hip[1] + 0.0),
        (hip[0] + 0.16, hip[1] + 0.035),
        (0.0, 0.95),
        (shoulder[0] - 0.12, shoulder[1] + 0.02),
        (shoulder[0] + 0.12, shoulder[1] - 0.04),
        (shoulder[0] + 0.20, mid_y),
        (shoulder[0] + 0.08, mid_y - b.chest * 0.92),
        (0.05, mid_y - b.chest * 0.86),
        (hip[0] + 0.30, 0.74 - b.waist + bob),
        (hip[0] - 0.05, 0.72 - b.waist * 0.9),
    ]
    polygon(canvas, [at(*p) for p in spline(outline)], near)
    _head(canvas, b, at, shoulder, phase, scale, near)
    for offset, is_front, tone in limbs[2:]:
        _leg(canvas, b, at, shoulder if is_front else hip, is_front, (phase + offset) % 1, scale, tone)


def _leg(
    canvas: Picture,
    b: Beast,
    at: Callable[[float, float], Point],
    socket: Point,
    is_front: bool,
    phase: float,
    scale: float,
    tone: tuple[float, ...],
) -> None:
    top = (
        socket[0] + (0.0 if is_front else -0.02),
        socket[1] - (b.chest * 1.15 if is_front else b.waist * 1.0),
    )
    if phase < _STANCE:
        foot = (top[0] + b.stride * (0.5 - phase / _STANCE), 0.0)
        lift = 0.0
    else:
        u = (phase - _STANCE) / (1 - _STANCE)
        lift = math.sin(math.pi * u)
        foot = (top[0] + b.stride * (-0.5 + u * u * (3 - 2 * u)), 0.055 * lift)
    ankle = (foot[0] - (0.02 if is_front else 0.05), foot[1] + 0.07)
    length = math.hypot(top[1] - 0.07, b.stride * 0.5 + 0.05) * 1.012
    upper, lower = (length * 0.54, length * 0.46) if is_front else (length * 0.53, length * 0.47)
    knee = joint(top, ankle, upper, lower, 1.0 if is_front else -1.0)
    if is_front:
        knee = (knee[0] + 0.03 * lift, knee[1])
    limb(canvas, at(*top), at(*knee), b.leg * (1.55 if is_front else 2.0) * scale, b.leg * 0.95 * scale, tone)
    limb(canvas, at(*knee), at(*ankle), b.leg * 0.92 * scale, b.paw * 0.72 * scale, tone)
    limb(
        canvas,
        at(*ankle),
        at(foot[0] + b.paw * 0.9, foot[1] + b.paw * 0.55),
        b.paw * 0.75 * scale,
        b.paw * 0.62 * scale,
        tone,
    )


def _head(
    canvas: Picture,
    b: Beast,
    at: Callable[[float, float], Point],
    shoulder: Point,
    phase: float,
    scale: float,
    tone: tuple[float, ...],
) -> None:
    nod = 0.035 * math.sin(4 * math.pi * phase + 0.6)
    angle = b.neck_angle + nod
    root = (shoulder[0] + 0.02, shoulder[1] - b.chest * 0.55)
    head = (root[0] + b.neck * math.cos(angle) + 0.1, root[1] + b.neck * math.sin(angle) + 0.06)
    limb(canvas, at(*root), at(*head), b.neck_wide * 1.35 * scale, b.head * 0.9 * scale, tone)
    if b.mane:
        rng = np.random.default_rng(5)
        middle = (root[0] + (head[0] - root[0]) * 0.66 - 0.02, root[1] + (head[1] - root[1]) * 0.66 - 0.01)
        disc(canvas, *at(*middle), b.mane * 0.72 * scale, tone)
        disc(canvas, *at(middle[0] - 0.05, middle[1] - b.mane * 0.45), b.mane * 0.55 * scale, tone)
        for i in range(90):  # shaggy at the edge, longest under the chin
            a, long = 2 * math.pi * i / 90, 1 + 0.38 * max(0.0, -math.sin(2 * math.pi * i / 90))
            r = b.mane * rng.uniform(0.62, 0.86) * long
            px, py = middle[0] + r * 0.92 * math.cos(a) - 0.04 * (long - 1), middle[1] + r * math.sin(a)
            disc(canvas, *at(px, py), rng.uniform(0.035, 0.06) * scale, tone)
    if b.crest:
        along = np.linspace(0.1, 1.0, 9)
        for u in along:
            px, py = root[0] + (head[0] - root[0]) * u, root[1] + (head[1] - root[1]) * u
            disc(canvas, *at(px - 0.10, py + 0.09), 0.07 * scale, tone)
    down = -0.32 if not b.trunk else -0.9
    nose = (head[0] + b.muzzle * math.cos(down) + b.head * 0.5, head[1] + b.muzzle * math.sin(down) - 0.02)
    if b.cat:
        face = [(head[0] + x * b.head, head[1] + y * b.head) for x, y in _CAT_FACE]
        polygon(canvas, [at(*p) for p in spline(face)], tone)
    else:
        disc(canvas, *at(*head), b.head * scale, tone)
        limb(canvas, at(*head), at(*nose), b.head * 0.82 * scale, b.head * b.snout * scale, tone)
    ear = (head[0] - b.head * 0.55, head[1] + b.head * 0.85)
    if b.trunk:
        disc(canvas, *at(head[0] - 0.1, head[1] - 0.05), b.ear * scale, tone)
        swing = 0.06 * math.sin(2 * math.pi * phase)
        path = [head, nose, (nose[0] + 0.05 + swing, nose[1] - 0.4), (nose[0] + 0.14 + swing * 2, 0.12)]
        curve = spline(path, closed=False, steps=20)
        for i, p in enumerate(curve):
            disc(canvas, *at(*p), (0.13 - 0.08 * i / len(curve)) * scale, tone)
        polygon(
            canvas,
            [at(nose[0], nose[1]), at(nose[0] + 0.3, nose[1] - 0.22), at(nose[0] + 0.02, nose[1] - 0.07)],
            tone,
        )
    else:
        limb(
            canvas,
            at(*ear),
            at(ear[0] - 0.02, ear[1] + b.ear),
            b.ear * 0.7 * scale,
            b.ear * 0.35 * scale,
            tone,
        )
    if b.antlers:
        for lean in (-0.12, 0.06):
            beam = spline(
                [ear, (ear[0] - 0.1 + lean, ear[1] + 0.25), (ear[0] + 0.05 + lean, ear[1] + 0.5)],
                closed=False,
            )
            stroke(canvas, [at(*p) for p in beam], 0.035 * scale, tone)
            for u in (0.35, 0.65):
                px, py = beam[int(u * (len(beam) - 1))]
                stroke(canvas, [at(px, py), at(px + 0.13, py + 0.13)], 0.025 * scale, tone)


def _tail(
    canvas: Picture,
    b: Beast,
    at: Callable[[float, float], Point],
    hip: Point,
    phase: float,
    scale: float,
    tone: tuple[float, ...],
) -> None:
    swing = 0.10 * math.sin(2 * math.pi * phase)
    root = (hip[0] - 0.13, hip[1] - 0.04)
    path = [
        root,
        (root[0] - 0.16 * b.tail - 0.04, root[1] - 0.22 * b.tail),
        (root[0] - 0.22 * b.tail + swing * 0.4, root[1] - 0.52 * b.tail),
        (root[0] - 0.38 * b.tail + swing, root[1] - 0.64 * b.tail),
    ]
    curve = spline(path, closed=False)
    for i, p in enumerate(curve):
        disc(
            canvas, *at(*p), (0.042 - 0.022 * i / len(curve) + (b.tuft * 0.4 if b.crest else 0)) * scale, tone
        )
    limb(canvas, at(*curve[-8]), at(*curve[-1]), b.tuft * 0.8 * scale, b.tuft * scale, tone)
