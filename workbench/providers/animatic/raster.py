"""Pictures and fields: the few drawing operations that every scene uses.

A ``Picture`` is uint8 RGBA with premultiplied colour, so colour without coverage adds light (glow) and
one operation, ``over``, composites everything. A ``Field`` is float32. World coordinates have their
origin in the middle of the frame, y downwards, and the frame's height as unit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Colour = tuple[float, float, float]  # 0 to 1, sRGB

_SHIFT = 4  # OpenCV draws with 1/16 pixel


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the world and how many pixels draw one unit of it."""

    left: float
    top: float
    right: float
    bottom: float
    density: float

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (
            max(2, round((self.bottom - self.top) * self.density)),
            max(2, round((self.right - self.left) * self.density)),
        )

    def xs(self) -> Field:
        return (np.arange(self.shape[1], dtype=np.float32) + 0.5) / self.density + self.left

    def ys(self) -> Field:
        return (np.arange(self.shape[0], dtype=np.float32) + 0.5) / self.density + self.top

    def rows(self, top: float, bottom: float) -> Window:
        """The same columns between two heights."""
        return Window(self.left, top, self.right, max(bottom, top + 4 / self.density), self.density)

    def pixels(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """World points (n, 2) in pixels of this window."""
        return (np.asarray(points, dtype=np.float64) - (self.left, self.top)) * self.density


class Streams:
    """Random streams keyed by purpose, so that one more tree does not move the clouds."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def of(self, purpose: str) -> np.random.Generator:
        key = hashlib.sha256(f"{self.seed}:{purpose}".encode()).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(key[:16], "little")))

    def noise(
        self,
        purpose: str,
        window: Window,
        cell: float,
        octaves: int = 5,
        stretch: float = 1.0,
        gain: float = 0.5,
        ridged: bool = False,
    ) -> Field:
        """Fractal noise over ``window``, about −1 to 1. ``cell`` is its largest feature in world units,
        ``stretch`` how many times wider than high. The same world point has the same value in every
        window and at every resolution."""
        height, width = window.shape
        total = np.zeros((height, width), np.float32)
        weight, norm = 1.0, 0.0
        for octave in range(octaves):
            size = cell / 2**octave
            if octave and size * window.density < 1.2:
                break
            lattice = self.of(f"{purpose}/{octave}").uniform(-1, 1, (64, 64)).astype(np.float32)
            layer = _sampled(lattice, window, size * stretch, size)
            if ridged:
                layer = 1 - 2 * np.abs(layer)
            total += weight * layer
            norm += weight
            weight *= gain
        return total * np.float32(1.6 / norm)

    def line(self, purpose: str, window: Window, cell: float, octaves: int = 5, gain: float = 0.5) -> Field:
        """Noise along x alone, for crests and skylines."""
        flat = Window(window.left, 0.0, window.right, 2 / window.density, window.density)
        return cast(Field, self.noise(purpose, flat, cell, octaves, gain=gain)[0])


def _sampled(lattice: Field, window: Window, step_x: float, step_y: float) -> Field:
    height, width = window.shape
    matrix = np.array(
        [
            [1 / (window.density * step_x), 0, window.left / step_x],
            [0, 1 / (window.density * step_y), window.top / step_y],
        ]
    )
    # Wrapped by hand: tiles of the lattice until the window is covered.
    x0, y0 = np.floor(matrix[:, 2]).astype(int) - 2
    cols = np.arange(x0, x0 + int(width * matrix[0, 0]) + 7) % lattice.shape[1]
    rows = np.arange(y0, y0 + int(height * matrix[1, 1]) + 7) % lattice.shape[0]
    tile = np.ascontiguousarray(lattice[np.ix_(rows, cols)])
    matrix[:, 2] -= (x0, y0)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cast(Field, cv2.warpAffine(tile, matrix, (width, height), flags=flags))


def smoothstep(low: float, high: float, x: Any) -> Any:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def gradient(stops: Sequence[tuple[float, Colour]], at: Field) -> Field:
    """Colours (…, 3) between the stops ``(position, colour)`` at the positions ``at``."""
    places = [p for p, _ in stops]
    channels = [np.interp(at, places, [c[i] for _, c in stops]) for i in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def picture(colour: Field | Colour, cover: Field | None = None) -> Picture:
    """Straight colour (h, w, 3; or one colour) and coverage (h, w), 0 to 1, as a premultiplied picture."""
    rgb = np.asarray(colour, dtype=np.float32)
    if cover is None:
        cover = np.ones(rgb.shape[:2], np.float32)
    alpha = np.clip(cover, 0, 1)[..., None]
    rgba = np.concatenate([np.clip(rgb, 0, 1) * alpha, alpha], axis=-1)
    return _quantised(rgba)


def light(colour: Field | Colour, strength: Field) -> Picture:
    """Added light: colour without coverage."""
    rgb = np.asarray(colour, dtype=np.float32) * strength[..., None]
    return _quantised(np.concatenate([np.clip(rgb, 0, 1), np.zeros_like(strength[..., None])], axis=-1))


def _quantised(rgba: Field) -> Picture:
    """8 bits with a fixed noise below one step, so that skies do not band."""
    height, width = rgba.shape[:2]
    noise = np.tile(_DITHER, (height // 64 + 1, width // 64 + 1))[:height, :width, None]
    return np.asarray(np.clip(rgba * 255 + noise, 0, 255), np.uint8)


_DITHER = np.random.Generator(np.random.PCG64(1)).uniform(0.05, 0.95, (64, 64)).astype(np.float32)


def blank(height: int, width: int) -> Picture:
    return np.zeros((height, width, 4), np.uint8)


def ink(colour: Colour, cover: float = 1.0) -> tuple[float, float, float, float]:
    """A colour for drawing on a blank picture; ``cover`` 0 draws light."""
    r, g, b = (min(1.0, max(0.0, c)) * 255 for c in colour)
    return (r, g, b, cover * 255)


def polygon(on: Picture, points: npt.ArrayLike, colour: tuple[float, ...]) -> None:
    """A filled polygon; ``points`` (n, 2) in pixels."""
    fixed = np.round(np.asarray(points) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(on, [fixed], colour, lineType=cv2.LINE_AA, shift=_SHIFT)


def disc(on: Picture, x: float, y: float, radius: float, colour: tuple[float, ...]) -> None:
    one = 1 << _SHIFT
    centre = (round(x * one), round(y * one))
    cv2.circle(on, centre, max(1, round(radius * one)), colour, -1, cv2.LINE_AA, _SHIFT)


def stroke(on: Picture, points: npt.ArrayLike, width: float, colour: tuple[float, ...]) -> None:
    fixed = np.round(np.asarray(points) * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(on, [fixed], False, colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def blurred(of: Any, sigma: float) -> Any:
    """Gaussian blur; wide ones at reduced size, where nobody sees the difference."""
    if sigma < 0.3:
        return of
    if sigma > 6:
        height, width = of.shape[:2]
        factor = sigma / 3
        small = cv2.resize(
            of, (max(2, int(width / factor)), max(2, int(height / factor))), interpolation=cv2.INTER_AREA
        )
        small = cv2.GaussianBlur(small, (0, 0), 3)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.GaussianBlur(of, (0, 0), sigma)


def scaled(of: Any, by: tuple[float, float, float, float]) -> Picture:
    """Every channel times its factor."""
    return cast(Picture, cv2.multiply(of, by))  # type: ignore[call-overload]


def brightened(of: Any, by: tuple[float, float, float, float]) -> Picture:
    """Every channel plus its amount, 0 to 255."""
    return cast(Picture, cv2.add(of, by))  # type: ignore[call-overload]


class Blend(Enum):
    """How a picture goes over a frame: the general way, or one of two that are quicker where they do."""

    COVER = "cover"
    LIGHT = "light"  # no coverage anywhere: it only adds
    WALL = "wall"  # full coverage everywhere: nothing behind it is seen


def blend_of(drawn: Picture) -> Blend:
    """The quickest blend that is right for ``drawn``."""
    cover = drawn[..., 3]
    if not cover.any():
        return Blend.LIGHT
    return Blend.WALL if int(cover.min()) == 255 else Blend.COVER


def bounds(drawn: Picture) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is not empty."""
    there = cv2.max(cv2.extractChannel(drawn, 3), cv2.cvtColor(drawn, cv2.COLOR_RGBA2GRAY))
    left, top, width, height = cv2.boundingRect(there)
    return left, top, left + max(1, width), top + max(1, height)


def over(
    frame: Picture, drawn: Picture, matrix: Matrix, opacity: float = 1.0, blend: Blend = Blend.COVER
) -> None:
    """Composite ``drawn`` over ``frame`` in place; ``matrix`` (2×3) takes its pixels to the frame's."""
    height, width = drawn.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    x0, y0 = np.maximum(np.floor(low).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(high).astype(int), (frame.shape[1], frame.shape[0]))
    if x1 <= x0 or y1 <= y0:
        return
    moved = matrix.copy()
    moved[:, 2] -= (x0, y0)
    size = (int(x1 - x0), int(y1 - y0))
    target = frame[y0:y1, x0:x1]
    if blend is Blend.WALL and matrix[0, 1] == 0 and opacity == 1:
        # Edges repeated: a half covered border would let the empty frame through.
        cv2.warpAffine(
            drawn, moved, size, dst=target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return
    top = cv2.warpAffine(drawn, moved, size, flags=cv2.INTER_LINEAR)
    if opacity < 1:
        top = scaled(top, (opacity, opacity, opacity, opacity))
    if blend is not Blend.LIGHT:
        clear = cv2.bitwise_not(cv2.extractChannel(top, 3))
        cv2.multiply(target, cv2.merge([clear] * 4), dst=target, scale=1 / 255)
    cv2.add(target, top, dst=target)
