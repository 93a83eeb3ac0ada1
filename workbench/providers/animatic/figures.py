"""Silhouettes that move: people, birds, a boat, a car."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from workbench.providers.animatic.outline import Point, joint, limb, rimmed, spline
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

STEPS = 24  # pictures in a walk cycle


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
    for i in range(STEPS):
        canvas = blank(height, width)
        _pedestrian(canvas, i / STEPS, anchor, scale, ink(colour), umbrella)
        cycle.append(rimmed(canvas, colour, rim, -rim_from if flipped else rim_from, scale * 0.6))
    actor = Actor(tuple(cycle), anchor, density, depth, place, cycle_s)
    return actor.turned() if flipped else actor


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
        knee = joint(hip, (foot[0], foot[1] + 0.03), 0.246, 0.242, 1.0)
        limb(canvas, at(*hip), at(*knee), 0.055 * scale, 0.04 * scale, tone)
        limb(canvas, at(*knee), at(foot[0], foot[1] + 0.03), 0.037 * scale, 0.024 * scale, tone)
        limb(
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
    polygon(canvas, [at(*p) for p in spline(coat)], tone)
    limb(canvas, at(*neck), at(0.02, 0.90 + bob), 0.033 * scale, 0.033 * scale, tone)
    disc(canvas, *at(0.024, 0.925 + bob), 0.054 * scale, tone)
    swing = 0.12 * math.sin(2 * math.pi * phase)
    hand = (0.10, 0.74) if umbrella else (-swing, 0.48)
    elbow = (0.12, 0.62) if umbrella else (-swing * 0.6, 0.63)
    limb(canvas, at(0.0, 0.78 + bob), at(*elbow), 0.036 * scale, 0.03 * scale, tone)
    limb(canvas, at(*elbow), at(*hand), 0.03 * scale, 0.022 * scale, tone)
    limb(canvas, at(0.0, 0.78 + bob), at(swing * 0.8, 0.50), 0.034 * scale, 0.022 * scale, tone)
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
            upper = spline([root, elbow, tip], closed=False)
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
    actor = Actor(tuple(cycle), anchor, density, depth, place, cycle_s)
    return actor.turned() if flipped else actor


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
        main = spline([(0.0, 0.98), (-0.2, 0.55), (-0.34, 0.17)], closed=False)
        polygon(canvas, [at(*p) for p in (*main, (0.0, 0.15))], ink(sail))
        jib = spline([(0.03, 0.9), (0.22, 0.5), (0.40, 0.14)], closed=False)
        polygon(canvas, [at(*p) for p in (*jib, (0.06, 0.17))], ink(mix(sail, hull, 0.22)))
        body = [(-0.42, 0.11), (0.46, 0.13), (0.34, -0.01), (-0.32, -0.02)]
        polygon(canvas, [at(*p) for p in body], ink(hull))
        stroke(canvas, [at(-0.41, 0.105), at(0.45, 0.125)], max(1.0, 0.012 * scale), ink(rim))
        cycle.append(canvas)
    actor = Actor(tuple(cycle), anchor, density, depth, place, 5.0)
    return actor.turned() if flipped else actor


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
    polygon(canvas, [at(*p) for p in spline(shell)], ink(body))
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
    actor = Actor((canvas,), anchor, density, depth, place, 1.0)
    return actor.turned() if flipped else actor


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
