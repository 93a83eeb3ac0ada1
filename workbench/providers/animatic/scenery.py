"""What landscapes are made of: sky, clouds, ridges, mist, sunlight."""

from __future__ import annotations

import numpy as np

from workbench.providers.animatic.daylight import Daylight
from workbench.providers.animatic.raster import (
    Colour,
    Field,
    Window,
    blank,
    blurred,
    disc,
    gradient,
    ink,
    light,
    mix,
    picture,
    smoothstep,
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
    if day.stars and stage.plan.has("stars"):
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
        sharp = 1 - np.abs(stage.streams.line(f"{name}/peaks", window, cell * 0.8, 6, gain=rough * 0.82))
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
        step = max(1, int(0.012 * window.density))
        slope = (np.roll(field, step, axis=1) - np.roll(field, -step, axis=1)) * (1 if sun_x < 0 else -1)
        slope = slope - (np.roll(field, -step, axis=0) - field) * 0.5
        shade = relief * np.clip(slope * 1.9, -1, 1) * np.clip(1 - below / (fall * 2.2), 0.1, 1)
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


def sunbeam(stage: Set, day: Daylight, x: float, y: float, reach: float, strength: float) -> Layer:
    """Light that spills from the sun over what stands before it."""
    window = stage.window(0.0)
    distance = np.hypot(window.xs()[None, :] - x, (window.ys()[:, None] - y) * 1.25)
    return Layer(light(day.sun, (np.exp(-distance / reach) * strength).astype(np.float32)), window, 0.0)
