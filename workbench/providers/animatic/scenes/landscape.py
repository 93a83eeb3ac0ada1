"""Open country: grassland, mountains, lake."""

from __future__ import annotations

from workbench.providers.animatic import plants, scenery
from workbench.providers.animatic.daylight import daylight
from workbench.providers.animatic.raster import (
    Colour,
    mix,
)
from workbench.providers.animatic.scenes.inhabitants import birds, boat, subject
from workbench.providers.animatic.stage import Piece, Set
from workbench.providers.animatic.water import water


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
            plants.trees(stage, "acacias far", 0.24, horizon + 0.075, 0.10, tone, "acacia", places, day.haze)
        )
        side = -1 if sun > 0 else 1
        pieces.append(
            plants.trees(
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
        pieces += plants.grass(stage, "back", 0.42, 0.24, 0.10, dark, tip, 1500, sway=0.012)
    pieces += subject(stage, day, 0.5, 0.345, sun)
    if tall:
        dark, tip = mix(day.near, plain, 0.2), mix(day.near, green, 0.72)
        pieces += plants.grass(stage, "mid", 0.58, 0.40, 0.15, dark, tip, 1100, sway=0.02)
        dark, tip = mix(day.near, (0, 0, 0), 0.25), mix(day.near, green, 0.42)
        pieces += plants.grass(stage, "front", 0.85, 0.53, 0.27, dark, tip, 420, soft=0.0022, sway=0.03)
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
    snowy = 0.72 if stage.plan.weather == "snow" else 0.0
    white = mix((0.90, 0.93, 0.98), day.near, 0.6 if stage.plan.time == "night" else 0.1)
    needles = mix(mix((0.07, 0.14, 0.12), day.near, 0.5), day.haze, 0.34)
    needles = mix(needles, white, snowy * 0.45)
    pieces.append(
        scenery.ridge(
            stage,
            "wooded",
            0.25,
            horizon + 0.10,
            0.07,
            0.5,
            needles,
            mix(needles, day.haze, 0.5),
            0.12,
            bottom=None if not lake else horizon + 0.13,
        )
    )
    if stage.plan.has("trees"):
        pieces.append(
            wood(stage, "far wood", 0.27, horizon + 0.115, 0.055, needles, 170, mix(needles, day.haze, 0.4))
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
        bank = 0.6 - 0.5 * snowy
        meadow = mix(mix(mix((0.16, 0.24, 0.10), day.near, 0.45), day.haze, 0.16), white, snowy)
        pieces.append(
            scenery.ridge(
                stage,
                "meadow",
                0.42,
                horizon + 0.20,
                0.07,
                0.9,
                meadow,
                mix(meadow, day.near, bank),
                0.22,
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
                plants.trees(stage, f"pines {depth}", depth, 0.52 + 0.1 * depth, height, tone, "pine", places)
            )
    dark = mix(mix(day.near, day.haze, 0.03), white, snowy * 0.9)
    pieces.append(scenery.ridge(stage, "bank", 0.78, 0.53, 0.10, 0.5, dark, dark, 0.2))
    return pieces


def wood(
    stage: Set, name: str, depth: float, foot: float, height: float, tone: Colour, count: int, haze: Colour
) -> Piece:
    rng = stage.streams.of(f"{name}/places")
    places = sorted(float(x) for x in rng.uniform(-2.4, 2.4, count))
    return plants.trees(stage, name, depth, foot, height, tone, "pine", places, haze)
