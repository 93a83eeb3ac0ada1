"""A few pictures of a clip that tell what happens in it, for models that take no video."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from workbench.media import cuts
from workbench.media.fit import Pixels
from workbench.media.pixels import scaled
from workbench.media.poster import frame_at, frames_at
from workbench.media.walk import Shrink, opened, walk

LONGEST = 1_024  # pixels on the long side
_QUALITY = 88
_TIME_TOLERANCE_S = 0.001


@dataclass(frozen=True, slots=True)
class Frame:
    """``at_s`` is seconds after the clip's start."""

    at_s: float
    jpeg: bytes


def sample(path: Path, most: int) -> list[Frame]:
    """The first picture, the first after each hard cut, and others evenly in between up to the last; at
    most ``most`` in order of time. The same file gives the same frames. Raises ``BadMedia``.

    Cuts are looked for within the limits of ``walk``; further on, pictures are taken evenly.
    """
    if most < 1:
        raise ValueError(f"Can't take {most} frames; at least 1.")
    facts = opened(path)
    shrink = Shrink(cuts.SIDE)
    thumbnails: list[Pixels] = []
    times: list[float] = []
    for time_s, frame in walk(path):
        small = cuts.thumbnail(shrink(frame))
        if thumbnails and small.shape != thumbnails[0].shape:
            continue
        thumbnails.append(small)
        times.append(time_s)
    # Where the walk ended before the clip does, the rest is reached by seeking.
    is_whole = facts.duration_s <= times[-1] + 1.0
    end = times[-1] if is_whole else max(times[-1], facts.duration_s - 0.1)
    wanted = moments(cuts.find(thumbnails, times), end, most)
    walked = [t for t in wanted if t <= times[-1] + _TIME_TOLERANCE_S]
    sought = wanted[len(walked) :]
    return _shown_at(path, walked) + [Frame(round(t, 3), _jpeg(frame_at(path, t))) for t in sought]


def at(path: Path, times_s: Sequence[float]) -> list[Frame]:
    """What the clip shows at those rising times, one picture each. Raises ``BadMedia``."""
    shown = frames_at(path, times_s, LONGEST)
    return [Frame(time_s, _jpeg(pixels)) for time_s, pixels in zip(times_s, shown, strict=True)]


def moments(cut_times: Sequence[float], end_s: float, most: int) -> list[float]:
    """Times to look at: the start of every shot, then the longest stretches parted until there are
    ``most``; the last stretch is seen to its end. Of more shots than that, every so many.
    """
    starts = [0.0, *(cut for cut in cut_times if 0 < cut <= end_s)]
    if len(starts) >= most:
        return [starts[i * len(starts) // most] for i in range(most)]
    lengths = [b - a for a, b in zip(starts, [*starts[1:], end_s], strict=True)]
    counts = [1] * len(starts)
    for _ in range(most - len(starts)):
        i = max(range(len(starts)), key=lambda i: (lengths[i] / counts[i], -i))
        counts[i] += 1
    times = []
    for i, (start, length, count) in enumerate(zip(starts, lengths, counts, strict=True)):
        parts = count - 1 if i == len(starts) - 1 and count > 1 else count
        times += [start + length * k / parts for k in range(count)]
    return sorted(set(times))


def _shown_at(path: Path, wanted: Sequence[float]) -> list[Frame]:
    """The first picture at or after each time; one for two times that fall into the same."""
    found: list[Frame] = []
    left = list(wanted)
    shrink = Shrink(LONGEST)
    for time_s, frame in walk(path):
        if not left:
            break
        if time_s < left[0] - _TIME_TOLERANCE_S:
            continue
        while left and left[0] <= time_s + _TIME_TOLERANCE_S:
            left.pop(0)
        found.append(Frame(round(time_s, 3), _jpeg(shrink(frame))))
    return found


def _jpeg(pixels: Pixels) -> bytes:
    with io.BytesIO() as handle:
        Image.fromarray(scaled(pixels, LONGEST)).save(handle, "JPEG", quality=_QUALITY)
        return handle.getvalue()
