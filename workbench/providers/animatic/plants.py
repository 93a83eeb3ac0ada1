"""Grass that sways and silhouettes of trees."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np

from workbench.providers.animatic.outline import spline
from workbench.providers.animatic.raster import (
    Colour,
    Field,
    Picture,
    Window,
    blank,
    blurred,
    disc,
    ink,
    mix,
    over,
    picture,
    polygon,
    smoothstep,
    stroke,
)
from workbench.providers.animatic.stage import Layer, Set


def grass(
    stage: Set,
    name: str,
    depth: float,
    foot: float,
    height: float,
    dark: Colour,
    tip: Colour,
    density: int = 1100,
    soft: float = 0.0,
    seeds: float = 0.25,
    sway: float = 0.022,
    fill: bool = True,
) -> list[Layer]:
    """A stand of grass in two halves that sway against each other. ``soft`` blurs it (out of focus)."""
    layers = []
    for half in (0, 1):
        window = stage.window(depth, margin=0.06)
        bottom = max(window.bottom, foot + 0.02) if fill else foot + height * 0.7
        window = window.rows(foot - height * 1.5, bottom)
        canvas = blank(*window.shape)
        if fill and half == 0:
            crest = (
                foot - height * 0.42 + height * 0.16 * stage.streams.line(f"{name}/ground", window, 0.12, 4)
            )
            below = window.ys()[:, None] - crest[None, :]
            cover = smoothstep(-height * 0.3, height * 0.35, below).astype(np.float32)
            tone = np.broadcast_to(np.array(dark, np.float32), (*cover.shape, 3))
            canvas = picture(tone, cover)
        _blades(stage, f"{name}/{half}", window, canvas, foot, height, dark, tip, density // 2, seeds)
        if fill:
            canvas = _rooted(stage, f"{name}/{half}", window, canvas, foot, height, dark)
        if soft:
            canvas = blurred(canvas, soft * window.density)
        layers.append(
            Layer(
                canvas,
                window,
                depth,
                sway=sway * (1 if half else -0.8),
                period_s=3.7 + half * 0.9,
                phase=1.9 * half + 7 * depth,
            )
        )
    return layers


def _rooted(
    stage: Set, name: str, window: Window, canvas: Picture, foot: float, height: float, dark: Colour
) -> Picture:
    """The stand with its roots sunk in shade, along an uneven line."""
    uneven = height * 0.12 * stage.streams.line(f"{name}/roots", window, 0.07, 4)
    down = window.ys()[:, None] - foot - uneven[None, :]
    cover = smoothstep(height * 0.12, height * 0.5, down).astype(np.float32)
    tone = np.broadcast_to(np.array(dark, np.float32), (*cover.shape, 3))
    over(canvas, picture(tone, cover), np.eye(2, 3))
    return canvas


def _blades(
    stage: Set,
    name: str,
    window: Window,
    canvas: Picture,
    foot: float,
    height: float,
    dark: Colour,
    tip: Colour,
    count: int,
    seeds: float,
) -> None:
    rng = stage.streams.of(name)
    roots = np.sort(rng.uniform(-2.6, 2.6, count))
    rng.shuffle(roots)
    tall = height * rng.gamma(9.0, 1 / 9.0, count).clip(0.45, 1.6)
    lean = rng.normal(0.05, 0.24, count)
    wide = rng.uniform(0.0016, 0.0036, count) * (height / 0.2) ** 0.5
    bright = rng.beta(1.6, 2.2, count)
    headed = rng.random(count) < seeds
    offset = rng.uniform(-0.1, 0.62, count) * height
    steps = np.linspace(0, 1, 6)
    for i in np.argsort(offset):
        if not window.left - height < roots[i] < window.right + height:
            continue
        bend = lean[i] * tall[i] * steps**2
        x = roots[i] + bend
        y = foot + offset[i] - tall[i] * steps * (1 - 0.12 * abs(lean[i]) * steps)
        half_w = wide[i] * (1 - steps**1.5) + 0.0004
        outline = np.column_stack([np.r_[x - half_w, (x + half_w)[::-1]], np.r_[y, y[::-1]]])
        # Those at the back stand in the light, those in front are seen from their dark side.
        colour = mix(dark, tip, float(bright[i] * (0.95 - 0.75 * max(0.0, offset[i]) / height)))
        polygon(canvas, window.pixels(outline), ink(colour))
        upper = slice(3, None)
        thin = np.column_stack([x[upper], y[upper]])
        stroke(canvas, window.pixels(thin), 1, ink(mix(colour, tip, 0.55)))
        if headed[i]:
            _seed_head(window, canvas, x[-3:], y[-3:], height, mix(colour, tip, 0.7))


def _seed_head(window: Window, canvas: Picture, x: Field, y: Field, height: float, colour: Colour) -> None:
    along = np.linspace(0, 1, 7)
    cx, cy = np.interp(along, [0, 0.5, 1], x), np.interp(along, [0, 0.5, 1], y)
    half_w = 0.014 * height * np.sin(np.pi * along**0.7) + 0.0003
    outline = np.column_stack([np.r_[cx - half_w, (cx + half_w)[::-1]], np.r_[cy, cy[::-1]]])
    polygon(canvas, window.pixels(outline), ink(colour))


def trees(
    stage: Set,
    name: str,
    depth: float,
    foot: float,
    height: float,
    colour: Colour,
    kind: str,
    places: list[float],
    haze: Colour | None = None,
) -> Layer:
    """Silhouettes of trees: ``acacia`` (umbrella), ``round``, ``pine``, ``bare`` or ``palm``."""
    window = stage.window(depth).rows(foot - height * 1.35, foot + 0.03)
    canvas = blank(*window.shape)
    rng = stage.streams.of(name)
    for x in places:
        tall = height * rng.uniform(0.7, 1.15)
        seed = int(rng.integers(2**31))
        tone = mix(colour, haze or colour, float(rng.uniform(0, 0.25)))
        _TREES[kind](canvas, window, x, foot, tall, ink(tone), np.random.default_rng(seed))
    return Layer(canvas, window, depth)


def _acacia(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    top = y - h
    for side in (-1.0, -0.35, 0.4, 1.0):
        end = x + side * h * rng.uniform(0.38, 0.52)
        path = [
            (x, y + 0.01),
            (x + side * h * 0.03, y - h * 0.42),
            ((x + end) / 2, y - h * 0.72),
            (end, top + h * 0.08),
        ]
        limb = spline(path, closed=False, steps=5)
        for i, (a, b) in enumerate(pairwise(limb)):
            stroke(c, w.pixels([a, b]), h * (0.052 - 0.038 * i / len(limb)) * w.density, tone)
        for _ in range(3):  # twigs up into the crown
            twig = (end + float(rng.uniform(-1, 0.4)) * side * h * 0.2, top + h * rng.uniform(0.0, 0.07))
            stroke(c, w.pixels([path[2], twig]), max(1.0, h * 0.007 * w.density), tone)
    for _ in range(150):
        angle = rng.uniform(-1, 1)
        px = x + angle * h * 0.64
        py = top + h * 0.10 * angle**2 + rng.normal(0, h * 0.024)
        size = h * rng.uniform(0.022, 0.06) * (1.1 - abs(angle) * 0.6)
        centre = w.pixels([(px, py)])[0]
        axes = (max(1, int(size * 1.7 * w.density)), max(1, int(size * 0.55 * w.density)))
        cv2.ellipse(
            c, (int(centre[0]), int(centre[1])), axes, rng.uniform(-8, 8), 0, 360, tone, -1, cv2.LINE_AA
        )


def _round(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    stroke(c, w.pixels([(x, y + 0.01), (x, y - h * 0.5)]), h * 0.06 * w.density, tone)
    for side in (-1, 1):
        stroke(
            c, w.pixels([(x, y - h * 0.34), (x + side * h * 0.2, y - h * 0.62)]), h * 0.025 * w.density, tone
        )
    for _ in range(30):  # clumps of leaves
        a, r = rng.uniform(0, 2 * math.pi), h * 0.30 * math.sqrt(rng.uniform(0, 1))
        mx, my = x + r * 1.15 * math.cos(a), y - h * 0.66 + r * 0.85 * math.sin(a)
        for _ in range(34):
            dx, dy = rng.normal(0, h * 0.06, 2)
            px, py = w.pixels([(mx + dx, my + dy * 0.8)])[0]
            disc(c, px, py, h * rng.uniform(0.008, 0.022) * w.density, tone)


def _pine(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    stroke(c, w.pixels([(x, y + 0.02), (x, y - h * 0.92)]), max(1.0, h * 0.022 * w.density), tone)
    tiers = 15
    for i in range(tiers):
        low = i / tiers
        at = y - h * (0.10 + 0.86 * low)
        reach = h * 0.19 * (1 - low) ** 0.85 * rng.uniform(0.75, 1.2) + h * 0.008
        for side in (-1, 1):
            span = reach * rng.uniform(0.8, 1.15)
            tip = (x + side * span, at + span * rng.uniform(0.30, 0.5))
            polygon(
                c,
                w.pixels(
                    [(x, at - h * 0.075), tip, (x + side * span * 0.4, at + span * 0.16), (x, at + h * 0.04)]
                ),
                tone,
            )


def _bare(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    def grow(px: float, py: float, angle: float, length: float, width: float, left: int) -> None:
        ex, ey = px + length * math.sin(angle), py - length * math.cos(angle)
        stroke(c, w.pixels([(px, py), (ex, ey)]), max(1.0, width * w.density), tone)
        for _ in range(2 if left > 1 else 3 if left else 0):
            grow(ex, ey, angle + rng.normal(0, 0.5), length * rng.uniform(0.6, 0.82), width * 0.62, left - 1)

    grow(x, y + 0.02, 0.0, h * 0.3, h * 0.035, 5)


def _palm(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    lean = rng.uniform(-0.18, 0.18)
    t = np.linspace(0, 1, 8)
    trunk = np.column_stack([x + lean * h * t**2, y + 0.01 - h * 0.85 * t])
    stroke(c, w.pixels(trunk), h * 0.03 * w.density, tone)
    cx, cy = trunk[-1]
    for angle in np.linspace(-2.5, 2.5, 11) + rng.normal(0, 0.12, 11):
        s = np.linspace(0, 1, 8)
        fx = cx + math.sin(angle) * h * 0.42 * s
        fy = cy - math.cos(angle) * h * 0.20 * s + h * 0.25 * s**2
        thick = 0.022 * h * np.sin(np.pi * s**0.6) + 0.001
        polygon(
            c, w.pixels(np.column_stack([np.r_[fx, fx[::-1]], np.r_[fy - thick, (fy + thick)[::-1]]])), tone
        )


_TREES = {"acacia": _acacia, "round": _round, "pine": _pine, "bare": _bare, "palm": _palm}
