"""``measure(path, mime) → Measured``: what can be told of a picture or clip without any model.

Raw values with units; what they mean in words stands in ``prompting.measured``. Everything is
deterministic: the same file gives the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.domain.brief import Colour
from workbench.media import cuts, layout, motion
from workbench.media.colours import palette
from workbench.media.fit import Pixels
from workbench.media.layout import Layout
from workbench.media.motion import Motion, Step
from workbench.media.pixels import Mask, lab, read_pixels
from workbench.media.probe import Probe
from workbench.media.walk import Shrink, opened, walk

SIDE = 512  # pixels on the long side at which light, sharpness and layout are measured
STILLS = 6  # pictures of a clip that are measured like a picture, evenly
_PALETTE_SIDE = 128
_NEAR_BLACK, _NEAR_WHITE = 7.0, 96.0  # L*
_WARM = np.array([np.cos(np.pi / 4), np.sin(np.pi / 4)])  # of a*, b*: towards orange, away from blue
_DARK, _NO_LIGHTS = 0.16, 0.3
_SOFT = 80.0
_GRID = 3


@dataclass(frozen=True, slots=True)
class Light:
    """``lightness`` is mean L* and ``contrast`` the span of L* between the 5th and 95th percentile, both 0
    to 1; ``near_black`` and ``near_white`` are shares of the picture. ``warmth`` is the mean colour's way
    towards orange (negative: blue) in Lab units; beyond ±8 one sees it.
    """

    lightness: float
    contrast: float
    near_black: float
    near_white: float
    warmth: float


@dataclass(frozen=True, slots=True)
class Measured:
    """``width`` and ``height`` are as shown. ``colourfulness`` is Hasler and Süsstrunk's M (2003): 0 grey,
    33 moderate, 59 strong, 109 extreme.

    ``sharpness`` is the variance of the Laplacian of luminance (0 to 255) with the long side scaled to
    ``SIDE``; ``sharpest`` the same of the sharpest cell of 3 × 3, which tells a sharp thing on a plain
    ground from a blurred picture. Of a clip, all but ``motion`` is the median of some pictures; ``looked_s``
    is how much of it was looked at.
    """

    width: int
    height: int
    palette: tuple[Colour, ...]
    light: Light
    colourfulness: float
    sharpness: float
    sharpest: float
    layout: Layout
    clear_share: float = 0.0
    duration_s: float = 0.0
    looked_s: float = 0.0
    motion: Motion | None = None

    @property
    def ratio(self) -> float:
        return self.width / self.height

    @property
    def is_dark(self) -> bool:
        """Underexposed: dark, and nothing in it is bright."""
        return self.light.lightness < _DARK and self.light.contrast < _NO_LIGHTS

    @property
    def is_soft(self) -> bool:
        """Out of focus, shaken, or blown up from few pixels: nothing in it is sharp."""
        return self.sharpest < _SOFT


@dataclass(frozen=True, slots=True)
class _Still:
    lab: NDArray[np.float32]
    light: Light
    colourfulness: float
    sharpness: float
    sharpest: float
    layout: Layout


def measure(path: Path, mime: str) -> Measured:
    """Measure a picture, or a clip where ``mime`` says that it is one. Raises ``BadMedia``.

    A picture takes some 50 ms; a clip is decoded once, about a second for 8 s of 720p.
    """
    return _of_clip(path) if mime.startswith("video/") else _of_picture(path)


def _of_picture(path: Path) -> Measured:
    found = read_pixels(path, SIDE)
    still = _still(found.pixels, found.seen)
    return Measured(
        found.width,
        found.height,
        palette([still.lab]),
        still.light,
        still.colourfulness,
        still.sharpness,
        still.sharpest,
        still.layout,
        clear_share=round(1 - float(found.seen.mean()), 3),
    )


def _of_clip(path: Path) -> Measured:
    facts = opened(path)
    stills, seen = _passed(path, facts)
    found_cuts = cuts.find(seen.thumbnails, seen.times)
    moved = motion.measure(seen.steps, found_cuts, seen.looked_s)
    light = np.median(
        [
            (s.light.lightness, s.light.contrast, s.light.near_black, s.light.near_white, s.light.warmth)
            for s in stills
        ],
        axis=0,
    )
    return Measured(
        facts.width,
        facts.height,
        palette([still.lab for still in stills]),
        Light(*(round(float(value), 4) for value in light)),
        round(float(np.median([still.colourfulness for still in stills])), 2),
        round(float(np.median([still.sharpness for still in stills])), 2),
        round(float(np.median([still.sharpest for still in stills])), 2),
        layout.median([still.layout for still in stills]),
        duration_s=round(max(facts.duration_s, seen.looked_s), 3),
        looked_s=seen.looked_s,
        motion=moved,
    )


@dataclass(slots=True)
class _Seen:
    """What one pass over a clip leaves for motion and cuts."""

    thumbnails: list[Pixels]
    times: list[float]
    steps: list[Step]
    looked_s: float = 0.0


def _passed(path: Path, facts: Probe) -> tuple[list[_Still], _Seen]:
    stills: list[_Still] = []
    seen = _Seen([], [], [])
    large, small_of = Shrink(SIDE), Shrink(motion.SIDE)
    held: list[tuple[float, Pixels]] = []
    shape: tuple[int, ...] = ()
    every_s = min(facts.duration_s or 1.0, 60.0) / STILLS
    for time_s, frame in walk(path):
        if time_s >= len(stills) * every_s - 1e-3 and len(stills) < STILLS:
            pixels = large(frame)
            stills.append(_still(pixels, np.ones(pixels.shape[:2], np.bool_)))
        small = small_of(frame)
        if shape and small.shape[:2] != shape:
            small = np.asarray(cv2.resize(small, (shape[1], shape[0])), np.uint8)
        shape = small.shape[:2]
        seen.thumbnails.append(cuts.thumbnail(small))
        seen.times.append(time_s)
        held = _stepped(seen, held, (time_s, np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)))
    steps = [b - a for a, b in pairwise(seen.times)]
    seen.looked_s = round(seen.times[-1] + (float(np.median(steps)) if steps else 0.0), 3)
    return stills, seen


def _stepped(
    seen: _Seen, held: list[tuple[float, Pixels]], new: tuple[float, Pixels]
) -> list[tuple[float, Pixels]]:
    """Makes a step once it is long enough. Returns its last picture, and the one after it if there is one."""
    if held and new[0] >= held[0][0] + motion.STEP_S - 1e-3:
        seen.steps.append(Step(*held[0], held[1] if len(held) > 1 else new, new))
        return [new]
    return [*held, new][:2]


def _still(pixels: Pixels, seen: Mask) -> _Still:
    """``pixels`` has ``SIDE`` on its long side, or less where the file has less."""
    colours = lab(pixels)
    light = colours[..., 0][seen] if seen.any() else colours[..., 0].ravel()
    tints = colours[..., 1:][seen] if seen.any() else colours[..., 1:].reshape(-1, 2)
    low, high = np.percentile(light, (5, 95))
    sharpness, sharpest = _sharpness(pixels)
    step = max(1, round(max(pixels.shape[:2]) / _PALETTE_SIDE))  # thinned, not scaled: that mixes colours
    return _Still(
        colours[::step, ::step][seen[::step, ::step]],
        Light(
            round(float(light.mean()) / 100, 4),
            round(float(high - low) / 100, 4),
            round(float((light < _NEAR_BLACK).mean()), 4),
            round(float((light > _NEAR_WHITE).mean()), 4),
            round(float(tints.mean(axis=0) @ _WARM), 2),
        ),
        round(_colourfulness(pixels[seen] if seen.any() else pixels.reshape(-1, 3)), 2),
        sharpness,
        sharpest,
        layout.layout(colours),
    )


def _colourfulness(pixels: Pixels) -> float:
    red, green, blue = pixels.astype(np.float32).T
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))


def _sharpness(pixels: Pixels) -> tuple[float, float]:
    """Of the whole, and of its sharpest cell."""
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if scale > 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    cells = [
        float(cell.var())
        for row in np.array_split(edges, _GRID)
        for cell in np.array_split(row, _GRID, axis=1)
        if cell.size
    ]
    return round(float(edges.var()), 2), round(max(cells), 2)
