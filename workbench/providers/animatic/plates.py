"""The person's own pictures as photographic plates: fitted to the frame, moved with a little parallax."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from workbench.media.fit import contain, cover
from workbench.providers.animatic.camera import Camera, View
from workbench.providers.animatic.raster import Field, Picture, smoothstep
from workbench.providers.animatic.stage import Piece

Photo = npt.NDArray[np.uint8]  # RGB
_LONGEST = 3840
_MOST_CROPPED = 0.40  # a picture that would lose more than this is shown whole instead
DISSOLVE_S = 0.6


def photo(path: Path) -> Photo:
    """The picture in ``path``, upright, RGB, transparency on black, at most 4K wide.

    Raises ``ValueError`` with one sentence when it can't be read.
    """
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (_LONGEST, _LONGEST))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
            if upright.mode in ("RGBA", "LA", "P"):
                whole = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", whole.size, (0, 0, 0, 255)), whole)
            return np.asarray(upright.convert("RGB"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"A picture can't be read ({error}); give a PNG or JPEG that opens in a viewer."
        ) from error


def fit(picture: Photo, width: int, height: int) -> Photo:
    """``picture`` in exactly ``width`` × ``height``: cropped a little, or whole before its own blur
    where a crop would take too much."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    lost = 1 - (width / (columns * scale)) * (height / (rows * scale))
    return cover(picture, width, height) if lost <= _MOST_CROPPED else contain(picture, width, height)


class Plate:
    """One picture under the plan's camera.

    Nothing beyond the picture is ever shown, and nothing is mirrored: the plate is enlarged until the
    camera's whole path stays inside it. With ``exact_start`` it is enlarged only as the camera moves
    off, so that the first frame is the given picture itself.
    """

    def __init__(
        self,
        picture: Photo,
        camera: Camera,
        start: float,
        end: float,
        exact_start: bool = False,
        weather: Sequence[Piece] = (),
    ) -> None:
        self.camera, self.start, self.weather = camera, start, tuple(weather)
        width, height = camera.width, camera.height
        finer = 1.25
        self.plate = _rgba(fit(picture, round(width * finer), round(height * finer)))
        self.depth = _depth(width, height)
        views = [camera.view(float(t)) for t in np.linspace(start, end, 25)]
        if exact_start:
            first = views[0]
            self.shift = (first.x, first.y)
            self.floor = (
                1.0
                if views[-1].zoom + views[-1].growth >= first.zoom + first.growth
                else math.exp(-(views[-1].zoom + 0.35 * views[-1].growth))
            )
            self.grow0 = (first.growth, first.zoom) if self.floor == 1.0 else (0.0, 0.0)
            self.zoom = 0.0
        else:
            self.shift = tuple((max(v) + min(v)) / 2 for v in ([w.x for w in views], [w.y for w in views]))  # type: ignore[assignment]
            self.grow0, self.floor = (0.0, 0.0), 1.0
            self.zoom = max(self._needed(view) for view in views)

    def _moved(self, view: View) -> View:
        return View(
            view.x - self.shift[0],
            view.y - self.shift[1],
            view.growth - self.grow0[0],
            view.zoom - self.grow0[1],
            view.roll,
            view.orbit,
        )

    def _needed(self, view: View) -> float:
        """By how much the plate has to be enlarged for this view to stay inside it."""
        moved, need = self._moved(view), 1.0
        for depth in (0.15, 0.85):
            x, y, scale = moved.at(depth)
            tip = abs(math.sin(moved.roll)) * max(self.camera.aspect, 1.0)
            need = max(
                need,
                (1 + 2 * abs(x) / self.camera.aspect * scale + tip) / scale,
                (1 + 2 * abs(y) * scale + tip) / scale,
            )
        return need

    def frame(self, t: float) -> Picture:
        view = self.camera.view(t)
        moved = self._moved(view)
        enlarge = self.zoom or max(self.floor, self._needed(view))
        width, height = self.camera.width, self.camera.height
        (x0, y0, s0), (x1, y1, s1) = moved.at(0.15), moved.at(0.85)
        d = self.depth
        rows, columns = d.shape
        gy, gx = np.mgrid[0:rows, 0:columns].astype(np.float32)
        fx = (gx / (columns - 1) - 0.5) * width / height
        fy = gy / (rows - 1) - 0.5
        cos, sin = math.cos(moved.roll), math.sin(moved.roll)
        scale = (s0 + (s1 - s0) * d) * enlarge
        px = (fx * cos + fy * sin) / scale + (x0 + (x1 - x0) * d) / enlarge
        py = (fy * cos - fx * sin) / scale + (y0 + (y1 - y0) * d) / enlarge
        finer = self.plate.shape[0] / height
        grid_x = ((px * height + width / 2) * finer - 0.5).astype(np.float32)
        grid_y = ((py + 0.5) * height * finer - 0.5).astype(np.float32)
        frame = cast(
            Any,
            cv2.remap(
                self.plate,
                _spread(grid_x, width, height),
                _spread(grid_y, width, height),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
        )
        for piece in self.weather:
            piece.draw(frame, self.camera, view, t)
        return cast(Picture, frame)


class Reel:
    """Several plates one after the other, with short dissolves between them."""

    def __init__(self, shots: Sequence[Plate], start: float, seconds: float) -> None:
        self.shots, self.start, self.each = tuple(shots), start, seconds / len(shots)

    def frame(self, t: float) -> Picture:
        at = max(0.0, t - self.start) / self.each
        index = min(int(at), len(self.shots) - 1)
        frame = self.shots[index].frame(t)
        left = (index + 1 - at) * self.each
        if index + 1 < len(self.shots) and left < DISSOLVE_S:
            part = float(smoothstep(0.0, 1.0, 1 - left / DISSOLVE_S))
            return cast(Picture, cv2.addWeighted(frame, 1 - part, self.shots[index + 1].frame(t), part, 0))
        return frame


def _depth(width: int, height: int) -> Field:
    """A guess at what is near, on a coarse grid: the middle and what lies low in the picture."""
    rows, columns = max(2, height // 16), max(2, width // 16)
    y, x = np.mgrid[0 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return np.asarray(
        0.12 + 0.42 * y**1.5 + 0.34 * np.exp(-(x**2) / 0.35 - (y - 0.55) ** 2 / 0.12), np.float32
    ).clip(0, 1)


def _spread(grid: Field, width: int, height: int) -> Field:
    """A coarse grid of positions, corners on corners, at every pixel."""
    rows, columns = grid.shape
    matrix = np.array([[(columns - 1) / (width - 1), 0, 0], [0, (rows - 1) / (height - 1), 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cast(
        Field, cv2.warpAffine(grid, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def _rgba(picture: Photo) -> Picture:
    return cast(Picture, cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA))
