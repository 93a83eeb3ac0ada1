"""A shot plan and its media → ``clip.mp4`` and ``last_frame.png``. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from PIL import Image

from workbench.media.worker import Progress
from workbench.providers.animatic import scenes, sound
from workbench.providers.animatic.camera import Camera
from workbench.providers.animatic.encode import FPS, Encoder, Sound
from workbench.providers.animatic.grade import Finish, Planes, clean_rgb
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Picture, Streams
from workbench.providers.animatic.stage import Set, Stage

CLIP, LAST_FRAME = "clip.mp4", "last_frame.png"


class Shot(Protocol):
    """Anything that has a picture for every time."""

    def frame(self, t: float) -> Picture: ...


def render_job(folder: Path, progress: Progress, arguments: Mapping[str, Any]) -> dict[str, object]:
    """Render into ``folder``. ``arguments`` are the ones of ``jobs.arguments``; returns the two file names."""
    cv2.setNumThreads(1)
    cv2.setRNGSeed(0)
    plan = ShotPlan.from_json(arguments["plan"])
    width, height = int(arguments["width"]), int(arguments["height"])
    seconds = float(arguments["duration_s"])
    progress(0.02, "drawing the scene")
    shot = _scene(plan, width, height, seconds)
    finish = Finish(plan, width, height)
    frames = round(seconds * FPS)
    bed: Sound | None = sound.bed(plan, seconds) if arguments["audio"] else None
    part = folder / f".{CLIP}.part"
    last: Planes | None = None
    with Encoder(part, width, height, bed) as encoder:
        for index, planes in enumerate(_pictures(shot, finish, plan.starts_at_s, frames)):
            last = planes
            encoder.write(finish.badged(planes))
            if index % 8 == 0:
                progress(0.1 + 0.88 * index / frames, f"frame {index + 1} of {frames}")
    if last is not None:
        Image.fromarray(clean_rgb(last)).save(folder / f".{LAST_FRAME}.part", format="PNG", compress_level=6)
        (folder / f".{LAST_FRAME}.part").replace(folder / LAST_FRAME)
    part.replace(folder / CLIP)
    return {"clip": CLIP, "last_frame": LAST_FRAME}


def _scene(plan: ShotPlan, width: int, height: int, seconds: float) -> Shot:
    camera = Camera(plan, width, height)
    times = (plan.starts_at_s, plan.starts_at_s + seconds)
    return Stage(camera, scenes.build(Set(plan, camera, times, Streams(plan.seed))))


def _pictures(shot: Shot, finish: Finish, start: float, frames: int) -> Iterator[Planes]:
    for index in range(frames):
        yield finish.graded(shot.frame(start + index / FPS))
