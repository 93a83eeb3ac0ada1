"""What moves in a clip, and how the camera goes: by optical flow between pictures a tenth of a second apart.

The camera is a similarity (shift, scale, turn) fitted to the flow so that the many points of the ground
decide and those of a subject don't; what moves otherwise is the subject. Lengths are in frame widths, so
size does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.media.fit import Pixels
from workbench.media.flow import FEWEST, Floats, fitted, flow, moved
from workbench.media.rhythm import Pace, Rhythm, rhythm

SIDE = 256  # pixels on the long side at which flow is found
STEP_S = 0.1  # between the two pictures of a pair, at least

_LOST = 0.3  # of what has changed; from there on the near picture is tried
_TELLING = 70  # percentile of the speeds; where the flow bleeds over an edge it is slower than the thing
_OWN = 0.012  # frame widths a second that a point must move apart from the camera to count …
_PARALLAX = 0.6  # … and this share of what the camera does there: near things pass by faster than far ones
_LEAST_MOVING = 0.004  # share of the points below which nothing moves by itself …
_LEAST_SEEN = 0.015  # … and while the camera moves, which leaves more of it to chance
_ONE_WAY = 0.5  # how much alike the ways must be (1: all the same) to speak of a direction
_MOVES = 0.01  # pan and tilt (frames a second) and push (a second) from which the camera moves …
_ROLLS = 1.0  # … and roll, degrees a second
_SHAKES = 0.008  # frame widths a second; what a hand can't keep below …
_SHAKES_SHARE = 0.35  # … and this share of its own speed
_SMOOTH_S = 1.0  # what is slower than this is the camera's path, what is faster its shake


@dataclass(frozen=True, slots=True)
class CameraPath:
    """Speeds of the camera, signed. ``pan`` in frame widths a second, + to the right; ``tilt`` in frame
    heights a second, + up; ``push`` in natural logarithm of scale a second, + in; ``roll`` in degrees a
    second, + clockwise. ``jitter`` is the root mean square of its shake, in frame widths a second.

    A pan can't be told from a camera that trucks, nor a push from a zoom.
    """

    pan: float = 0.0
    tilt: float = 0.0
    push: float = 0.0
    roll: float = 0.0
    jitter: float = 0.0

    @property
    def is_moving(self) -> bool:
        return max(abs(self.pan), abs(self.tilt), abs(self.push)) >= _MOVES or abs(self.roll) >= _ROLLS

    @property
    def is_shaky(self) -> bool:
        """Held in a hand, as it seems."""
        return self.jitter >= max(_SHAKES, _SHAKES_SHARE * float(np.hypot(self.pan, self.tilt)))


@dataclass(frozen=True, slots=True)
class Shot:
    """From one cut to the next."""

    start_s: float
    end_s: float
    camera: CameraPath


@dataclass(frozen=True, slots=True)
class Motion:
    """``camera`` is that of the longest shot. ``speed`` is how fast things move apart from the camera, in
    frame widths a second, and ``moving_share`` how much of what can be followed does (0 and 0: nothing).

    ``direction`` is the unit vector (right, down) of the way that they go, ``None`` where they go no one
    way. ``overall`` is the mean speed of everything in the picture, camera included. ``cuts`` are the times
    of the first picture after each.
    """

    camera: CameraPath
    shots: tuple[Shot, ...]
    cuts: tuple[float, ...]
    speed: float
    moving_share: float
    direction: tuple[float, float] | None
    overall: float
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class _Pair:
    """Between two pictures, per second. ``way`` sums the velocities of what moves by itself."""

    at_s: float
    camera: Floats | None  # as of ``flow``, but the scale is its logarithm
    overall: float
    own: Floats  # speeds of points that move by themselves
    way: Floats
    points: int


@dataclass(frozen=True, slots=True)
class Step:
    """A picture to find motion from: grey, with the one right after it and one a tenth of a second on.

    The far one tells slow motion finely; the near one is for what is too fast for that.
    """

    at_s: float
    grey: Pixels
    near: tuple[float, Pixels]
    far: tuple[float, Pixels]


def measure(steps: Sequence[Step], cuts: Sequence[float], end_s: float) -> Motion | None:
    """Of steps at growing times; ``None`` for none. Nothing is measured across a cut."""
    if not steps:
        return None
    pairs = [_pair(step) for step in steps if not any(step.at_s < cut <= step.far[0] + 1e-6 for cut in cuts)]
    height, width = steps[0].grey.shape
    shots = tuple(
        Shot(start, end, _path([p for p in pairs if start <= p.at_s < end], width / height))
        for start, end in pairwise([0.0, *cuts, end_s])
        if end > start
    )
    longest = max(shots, key=lambda shot: shot.end_s - shot.start_s)
    own = np.concatenate([pair.own for pair in pairs]) if pairs else np.zeros(0)
    share = len(own) / max(1, sum(pair.points for pair in pairs))
    is_moving = share >= (_LEAST_SEEN if longest.camera.is_moving else _LEAST_MOVING)
    return Motion(
        longest.camera,
        shots,
        tuple(cuts),
        round(float(np.percentile(own, _TELLING)), 4) if is_moving else 0.0,
        round(share, 4) if is_moving else 0.0,
        _direction(pairs) if is_moving else None,
        round(float(np.mean([pair.overall for pair in pairs])), 4) if pairs else 0.0,
        _rhythm(pairs, longest.camera, is_moving),
    )


def _pair(step: Step) -> _Pair:
    """Over the far picture, unless the flow to it does not explain what is seen there."""
    found = flow(step.at_s, step.grey, *step.far)
    if found.lost > _LOST and step.near[0] < step.far[0]:
        nearer = flow(step.at_s, step.grey, *step.near)
        found = nearer if nearer.lost < found.lost / 2 else found
    velocities = found.velocities
    overall = float(np.hypot(*velocities.T).mean()) if len(velocities) else 0.0
    if len(velocities) < FEWEST:
        return _Pair(step.at_s, None, overall, np.zeros(0), np.zeros(2), len(velocities))
    camera = fitted(found.x, found.y, velocities)
    ground = moved(found.x, found.y, camera)
    own = velocities - ground
    speeds = np.hypot(*own.T)
    is_own = speeds > _OWN + _PARALLAX * np.hypot(*ground.T)
    way = own[is_own].sum(axis=0)
    camera[2] = np.log(max(1 + camera[2] * found.seconds, 1e-3)) / found.seconds
    return _Pair(step.at_s, camera, overall, speeds[is_own], way, len(velocities))


def _path(pairs: Sequence[_Pair], ratio: float) -> CameraPath:
    known = [pair for pair in pairs if pair.camera is not None]
    if not known:
        return CameraPath()
    cameras = np.array([pair.camera for pair in known])
    low, high = np.percentile(cameras, (5, 95), axis=0)
    right, down, scale, turn = np.clip(cameras, low, high).mean(axis=0)
    return CameraPath(
        pan=round(-float(right), 4),
        tilt=round(float(down) * ratio, 4),
        push=round(float(scale), 4),
        roll=round(-float(np.degrees(turn)), 3),
        jitter=round(_jitter(cameras[:, :2], (known[-1].at_s - known[0].at_s) / max(1, len(known) - 1)), 4),
    )


def _jitter(shifts: Floats, step_s: float) -> float:
    """What is left of the camera's speed when its slow way, a line over each second, is taken off.

    Of a camera that goes somewhere only what is across its way counts: along it, that is its rhythm.
    """
    reach = max(2, round(_SMOOTH_S / max(step_s, 1e-3) / 2))
    if len(shifts) < 2 * reach + 1:
        return 0.0
    left = []
    for i in range(len(shifts)):
        start = min(max(0, i - reach), len(shifts) - 2 * reach - 1)
        time = np.arange(start, start + 2 * reach + 1)
        slope, level = np.polyfit(time, shifts[time], 1)
        left.append(shifts[i] - (slope * i + level))
    mean = shifts.mean(axis=0)
    speed = float(np.hypot(*mean))
    if speed < _MOVES:
        return float(np.sqrt((np.array(left) ** 2).sum(axis=1).mean()))
    across = np.array(left) @ np.array([-mean[1], mean[0]]) / speed
    return float(np.sqrt(2 * (across**2).mean()))


def _direction(pairs: Sequence[_Pair]) -> tuple[float, float] | None:
    way = np.sum([pair.way for pair in pairs], axis=0)
    total = sum(float(pair.own.sum()) for pair in pairs)
    length = float(np.hypot(*way))
    if total <= 0 or length / total < _ONE_WAY:
        return None
    return round(float(way[0]) / length, 3), round(float(way[1]) / length, 3)


def _rhythm(pairs: Sequence[_Pair], camera: CameraPath, is_moving: bool) -> Rhythm:
    """Of everything where the camera moves on its way; else of what moves by itself."""
    if camera.is_moving and not camera.is_shaky:
        return rhythm([pair.at_s for pair in pairs], [pair.overall for pair in pairs])
    if not is_moving:
        return Rhythm(Pace.STILL)
    own = [float(pair.own.sum()) / max(1, pair.points) for pair in pairs]
    return rhythm([pair.at_s for pair in pairs], own)
