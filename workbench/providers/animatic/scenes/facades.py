"""What stands along a street: towers, shop fronts, neon signs, lamps."""

from __future__ import annotations

import math

import numpy as np

from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    Window,
    blank,
    blurred,
    disc,
    ink,
    mix,
    polygon,
    stroke,
)
from workbench.providers.animatic.stage import Layer, Piece, Set

NEON: tuple[Colour, ...] = (
    (1.00, 0.16, 0.55),
    (0.10, 0.85, 1.00),
    (0.62, 0.25, 1.00),
    (1.00, 0.45, 0.12),
    (0.15, 1.00, 0.62),
    (1.00, 0.86, 0.30),
)


WARM: Colour = (1.00, 0.78, 0.45)


GROUND = 0.20


def row(
    stage: Set,
    name: str,
    depth: float,
    height: float,
    width: float,
    tone: Colour,
    dark: bool,
    neon: bool,
    air: Colour,
) -> Layer:
    """A row of buildings along the whole street, with windows."""
    window = stage.window(depth, margin=0.03).rows(GROUND - height * 1.5, GROUND + 0.12)
    canvas = blank(*window.shape)
    lights = blank(*window.shape)
    rng = stage.streams.of(name)
    x = -2.7
    while x < 2.7:
        wide = width * float(rng.uniform(0.55, 1.35))
        tall = height * float(rng.uniform(0.42, 1.0)) * (1.35 if rng.random() < 0.15 else 1.0)
        shade = mix(tone, (0, 0, 0), float(rng.uniform(0, 0.22)))
        kind = float(rng.random())
        seed = int(rng.integers(2**31))
        if window.left - wide < x < window.right:
            _tower(
                canvas,
                lights,
                window,
                x,
                wide,
                tall,
                shade,
                kind,
                dark,
                neon,
                air,
                np.random.default_rng(seed),
            )
        x += wide * float(rng.uniform(0.92, 1.25))
    if dark:
        bloom = blurred(lights, 0.008 * window.density)
        canvas = np.asarray(np.clip(canvas.astype(np.int16) + lights + bloom // 2, 0, 255), np.uint8)
    return Layer(canvas, window, depth)


def _tower(
    canvas: Picture,
    lights: Picture,
    window: Window,
    x: float,
    wide: float,
    tall: float,
    shade: Colour,
    kind: float,
    dark: bool,
    neon: bool,
    air: Colour,
    rng: np.random.Generator,
) -> None:
    top = GROUND - tall
    box = [(x, top), (x + wide, top), (x + wide, GROUND + 0.14), (x, GROUND + 0.14)]
    polygon(canvas, window.pixels(box), ink(shade))
    if kind < 0.35:
        step = [
            (x + wide * 0.2, top - tall * 0.10),
            (x + wide * 0.8, top - tall * 0.10),
            (x + wide * 0.8, top),
            (x + wide * 0.2, top),
        ]
        polygon(canvas, window.pixels(step), ink(shade))
    if kind > 0.75:
        mast = [(x + wide * 0.5, top), (x + wide * 0.5, top - tall * 0.22)]
        stroke(canvas, window.pixels(mast), 1, ink(shade))
        if dark:
            px, py = window.pixels(mast[1:])[0]
            disc(lights, px, py, 0.003 * window.density, ink((0.9, 0.1, 0.08), 0))
    side = [
        (x + wide * 0.86, top),
        (x + wide, top),
        (x + wide, GROUND + 0.03),
        (x + wide * 0.86, GROUND + 0.03),
    ]
    polygon(canvas, window.pixels(side), ink(mix(shade, (0, 0, 0), 0.25)))
    cell = max(0.008, wide * 0.085)
    columns, floors = int(wide * 0.80 / cell), int(tall / (cell * 1.55))
    busy = float(rng.uniform(0.12, 0.5))
    tone = (
        NEON[int(rng.integers(len(NEON)))]
        if neon and rng.random() < 0.35
        else mix(WARM, (0.8, 0.9, 1.0), float(rng.random()) * 0.8)
    )
    for row in range(floors):
        lit_floor = rng.random() < 0.12
        for column in range(columns):
            wx, wy = x + wide * 0.06 + cell * column, top + cell * (0.8 + 1.55 * row)
            pane = [
                (wx, wy),
                (wx + cell * 0.55, wy),
                (wx + cell * 0.55, wy + cell * 0.85),
                (wx, wy + cell * 0.85),
            ]
            roll, level = rng.random(), float(rng.uniform(0.25, 1.0))
            if dark and (roll < busy or lit_floor):
                polygon(
                    lights,
                    window.pixels(pane),
                    ink((tone[0] * level * 0.75, tone[1] * level * 0.75, tone[2] * level * 0.75), 0),
                )
            elif not dark:
                polygon(canvas, window.pixels(pane), ink(mix(shade, air, 0.12 + 0.5 * level * (roll < 0.4))))


def canyon(stage: Set, tone: Colour, dark: bool, neon: bool) -> Layer:
    """The two nearest houses, at the sides, with lit shop fronts."""
    depth = 0.5
    window = stage.window(depth, margin=0.04).rows(stage.window(depth).top - 0.02, GROUND + 0.05)
    canvas, lights = blank(*window.shape), blank(*window.shape)
    rng = stage.streams.of("canyon")
    half = stage.camera.aspect / 2
    foot = GROUND + 0.035
    for side in (-1, 1):
        inner, outer = side * half * 0.58, side * 3.0
        polygon(
            canvas, window.pixels([(inner, -1.2), (outer, -1.2), (outer, foot), (inner, foot)]), ink(tone)
        )
        edge = [(inner, -1.2), (inner + side * 0.012, -1.2), (inner + side * 0.012, foot), (inner, foot)]
        polygon(
            canvas,
            window.pixels(edge),
            ink(mix(tone, NEON[4 if side > 0 else 0] if neon else (0.5, 0.5, 0.5), 0.22)),
        )
        for column in range(26):
            for floor in range(14):
                x = inner + side * (0.05 + 0.085 * column)
                y = foot - 0.24 - 0.105 * floor
                lit, level = rng.random() < 0.34, float(rng.uniform(0.3, 1.0))
                cool = float(rng.random())
                pane = [(x, y), (x + side * 0.05, y), (x + side * 0.05, y + 0.066), (x, y + 0.066)]
                glass = mix(tone, (0.5, 0.58, 0.68), 0.10 if dark else 0.35)
                polygon(canvas, window.pixels(pane), ink(glass))
                if dark and lit:
                    c = mix(WARM, (0.65, 0.8, 1.0), cool * 0.9)
                    polygon(
                        lights,
                        window.pixels(pane),
                        ink((c[0] * level * 0.5, c[1] * level * 0.5, c[2] * level * 0.5), 0),
                    )
                    blind = [
                        (x, y),
                        (x + side * 0.05, y),
                        (x + side * 0.05, y + 0.066 * cool),
                        (x, y + 0.066 * cool),
                    ]
                    polygon(lights, window.pixels(blind), ink((c[0] * 0.18, c[1] * 0.16, c[2] * 0.12), 0))
        for shop in range(7):
            x = inner + side * (0.04 + 0.30 * shop)
            c = (
                NEON[int(rng.integers(len(NEON)))]
                if neon
                else mix(WARM, (1, 1, 1), float(rng.uniform(0, 0.4)))
            )
            front = [
                (x, foot - 0.145),
                (x + side * 0.24, foot - 0.145),
                (x + side * 0.24, foot - 0.01),
                (x, foot - 0.01),
            ]
            polygon(canvas, window.pixels(front), ink(mix(tone, (0.4, 0.45, 0.5), 0.2)))
            if dark:
                for shelf in range(6):  # brightest under the ceiling
                    low, high = foot - 0.145 + 0.0225 * shelf, foot - 0.145 + 0.0225 * (shelf + 1)
                    force = 0.46 - 0.055 * shelf
                    warm = mix((0.95, 0.8, 0.62), c, 0.5)
                    band = [(x, low), (x + side * 0.24, low), (x + side * 0.24, high), (x, high)]
                    polygon(
                        lights,
                        window.pixels(band),
                        ink((warm[0] * force, warm[1] * force, warm[2] * force), 0),
                    )
                for _ in range(3):
                    gx, tall = x + side * float(rng.uniform(0.03, 0.21)), float(rng.uniform(0.05, 0.085))
                    goods = [
                        (gx, foot - tall),
                        (gx + 0.02, foot - tall),
                        (gx + 0.025, foot),
                        (gx - 0.005, foot),
                    ]
                    polygon(lights, window.pixels(goods), ink((0.03, 0.025, 0.03), 0))
                for bar in range(5):
                    bx = x + side * 0.06 * bar
                    stroke(
                        lights,
                        window.pixels([(bx, foot - 0.145), (bx, foot - 0.01)]),
                        1.5,
                        ink((0.02, 0.02, 0.02), 0),
                    )
            awning = [
                (x - side * 0.01, foot - 0.165),
                (x + side * 0.25, foot - 0.165),
                (x + side * 0.26, foot - 0.135),
                (x - side * 0.02, foot - 0.135),
            ]
            polygon(canvas, window.pixels(awning), ink(mix(tone, c, 0.35)))
            if dark:
                polygon(lights, window.pixels(awning), ink((c[0] * 0.3, c[1] * 0.3, c[2] * 0.3), 0))
    if dark:
        bloom = blurred(lights, 0.016 * window.density)
        canvas = np.asarray(np.clip(canvas.astype(np.int16) + lights + bloom // 2, 0, 255), np.uint8)
    return Layer(canvas, window, depth)


def signs(stage: Set) -> list[Piece]:
    """Neon signs that hang into the street: strokes of invented letters in a frame. One flickers."""
    depth = 0.53
    half = stage.camera.aspect / 2
    rng = stage.streams.of("signs")
    groups: list[Picture] = []
    window = stage.window(depth, margin=0.05).rows(-0.62, GROUND)
    for group in range(2):
        canvas, glow = blank(*window.shape), blank(*window.shape)
        for index in range(9 if group == 0 else 1):
            side = -1 if index % 2 else 1
            step = index // 2
            x = side * (half * 0.52 + (0.02 + 0.30 * (step // 2) if step > 1 else -0.005)) + float(
                rng.uniform(-0.02, 0.02)
            )
            y = -0.40 + 0.235 * (step % 2) + float(rng.uniform(-0.05, 0.04)) + (0.02 if group else 0)
            tall, wide = float(rng.uniform(0.13, 0.22)), float(rng.uniform(0.05, 0.065))
            c = NEON[int(rng.integers(len(NEON)))]
            seed = int(rng.integers(2**31))
            if group:
                x, y, tall, wide = half * 0.36 * -1, -0.02, 0.075, 0.15
            _sign(canvas, glow, window, x, y, wide, tall, c, np.random.default_rng(seed))
        wide_glow = blurred(glow, 0.05 * window.density)
        tight = blurred(glow, 0.008 * window.density)
        lit = canvas.astype(np.int16) + glow + tight // 2 + wide_glow
        groups.append(np.asarray(np.clip(lit, 0, 255), np.uint8))

    def flicker(t: float) -> float:
        return 0.35 if math.sin(t * 23.0) + math.sin(t * 7.3) > 1.35 else 1.0

    return [Layer(groups[0], window, depth), Layer(groups[1], window, depth, opacity=flicker)]


def _sign(
    canvas: Picture,
    glow: Picture,
    window: Window,
    x: float,
    y: float,
    wide: float,
    tall: float,
    c: Colour,
    rng: np.random.Generator,
) -> None:
    box = [(x - wide / 2, y), (x + wide / 2, y), (x + wide / 2, y + tall), (x - wide / 2, y + tall)]
    polygon(canvas, window.pixels(box), ink((0.02, 0.018, 0.03), 0.92))
    line = max(1.0, 0.0042 * window.density)
    inset = 0.005
    frame = [
        (x - wide / 2 + inset, y + inset),
        (x + wide / 2 - inset, y + inset),
        (x + wide / 2 - inset, y + tall - inset),
        (x - wide / 2 + inset, y + tall - inset),
    ]
    stroke(glow, window.pixels([*frame, frame[0]]), max(1.0, line * 0.6), ink(c, 0))
    second = NEON[int(rng.integers(len(NEON)))]
    across = tall < wide
    count = max(2, int((wide if across else tall) / 0.036))
    for i in range(count):
        gx = x + (wide * ((i + 0.5) / count - 0.5) if across else 0.0)
        gy = y + (tall / 2 if across else tall * (i + 0.5) / count)
        size = 0.0125
        for _ in range(int(rng.integers(3, 5))):
            a, b = rng.uniform(-1, 1, 2), rng.uniform(-1, 1, 2)
            if rng.random() < 0.6:
                b[int(rng.integers(2))] = a[int(rng.integers(2))]
            points = window.pixels(
                [(gx + a[0] * size, gy + a[1] * size), (gx + b[0] * size, gy + b[1] * size)]
            )
            stroke(glow, points, line, ink(mix(second, (1, 1, 1), 0.25), 0))


def street_lamps(stage: Set, wall: Colour, dark: bool) -> Layer:
    depth = 0.40
    window = stage.window(depth, margin=0.03).rows(-0.22, GROUND + 0.04)
    canvas, glow = blank(*window.shape), blank(*window.shape)
    tone = ink(mix(wall, (0, 0, 0), 0.4))
    for index in range(-7, 8):
        if index == 0:
            continue
        x = index * 0.37
        foot, top, arm = GROUND + 0.025, -0.10, -0.05 * (1 if index > 0 else -1)
        stroke(
            canvas,
            window.pixels([(x, foot), (x, top + 0.02), (x + arm * 0.3, top), (x + arm, top)]),
            max(1.0, 0.0045 * window.density),
            tone,
        )
        if dark:
            px, py = window.pixels([(x + arm, top + 0.005)])[0]
            disc(glow, px, py, 0.03 * window.density, ink((0.5, 0.38, 0.22), 0))
    glow = blurred(glow, 0.02 * window.density)
    if dark:
        for index in range(-7, 8):
            if index:
                px, py = window.pixels([(index * 0.37 - 0.05 * (1 if index > 0 else -1), -0.095)])[0]
                disc(glow, px, py, 0.007 * window.density, ink((1.0, 0.92, 0.75), 0))
    return Layer(np.asarray(np.clip(canvas.astype(np.int16) + glow, 0, 255), np.uint8), window, depth)


def lights_on_the_horizon(stage: Set, neon: bool) -> Layer:
    """Far traffic at the end of the street."""
    depth = 0.2
    window = stage.window(depth, margin=0.02).rows(GROUND - 0.07, GROUND + 0.02)
    canvas = blank(*window.shape)
    rng = stage.streams.of("far lights")
    for x in rng.normal(0, 0.45, 90):
        px, py = window.pixels([(x, GROUND - abs(float(rng.normal(0, 0.012))) - 0.004)])[0]
        c: Colour = (1.0, 0.9, 0.7) if rng.random() < 0.55 else (1.0, 0.14, 0.1)
        if neon and rng.random() < 0.3:
            c = NEON[int(rng.integers(len(NEON)))]
        disc(canvas, px, py, float(rng.uniform(0.002, 0.005)) * window.density, ink(c, 0))
    return Layer(
        np.asarray(
            np.clip(canvas.astype(np.int16) + blurred(canvas, 0.009 * window.density) * 2, 0, 255), np.uint8
        ),
        window,
        depth,
    )
