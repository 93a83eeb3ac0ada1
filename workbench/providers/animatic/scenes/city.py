"""A city street: skyline, lit façades, signs, wet ground, passers-by."""

from __future__ import annotations

import math

import numpy as np

from workbench.providers.animatic import figures, scenery
from workbench.providers.animatic.daylight import Daylight, daylight
from workbench.providers.animatic.raster import (
    Colour,
    Picture,
    Window,
    blank,
    blurred,
    disc,
    ink,
    light,
    mix,
    picture,
    polygon,
    smoothstep,
    stroke,
)
from workbench.providers.animatic.stage import Layer, Piece, Set
from workbench.providers.animatic.water import water

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
        pieces.append(_row(stage, f"row {index}", depth, height, width, tone, dark, neon and index > 0, air))
        pieces.append(
            scenery.mist(
                stage, f"smog {index}", depth + 0.02, GROUND - 0.02, 0.17, air, 0.34 * (0.6 + day.density)
            )
        )
    pieces.append(_canyon(stage, mix(wall, (0, 0, 0), 0.35 if dark else 0.1), dark, neon))
    if neon:
        pieces += _signs(stage)
    pieces.append(_street_lamps(stage, wall, dark))
    if dark:
        pieces.append(_lights_on_the_horizon(stage, neon))
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


def _row(
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
    window = stage.window(depth, margin=0.03).rows(GROUND - height * 1.5, GROUND + 0.02)
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
    box = [(x, top), (x + wide, top), (x + wide, GROUND + 0.03), (x, GROUND + 0.03)]
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


def _canyon(stage: Set, tone: Colour, dark: bool, neon: bool) -> Layer:
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
                polygon(lights, window.pixels(front), ink(mix((0.42, 0.38, 0.32), c, 0.4), 0))
                for bar in range(4):
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
                polygon(lights, window.pixels(awning), ink((c[0] * 0.4, c[1] * 0.4, c[2] * 0.4), 0))
    if dark:
        bloom = blurred(lights, 0.016 * window.density)
        canvas = np.asarray(np.clip(canvas.astype(np.int16) + lights + bloom // 2, 0, 255), np.uint8)
    return Layer(canvas, window, depth)


def _signs(stage: Set) -> list[Piece]:
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


def _street_lamps(stage: Set, wall: Colour, dark: bool) -> Layer:
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


def _lights_on_the_horizon(stage: Set, neon: bool) -> Layer:
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
