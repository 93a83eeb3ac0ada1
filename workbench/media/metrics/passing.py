"""The one pass over a clip's pictures, at reduced size, that every metric of the picture is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.media import cuts, motion
from workbench.media.fit import Pixels
from workbench.media.motion import Step
from workbench.media.pixels import scaled
from workbench.media.probe import Probe
from workbench.media.walk import MOST_PIXELS, MOST_S, Shrink, opened, walk

Grey = NDArray[np.float32]

SIDE = 512  # pixels on the long side at which light and sharpness are measured, as of a picture
STILLS = 12  # pictures that are looked at in colour, evenly
MOST_PICTURES = 7_200  # a minute at 120 a second

_CHANGE_SIDE = 64  # at which two pictures are compared: what a codec does to single pixels is gone
_CHANGE_TOP = 0.005  # share of the pixels that differ most, so that a small thing that moves counts
_DARK, _BRIGHT = 3, 252  # luma


@dataclass(slots=True)
class Seen:
    """What the pass leaves. Lists have one entry a picture, ``changes`` one less: from each to the next.

    ``whole`` says whether the clip was seen to its end. Pictures are RGB, ``first``, ``middle`` and ``last``
    at ``motion.SIDE`` on the long side, ``stills`` at ``SIDE``.
    """

    facts: Probe
    first: Pixels
    middle: Pixels
    last: Pixels
    times: list[float] = field(default_factory=list)
    light: list[float] = field(default_factory=list)
    dark: list[float] = field(default_factory=list)
    bright: list[float] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    thumbnails: list[Pixels] = field(default_factory=list)
    stills: list[Pixels] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    looked_s: float = 0.0
    whole: bool = True
    cuts: tuple[float, ...] = ()


def pass_over(path: Path) -> Seen:
    """Decode the clip once. Raises ``BadMedia``."""
    facts = opened(path)
    shrink, every_s = Shrink(SIDE), min(facts.duration_s or 1.0, MOST_S) / STILLS
    seen: Seen | None = None
    held: list[tuple[float, Pixels]] = []
    before: Grey | None = None
    for time_s, frame in walk(path):
        large = shrink(frame)
        small = scaled(large, motion.SIDE)
        if seen is None:
            seen = Seen(facts, small, small, small)
        elif small.shape != seen.first.shape:
            height, width = seen.first.shape[:2]
            small = np.asarray(cv2.resize(small, (width, height)), np.uint8)
        if time_s <= facts.duration_s / 2 + 1e-3:
            seen.middle = small
        seen.last = small
        seen.times.append(time_s)
        seen.thumbnails.append(cuts.thumbnail(small))
        if time_s >= len(seen.stills) * every_s - 1e-3 and len(seen.stills) < STILLS:
            seen.stills.append(large)
        _light(seen, large)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        coarse = _coarse(grey)
        if before is not None:
            seen.changes.append(_change(before, coarse))
        before = coarse
        held = _stepped(seen.steps, held, (time_s, grey))
        if len(seen.times) >= MOST_PICTURES:
            break
    assert seen is not None  # a clip without any picture has raised
    gaps = np.diff(seen.times)
    seen.looked_s = round(seen.times[-1] + (float(np.median(gaps)) if len(gaps) else _one_s(facts)), 3)
    count, pixels = len(seen.times), facts.width * facts.height
    seen.whole = (
        seen.looked_s < MOST_S - 1e-3 and (count + 1) * pixels <= MOST_PIXELS and count < MOST_PICTURES
    )
    seen.cuts = cuts.find(seen.thumbnails, seen.times)
    return seen


def _one_s(facts: Probe) -> float:
    return 1 / facts.fps if facts.fps > 0 else 0.0


def _light(seen: Seen, large: Pixels) -> None:
    grey = np.asarray(cv2.cvtColor(large, cv2.COLOR_RGB2GRAY), np.uint8)
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    seen.light.append(float(counts @ np.arange(256)) / grey.size)
    seen.dark.append(float(counts[: _DARK + 1].sum()) / grey.size)
    seen.bright.append(float(counts[_BRIGHT:].sum()) / grey.size)
    height, width = grey.shape
    if (scale := SIDE / max(height, width)) > 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    _, spread = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    seen.sharpness.append(float(spread[0, 0]) ** 2)


def _coarse(grey: Pixels) -> Grey:
    """Not rounded, so that slow motion is told from none."""
    height, width = grey.shape
    scale = min(1.0, _CHANGE_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def _change(a: Grey, b: Grey) -> float:
    apart = cv2.absdiff(a, b).ravel()
    top = max(1, round(_CHANGE_TOP * apart.size))
    return float(np.partition(apart, apart.size - top)[-top:].mean())


def _stepped(
    steps: list[Step], held: list[tuple[float, Pixels]], new: tuple[float, Pixels]
) -> list[tuple[float, Pixels]]:
    """Makes a step once it is long enough. Returns its last picture, and the one after it if there is one."""
    if held and new[0] >= held[0][0] + motion.STEP_S - 1e-3:
        steps.append(Step(*held[0], held[1] if len(held) > 1 else new, new))
        return [new]
    return [*held, new][:2]
