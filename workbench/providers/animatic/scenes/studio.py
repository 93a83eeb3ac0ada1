"""Indoors: a product, a jewel or a performer in soft light."""

from __future__ import annotations

import math

import numpy as np

from workbench.providers.animatic import beasts, figures, solids
from workbench.providers.animatic.daylight import TIMES
from workbench.providers.animatic.raster import (
    Colour,
    Window,
    blank,
    blurred,
    disc,
    ink,
    light,
    mix,
    picture,
    smoothstep,
)
from workbench.providers.animatic.stage import Layer, Piece, Set

TINTS: dict[str, Colour] = {
    "emerald": (0.04, 0.78, 0.42),
    "ruby": (0.92, 0.05, 0.16),
    "sapphire": (0.10, 0.30, 0.95),
    "amethyst": (0.62, 0.24, 0.92),
    "amber": (1.00, 0.60, 0.14),
    "diamond": (0.82, 0.90, 1.00),
}


GOLD: Colour = (0.95, 0.72, 0.38)


SILVER: Colour = (0.82, 0.84, 0.88)


TABLE = 0.20


_RING = 0.62  # high, with its stone


def studio(stage: Set) -> list[Piece]:
    """A product in soft light on a dark table."""
    plan = stage.plan
    tint = TINTS.get(plan.tint, TINTS["amber"] if plan.subject == "bottle" else TINTS["emerald"])
    velvet = any("velvet" in w for w in plan.matched)
    backdrop = _backdrop_tone(stage, tint, velvet)
    pieces: list[Piece] = [
        _backdrop(stage, backdrop, velvet),
        _far_bokeh(stage, mix(tint, (1, 0.85, 0.65), 0.5)),
    ]
    pieces.append(_table(stage, backdrop, velvet))
    pieces.append(_sweep(stage))
    if plan.subject == "person" or plan.subject in beasts.BEASTS:
        return [*pieces, *_performer(stage)]
    pieces.append(_shadow(stage, 0.30 if plan.subject != "gem" else 0.24))
    pieces.append(_product(stage, tint, velvet))
    if plan.subject in ("gem", ""):
        pieces += _glints(stage)
    pieces.append(_haze(stage))
    return pieces


def _backdrop_tone(stage: Set, tint: Colour, velvet: bool) -> Colour:
    if velvet:
        return (0.030, 0.028, 0.036)
    base: Colour = {"warm": (0.42, 0.25, 0.14), "cool": (0.16, 0.24, 0.34), "pastel": (0.72, 0.60, 0.62)}.get(
        stage.plan.palette, (0.17, 0.17, 0.19)
    )
    return mix(base, tint, 0.10)


def _backdrop(stage: Set, tone: Colour, velvet: bool) -> Layer:
    window = stage.window(0.0, margin=0.05)
    x, y = window.xs()[None, :], window.ys()[:, None]
    pool = np.exp(-(((x - 0.10) / 0.62) ** 2) - ((y + 0.10) / 0.42) ** 2)
    level = 0.35 + (2.1 if velvet else 1.45) * pool
    cloth = 1 + 0.07 * stage.streams.noise("paper", window, 0.5, 5)
    colour = np.array(tone, np.float32) * (level * cloth)[..., None]
    return Layer(picture(colour.astype(np.float32)), window, 0.0)


def _table(stage: Set, tone: Colour, velvet: bool) -> Layer:
    depth = 0.5
    window = stage.window(depth, margin=0.05)
    window = window.rows(TABLE - 0.10, window.bottom)
    x, y = window.xs()[None, :], window.ys()[:, None]
    pool = np.exp(-((x / 0.62) ** 2) - ((y - TABLE - 0.09) / 0.17) ** 2)
    if velvet:
        folds = stage.streams.noise("folds", window, 0.55, 3, stretch=2.2)
        ridge = np.gradient(folds, axis=0) * window.density
        pile = stage.streams.noise("pile", window, 0.012, 2, stretch=1.6)
        sheen = 0.55 + 0.34 * np.clip(ridge * 0.32, -1, 1.5) + 0.16 * pile
        colour = np.array((0.085, 0.078, 0.105), np.float32) * (sheen * (0.35 + 2.8 * pool))[..., None]
    else:
        grain = 1 + 0.05 * stage.streams.noise("table", window, 0.02, 3, stretch=9)
        colour = (
            np.array(mix(tone, (0.05, 0.05, 0.055), 0.45), np.float32)
            * ((0.40 + 1.25 * pool) * grain)[..., None]
        )
    cover = smoothstep(TABLE - 0.085, TABLE - 0.015, y) * np.ones_like(x)
    return Layer(picture(colour.astype(np.float32), cover.astype(np.float32)), window, depth)


def _product(stage: Set, tint: Colour, velvet: bool) -> Piece:
    seed = stage.plan.seed % 1000
    size = (0.50 if stage.plan.subject != "gem" else _RING) * stage.narrow
    foot = (0.0, TABLE + 0.10)
    shine = 0.0 if velvet else 0.34
    match stage.plan.subject:
        case "bottle":
            return solids.Turning(_bottle(tint), foot, size * 1.06, 0.10, 0.5, shine, idle=0.0)
        case "box":
            body = solids.box(0.34, 0.62, 0.34, solids.plain(mix(tint, (0.9, 0.9, 0.9), 0.35), 0.5))
            return solids.Turning((body,), foot, size, 0.22, 0.5, shine, start=0.5)
        case _:
            metal = GOLD if stage.plan.tint != "diamond" else SILVER
            return solids.Turning(_ring(tint, metal, seed), foot, size, 0.36, 0.5, shine * 0.7, start=-0.55)


def _ring(tint: Colour, metal: Colour, seed: int) -> tuple[solids.Solid, ...]:
    gold = solids.metal(metal)
    pavilion, crown = solids.emerald_cut(0.30, 0.235, 0.76, tint, seed)
    claws = []
    for x in (-1, 1):
        for z in (-1, 1):
            claw = solids.lathe(
                [(0.0, 0.70), (0.026, 0.70), (0.034, 0.80), (0.026, 0.84), (0.0, 0.855)], gold, 12
            )
            claws.append(solids.Solid(claw.vertices + np.array([0.245 * x, 0.0, 0.19 * z]), claw.faces, gold))
    cup = solids.lathe([(0.10, 0.54), (0.20, 0.62), (0.25, 0.70), (0.262, 0.735)], gold, 40, square=0.4)
    band = solids.torus(0.30, 0.040, 0.30, gold)
    behind = [c for c in claws if c.vertices[:, 2].mean() < 0]
    before = [c for c in claws if c.vertices[:, 2].mean() > 0]
    return (band, *behind, cup, pavilion, crown, *before)


def _bottle(tint: Colour) -> tuple[solids.Solid, ...]:
    body = [
        (0.0, 0.0),
        (0.245, 0.0),
        (0.262, 0.02),
        *[(0.265, 0.05 + 0.055 * i) for i in range(10)],
        (0.260, 0.60),
        (0.235, 0.655),
        (0.17, 0.70),
        (0.10, 0.725),
        (0.085, 0.75),
        (0.085, 0.79),
    ]
    glass = solids.lathe(body, solids.glass((0.75, 0.82, 0.85), 0.56, tint), 88, square=0.35)
    collar = solids.lathe(
        [(0.098, 0.775), (0.104, 0.785), (0.104, 0.825), (0.098, 0.835)], solids.metal(GOLD), 56
    )
    cap = solids.lathe(
        [(0.115, 0.835), (0.122, 0.845), (0.122, 0.97), (0.112, 0.985), (0.0, 0.99)],
        solids.metal((0.13, 0.13, 0.15)),
        72,
    )
    return (glass, collar, cap)


def _shadow(stage: Set, wide: float) -> Layer:
    depth = 0.5
    wide *= stage.narrow
    window = Window(-wide * 1.6, TABLE, wide * 1.6, TABLE + 0.24, stage.camera.height)
    x, y = window.xs()[None, :], window.ys()[:, None]
    reach = (x / wide) ** 2 + ((y - TABLE - 0.105) / 0.055) ** 2
    cover = 0.75 * np.exp(-reach * 1.3)
    return Layer(picture(np.zeros((*cover.shape, 3), np.float32), cover.astype(np.float32)), window, depth)


def _far_bokeh(stage: Set, tone: Colour) -> Layer:
    window = stage.window(0.12, margin=0.06).rows(-0.6, TABLE)
    canvas = blank(*window.shape)
    rng = stage.streams.of("bokeh")
    for _ in range(46):
        px, py = window.pixels([(rng.uniform(-2.2, 2.2), rng.uniform(-0.5, 0.05))])[0]
        c, force = mix(tone, (1, 1, 1), float(rng.uniform(0, 0.4))), float(rng.uniform(0.02, 0.10))
        disc(
            canvas,
            px,
            py,
            float(rng.uniform(0.018, 0.055)) * window.density,
            ink((c[0] * force, c[1] * force, c[2] * force), 0),
        )
    return Layer(blurred(canvas, 0.004 * window.density), window, 0.12)


def _sweep(stage: Set) -> Layer:
    """A bar of light that wanders over the set."""
    window = stage.window(0.2, margin=0.5)
    x, y = window.xs()[None, :], window.ys()[:, None]
    bar = np.exp(-(((x + 0.55 + 0.35 * y) / 0.16) ** 2)) * smoothstep(0.5, -0.2, np.abs(y) - 0.1)
    return Layer(light((1.0, 0.95, 0.88), (bar * 0.055).astype(np.float32)), window, 0.2, drift=(0.12, 0.0))


def _haze(stage: Set) -> Layer:
    """Light that spills down from the lamp above."""
    window = stage.window(0.6)
    x, y = window.xs()[None, :], window.ys()[:, None]
    cone = np.exp(-(((x + 0.12 * (y + 0.5)) / (0.14 + 0.34 * (y + 0.55))) ** 2)) * smoothstep(0.4, -0.55, y)
    return Layer(light((1.0, 0.96, 0.9), (cone * 0.075).astype(np.float32)), window, 0.6)


def _glints(stage: Set) -> list[Piece]:
    """Four-pointed sparkles that come and go on the stone."""
    rng = stage.streams.of("glints")
    found: list[Piece] = []
    size = _RING * stage.narrow
    for _ in range(5):
        x, y = float(rng.uniform(-0.24, 0.24)) * size, TABLE + 0.10 - size * float(rng.uniform(0.74, 0.90))
        density = float(stage.camera.height)
        window = Window(x - 0.05, y - 0.05, x + 0.05, y + 0.05, density)
        gx, gy = window.xs()[None, :] - x, window.ys()[:, None] - y
        ray = 0.0011
        star = np.exp(-np.abs(gx) / 0.011) * np.exp(-((gy / ray) ** 2)) + np.exp(
            -np.abs(gy) / 0.011
        ) * np.exp(-((gx / ray) ** 2))
        core = np.exp(-(gx**2 + gy**2) / 0.0032**2)
        drawn = light((1.0, 0.98, 0.95), np.clip(star * 0.8 + core, 0, 1).astype(np.float32))
        phase, period = float(rng.uniform(0, 6.3)), float(rng.uniform(1.6, 2.8))

        def twinkle(t: float, phase: float = phase, period: float = period) -> float:
            return max(0.0, math.sin(2 * math.pi * t / period + phase)) ** 6

        found.append(Layer(drawn, window, 0.5, opacity=twinkle))
    return found


def _performer(stage: Set) -> list[Piece]:
    """Somebody in a spotlight."""
    size = 0.56 * stage.narrow
    density = stage.camera.height * 1.2
    dark: Colour = (0.02, 0.02, 0.026)

    def place(t: float) -> tuple[float, float]:
        return (-0.08 + 0.03 * t, TABLE + 0.14)

    rim = TIMES["golden"].lit
    if stage.plan.subject in beasts.BEASTS:
        actor = beasts.beast(stage.plan.subject, size * 0.55, density, dark, rim, 1.0, 0.5, place, False)
    else:
        actor = figures.person(size, density, dark, rim, 1.0, 0.5, place, False)
    return [_shadow(stage, 0.16), figures.reflected(actor, 0.3), actor, _haze(stage), _haze(stage)]
