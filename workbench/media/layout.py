"""Where things stand in a picture: its visual weight, its horizon, its empty sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Lab = NDArray[np.float32]  # height × width × 3

_SIDE = 96  # pixels on the long side: where things stand, not what they are made of
_EMPTY = 0.12  # of the picture's own strongest detail; less is ground
_MOST_EMPTY = 0.9
_EDGE_SHARE = 0.5  # of what tells rows apart that one line has to account for
_EDGE_STEP = 9.0  # ΔE between above and below
_SAME_LINE = 0.09  # of the height, within which the line stands in every third of the width


@dataclass(frozen=True, slots=True)
class Layout:
    """Shares and positions as fractions of the frame, from its upper left corner.

    ``cells`` are the nine of a 3 × 3 grid, row by row: what share of the visual weight (colour and detail
    that stand out from the whole) stands there; together 1, or all equal in a picture without any.
    ``horizon`` is the height of the one level line that parts the picture, if there is one. ``left``,
    ``top``, ``right`` and ``bottom`` are how deep the empty margin of that side is.
    """

    cells: tuple[float, ...]
    horizon: float | None = None
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


def layout(picture: Lab) -> Layout:
    """Of one picture."""
    height, width = picture.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(3, round(width * scale)), max(3, round(height * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float64)
    weight = _weight(small)
    return Layout(_cells(weight), _horizon(small), *_margins(weight))


def median(layouts: Sequence[Layout]) -> Layout:
    """The usual one among several of the same shot."""
    cells = np.median([one.cells for one in layouts], axis=0)
    lines = [one.horizon for one in layouts if one.horizon is not None]
    sides = np.median([(one.left, one.top, one.right, one.bottom) for one in layouts], axis=0)
    horizon = float(np.median(lines)) if 2 * len(lines) > len(layouts) else None
    return Layout(
        tuple(round(float(cell), 3) for cell in cells / max(cells.sum(), 1e-9)),
        None if horizon is None else round(horizon, 3),
        *(round(float(side), 3) for side in sides),
    )


def _weight(small: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each point stands out: from the picture's mean colour (Achanta et al. 2009), and by detail."""
    smooth = cv2.GaussianBlur(small, (0, 0), 1.5)
    stands_out = np.linalg.norm(smooth - small.mean(axis=(0, 1)), axis=2)
    light = np.ascontiguousarray(small[..., 0])
    edges = np.hypot(cv2.Sobel(light, cv2.CV_64F, 1, 0), cv2.Sobel(light, cv2.CV_64F, 0, 1))
    detail = cv2.GaussianBlur(edges, (0, 0), 2.0)
    both = stands_out * (0.25 + detail / max(float(detail.max()), 4.0))
    return np.asarray(both, np.float64)


def _cells(weight: NDArray[np.float64]) -> tuple[float, ...]:
    rows = np.array_split(np.arange(weight.shape[0]), 3)
    columns = np.array_split(np.arange(weight.shape[1]), 3)
    sums = np.array([weight[np.ix_(row, column)].mean() for row in rows for column in columns])
    total = float(sums.sum())
    if total < 1e-6:
        return (round(1 / 9, 3),) * 9
    return tuple(round(float(one) / total, 3) for one in sums)


def _margins(weight: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom: how far in from that side nothing stands out."""
    strongest = float(np.percentile(weight, 99))
    if strongest < 1e-6:
        return (0.0, 0.0, 0.0, 0.0)
    # A few loud points in a row or column make it count as filled; its mean would hide a thin thing.
    across = np.percentile(weight, 95, axis=0) > _EMPTY * strongest
    down = np.percentile(weight, 95, axis=1) > _EMPTY * strongest
    return (_depth(across), _depth(down), _depth(across[::-1]), _depth(down[::-1]))


def _depth(filled: NDArray[np.bool_]) -> float:
    found = np.flatnonzero(filled)
    return round(min(_MOST_EMPTY, float(found[0]) / len(filled)), 3) if len(found) else 0.0


def _horizon(small: NDArray[np.float64]) -> float | None:
    """The height that parts the rows into two best, where all three thirds of the width agree on it."""
    whole = _parting(small.mean(axis=1))
    if whole is None:
        return None
    thirds = [_parting(part.mean(axis=1)) for part in np.array_split(small, 3, axis=1)]
    is_level = all(third is not None and abs(third - whole) <= _SAME_LINE for third in thirds)
    return round(whole, 3) if is_level else None


def _parting(rows: NDArray[np.float64]) -> float | None:
    """Otsu's split of a profile, if two plain halves with a sharp step between them describe it."""
    count = len(rows)
    spread = float(((rows - rows.mean(axis=0)) ** 2).sum())
    best, at = 0.0, 0
    for cut in range(max(2, count // 10), count - max(2, count // 10)):
        above, below = rows[:cut].mean(axis=0), rows[cut:].mean(axis=0)
        between = cut * (count - cut) / count * float(((above - below) ** 2).sum())
        if between > best:
            best, at = between, cut
    if not at or spread < 1e-6 or best / spread < _EDGE_SHARE:
        return None
    near = max(1, count // 24)
    step = float(np.linalg.norm(rows[at - near : at].mean(axis=0) - rows[at : at + near].mean(axis=0)))
    return at / count if step >= _EDGE_STEP else None
