"""Fit a picture to a frame. The engine and the metrics both use this, so both see the same pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # height × width × 3, RGB

_SURROUND_SHRINK = 8  # surrounds are blurred at an eighth of the size: the same look, a fraction of the work
_SURROUND_LIGHT = 0.6


def cover(image: Pixels, width: int, height: int, bias: float = 0.35) -> Pixels:
    """Fill ``width`` × ``height`` pixels and crop what is left over.

    ``bias`` says how much of the vertical crop comes off the top: 0 none, 0.5 half. It is below half
    because faces are in the upper part of a picture. Raises ``ValueError`` for anything but RGB uint8.
    """
    _check(image, width, height)
    there_height, there_width = image.shape[:2]
    scale = max(width / there_width, height / there_height)
    # Crop before scaling: a long thin picture would otherwise be blown up to gigabytes first.
    crop_width = min(there_width, max(1, round(width / scale)))
    crop_height = min(there_height, max(1, round(height / scale)))
    left = (there_width - crop_width) // 2
    top = round((there_height - crop_height) * min(max(bias, 0.0), 1.0))
    return _resized(image[top : top + crop_height, left : left + crop_width], width, height)


def contain(image: Pixels, width: int, height: int) -> Pixels:
    """Show the whole picture within ``width`` × ``height`` pixels, on a dark blurred copy of itself.

    Raises ``ValueError`` for anything but RGB uint8.
    """
    _check(image, width, height)
    there_height, there_width = image.shape[:2]
    scale = min(width / there_width, height / there_height)
    inner_width = min(width, max(1, round(there_width * scale)))
    inner_height = min(height, max(1, round(there_height * scale)))
    if (inner_width, inner_height) == (width, height):
        return _resized(image, width, height)
    frame = _surround(image, width, height)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    frame[top : top + inner_height, left : left + inner_width] = _resized(image, inner_width, inner_height)
    return frame


def _surround(image: Pixels, width: int, height: int) -> Pixels:
    small = cover(image, max(1, width // _SURROUND_SHRINK), max(1, height // _SURROUND_SHRINK))
    sigma = max(small.shape[:2]) / 24
    blurred = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    large = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.rint(large * _SURROUND_LIGHT), np.uint8)


def _resized(image: Pixels, width: int, height: int) -> Pixels:
    if image.shape[:2] == (height, width):
        return image.copy()
    shrinks = width <= image.shape[1] and height <= image.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    source = np.ascontiguousarray(image)
    return np.asarray(cv2.resize(source, (width, height), interpolation=interpolation), np.uint8)


def _check(image: Pixels, width: int, height: int) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"Expected RGB uint8 of height × width × 3, got {image.dtype} {image.shape}.")
    if width < 1 or height < 1:
        raise ValueError(f"Can't fit a picture into {width} × {height} pixels; both must be at least 1.")
