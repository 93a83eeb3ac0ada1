"""A fingerprint of what a picture looks like: near for the same picture resized or saved again."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from workbench.media.fit import Pixels
from workbench.media.pixels import read_pixels
from workbench.media.poster import frame_at
from workbench.media.probe import probe

ALIKE = 10  # bits of 64; unrelated pictures differ in about 32
_SIDE = 32
_KEPT = 8


def fingerprint(path: Path, mime: str) -> int:
    """64 bits, as a number from 0 to 2⁶⁴ − 1; of a clip, of its middle picture. Raises ``BadMedia``.

    It sees structure, not colour: two plain pictures are alike.
    """
    if mime.startswith("video/"):
        return of_pixels(frame_at(path, probe(path).duration_s / 2))
    return of_pixels(read_pixels(path, 8 * _SIDE).pixels)


def of_pixels(pixels: Pixels) -> int:
    """pHash (Zauner 2010): the signs of the lowest 8 × 8 frequencies of a 32 × 32 cosine transform against
    their median.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = np.rint(cv2.dct(small)[:_KEPT, :_KEPT].ravel()[1:])  # rounded: what is nought stays nought
    bits = [True, *(low > np.median(low))]
    return sum(1 << i for i, bit in enumerate(bits) if bit)


def distance(one: int, other: int) -> int:
    """Bits that differ, 0 to 63; up to ``ALIKE`` it is the same picture, as good as surely."""
    return (one ^ other).bit_count()
