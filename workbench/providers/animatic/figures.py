"""Silhouettes that move: walking animals and people, flying birds, a boat, a car."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    blank,
    blurred,
    disc,
    ink,
    mix,
    polygon,
    stroke,
)
from workbench.providers.animatic.stage import Actor

Point = tuple[float, float]
_STEPS = 24  # pictures in a walk cycle


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
    ),
    "cat": Beast(
        body=1.1, neck=0.42, neck_angle=0.35, head=0.135, chest=0.22, waist=0.16, tuft=0.035, tail=1.0
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
    cycle_s: float = 1.5,
) -> Actor:
    """A walking animal ``size`` high at the shoulder. ``rim`` lights its edge from −1 (left) to 1."""
    shape = BEASTS[kind]
    scale = size * density
    height, width = int(scale * 2.5) + 4, int(scale * 3.4) + 4
    anchor = (scale * 1.55, scale * 2.35)
    cycle = []
    for i in range(_STEPS):
        canvas = blank(height, width)
        far = mix(colour, rim, 0.05)
        _walker(canvas, shape, i / _STEPS, anchor, scale, ink(colour), ink(far))
        cycle.append(_rimmed(canvas, colour, rim, -rim_from if flipped else rim_from, scale))
    return Actor(tuple(cycle), anchor, density, depth, place, cycle_s, flipped)


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
    polygon(canvas, [at(*p) for p in _spline(outline)], near)
    _head(canvas, b, at, shoulder, phase, scale, near)
    for offset, is_front, tone in limbs[2:]:
        _leg(canvas, b, at, shoulder if is_front else hip, is_front, (phase + offset) % 1, scale, tone)


def _leg(
    canvas: Picture,
    b: Beast,
    at: Callable[[float, float], Point],
    joint: Point,
    is_front: bool,
    phase: float,
    scale: float,
    tone: tuple[float, ...],
) -> None:
    top = (
        joint[0] + (0.0 if is_front else -0.02),
        joint[1] - (b.chest * 1.15 if is_front else b.waist * 1.0),
    )
    stance = 0.62
    if phase < stance:
        foot = (top[0] + b.stride * (0.5 - phase / stance), 0.0)
        lift = 0.0
    else:
        u = (phase - stance) / (1 - stance)
        lift = math.sin(math.pi * u)
        foot = (top[0] + b.stride * (-0.5 + u * u * (3 - 2 * u)), 0.075 * lift)
    ankle = (foot[0] - (0.02 if is_front else 0.05), foot[1] + 0.07)
    length = math.hypot(top[1] - 0.07, b.stride * 0.5 + 0.05) * 1.012
    upper, lower = (length * 0.54, length * 0.46) if is_front else (length * 0.53, length * 0.47)
    knee = _joint(top, ankle, upper, lower, 1.0 if is_front else -1.0)
    if is_front:
        knee = (knee[0] + 0.03 * lift, knee[1])
    _limb(
        canvas, at(*top), at(*knee), b.leg * (1.55 if is_front else 2.0) * scale, b.leg * 0.95 * scale, tone
    )
    _limb(canvas, at(*knee), at(*ankle), b.leg * 0.92 * scale, b.paw * 0.72 * scale, tone)
    _limb(
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
    _limb(canvas, at(*root), at(*head), b.neck_wide * 1.35 * scale, b.head * 0.9 * scale, tone)
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
    disc(canvas, *at(*head), b.head * scale, tone)
    _limb(canvas, at(*head), at(*nose), b.head * 0.82 * scale, b.head * b.snout * scale, tone)
    ear = (head[0] - b.head * 0.55, head[1] + b.head * 0.85)
    if b.trunk:
        disc(canvas, *at(head[0] - 0.1, head[1] - 0.05), b.ear * scale, tone)
        swing = 0.06 * math.sin(2 * math.pi * phase)
        path = [head, nose, (nose[0] + 0.05 + swing, nose[1] - 0.4), (nose[0] + 0.14 + swing * 2, 0.12)]
        curve = _spline(path, closed=False, steps=20)
        for i, p in enumerate(curve):
            disc(canvas, *at(*p), (0.13 - 0.08 * i / len(curve)) * scale, tone)
        polygon(
            canvas,
            [at(nose[0], nose[1]), at(nose[0] + 0.3, nose[1] - 0.22), at(nose[0] + 0.02, nose[1] - 0.07)],
            tone,
        )
    else:
        _limb(
            canvas,
            at(*ear),
            at(ear[0] - 0.02, ear[1] + b.ear),
            b.ear * 0.7 * scale,
            b.ear * 0.35 * scale,
            tone,
        )
    if b.antlers:
        for lean in (-0.12, 0.06):
            beam = _spline(
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
    curve = _spline(path, closed=False)
    for i, p in enumerate(curve):
        disc(
            canvas, *at(*p), (0.042 - 0.022 * i / len(curve) + (b.tuft * 0.4 if b.crest else 0)) * scale, tone
        )
    _limb(canvas, at(*curve[-8]), at(*curve[-1]), b.tuft * 0.8 * scale, b.tuft * scale, tone)


def person(
    size: float,
    density: float,
    colour: Colour,
    rim: Colour,
    rim_from: float,
    depth: float,
    place: Callable[[float], Point],
    flipped: bool,
    umbrella: Colour | None = None,
    cycle_s: float = 1.15,
) -> Actor:
    """A walking person ``size`` high, in a coat; ``umbrella`` is its colour."""
    scale = size * density
    height, width = int(scale * 1.45) + 4, int(scale * 1.3) + 4
    anchor = (scale * 0.62, scale * 1.38)
    cycle = []
    for i in range(_STEPS):
        canvas = blank(height, width)
        _pedestrian(canvas, i / _STEPS, anchor, scale, ink(colour), umbrella)
        cycle.append(_rimmed(canvas, colour, rim, -rim_from if flipped else rim_from, scale * 0.6))
    return Actor(tuple(cycle), anchor, density, depth, place, cycle_s, flipped)


def _pedestrian(
    canvas: Picture,
    phase: float,
    anchor: Point,
    scale: float,
    tone: tuple[float, ...],
    umbrella: Colour | None,
) -> None:
    def at(x: float, y: float) -> Point:
        return (anchor[0] + x * scale, anchor[1] - y * scale)

    bob = 0.008 * math.sin(4 * math.pi * phase)
    hip, neck = (0.0, 0.50 + bob), (0.015, 0.82 + bob)
    for offset in (0.5, 0.0):
        p = (phase + offset) % 1
        swing = math.sin(2 * math.pi * p)
        lift = max(0.0, math.cos(2 * math.pi * p)) * 0.05
        foot = (0.135 * swing, lift * 0.8)
        knee = _joint(hip, (foot[0], foot[1] + 0.03), 0.25, 0.245, 1.0)
        _limb(canvas, at(*hip), at(*knee), 0.055 * scale, 0.04 * scale, tone)
        _limb(canvas, at(*knee), at(foot[0], foot[1] + 0.03), 0.037 * scale, 0.024 * scale, tone)
        _limb(
            canvas,
            at(foot[0], foot[1] + 0.02),
            at(foot[0] + 0.055, foot[1] + 0.014),
            0.02 * scale,
            0.014 * scale,
            tone,
        )
    flare = 0.012 * math.sin(4 * math.pi * phase)
    coat = [
        (-0.075, 0.80 + bob),
        (0.0, 0.835 + bob),
        (0.085, 0.80 + bob),
        (0.085, 0.62),
        (0.10 + flare, 0.36),
        (-0.10 - flare, 0.36),
        (-0.085, 0.62),
    ]
    polygon(canvas, [at(*p) for p in _spline(coat)], tone)
    _limb(canvas, at(*neck), at(0.02, 0.90 + bob), 0.033 * scale, 0.033 * scale, tone)
    disc(canvas, *at(0.022, 0.925 + bob), 0.062 * scale, tone)
    swing = 0.12 * math.sin(2 * math.pi * phase)
    hand = (0.10, 0.74) if umbrella else (-swing, 0.48)
    elbow = (0.12, 0.62) if umbrella else (-swing * 0.6, 0.63)
    _limb(canvas, at(0.0, 0.78 + bob), at(*elbow), 0.036 * scale, 0.03 * scale, tone)
    _limb(canvas, at(*elbow), at(*hand), 0.03 * scale, 0.022 * scale, tone)
    _limb(canvas, at(0.0, 0.78 + bob), at(swing * 0.8, 0.50), 0.034 * scale, 0.022 * scale, tone)
    if umbrella:
        top = 1.26 + bob
        stroke(canvas, [at(0.10, 0.70), at(0.085, top)], max(1.0, 0.012 * scale), tone)
        arc = np.linspace(0, math.pi, 22)
        dome = [(0.085 + 0.38 * math.cos(a), 1.04 + bob + 0.21 * math.sin(a)) for a in arc]
        hem = [
            (0.085 + 0.38 * (2 * i / 16 - 1), 1.04 + bob + 0.03 * abs(math.sin(i * math.pi / 4)))
            for i in range(17)
        ]
        polygon(canvas, [at(*p) for p in (*dome, *hem)], ink(umbrella))
        for u in (-0.5, 0.0, 0.5):
            rib = [
                (0.085 + 0.38 * u * s, 1.04 + bob + 0.03 + 0.18 * math.sqrt(max(0.0, 1 - s * s)))
                for s in np.linspace(0, 1, 8)
            ]
            stroke(
                canvas, [at(*p) for p in rib], max(1.0, 0.006 * scale), ink(mix(umbrella, (0, 0, 0), 0.45))
            )


def bird(
    span: float,
    density: float,
    colour: Colour,
    depth: float,
    place: Callable[[float], Point],
    cycle_s: float,
    flipped: bool,
) -> Actor:
    """A bird on the wing; ``span`` from tip to tip."""
    scale = span * density
    side = int(scale * 1.2) + 6
    anchor = (side / 2, side / 2)
    cycle = []
    for i in range(16):
        canvas = blank(side, side)
        beat = math.sin(2 * math.pi * i / 16)
        glide = 0.10 + 0.30 * beat
        for sign in (-1, 1):
            root, elbow, tip = (0.0, 0.0), (sign * 0.22, 0.10 + glide * 0.45), (sign * 0.5, glide * 0.9)
            upper = _spline([root, elbow, tip], closed=False)
            lower = [(x, y - 0.075 * math.cos(math.pi * abs(x))) for x, y in reversed(upper)]
            polygon(
                canvas,
                [(anchor[0] + x * scale, anchor[1] - y * scale) for x, y in (*upper, *lower)],
                ink(colour),
            )
        cv2.ellipse(
            canvas,
            (int(anchor[0]), int(anchor[1] + 0.02 * scale)),
            (max(1, int(0.055 * scale)), max(1, int(0.05 * scale))),
            0,
            0,
            360,
            ink(colour),
            -1,
            cv2.LINE_AA,
        )
        cycle.append(canvas)
    return Actor(tuple(cycle), anchor, density, depth, place, cycle_s, flipped)


def sailing_boat(
    size: float,
    density: float,
    hull: Colour,
    sail: Colour,
    rim: Colour,
    depth: float,
    place: Callable[[float], Point],
    flipped: bool,
) -> Actor:
    """A sailing boat ``size`` high that rolls a little."""
    scale = size * density
    side = int(scale * 1.5) + 4
    anchor = (side * 0.5, side * 0.86)
    cycle = []
    for i in range(48):
        canvas = blank(side, side)
        tilt = 0.05 + 0.035 * math.sin(2 * math.pi * i / 48)
        cos, sin = math.cos(tilt), math.sin(tilt)

        def at(x: float, y: float, cos: float = cos, sin: float = sin) -> Point:
            return (anchor[0] + (x * cos + y * sin) * scale, anchor[1] - (y * cos - x * sin) * scale)

        stroke(canvas, [at(0.02, 0.08), at(0.02, 1.0)], max(1.0, 0.016 * scale), ink(hull))
        main = _spline([(0.0, 0.98), (-0.2, 0.55), (-0.34, 0.17)], closed=False)
        polygon(canvas, [at(*p) for p in (*main, (0.0, 0.15))], ink(sail))
        jib = _spline([(0.03, 0.9), (0.22, 0.5), (0.40, 0.14)], closed=False)
        polygon(canvas, [at(*p) for p in (*jib, (0.06, 0.17))], ink(mix(sail, hull, 0.22)))
        body = [(-0.42, 0.11), (0.46, 0.13), (0.34, -0.01), (-0.32, -0.02)]
        polygon(canvas, [at(*p) for p in body], ink(hull))
        stroke(canvas, [at(-0.41, 0.105), at(0.45, 0.125)], max(1.0, 0.012 * scale), ink(rim))
        cycle.append(canvas)
    return Actor(tuple(cycle), anchor, density, depth, place, 5.0, flipped)


def car(
    size: float,
    density: float,
    body: Colour,
    shine: Colour,
    depth: float,
    place: Callable[[float], Point],
    flipped: bool,
    lamps: bool,
) -> Actor:
    """A car ``size`` high seen from the side, facing right, with its lamps on at night."""
    scale = size * density
    height, width = int(scale * 1.7) + 4, int(scale * 6.2) + 4
    anchor = (scale * 2.4, scale * 1.45)
    canvas = blank(height, width)

    def at(x: float, y: float) -> Point:
        return (anchor[0] + x * scale, anchor[1] - y * scale)

    cabin = [(-1.05, 0.60), (-0.72, 0.97), (0.25, 1.0), (0.72, 0.64)]
    shell = [
        (-1.68, 0.26),
        (-1.66, 0.58),
        (-1.1, 0.64),
        (-0.7, 1.0),
        (0.25, 1.02),
        (0.78, 0.66),
        (1.5, 0.56),
        (1.68, 0.4),
        (1.66, 0.22),
    ]
    polygon(canvas, [at(*p) for p in _spline(shell)], ink(body))
    polygon(
        canvas, [at(x * 0.9 - 0.02, 0.66 + (y - 0.64) * 0.8) for x, y in cabin], ink(mix(body, shine, 0.28))
    )
    stroke(canvas, [at(-0.2, 0.62), at(-0.24, 0.97)], max(1.0, 0.05 * scale), ink(body))
    stroke(
        canvas,
        [at(-1.62, 0.56), at(-1.1, 0.65), at(0.8, 0.66), at(1.55, 0.54)],
        max(1.0, 0.03 * scale),
        ink(mix(body, shine, 0.8)),
    )
    for x in (-1.02, 1.02):
        disc(canvas, *at(x, 0.22), 0.27 * scale, ink((0.01, 0.01, 0.012)))
        disc(canvas, *at(x, 0.22), 0.13 * scale, ink(mix((0.1, 0.1, 0.12), shine, 0.3)))
    if lamps:
        _lamps(canvas, at, scale)
    return Actor((canvas,), anchor, density, depth, place, 1.0, flipped)


def reflected(actor: Actor, strength: float) -> Actor:
    """The actor upside down from its foot, broken into ripples and fading."""
    return replace(
        actor,
        cycle=tuple(_mirrored(drawn, strength) for drawn in actor.cycle),
        anchor=(actor.anchor[0], actor.cycle[0].shape[0] - actor.anchor[1]),
    )


def _mirrored(drawn: Picture, strength: float) -> Picture:
    rows, columns = drawn.shape[:2]
    down = np.arange(rows)
    wave = np.sin(down * 0.38) * (0.4 + down * 0.008) + np.sin(down * 0.17 + 1) * (0.3 + down * 0.006)
    across = (np.arange(columns)[None, :] + wave[:, None]).round().astype(int).clip(0, columns - 1)
    fade = strength * np.linspace(1.0, 0.0, rows) ** 1.3
    return np.asarray(
        np.take_along_axis(drawn[::-1], across[..., None], axis=1) * fade[:, None, None], np.uint8
    )


def _lamps(canvas: Picture, at: Callable[[float, float], Point], scale: float) -> None:
    glow = blank(*canvas.shape[:2])
    beam = [(1.6, 0.46), (3.6, 0.75), (3.6, -0.06), (1.6, 0.40)]
    polygon(glow, [at(*p) for p in beam], ink((0.30, 0.27, 0.20), 0))
    disc(glow, *at(1.62, 0.44), 0.26 * scale, ink((1.0, 0.92, 0.72), 0))
    disc(glow, *at(-1.66, 0.48), 0.22 * scale, ink((0.95, 0.06, 0.05), 0))
    glow = blurred(glow, 0.16 * scale)
    disc(glow, *at(1.61, 0.44), 0.085 * scale, ink((1.0, 0.97, 0.88), 0))
    disc(glow, *at(-1.65, 0.48), 0.06 * scale, ink((1.0, 0.25, 0.2), 0))
    cv2.add(canvas, glow, dst=canvas)


def _rimmed(canvas: Picture, colour: Colour, rim: Colour, side: float, scale: float) -> Picture:
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


def _limb(canvas: Picture, p: Point, q: Point, r1: float, r2: float, tone: tuple[float, ...]) -> None:
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


def _joint(top: Point, foot: Point, upper: float, lower: float, bend: float) -> Point:
    """The middle joint of two bones between ``top`` and ``foot``; ``bend`` 1 forward, −1 back."""
    dx, dy = foot[0] - top[0], foot[1] - top[1]
    reach = min(math.hypot(dx, dy), upper + lower - 1e-4)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = math.sqrt(max(0.0, upper**2 - along**2))
    ux, uy = dx / reach, dy / reach
    return (top[0] + ux * along - uy * off * bend, top[1] + uy * along + ux * off * bend)


def _spline(points: list[Point], closed: bool = True, steps: int = 7) -> list[Point]:
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
