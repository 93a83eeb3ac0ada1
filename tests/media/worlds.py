"""Moving pictures whose motion is known: windows on large textured grounds, and things that cross them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from tests.media.footage import write_clip
from workbench.media.fit import Pixels

WIDTH, HEIGHT, FPS = 320, 180, 24
_WORLD = 2_048

Painter = Callable[[float], Pixels]  # what shows at a time in seconds


@cache
def world(seed: int = 1, tint: tuple[int, int, int] = (128, 128, 128)) -> Pixels:
    """A square ground with detail of every size, the same at both ends."""
    random = np.random.default_rng(seed)
    ground = np.zeros((_WORLD, _WORLD, 3), np.float32)
    for side, weight in ((8, 60), (32, 50), (128, 40), (512, 25)):
        coarse = random.uniform(-1, 1, (side, side, 3)).astype(np.float32)
        ground += weight * cv2.resize(np.pad(coarse, ((0, 1), (0, 1), (0, 0)), "wrap"), (_WORLD, _WORLD))
    return np.clip(ground * 0.8 + np.array(tint), 0, 255).astype(np.uint8)


def seen_from(
    ground: Pixels, pan: float = 0.0, tilt: float = 0.0, push: float = 0.0, roll: float = 0.0
) -> Pixels:
    """The ground from a camera that has gone ``pan`` frame widths right, ``tilt`` frame heights up,
    ``push`` (logarithm of scale) in, and ``roll`` degrees clockwise.
    """
    x, y = (_WORLD / 2 + pan * WIDTH) % _WORLD, (_WORLD / 2 - tilt * HEIGHT) % _WORLD
    scale, turn = np.exp(-push), np.radians(roll)
    across, down = np.meshgrid(np.arange(WIDTH) - WIDTH / 2 + 0.5, np.arange(HEIGHT) - HEIGHT / 2 + 0.5)
    to_x = x + scale * (across * np.cos(turn) - down * np.sin(turn))
    to_y = y + scale * (across * np.sin(turn) + down * np.cos(turn))
    shown = cv2.remap(
        ground,
        (to_x % _WORLD).astype(np.float32),
        (to_y % _WORLD).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(shown, np.uint8)


def with_thing(picture: Pixels, x: float, y: float, radius: float = 0.1, seed: int = 9) -> Pixels:
    """A textured ball at (x, y), fractions of width and height; ``radius`` in frame widths."""
    size = 2 * round(radius * WIDTH) + 1
    ball = np.ascontiguousarray(255 - world(seed)[:size, :size])
    left, top = x * WIDTH - size / 2, y * HEIGHT - size / 2
    matrix = np.array([[1, 0, left], [0, 1, top]])
    mask = cv2.circle(np.zeros((size, size), np.uint8), (size // 2, size // 2), size // 2, 255, -1)
    flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_CONSTANT}
    there = cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT), **flags)[..., None] / 255
    drawn = cv2.warpAffine(ball, matrix, (WIDTH, HEIGHT), **flags)
    return np.asarray(picture * (1 - there) + drawn * there, np.uint8)


def film(path: Path, paint: Painter, seconds: float, fps: int = FPS, **how: object) -> Path:
    """An MP4 of what ``paint`` shows."""
    settings: dict[str, object] = {"options": {"preset": "ultrafast", "crf": "18"}, **how}
    return write_clip(
        path,
        width=WIDTH,
        height=HEIGHT,
        frames=round(seconds * fps),
        fps=fps,
        paint=lambda i: paint(i / fps),
        **settings,  # type: ignore[arg-type]
    )
