"""A city street: skyline, lit façades, signs, wet ground, passers-by."""

from __future__ import annotations

import numpy as np

from workbench.providers.animatic import figures, scenery
from workbench.providers.animatic.daylight import Daylight, daylight
from workbench.providers.animatic.raster import (
    Colour,
    blank,
    blurred,
    disc,
    ink,
    light,
    mix,
    picture,
    smoothstep,
)
from workbench.providers.animatic.scenes.facades import (
    GROUND,
    NEON,
    WARM,
    canyon,
    lights_on_the_horizon,
    row,
    signs,
    street_lamps,
)
from workbench.providers.animatic.stage import Layer, Piece, Set
from workbench.providers.animatic.water import water


def city(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    dark = stage.plan.time in ("night", "dusk")
    neon = stage.plan.palette == "neon" or (stage.plan.time == "night" and stage.plan.has("signs"))
    glow: Colour = (0.34, 0.16, 0.42) if neon else (0.30, 0.24, 0.22)
    pieces: list[Piece] = [*scenery.sky(stage, day, GROUND - 0.02)]
    air = mix(day.haze, glow, 0.6 if dark else 0.0)
    if dark:
        pieces.append(_skyglow(stage, air, 0.75))
    wall = mix(day.near, (0.36, 0.36, 0.40), 0.0 if dark else 0.55)
    rows = ((0.08, 0.30, 0.085, 0.60), (0.16, 0.40, 0.12, 0.36), (0.28, 0.48, 0.19, 0.14))
    for index, (depth, height, width, far) in enumerate(rows):
        tone = mix(wall, air, far)
        pieces.append(row(stage, f"row {index}", depth, height, width, tone, dark, neon and index > 0, air))
        pieces.append(
            scenery.mist(
                stage, f"smog {index}", depth + 0.02, GROUND - 0.02, 0.17, air, 0.34 * (0.6 + day.density)
            )
        )
    pieces.append(canyon(stage, mix(wall, (0, 0, 0), 0.35 if dark else 0.1), dark, neon))
    if neon:
        pieces += signs(stage)
    pieces.append(street_lamps(stage, wall, dark))
    if dark:
        pieces.append(lights_on_the_horizon(stage, neon))
    wet = stage.plan.weather in ("rain", "storm") or (neon and stage.plan.has("reflections"))
    pieces += _ground(stage, day, wall, wet, dark)
    pieces += _traffic(stage, day, dark)
    pieces += _walkers(stage, day, dark, neon)
    if dark:
        pieces.append(_bokeh(stage, neon))
    return pieces


def _skyglow(stage: Set, tone: Colour, strength: float) -> Layer:
    window = stage.window(0.02)
    fall = np.exp(-np.abs(window.ys() - GROUND) / 0.28)[:, None] * np.ones((1, window.shape[1]))
    return Layer(light(tone, (fall * strength).astype(np.float32)), window, 0.02)


def _ground(stage: Set, day: Daylight, wall: Colour, wet: bool, dark: bool) -> list[Piece]:
    asphalt = mix(wall, (0.16, 0.16, 0.18), 0.2 if dark else 0.75)
    if wet and stage.plan.has("reflections"):
        return [
            water(
                stage,
                GROUND + 0.022,
                0.5,
                0.17,
                (0.62, 0.64, 0.72),
                mix(asphalt, (0, 0, 0), 0.72),
                WARM,
                0.0,
                glint_wide=0.0,
                speed=0.004,
                smear=0.035,
                deep=0.45,
                cell=0.04,
                stretch=2.2,
            )
        ]
    window = stage.window(0.5)
    window = window.rows(GROUND + 0.02, window.bottom)
    depth_down = (window.ys() - GROUND)[:, None]
    grain = stage.streams.noise("asphalt", window, 0.03, 4, stretch=5)
    level = (0.85 + 0.10 * grain) * (1 - 0.45 * smoothstep(0.0, 0.35, depth_down))
    colour = np.array(asphalt, np.float32) * level[..., None] * (1.1 if dark else 1.5)
    line = np.exp(-(((depth_down - 0.13) / 0.006) ** 2)) * (np.mod(window.xs()[None, :], 0.3) < 0.16)
    colour = colour + 0.28 * line[..., None] * np.array(day.haze, np.float32)
    return [Layer(picture(colour.astype(np.float32)), window, 0.5)]


def _traffic(stage: Set, day: Daylight, dark: bool) -> list[Piece]:
    if not stage.plan.has("cars"):
        return []
    rng = stage.streams.of("traffic")
    leads = stage.plan.subject == "car"
    density = stage.camera.height * 1.2
    found: list[Piece] = []
    for index in range(3 if leads else 2):
        heading = 1.0 if index % 2 else -1.0
        size = (0.155 if leads and index == 0 else 0.072) * (stage.narrow if leads else 1.0)
        foot = GROUND + (0.175 if leads and index == 0 else 0.052 + 0.024 * index)
        speed = heading * (0.16 if leads and index == 0 else 0.28) * float(rng.uniform(0.8, 1.2))
        begin = -heading * (0.25 if leads and index == 0 else float(rng.uniform(0.2, 1.1)))
        body = mix(
            day.near,
            ((0.55, 0.06, 0.07), (0.1, 0.12, 0.2), (0.5, 0.38, 0.06))[index],
            0.6 if not dark else 0.35,
        )

        def place(
            t: float, begin: float = begin, speed: float = speed, foot: float = foot
        ) -> tuple[float, float]:
            return (begin + speed * t, foot)

        shine = mix(day.haze, (0.9, 0.5, 0.8), 0.5) if dark else day.haze
        found.append(figures.car(size, density, body, shine, 0.55, place, heading < 0, dark))
    return found[::-1]


def _walkers(stage: Set, day: Daylight, dark: bool, neon: bool) -> list[Piece]:
    if not stage.plan.has("people"):
        return []
    rng = stage.streams.of("walkers")
    leads = stage.plan.subject == "person"
    wet = stage.plan.weather in ("rain", "storm", "snow")
    density = stage.camera.height * 1.2
    tone = mix(day.near, (0, 0, 0), 0.4)
    found: list[Piece] = []
    for index in range(4):
        front = index == 3
        heading = -1.0 if index % 2 else 1.0
        size = ((0.40 if leads else 0.31) * stage.narrow) if front else float(rng.uniform(0.125, 0.15))
        foot = GROUND + (0.215 if leads else 0.20) if front else GROUND + 0.045 + 0.008 * index
        begin = (
            (-0.02 if leads else -0.22 * stage.camera.aspect)
            if front
            else float(rng.uniform(-0.5, 0.5)) * stage.camera.aspect
        )
        speed = heading * size * 0.11
        rim = NEON[int(rng.integers(2))] if neon else day.lit
        shade: Colour | None = mix((0.62, 0.07, 0.12), NEON[0], 0.3) if front else mix(tone, rim, 0.15)

        def place(
            t: float, begin: float = begin, speed: float = speed, foot: float = foot
        ) -> tuple[float, float]:
            return (begin + speed * t, foot)

        walker = figures.person(
            size,
            density,
            tone,
            rim,
            1.0 if index % 2 else -1.0,
            0.58 if front else 0.51,
            place,
            heading < 0,
            shade if wet else None,
        )
        if front and wet:
            found.append(figures.reflected(walker, 0.34))
        found.append(walker)
    return found


def _bokeh(stage: Set, neon: bool) -> Layer:
    """Lights out of focus, close to the lens."""
    window = stage.window(1.0, margin=0.03)
    canvas = blank(*window.shape)
    rng = stage.streams.of("bokeh")
    for _ in range(34):
        x, y = float(rng.uniform(-2.4, 2.4)), float(rng.choice([-1, 1]) * rng.uniform(0.22, 0.55))
        c = NEON[int(rng.integers(len(NEON)))] if neon else WARM
        force, radius = float(rng.uniform(0.05, 0.15)), float(rng.uniform(0.018, 0.05))
        px, py = window.pixels([(x, y)])[0]
        disc(canvas, px, py, radius * window.density, ink((c[0] * force, c[1] * force, c[2] * force), 0))
    return Layer(blurred(canvas, 0.0025 * window.density), window, 1.0, drift=(0.004, -0.001))
