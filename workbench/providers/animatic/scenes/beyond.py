"""Outer space, and abstract light for what the engine does not know."""

from __future__ import annotations

import numpy as np

from workbench.providers.animatic.raster import (
    Colour,
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
    smoothstep,
)
from workbench.providers.animatic.stage import Layer, Piece, Set


def space(stage: Set) -> list[Piece]:
    """Stars, a nebula, a planet lit from one side."""
    window = stage.window(0.0)
    rng = stage.streams.of("nebula tone")
    tones: list[Colour] = [(0.55, 0.16, 0.42), (0.12, 0.30, 0.62), (0.16, 0.48, 0.46), (0.62, 0.30, 0.14)]
    first, second = (tones[int(i)] for i in rng.permutation(len(tones))[:2])
    cloud = stage.streams.noise("nebula", window, 0.6, 7, stretch=1.4, gain=0.58)
    veins = stage.streams.noise("veins", window, 0.45, 6, ridged=True)
    body = smoothstep(-0.25, 0.9, cloud + 0.3 * veins)
    colour = (
        np.array((0.006, 0.008, 0.02), np.float32)
        + np.array(first, np.float32) * (body**1.5 * 0.75)[..., None]
    )
    other = smoothstep(0.0, 0.9, stage.streams.noise("nebula 2", window, 0.5, 6))
    colour = colour + np.array(second, np.float32) * (other**2 * 0.6 * body)[..., None]
    colour = colour * (1 - 0.5 * smoothstep(0.1, 0.8, -veins))[..., None]
    pieces: list[Piece] = [Layer(picture(colour.astype(np.float32)), window, 0.0)]
    pieces += [
        _starfield(stage, f"stars {i}", d, n, r)
        for i, (d, n, r) in enumerate(((0.05, 1500, 0.0009), (0.3, 320, 0.0014), (0.7, 60, 0.0021)))
    ]
    pieces.append(_planet(stage, first, second))
    return pieces


def _starfield(stage: Set, name: str, depth: float, count: int, size: float) -> Layer:
    window = stage.window(depth)
    canvas = blank(*window.shape)
    rng = stage.streams.of(name)
    for _ in range(count):
        px, py = window.pixels([(rng.uniform(-2.4, 2.4), rng.uniform(-1.3, 1.3))])[0]
        radius = size * float(rng.pareto(2.2) * 0.5 + 0.6)
        c = mix((0.7, 0.82, 1.0), (1.0, 0.85, 0.7), float(rng.random()))
        force = float(rng.uniform(0.35, 1.0))
        disc(
            canvas,
            px,
            py,
            min(radius, size * 3) * window.density,
            ink((c[0] * force, c[1] * force, c[2] * force), 0),
        )
    glow = blurred(canvas, 0.004 * window.density).astype(np.int16)
    return Layer(np.asarray(np.clip(canvas + glow * 2, 0, 255), np.uint8), window, depth)


def _planet(stage: Set, tone: Colour, other: Colour) -> Layer:
    rng = stage.streams.of("planet")
    leads = stage.plan.subject == "planet"
    radius = (0.34 if leads else 0.24) * stage.narrow
    side = float(rng.choice([-1, 1]))
    cx, cy = side * (0.05 if leads else 0.27) * stage.camera.aspect, 0.10
    window = Window(
        cx - radius * 1.7, cy - radius * 1.7, cx + radius * 1.7, cy + radius * 1.7, stage.camera.height * 1.2
    )
    x, y = (window.xs()[None, :] - cx) / radius, (window.ys()[:, None] - cy) / radius
    r2 = x**2 + y**2
    z = np.sqrt(np.clip(1 - r2, 0, 1))
    bands = stage.streams.noise("bands", window, radius * 0.42, 6, stretch=5.0)
    swirl = stage.streams.noise("swirl", window, radius * 0.3, 6)
    part = np.clip(0.5 + 0.5 * bands + 0.22 * swirl, 0, 1)[..., None]
    pale, deep = (
        np.array(mix(tone, (1, 0.92, 0.82), 0.55), np.float32),
        np.array(mix(other, (0.12, 0.1, 0.12), 0.35), np.float32),
    )
    shade = np.clip(-0.72 * side * x - 0.42 * y + 0.55 * z, 0, 1)[..., None] ** 0.8
    colour = (deep * (1 - part) + pale * part) * (0.015 + 1.1 * shade)
    rim = np.exp(-(((np.sqrt(r2) - 0.985) / 0.055) ** 2))[..., None] * np.clip(shade + 0.1, 0, 1)
    colour = colour + rim * np.array(mix(tone, (0.6, 0.8, 1.0), 0.7), np.float32) * 0.6
    edge = 1.2 / (radius * window.density)
    cover = smoothstep(1 + edge, 1 - edge, np.sqrt(r2))
    drawn = picture(np.asarray(colour, np.float32), cover.astype(np.float32))
    halo = (
        np.exp(-np.clip(np.sqrt(r2) - 1, 0, 3) / 0.085)
        * np.clip(-0.7 * side * x - 0.4 * y + 0.35, 0, 1)
        * (1 - cover)
        * 0.45
    )
    air = light(mix(tone, (0.55, 0.75, 1.0), 0.7), halo.astype(np.float32))
    return Layer(np.asarray(np.clip(drawn.astype(np.int16) + air, 0, 255), np.uint8), window, 0.42)


def abstract(stage: Set) -> list[Piece]:
    """Folds of coloured light with discs out of focus: what an unknown prompt gets."""
    rng = stage.streams.of("abstract tones")
    families: list[tuple[Colour, Colour, Colour]] = [
        ((0.05, 0.07, 0.20), (0.20, 0.32, 0.72), (0.95, 0.52, 0.44)),
        ((0.04, 0.12, 0.15), (0.10, 0.48, 0.50), (0.98, 0.78, 0.46)),
        ((0.12, 0.04, 0.18), (0.52, 0.16, 0.52), (1.00, 0.58, 0.32)),
        ((0.05, 0.06, 0.09), (0.22, 0.36, 0.44), (0.86, 0.84, 0.74)),
    ]
    low, middle, high = families[int(rng.integers(len(families)))]
    pieces: list[Piece] = []
    for index, depth in enumerate((0.0, 0.3, 0.55)):
        window = stage.window(depth, margin=0.2)
        warp = stage.streams.noise(f"warp {index}", window, 0.9, 2)
        folds = stage.streams.noise(f"folds {index}", window, 0.7, 2, stretch=2.0)
        wave = 0.5 + 0.5 * np.sin(6.0 * folds + 3.2 * warp + 4.0 * window.ys()[:, None] + index)
        crest = wave**3
        tone = gradient(
            [(0.0, low), (0.55, middle), (1.0, high)],
            (0.12 + 0.75 * crest * (0.7 + 0.3 * warp)).astype(np.float32),
        )
        cover = None if index == 0 else (smoothstep(0.25, 0.95, wave) * 0.55).astype(np.float32)
        pieces.append(
            Layer(picture(tone, cover), window, depth, drift=(0.012 * (index + 1), 0.006 * (1 - index)))
        )
    pieces.append(_discs(stage, high, 0.45, 40, 0.03))
    pieces.append(_discs(stage, mix(high, (1, 1, 1), 0.4), 0.85, 18, 0.07))
    return pieces


def _discs(stage: Set, tone: Colour, depth: float, count: int, size: float) -> Layer:
    window = stage.window(depth, margin=0.15)
    canvas: Picture = blank(*window.shape)
    rng = stage.streams.of(f"discs {depth}")
    for _ in range(count):
        px, py = window.pixels([(rng.uniform(-2.2, 2.2), rng.uniform(-0.9, 0.9))])[0]
        force, radius = float(rng.uniform(0.03, 0.16)), size * float(rng.uniform(0.4, 1.3)) * window.density
        disc(canvas, px, py, radius, ink((tone[0] * force, tone[1] * force, tone[2] * force), 0))
    return Layer(blurred(canvas, size * 0.05 * window.density), window, depth, drift=(-0.01, -0.014))
