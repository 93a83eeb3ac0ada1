"""A picture as pixels to be measured: small, on white, through the reader that trusts no file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.media.fit import Pixels
from workbench.media.images import read_image

Mask = NDArray[np.bool_]

_DRAFT = 2  # a JPEG is decoded at no less than twice the size asked for, so that scaling stays smooth
_SEEN = 128  # alpha from which a pixel counts as shown


@dataclass(frozen=True, slots=True)
class Shown:
    """``pixels`` is RGB with ``longest`` on the long side at most, what is clear in it white.

    ``seen`` is false where the picture is clear. ``width`` and ``height`` are the file's own.
    """

    pixels: Pixels
    seen: Mask
    width: int
    height: int


def read_pixels(path: Path, longest: int) -> Shown:
    """Read a picture at ``longest`` pixels on its long side; a smaller one keeps its size.

    Raises ``BadMedia`` as ``read_image``.
    """
    found = read_image(path, path.name)
    with Image.open(io.BytesIO(found.data), formats=("PNG", "JPEG")) as picture:
        picture.draft(None, (longest * _DRAFT, longest * _DRAFT))
        with_alpha = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    small = scaled(with_alpha, longest)
    if small.shape[2] == 3:
        return Shown(small, np.ones(small.shape[:2], np.bool_), found.width, found.height)
    alpha = small[..., 3:].astype(np.float32) / 255
    flat = np.asarray(np.rint(small[..., :3] * alpha + 255 * (1 - alpha)), np.uint8)
    return Shown(flat, small[..., 3] >= _SEEN, found.width, found.height)


def scaled(pixels: Pixels, longest: int) -> Pixels:
    """Scaled down to ``longest`` pixels on the long side, any number of channels."""
    height, width = pixels.shape[:2]
    scale = longest / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def lab(pixels: Pixels) -> NDArray[np.float32]:
    """CIE L*a*b* (D65) of sRGB pixels: L* from 0 to 100, a* and b* around 0."""
    scaled_up = pixels.astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled_up, cv2.COLOR_RGB2LAB), np.float32)
