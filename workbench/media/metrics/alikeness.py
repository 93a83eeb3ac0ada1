"""How like a clip's pictures are to one another, and to pictures that were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.domain.errors import BadMedia
from workbench.media.fit import Pixels, contain, cover
from workbench.media.likeness import ALIKE
from workbench.media.metrics.passing import SIDE
from workbench.media.pixels import lab, read_pixels, scaled

Histogram = NDArray[np.float32]
Grey = NDArray[np.float32]

_PALETTE_SIDE = 128
_BINS = (8, 12, 12)
_RANGES = ((0.0, 100.0), (-110.0, 110.0), (-110.0, 110.0))
_SSIM_WINDOW, _SSIM_SIGMA = 11, 1.5
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_KEYPOINTS = 600
_FEWEST_KEYPOINTS = 24
_FEWEST_MATCHES = 8  # that lie the same way; fewer are chance
_RATIO = 0.8  # of the best match to the second, Lowe's
_STRAY = 6.0  # pixels of ``SIDE``


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Positions of two clips that are as good as one, and how many of 64 bits differ."""

    one: int
    other: int
    bits: int


def given(path: Path | None, longest: int) -> Pixels | None:
    """A picture that was given; ``None`` where there is none, or none that can be read."""
    try:
        return read_pixels(path, longest).pixels if path else None
    except (BadMedia, OSError):
        return None


def ssim(a: Pixels, b: Pixels) -> float:
    """Of two RGB pictures of one size, by luma; 1 where they are the same."""
    one, other = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (a, b))

    def mean(of: Grey) -> Grey:
        window = (_SSIM_WINDOW, _SSIM_WINDOW)
        return np.asarray(cv2.GaussianBlur(of, window, _SSIM_SIGMA), np.float32)

    m1, m2 = mean(one), mean(other)
    v1, v2 = mean(one * one) - m1 * m1, mean(other * other) - m2 * m2
    both = mean(one * other) - m1 * m2
    top = (2 * m1 * m2 + _SSIM_C1) * (2 * both + _SSIM_C2)
    return float((top / ((m1 * m1 + m2 * m2 + _SSIM_C1) * (v1 + v2 + _SSIM_C2))).mean())


def kept(picture: Pixels, image: Pixels | None) -> float | None:
    """How much of a given image a picture of the clip is, fitted the way that is nearer."""
    if image is None:
        return None
    height, width = picture.shape[:2]
    return max(ssim(picture, fit(image, width, height)) for fit in (cover, contain))


def palette_of(picture: Pixels) -> Histogram:
    """Shares of the Lab bins, softened: a colour on the border of two is in both."""
    pixels = lab(scaled(picture, _PALETTE_SIDE)).reshape(-1, 3)
    counts = np.histogramdd(pixels, bins=_BINS, range=_RANGES)[0].astype(np.float32)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if axis == other else (0, 0) for other in range(3)], "edge")
        parts = [np.take(padded, range(i, i + counts.shape[axis]), axis) for i in range(3)]
        counts = np.asarray(0.25 * parts[0] + 0.5 * parts[1] + 0.25 * parts[2], np.float32)
    return np.asarray(counts / max(float(counts.sum()), 1e-9), np.float32)


def overlap(a: Histogram, b: Histogram) -> float:
    """0: no colour in common; 1: the same shares of the same colours."""
    return min(1.0, float(np.minimum(a, b).sum()))


def palette_kept(palettes: Sequence[Histogram]) -> float | None:
    """``None`` for a single picture."""
    if len(palettes) < 2:
        return None
    mean = np.asarray(np.mean(palettes, axis=0), np.float32)
    return float(np.mean([overlap(one, mean) for one in palettes]))


def reference_palette(palettes: Sequence[Histogram], references: Iterable[Pixels]) -> float | None:
    found = [max(overlap(palette_of(image), one) for one in palettes) for image in references]
    return float(np.mean(found)) if found else None


def reference_features(stills: Sequence[Pixels], references: Sequence[Pixels]) -> float | None:
    """``None`` where no reference has detail to look for."""
    if not references:
        return None
    there = [_features(still) for still in stills]
    found = []
    for points, marks in map(_features, references):
        if len(points) >= _FEWEST_KEYPOINTS:
            best = max((_agreeing(points, marks, *other) for other in there), default=0)
            found.append(min(1.0, best / len(points)))
    return float(np.mean(found)) if found else None


Features = tuple[NDArray[np.float32], Pixels]


def _features(picture: Pixels) -> Features:
    grey = cv2.cvtColor(scaled(picture, SIDE), cv2.COLOR_RGB2GRAY)
    points, marks = cv2.ORB.create(nfeatures=_KEYPOINTS).detectAndCompute(grey, None)
    if not points:  # ``marks`` is None then, which OpenCV's types do not say
        return np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)
    return np.array([point.pt for point in points], np.float32), np.asarray(marks, np.uint8)


def _agreeing(points: NDArray[np.float32], marks: Pixels, others: NDArray[np.float32], seen: Pixels) -> int:
    """Keypoints that are found again and lie the same way: moved, turned and scaled, no more."""
    if len(others) < _FEWEST_MATCHES:
        return 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(marks, seen, k=2)
    sure = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(sure) < _FEWEST_MATCHES:
        return 0
    a = np.array([points[match.queryIdx] for match in sure])
    b = np.array([others[match.trainIdx] for match in sure])
    _, agree = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=_STRAY)
    count = 0 if agree is None else int(agree.sum())
    return count if count >= _FEWEST_MATCHES else 0


def fingerprint_of(high: float, low: float) -> int:
    """The 64 bits of the two metrics that hold a half each; a float holds 53 bits."""
    return int(high) << 32 | int(low)


def near_duplicates(fingerprints: Sequence[int], most: int = ALIKE) -> tuple[Duplicates, ...]:
    """Every pair that differs in ``most`` bits or fewer, nearest first. A second for five thousand clips."""
    bits = np.array(fingerprints, np.uint64)
    found = []
    for i in range(len(bits) - 1):
        apart = np.bitwise_count(bits[i + 1 :] ^ bits[i])
        found += [Duplicates(i, i + 1 + int(j), int(apart[j])) for j in np.flatnonzero(apart <= most)]
    return tuple(sorted(found, key=lambda pair: (pair.bits, pair.one, pair.other)))
