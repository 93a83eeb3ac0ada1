"""What landscapes are made of: sky, ridges, mist, grass, trees, birds."""

from __future__ import annotations

import math

import cv2
import numpy as np

from workbench.providers.animatic.daylight import Daylight
from workbench.providers.animatic.raster import (
    Colour,
    Field,
    Picture,
    Window,
    blank,
    blurred,
    disc,
    gradient,
    ink,
    light,
    mix,
    picture,
    polygon,
    smoothstep,
    stroke,
)
from workbench.providers.animatic.stage import Layer, Set


def sky(stage: Set, day: Daylight, horizon: float, sun_x: float | None = None) -> list[Layer]:
    """Gradient, stars, sun or moon with its glow, clouds."""
    window = stage.window(0.0)
    window = window.rows(window.top, min(window.bottom, horizon + 0.12))
    xs, ys = window.xs(), window.ys()
    sx = sun_position(stage) if sun_x is None else sun_x
    sy = horizon - day.sun_height
    up = np.clip((horizon - ys) / 0.62, -0.1, 1.2)
    stops = [(0.0, day.sky[3]), (0.22, day.sky[2]), (0.58, day.sky[1]), (1.0, day.sky[0])]
    colour = np.repeat(gradient(stops, up)[:, None, :], len(xs), axis=1)
    distance = np.hypot(xs[None, :] - sx, (ys[:, None] - sy) * 1.12)
    shows = stage.plan.has("sun") and day.glow > 0.05
    if day.stars:
        colour += _stars(stage, window, horizon) * (1.0 if stage.plan.time == "night" else 0.45)
    if shows:
        halo = day.glow * (0.75 * np.exp(-distance / 0.13) + 0.42 * np.exp(-distance / 0.42))
        colour = 1 - (1 - np.clip(colour, 0, 1)) * (1 - halo[..., None] * np.array(day.sun, np.float32))
        edge = 1.5 / window.density
        face = 1 - smoothstep(day.sun_radius - edge, day.sun_radius + edge, distance)
        face = face * smoothstep(0.05, 0.3, day.glow)
        sun_colour = np.array(mix(day.sun, (1, 1, 1), 0.55), np.float32)
        if stage.plan.time == "night":
            maria = 0.93 + 0.1 * stage.streams.noise("moon", window, 0.03, 3)
            sun_colour = sun_colour * np.clip(maria, 0.7, 1)[..., None]
        colour = colour * (1 - face[..., None]) + sun_colour * face[..., None]
    layers = [Layer(picture(colour.astype(np.float32)), window, 0.0)]
    if day.cover > 0.02 and stage.plan.has("clouds"):
        layers.append(_clouds(stage, day, horizon, sx, sy))
    return layers


def sun_position(stage: Set) -> float:
    """Where the sun stands, off the middle, by the seed."""
    rng = stage.streams.of("sun")
    return float(rng.choice([-1.0, 1.0]) * rng.uniform(0.16, 0.27) * stage.camera.aspect)


def _stars(stage: Set, window: Window, horizon: float) -> Field:
    rng = stage.streams.of("stars")
    count = 900
    x, y = rng.uniform(-2.2, 2.2, count), rng.uniform(-1.3, 0.6, count)
    size, warmth = rng.pareto(2.4, count) * 0.00065 + 0.0007, rng.uniform(0, 1, count)
    canvas = blank(*window.shape)
    for px, py, r, w in zip(*window.pixels(np.column_stack([x, y])).T, size, warmth, strict=True):
        bright = min(1.0, r / 0.0022) * 0.9
        tone = mix((0.75, 0.85, 1.0), (1.0, 0.9, 0.78), float(w))
        disc(
            canvas,
            px,
            py,
            min(r, 0.0032) * window.density,
            ink((tone[0] * bright, tone[1] * bright, tone[2] * bright)),
        )
    field = canvas[..., :3].astype(np.float32) / 255
    fade = smoothstep(0.02, 0.4, horizon - window.ys())[:, None, None]
    return np.asarray((field + 0.6 * blurred(field, 0.0035 * window.density)) * fade, np.float32)


def _clouds(stage: Set, day: Daylight, horizon: float, sx: float, sy: float) -> Layer:
    """Fractal clouds, flatter towards the horizon, lit from the sun's side."""
    window = stage.window(0.0, margin=0.12)
    window = window.rows(window.top, horizon + 0.02)
    noise = stage.streams.noise("clouds", window, 0.34, 6, stretch=2.7)
    wisps = stage.streams.noise("wisps", window, 0.12, 5, stretch=5.0)
    height = (horizon - window.ys())[:, None]
    band = smoothstep(0.03, 0.16, height) * (0.55 + 0.45 * smoothstep(0.9, 0.3, height))
    thick = noise + 0.35 * wisps + (day.cover - 0.55) * 1.25
    cover = smoothstep(-0.05, 0.55, thick) * band
    above = np.roll(thick, max(1, int(0.02 * window.density)), axis=0)
    shade = smoothstep(-0.35, 0.45, (thick - above) * 1.6 + 0.15)
    near_sun = np.exp(-np.hypot(window.xs()[None, :] - sx, window.ys()[:, None] - sy) / 0.38)
    glow = np.clip(0.25 + 0.75 * near_sun * (0.4 + day.glow), 0, 1)
    dark, lit = np.array(day.cloud_dark, np.float32), np.array(day.cloud_lit, np.float32)
    part = np.clip(shade * 0.55 + glow * 0.55, 0, 1)[..., None]
    colour = dark * (1 - part) + lit * part
    strength = 0.82 if day.cover > 0.6 else 0.72
    return Layer(picture(colour.astype(np.float32), cover * strength), window, 0.0, drift=(0.006, 0.0))


def ridge(
    stage: Set,
    name: str,
    depth: float,
    base: float,
    height: float,
    cell: float,
    colour: Colour,
    foot: Colour,
    fall: float = 0.22,
    rough: float = 0.5,
    relief: float = 0.0,
    snow: float = 0.0,
    lit: Colour = (1.0, 1.0, 1.0),
    sun_x: float = 0.0,
    bottom: float | None = None,
) -> Layer:
    """A crest line with everything below it. ``colour`` at the crest fades to ``foot`` over ``fall``
    (mist in the valley); ``relief`` shades slopes, ``snow`` whitens what is high."""
    window = stage.window(depth)
    end = window.bottom if bottom is None else min(bottom, window.bottom)
    crest = base - height * (0.5 + 0.5 * stage.streams.line(name, window, cell, 7, gain=rough))
    if relief:
        sharp = 1 - np.abs(stage.streams.line(f"{name}/peaks", window, cell * 0.8, 6, gain=rough))
        crest = (
            base - height * (0.25 + 0.75 * np.clip(sharp, 0, 1.2) ** 1.6) + (crest - base + height / 2) * 0.35
        )
    window = window.rows(float(crest.min()) - 0.01, end)
    ys = window.ys()[:, None]
    below = ys - crest[None, :]
    cover = np.clip(below * window.density + 0.5, 0, 1)
    shade = np.full(below.shape, 0.0, np.float32)
    tone = gradient([(0.0, colour), (1.0, foot)], np.clip(below / fall, 0, 1).astype(np.float32))
    if relief:
        field = stage.streams.noise(
            f"{name}/slopes", window, cell * 0.42, 6, stretch=0.75, gain=0.6, ridged=True
        )
        step = max(1, int(0.006 * window.density))
        slope = (np.roll(field, step, axis=1) - np.roll(field, -step, axis=1)) * (1 if sun_x < 0 else -1)
        slope = slope - (np.roll(field, -step, axis=0) - field) * 0.5
        shade = relief * np.clip(slope * 3.0, -1, 1) * np.clip(1 - below / (fall * 2.2), 0.1, 1)
        if snow:
            line = crest.min() + (base - crest.min()) * (0.34 + 0.5 * (1 - snow))
            white = smoothstep(0.05, -0.035, ys - line + 0.05 * field)
            white = white * smoothstep(-0.9, 0.15, slope * 1.5 + 0.2)
            tone = tone * (1 - 0.82 * white[..., None]) + np.array(mix(lit, (1, 1, 1), 0.5), np.float32) * (
                0.82 * white[..., None]
            ) * (0.62 + 0.38 * mix(foot, (1, 1, 1), 0.2)[2])
        bright = np.array(lit, np.float32)
        tone = tone + np.clip(shade, 0, 1)[..., None] * bright * 0.42
        tone = tone * (1 + np.clip(shade, -1, 0)[..., None] * 0.6)
    return Layer(picture(tone.astype(np.float32), cover.astype(np.float32)), window, depth)


def mist(
    stage: Set,
    name: str,
    depth: float,
    middle: float,
    thick: float,
    colour: Colour,
    strength: float,
    speed: float = 0.012,
) -> Layer:
    """A drifting bank of mist."""
    window = stage.window(depth, margin=0.25).rows(middle - thick, middle + thick)
    noise = stage.streams.noise(name, window, 0.28, 4, stretch=3.6)
    fall = np.exp(-(((window.ys() - middle) / (thick * 0.5)) ** 2))[:, None] * smoothstep(
        0, 0.25, 1 - np.abs(window.ys() - middle)[:, None] / thick
    )
    cover = np.clip(0.62 + 0.5 * noise, 0, 1) * fall * strength
    tone = np.broadcast_to(np.array(colour, np.float32), (*cover.shape, 3))
    return Layer(picture(tone, cover.astype(np.float32)), window, depth, drift=(speed, 0.0))


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
        x, y = (
            roots[i] + bend,
            foot + height * 0.1 - offset[i] * 0.2 - tall[i] * steps * (1 - 0.12 * abs(lean[i]) * steps),
        )
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
        for a, b, width in zip(path, path[1:], (0.05, 0.03, 0.016), strict=False):
            stroke(c, w.pixels([a, b]), h * width * w.density, tone)
    for _ in range(46):
        angle = rng.uniform(-1, 1)
        px = x + angle * h * 0.62
        py = top + h * 0.10 * angle**2 + rng.normal(0, h * 0.022)
        size = h * rng.uniform(0.05, 0.10) * (1.1 - abs(angle) * 0.6)
        centre = w.pixels([(px, py)])[0]
        axes = (max(1, int(size * 1.7 * w.density)), max(1, int(size * 0.55 * w.density)))
        cv2.ellipse(
            c, (int(centre[0]), int(centre[1])), axes, rng.uniform(-8, 8), 0, 360, tone, -1, cv2.LINE_AA
        )


def _round(
    c: Picture, w: Window, x: float, y: float, h: float, tone: tuple[float, ...], rng: np.random.Generator
) -> None:
    stroke(c, w.pixels([(x, y + 0.01), (x, y - h * 0.5)]), h * 0.06 * w.density, tone)
    for _ in range(60):
        a, r = rng.uniform(0, 2 * math.pi), h * 0.34 * math.sqrt(rng.uniform(0, 1))
        px, py = w.pixels([(x + r * math.cos(a), y - h * 0.64 + r * 0.9 * math.sin(a))])[0]
        disc(c, px, py, h * rng.uniform(0.035, 0.085) * w.density, tone)


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


def sunbeam(stage: Set, day: Daylight, x: float, y: float, reach: float, strength: float) -> Layer:
    """Light that spills from the sun over what stands before it."""
    window = stage.window(0.0)
    distance = np.hypot(window.xs()[None, :] - x, (window.ys()[:, None] - y) * 1.25)
    return Layer(light(day.sun, (np.exp(-distance / reach) * strength).astype(np.float32)), window, 0.0)
