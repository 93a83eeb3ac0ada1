"""Open country: grassland, mountains, lake, desert, snowfield, forest."""

from __future__ import annotations

import math

import numpy as np

from workbench.providers.animatic import figures, scenery
from workbench.providers.animatic.water import water
from workbench.providers.animatic.daylight import Daylight, daylight
from workbench.providers.animatic.raster import (
    Colour,
    Picture,
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
from workbench.providers.animatic.stage import Layer, Piece, Set


def grassland(stage: Set) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = 0.07, scenery.sun_position(stage)
    is_night = stage.plan.time == "night"
    green = (0.40, 0.42, 0.12) if stage.plan.time == "day" else mix(day.lit, (0.72, 0.60, 0.30), 0.4)
    green = mix(green, day.haze, 0.35) if is_night else green
    far = mix(day.haze, day.near, 0.22)
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon)]
    pieces.append(
        scenery.ridge(stage, "far", 0.08, horizon + 0.005, 0.13, 0.9, far, mix(far, day.haze, 0.75), 0.13)
    )
    middle = mix(day.haze, day.near, 0.4)
    pieces.append(
        scenery.ridge(
            stage, "middle", 0.16, horizon + 0.03, 0.075, 0.6, middle, mix(middle, day.haze, 0.7), 0.11
        )
    )
    pieces.append(
        scenery.mist(stage, "valley", 0.18, horizon + 0.03, 0.12, day.haze, 0.55 + 0.4 * day.density)
    )
    plain = mix(mix(day.haze, day.near, 0.5), green, 0.35)
    pieces.append(
        scenery.ridge(
            stage, "plain", 0.26, horizon + 0.085, 0.035, 1.1, plain, mix(plain, day.near, 0.3), 0.4
        )
    )
    if stage.plan.has("trees"):
        rng = stage.streams.of("acacias")
        places = [float(x) for x in rng.uniform(-2.2, 2.2, 9)]
        tone = mix(day.haze, day.near, 0.62)
        pieces.append(
            scenery.trees(stage, "acacias far", 0.24, horizon + 0.075, 0.10, tone, "acacia", places, day.haze)
        )
        side = -1 if sun > 0 else 1
        pieces.append(
            scenery.trees(
                stage,
                "acacia",
                0.36,
                horizon + 0.14,
                0.34,
                mix(day.haze, day.near, 0.84),
                "acacia",
                [side * stage.camera.aspect * 0.31],
            )
        )
    pieces += birds(stage, day, horizon)
    pieces.append(
        scenery.mist(
            stage,
            "low",
            0.4,
            horizon + 0.12,
            0.10,
            mix(day.haze, day.sun, 0.25),
            0.4 + 0.35 * day.density,
            0.02,
        )
    )
    if stage.plan.has("sun") and day.glow > 0.15:
        pieces.append(scenery.sunbeam(stage, day, sun, horizon - day.sun_height, 0.30, 0.30 * day.glow))
    tall = stage.plan.has("grass")
    if tall:
        dark, tip = mix(day.near, plain, 0.45), mix(mix(day.near, plain, 0.5), green, 0.85)
        pieces += scenery.grass(stage, "back", 0.42, 0.24, 0.10, dark, tip, 1500, sway=0.012)
    pieces += subject(stage, day, 0.5, 0.36, sun)
    if tall:
        dark, tip = mix(day.near, plain, 0.2), mix(day.near, green, 0.72)
        pieces += scenery.grass(stage, "mid", 0.58, 0.40, 0.15, dark, tip, 1100, sway=0.02)
        dark, tip = mix(day.near, (0, 0, 0), 0.25), mix(day.near, green, 0.42)
        pieces += scenery.grass(stage, "front", 0.85, 0.53, 0.27, dark, tip, 420, soft=0.0022, sway=0.03)
    return pieces


def mountains(stage: Set) -> list[Piece]:
    return _peaks(stage, lake=False)


def lake(stage: Set) -> list[Piece]:
    return _peaks(stage, lake=True)


def _peaks(stage: Set, lake: bool) -> list[Piece]:
    day = daylight(stage.plan)
    horizon, sun = (0.10 if lake else 0.14), scenery.sun_position(stage)
    pieces: list[Piece] = [*scenery.sky(stage, day, horizon)]
    snow = 0.9 if stage.plan.weather == "snow" else 0.62
    rock: Colour = (0.30, 0.31, 0.36)
    steps = ((0.05, 0.30, 0.62, 0.72), (0.11, 0.27, 0.5, 0.46), (0.18, 0.20, 0.42, 0.24))
    for index, (depth, height, cell, far) in enumerate(steps):
        tone = mix(mix(rock, day.near, 0.45), day.haze, far * (0.8 + 0.4 * day.density))
        foot = mix(tone, day.haze, 0.35 + 0.5 * day.density)
        pieces.append(
            scenery.ridge(
                stage,
                f"peak {index}",
                depth,
                horizon + 0.02 + 0.035 * index,
                height,
                cell,
                tone,
                foot,
                0.24,
                rough=0.55,
                relief=0.85 - 0.12 * index,
                snow=snow * (1 - 0.28 * index),
                lit=mix(day.lit, day.haze, far * 0.5),
                sun_x=sun,
            )
        )
        pieces.append(
            scenery.mist(
                stage,
                f"veil {index}",
                depth + 0.03,
                horizon + 0.02 + 0.04 * index,
                0.11,
                day.haze,
                0.28 + 0.6 * day.density,
            )
        )
    wood = mix(mix((0.07, 0.14, 0.12), day.near, 0.5), day.haze, 0.34)
    pieces.append(
        scenery.ridge(
            stage,
            "wooded",
            0.25,
            horizon + 0.10,
            0.07,
            0.5,
            wood,
            mix(wood, day.haze, 0.5),
            0.12,
            bottom=None if not lake else horizon + 0.13,
        )
    )
    if stage.plan.has("trees"):
        pieces.append(
            _wood(stage, "far wood", 0.27, horizon + 0.115, 0.055, wood, 170, mix(wood, day.haze, 0.4))
        )
    pieces += birds(stage, day, horizon)
    if stage.plan.has("sun") and day.glow > 0.15:
        pieces.append(scenery.sunbeam(stage, day, sun, horizon - day.sun_height, 0.28, 0.26 * day.glow))
    shore = horizon + 0.125
    if lake:
        pieces.append(
            water(
                stage,
                shore,
                0.28,
                0.16,
                (0.80, 0.86, 0.90),
                mix((0.0, 0.015, 0.025), day.near, 0.2),
                day.sun,
                sun,
                glint_wide=0.7 * min(1.0, day.glow * 1.6),
                speed=0.016,
                deep=0.5,
            )
        )
        pieces.append(
            scenery.mist(
                stage,
                "lake mist",
                0.3,
                shore + 0.01,
                0.05,
                mix(day.haze, day.sun, 0.2),
                0.25 + 0.5 * day.density,
                0.02,
            )
        )
    else:
        meadow = mix(mix((0.16, 0.24, 0.10), day.near, 0.45), day.haze, 0.16)
        pieces.append(
            scenery.ridge(
                stage, "meadow", 0.42, horizon + 0.20, 0.07, 0.9, meadow, mix(meadow, day.near, 0.6), 0.22
            )
        )
        pieces.append(
            scenery.mist(
                stage, "meadow mist", 0.45, horizon + 0.2, 0.08, day.haze, 0.15 + 0.5 * day.density, 0.02
            )
        )
    pieces += subject(stage, day, 0.5, 0.40, sun) if not lake else boat(stage, day, 0.42, shore + 0.10)
    if stage.plan.has("trees"):
        dark = mix(day.near, day.haze, 0.05)
        side = -1 if sun > 0 else 1
        rng = stage.streams.of("near pines")
        for depth, count, height in ((0.6, 5, 0.5), (0.78, 3, 0.8)):
            places = [side * stage.camera.aspect * float(rng.uniform(0.24, 0.62)) for _ in range(count)]
            places += [-side * stage.camera.aspect * float(rng.uniform(0.44, 0.66)) for _ in range(count - 2)]
            tone = mix(dark, day.haze, 0.10 if depth < 0.7 else 0.0)
            pieces.append(
                scenery.trees(
                    stage, f"pines {depth}", depth, 0.52 + 0.1 * depth, height, tone, "pine", places
                )
            )
    dark = mix(day.near, day.haze, 0.03)
    pieces.append(scenery.ridge(stage, "bank", 0.78, 0.53, 0.10, 0.5, dark, dark, 0.2))
    return pieces


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
    if stage.plan.subject in (*figures.BEASTS, "person"):
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
    wood = mix(day.near, day.haze, 0.5)
    if stage.plan.has("trees"):
        pieces.append(
            _wood(stage, "far wood", 0.16, horizon + 0.06, 0.075, wood, 120, mix(wood, day.haze, 0.5))
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
                scenery.trees(
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
        pieces += scenery.grass(
            stage, "fern", 0.8, 0.50, 0.15, dark, mix(dark, (0.32, 0.42, 0.14), 0.5), 500, soft=0.0015
        )
    return pieces


def birds(stage: Set, day: Daylight, horizon: float) -> list[Piece]:
    """A few birds far away, by themselves, unless they are the subject or unwanted."""
    if not stage.plan.has("birds") or stage.plan.time == "night" or stage.plan.weather in ("storm", "snow"):
        return []
    rng = stage.streams.of("birds")
    leads = stage.plan.subject == "birds"
    count = 9 if leads else 5
    heading = float(rng.choice([-1.0, 1.0]))
    density = stage.camera.height * 1.2
    found: list[Piece] = []
    x0, y0 = float(rng.uniform(-0.2, 0.2)) - heading * 0.25, horizon - float(rng.uniform(0.24, 0.33))
    for i in range(count):
        span = float(rng.uniform(0.6, 1.2)) * (0.11 if leads else 0.03)
        spread = 2.2 if leads else 1.0
        dx, dy = (
            -heading * 0.055 * i * spread + rng.normal(0, 0.02),
            abs(i - count / 3) * 0.016 * spread + rng.normal(0, 0.012),
        )
        speed = heading * (0.055 if leads else 0.02)

        def place(
            t: float, dx: float = float(dx), dy: float = float(dy), speed: float = speed
        ) -> tuple[float, float]:
            return (x0 + dx + speed * t, y0 + dy - 0.003 * t)

        period = float(rng.uniform(0.55, 0.8)) * (1.3 if leads else 1.0)
        tone = mix(day.near, day.haze, 0.15 if leads else 0.4)
        found.append(figures.bird(span, density, tone, 0.1, place, period, heading < 0))
    return found


def subject(stage: Set, day: Daylight, depth: float, foot: float, sun: float) -> list[Piece]:
    """Whoever walks here: an animal or a person, against the light."""
    kind = stage.plan.subject
    rng = stage.streams.of("subject")
    heading = float(rng.choice([-1.0, 1.0]))
    size = (0.25 if kind != "elephant" else 0.36) * stage.narrow
    density = stage.camera.height * 1.25
    rim = mix(day.lit, day.sun, 0.3)
    side = 1.0 if sun > 0 else -1.0
    if kind in figures.BEASTS:
        speed = heading * 0.40 * size / 1.5 * 1.35

        def place(t: float) -> tuple[float, float]:
            return (-heading * 0.14 * stage.camera.aspect + speed * t, foot)

        return [figures.beast(kind, size, density, day.near, rim, side, depth, place, heading < 0)]
    if kind == "person" and stage.plan.has("people"):
        tall = 0.42 * stage.narrow

        def walk(t: float) -> tuple[float, float]:
            return (-heading * 0.1 * stage.camera.aspect + heading * 0.045 * t, foot)

        umbrella = (0.55, 0.09, 0.08) if stage.plan.weather == "rain" else None
        return [figures.person(tall, density, day.near, rim, side, depth, walk, heading < 0, umbrella)]
    if kind == "tree":
        shape = {"day": "round", "night": "bare"}.get(stage.plan.time, "acacia")
        return [scenery.trees(stage, "subject", depth, foot, 0.5 * stage.narrow, day.near, shape, [0.0])]
    return []


def boat(stage: Set, day: Daylight, depth: float, line: float) -> list[Piece]:
    """A sailing boat, where the plan has one."""
    if stage.plan.subject != "boat":
        return []
    rng = stage.streams.of("subject")
    heading = float(rng.choice([-1.0, 1.0]))

    def place(t: float) -> tuple[float, float]:
        return (-heading * 0.12 * stage.camera.aspect + heading * 0.02 * t, line + 0.003 * math.sin(1.25 * t))

    sail = mix(
        mix((0.95, 0.93, 0.88), day.haze, 0.35),
        day.near,
        0.5 if stage.plan.time in ("dusk", "night") else 0.12,
    )
    hull = mix(day.near, day.haze, 0.08)
    size = 0.36 * stage.narrow
    boat = figures.sailing_boat(
        size, stage.camera.height * 1.2, hull, sail, day.lit, depth, place, heading < 0
    )
    return [figures.reflected(boat, 0.6), boat]


def _wood(
    stage: Set, name: str, depth: float, foot: float, height: float, tone: Colour, count: int, haze: Colour
) -> Piece:
    rng = stage.streams.of(f"{name}/places")
    places = sorted(float(x) for x in rng.uniform(-2.4, 2.4, count))
    return scenery.trees(stage, name, depth, foot, height, tone, "pine", places, haze)


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
