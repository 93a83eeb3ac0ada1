"""Sea, desert, snowfield, forest."""

from __future__ import annotations

import numpy as np

from workbench.providers.animatic import beasts, plants, scenery
from workbench.providers.animatic.daylight import Daylight, daylight
from workbench.providers.animatic.raster import (
    Colour,
    Window,
    blank,
    blurred,
    ink,
    light,
    mix,
    over,
    picture,
    polygon,
    smoothstep,
    stroke,
)
from workbench.providers.animatic.scenes.inhabitants import birds, boat, subject
from workbench.providers.animatic.scenes.landscape import wood
from workbench.providers.animatic.stage import Layer, Piece, Set
from workbench.providers.animatic.water import water


def sea(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = 0.05, scenery.sun_position(stage)
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon)]
    land = mix(day.haze, day.near, 0.35)
    pieces.append(
        scenery.ridge(
            stage,
            "headland",
            0.07,
            horizon + 0.055,
            0.13,
            0.75,
            land,
            mix(land, day.haze, 0.4),
            0.1,
            bottom=horizon + 0.01,
        )
    )
    pieces += birds(stage, day, horizon)
    if stage.plan.has("sun") and day.glow > 0.15:
        pieces.append(scenery.sunbeam(stage, day, sun, horizon - day.sun_height, 0.26, 0.30 * day.glow))
    storm = stage.plan.weather in ("storm", "rain")
    blue: Colour = {"day": (0.02, 0.10, 0.16), "night": (0.0, 0.01, 0.025)}.get(
        stage.plan.time, (0.02, 0.04, 0.07)
    )
    pieces.append(
        water(
            stage,
            horizon,
            0.10,
            0.75 if storm else 0.5,
            (0.74, 0.82, 0.88),
            blue,
            day.sun,
            sun,
            glint_wide=1.15 * min(1.0, day.glow * 1.5),
            speed=0.05 if storm else 0.035,
            deep=0.42,
            cell=0.07,
            stretch=5.0,
        )
    )
    pieces.append(scenery.mist(stage, "spray", 0.12, horizon, 0.05, day.haze, 0.3 + 0.5 * day.density, 0.02))
    pieces += boat(stage, day, 0.4, horizon + 0.145) if stage.plan.subject != "birds" else []
    rock = mix(day.near, day.haze, 0.02)
    side = 1 if sun < 0 else -1
    pieces.append(_rocks(stage, rock, mix(day.lit, rock, 0.45), side))
    if stage.plan.subject in (*beasts.BEASTS, "person"):
        pieces += [
            scenery.ridge(
                stage, "beach", 0.5, 0.40, 0.025, 1.3, mix(day.near, day.haze, 0.25), day.near, 0.25
            ),
            *subject(stage, day, 0.52, 0.405, sun),
        ]
    return pieces


def desert(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = 0.06, scenery.sun_position(stage)
    sand: Colour = (0.80, 0.52, 0.27)
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon)]
    steps = (
        (0.06, 0.03, 0.12, 0.9, 0.72),
        (0.16, 0.10, 0.13, 0.8, 0.45),
        (0.30, 0.21, 0.15, 0.9, 0.22),
        (0.48, 0.37, 0.16, 1.2, 0.06),
    )
    for index, (depth, drop, height, cell, far) in enumerate(steps):
        if index == 3:
            pieces += subject(stage, day, 0.40, 0.33, sun)
        dull = 0.75 if stage.plan.time == "night" else 0.42 if stage.plan.time == "dusk" else 0.18
        tone = mix(mix(sand, day.near, dull), day.haze, far)
        pieces.append(_dune(stage, f"dune {index}", depth, horizon + drop, height, cell, tone, day, sun))
        pieces.append(
            scenery.mist(
                stage,
                f"dust {index}",
                depth + 0.02,
                horizon + drop + 0.02,
                0.06,
                day.haze,
                0.30 * (0.4 + day.density),
                0.04,
            )
        )
    if stage.plan.has("sun") and day.glow > 0.15:
        pieces.append(scenery.sunbeam(stage, day, sun, horizon - day.sun_height, 0.3, 0.28 * day.glow))
    return pieces


def snowfield(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = 0.06, scenery.sun_position(stage)
    white = mix(
        mix((0.94, 0.96, 1.0), day.sky[1], 0.28), day.near, 0.55 if stage.plan.time == "night" else 0.0
    )
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon)]
    rock = mix((0.45, 0.5, 0.6), day.haze, 0.5)
    pieces.append(
        scenery.ridge(
            stage,
            "range",
            0.06,
            horizon + 0.01,
            0.2,
            0.5,
            rock,
            mix(rock, day.haze, 0.6),
            0.16,
            relief=0.7,
            snow=1.0,
            lit=mix(day.lit, (1, 1, 1), 0.4),
            sun_x=sun,
        )
    )
    pieces.append(scenery.mist(stage, "veil", 0.1, horizon + 0.01, 0.09, day.haze, 0.6))
    needles = mix(day.near, day.haze, 0.5)
    if stage.plan.has("trees"):
        pieces.append(
            wood(stage, "far wood", 0.16, horizon + 0.06, 0.075, needles, 120, mix(needles, day.haze, 0.5))
        )
    steps = (
        (0.18, 0.05, 0.04, 0.8),
        (0.34, 0.14, 0.06, 1.0),
        (0.5, 0.28, 0.07, 1.3),
        (0.75, 0.45, 0.08, 1.1),
    )
    for index, (depth, drop, height, cell) in enumerate(steps):
        tone = mix(white, day.haze, 0.4 - 0.13 * index)
        shade = mix(white, mix(day.sky[0], white, 0.45), 0.25 + 0.18 * index)
        pieces.append(
            scenery.ridge(
                stage,
                f"drift {index}",
                depth,
                horizon + drop,
                height,
                cell,
                mix(tone, day.lit, 0.18),
                shade,
                0.2,
            )
        )
        if index == 1 and stage.plan.has("trees"):
            rng = stage.streams.of("pines")
            places = [
                float(x) * stage.camera.aspect for x in rng.choice([-1, 1], 7) * rng.uniform(0.2, 0.8, 7)
            ]
            pieces.append(
                plants.trees(
                    stage, "pines", 0.36, horizon + 0.15, 0.28, mix(day.near, day.haze, 0.3), "pine", places
                )
            )
        if index == 2:
            pieces += subject(stage, day, 0.52, 0.35, sun)
    if stage.plan.has("sun") and day.glow > 0.15:
        pieces.append(scenery.sunbeam(stage, day, sun, horizon - day.sun_height, 0.3, 0.22 * day.glow))
    return pieces


def forest(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = 0.16, scenery.sun_position(stage) * 0.7
    air = mix(mix(day.haze, (0.62, 0.78, 0.55), 0.35 if stage.plan.time == "day" else 0.12), day.sun, 0.12)
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon, sun)]
    pieces.append(scenery.mist(stage, "air", 0.05, 0.0, 0.5, air, 0.75))
    if day.glow > 0.1:
        pieces.append(scenery.sunbeam(stage, day, sun, -0.22, 0.34, 0.5 * day.glow + 0.1))
    bark = mix((0.05, 0.055, 0.045), day.near, 0.5)
    for index, (depth, far, count, wide) in enumerate(
        ((0.12, 0.74, 34, 0.012), (0.24, 0.55, 22, 0.019), (0.4, 0.34, 13, 0.030), (0.62, 0.13, 7, 0.052))
    ):
        tone = mix(bark, air, far * (0.7 + 0.4 * day.density))
        pieces.append(_trunks(stage, f"trunks {index}", depth, tone, air, count, wide))
        foot = horizon + 0.05 + 0.09 * index
        moss = mix(mix((0.10, 0.15, 0.05), day.near, 0.4), air, far * 0.8)
        pieces.append(
            scenery.ridge(stage, f"floor {index}", depth, foot, 0.05, 0.35, moss, mix(moss, bark, 0.5), 0.2)
        )
        pieces.append(
            scenery.mist(
                stage,
                f"ground mist {index}",
                depth + 0.03,
                foot - 0.02,
                0.10,
                air,
                0.22 + 0.5 * day.density * far,
                0.02,
            )
        )
        if index == 2:
            pieces += subject(stage, day, 0.5, 0.385, sun)
    if day.glow > 0.25 and stage.plan.time != "night":
        pieces.append(_shafts(stage, day, sun))
    if stage.plan.has("grass"):
        dark = mix(bark, (0, 0, 0), 0.2)
        pieces += plants.grass(
            stage, "fern", 0.8, 0.50, 0.15, dark, mix(dark, (0.32, 0.42, 0.14), 0.5), 500, soft=0.0015
        )
    return pieces


def _dune(
    stage: Set,
    name: str,
    depth: float,
    base: float,
    height: float,
    cell: float,
    tone: Colour,
    day: Daylight,
    sun: float,
) -> Layer:
    """A dune: a smooth crest, lit on the sun's side, with wind ripples."""
    window = stage.window(depth)
    wave = stage.streams.line(name, window, cell, 2, gain=0.3)
    crest = base - height * (0.5 + 0.5 * wave)
    window = window.rows(float(crest.min()) - 0.01, window.bottom)
    below = window.ys()[:, None] - crest[None, :]
    cover = np.clip(below * window.density + 0.5, 0, 1)
    bend = stage.streams.line(f"{name}/edge", window, cell * 0.45, 3, gain=0.4)
    slope = np.gradient(crest) * window.density
    side = np.clip((slope if sun > 0 else -slope) * 2.2 + 0.25 * bend, -1, 1)
    edge = smoothstep(0.0, 0.16, below - np.abs(bend)[None, :] * 0.12)
    lit = np.clip(0.5 + 0.5 * side[None, :] * (1 - 0.55 * edge), 0, 1)
    ripple = stage.streams.noise(f"{name}/ripples", window, 0.022, 3, stretch=5.0)
    bright = mix(tone, day.lit, 0.42)
    dark = mix(tone, mix(day.near, day.sky[0], 0.4), 0.5)
    part = (lit + 0.05 * ripple * smoothstep(0.1, 0.5, depth + below))[..., None]
    colour = np.array(dark, np.float32) * (1 - part) + np.array(bright, np.float32) * part
    return Layer(picture(colour.astype(np.float32), cover.astype(np.float32)), window, depth)


def _trunks(stage: Set, name: str, depth: float, tone: Colour, air: Colour, count: int, wide: float) -> Layer:
    window = stage.window(depth, margin=0.05)
    canvas = blank(*window.shape)
    rng = stage.streams.of(name)
    low, high = window.bottom + 0.05, window.top - 0.05
    for x in rng.uniform(-2.4, 2.4, count * 2):
        thick, lean = wide * float(rng.uniform(0.6, 1.4)), float(rng.normal(0, 0.018))
        tint = mix(tone, air, float(rng.uniform(0, 0.22)))
        ys = np.linspace(low, high, 9)
        mid = x + lean * (low - ys) + 0.25 * thick * np.sin(ys * 7 + x * 9)
        half = thick * (0.5 + 0.16 * (ys - high) / (low - high))
        outline = np.column_stack([np.r_[mid - half, (mid + half)[::-1]], np.r_[ys, ys[::-1]]])
        polygon(canvas, window.pixels(outline), ink(tint))
        side = np.column_stack([mid + half * 0.62, ys])
        stroke(
            canvas, window.pixels(side), max(1.0, thick * 0.16 * window.density), ink(mix(tint, air, 0.28))
        )
        for _ in range(int(rng.integers(1, 4))):
            y = float(rng.uniform(high, 0.1))
            sign = float(rng.choice([-1, 1]))
            reach = thick * float(rng.uniform(2.5, 6))
            twig = [(x, y), (x + sign * reach * 0.5, y - reach * 0.3), (x + sign * reach, y - reach * 0.42)]
            stroke(canvas, window.pixels(twig), max(1.0, thick * 0.13 * window.density), ink(tint))
    leaves = stage.streams.noise(f"{name}/leaves", window, 0.2, 6, gain=0.62)
    crown = smoothstep(0.05, 0.22, leaves + 0.5 * smoothstep(-0.16, -0.5, window.ys())[:, None] - 0.28)
    crown = crown * smoothstep(0.0, -0.22, window.ys())[:, None]
    over(
        canvas,
        picture(np.broadcast_to(np.array(tone, np.float32), (*crown.shape, 3)), crown.astype(np.float32)),
        np.eye(2, 3),
    )
    if depth > 0.5:
        canvas = blurred(canvas, 0.0012 * window.density)
    return Layer(canvas, window, depth)


def _shafts(stage: Set, day: Daylight, sun: float) -> Layer:
    """Light that falls in bars between the trees."""
    window = stage.window(0.3, margin=0.1)
    x, y = window.xs()[None, :], window.ys()[:, None]
    angle = np.arctan2(x - sun, y + 0.75)
    bars = stage.streams.line("shafts", Window(-2, 0, 2, 1, 256), 0.16, 3)
    strength = np.interp(angle, np.linspace(-1.2, 1.2, len(bars)), np.clip(bars - 0.1, 0, 1))
    fall = smoothstep(0.55, -0.35, y) * np.exp(-(((x - sun) / 0.75) ** 2))
    return Layer(
        light(day.sun, (strength * fall * 0.5 * day.glow).astype(np.float32)), window, 0.3, drift=(0.004, 0)
    )


def _rocks(stage: Set, tone: Colour, lit: Colour, side: int) -> Layer:
    """Rocks on the near shore, at one side."""
    depth = 0.7
    window = stage.window(depth, margin=0.04).rows(0.2, stage.window(depth).bottom)
    x = window.xs()[None, :] * side
    crest = (
        0.60
        - 0.30 * smoothstep(0.12, 0.62, x / stage.camera.aspect)
        + 0.045 * stage.streams.line("rocks", window, 0.16, 6, gain=0.6)
    )
    below = window.ys()[:, None] - crest
    cover = np.clip(below * window.density + 0.5, 0, 1)
    face = stage.streams.noise("rock faces", window, 0.09, 5, ridged=True)
    shine = np.clip(face, 0, 1) ** 2 * np.exp(-np.clip(below, 0, 1) / 0.07) * 0.6
    colour = (
        np.array(tone, np.float32) * (1 - shine[..., None]) + np.array(lit, np.float32) * shine[..., None]
    )
    return Layer(picture(colour.astype(np.float32), cover.astype(np.float32)), window, depth)
