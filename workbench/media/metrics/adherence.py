"""Whether the camera went the way that it was asked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.media.metrics.asked import Move
from workbench.media.motion import CameraPath

_SURE = 0.02  # frame widths a second that the picture must move for the full value
_NOT_STILL = 0.1  # … and at which a camera asked to stand still has the least
_REACH = 0.3  # mean distance from the middle in frame widths: a push moves the picture by so much of it

# (pan, tilt, push), signed as in ``CameraPath``.
WAYS: Mapping[Move, tuple[float, float, float]] = {
    Move.PAN_LEFT: (-1, 0, 0),
    Move.PAN_RIGHT: (1, 0, 0),
    Move.TILT_UP: (0, 1, 0),
    Move.TILT_DOWN: (0, -1, 0),
    Move.DOLLY_IN: (0, 0, 1),
    Move.DOLLY_OUT: (0, 0, -1),
    Move.ZOOM_IN: (0, 0, 1),
    Move.ZOOM_OUT: (0, 0, -1),
}


def adherence(camera: CameraPath, ratio: float, moves: Sequence[Move]) -> float | None:
    """1: wholly as asked; 0: not at all, or across; −1: the other way. ``ratio`` is width ÷ height.

    ``None`` where no move was asked for, or moves that undo each other.
    """
    way = np.array([camera.pan, camera.tilt / ratio, camera.push * _REACH])
    speed = float(np.linalg.norm(way))
    if moves and all(move is Move.STATIC for move in moves):
        return 1 - 2 * min(1.0, speed / _NOT_STILL)
    asked = np.sum([WAYS[move] for move in moves if move in WAYS] or [(0, 0, 0)], axis=0)
    length = float(np.linalg.norm(asked))
    if not length:
        return None
    if not speed:
        return 0.0
    return float(way @ asked) / (speed * length) * min(1.0, speed / _SURE)
