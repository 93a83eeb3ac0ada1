"""Who lives in a landscape: birds far away, and the subject of the prompt."""

from __future__ import annotations

import math

from workbench.providers.animatic import beasts, figures, plants
from workbench.providers.animatic.daylight import Daylight
from workbench.providers.animatic.raster import (
    mix,
)
from workbench.providers.animatic.stage import Piece, Set

_MIDDLE_S = 3.0  # when whoever walks passes the middle of the frame


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
    size = (0.27 if kind != "elephant" else 0.36) * stage.narrow
    density = stage.camera.height * 1.25
    rim = mix(day.lit, day.sun, 0.3)
    coat = mix(day.near, (0.15, 0.10, 0.07), 0.65 if stage.plan.time == "day" else 0.0)
    side = 1.0 if sun > 0 else -1.0
    if kind in beasts.BEASTS:
        speed = heading * beasts.pace(kind, size)

        def place(t: float) -> tuple[float, float]:
            return (speed * (t - _MIDDLE_S), foot)

        return [beasts.beast(kind, size, density, coat, rim, side, depth, place, heading < 0)]
    if kind == "person" and stage.plan.has("people"):
        tall = 0.42 * stage.narrow

        def walk(t: float) -> tuple[float, float]:
            return (-heading * 0.1 * stage.camera.aspect + heading * 0.045 * t, foot)

        umbrella = (0.55, 0.09, 0.08) if stage.plan.weather == "rain" else None
        return [figures.person(tall, density, coat, rim, side, depth, walk, heading < 0, umbrella)]
    if kind == "tree":
        shape = {"day": "round", "night": "bare"}.get(stage.plan.time, "acacia")
        return [plants.trees(stage, "subject", depth, foot, 0.5 * stage.narrow, day.near, shape, [0.0])]
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
