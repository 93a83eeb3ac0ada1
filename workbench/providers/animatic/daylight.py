"""Light as data: the colours of the sky and of everything under it, by time of day and weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Colour, mix


@dataclass(frozen=True, slots=True)
class Daylight:
    """``sky`` runs from the zenith to the horizon. ``haze`` is what distance fades into; ``near`` the
    colour of unlit things close by; ``lit`` of their lit edges. The sun (or moon) stands ``sun_height``
    above the horizon with ``sun_radius``, both in frame heights; ``cover`` is how much cloud there is."""

    sky: tuple[Colour, Colour, Colour, Colour]
    haze: Colour
    near: Colour
    lit: Colour
    sun: Colour
    sun_height: float
    sun_radius: float
    glow: float
    cloud_dark: Colour
    cloud_lit: Colour
    cover: float = 0.35
    density: float = 0.5  # of the haze
    stars: bool = False


TIMES: Mapping[str, Daylight] = {
    "dawn": Daylight(
        sky=((0.20, 0.27, 0.45), (0.49, 0.47, 0.58), (0.93, 0.64, 0.49), (1.00, 0.83, 0.58)),
        haze=(0.96, 0.72, 0.52),
        near=(0.10, 0.075, 0.085),
        lit=(1.00, 0.70, 0.38),
        sun=(1.00, 0.90, 0.68),
        sun_height=0.085,
        sun_radius=0.052,
        glow=0.75,
        cloud_dark=(0.52, 0.42, 0.50),
        cloud_lit=(1.00, 0.74, 0.58),
    ),
    "day": Daylight(
        sky=((0.16, 0.38, 0.70), (0.33, 0.56, 0.83), (0.60, 0.77, 0.92), (0.84, 0.91, 0.95)),
        haze=(0.74, 0.84, 0.91),
        near=(0.10, 0.145, 0.10),
        lit=(0.96, 0.94, 0.72),
        sun=(1.00, 0.98, 0.90),
        sun_height=0.44,
        sun_radius=0.03,
        glow=0.4,
        cloud_dark=(0.72, 0.78, 0.86),
        cloud_lit=(1.00, 1.00, 1.00),
        cover=0.45,
    ),
    "golden": Daylight(
        sky=((0.30, 0.40, 0.60), (0.62, 0.60, 0.62), (0.97, 0.74, 0.44), (1.00, 0.87, 0.56)),
        haze=(0.98, 0.76, 0.45),
        near=(0.13, 0.085, 0.05),
        lit=(1.00, 0.78, 0.34),
        sun=(1.00, 0.93, 0.70),
        sun_height=0.17,
        sun_radius=0.05,
        glow=0.8,
        cloud_dark=(0.66, 0.52, 0.46),
        cloud_lit=(1.00, 0.84, 0.58),
    ),
    "dusk": Daylight(
        sky=((0.09, 0.09, 0.25), (0.31, 0.19, 0.40), (0.80, 0.36, 0.38), (1.00, 0.62, 0.38)),
        haze=(0.74, 0.37, 0.40),
        near=(0.055, 0.04, 0.075),
        lit=(1.00, 0.52, 0.36),
        sun=(1.00, 0.74, 0.46),
        sun_height=0.035,
        sun_radius=0.06,
        glow=0.75,
        cloud_dark=(0.30, 0.18, 0.34),
        cloud_lit=(0.98, 0.45, 0.38),
        stars=True,
    ),
    "night": Daylight(
        sky=((0.012, 0.022, 0.065), (0.03, 0.055, 0.13), (0.075, 0.12, 0.23), (0.15, 0.21, 0.33)),
        haze=(0.13, 0.19, 0.31),
        near=(0.012, 0.016, 0.032),
        lit=(0.46, 0.58, 0.80),
        sun=(0.92, 0.95, 1.00),
        sun_height=0.30,
        sun_radius=0.036,
        glow=0.32,
        cloud_dark=(0.06, 0.085, 0.16),
        cloud_lit=(0.30, 0.37, 0.50),
        cover=0.3,
        stars=True,
    ),
}


def daylight(plan: ShotPlan) -> Daylight:
    """The light of a shot plan: the hour's, under its weather."""
    light = TIMES[plan.time]
    if not plan.has("mist"):
        light = replace(light, density=0.25)
    if not plan.has("clouds"):
        light = replace(light, cover=0.0)
    match plan.weather:
        case "clouds":
            return _dulled(light, 0.45, cover=0.85, glow=0.5)
        case "rain":
            return _dulled(light, 0.6, cover=0.9, glow=0.25, density=0.75)
        case "storm":
            return _dulled(
                light, 0.8, cover=1.0, glow=0.2, density=0.6, dark=1.25 if plan.time == "night" else 0.62
            )
        case "mist":
            return _dulled(light, 0.3, cover=light.cover * 0.5, glow=0.9, density=1.0)
        case "snow":
            return _dulled(light, 0.5, cover=0.8, glow=0.4, density=0.8)
        case _:
            return light


def _dulled(
    light: Daylight, by: float, cover: float, glow: float, density: float = 0.5, dark: float = 1.0
) -> Daylight:
    """The same hour under a cover of cloud: colours drawn towards one grey of the same brightness."""
    level = sum(sum(c) for c in light.sky) / 12
    grey: Colour = (level * 0.94, level * 1.0, level * 1.08)

    def dull(c: Colour, part: float = by) -> Colour:
        r, g, b = mix(c, grey, part)
        return (r * dark, g * dark, b * dark)

    s = light.sky
    return replace(
        light,
        sky=(dull(s[0]), dull(s[1]), dull(s[2]), dull(s[3])),
        haze=dull(light.haze),
        lit=dull(light.lit, by * 0.6),
        near=light.near,
        cloud_dark=dull(light.cloud_dark),
        cloud_lit=dull(light.cloud_lit, by * 0.7),
        cover=cover,
        glow=light.glow * glow,
        density=density,
    )
