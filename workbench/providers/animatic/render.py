"""A shot plan and its media → ``clip.mp4`` and ``last_frame.png``. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from PIL import Image

from workbench.domain.media import Role
from workbench.media.worker import Progress
from workbench.providers.animatic import scenes, sound, weather
from workbench.providers.animatic.camera import Camera
from workbench.providers.animatic.daylight import daylight
from workbench.providers.animatic.encode import FPS, Encoder, Sound
from workbench.providers.animatic.footage import Footage
from workbench.providers.animatic.grade import Finish, Planes, clean_rgb
from workbench.providers.animatic.morph import Morph
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.plates import Photo, Plate, Reel, photo
from workbench.providers.animatic.raster import Picture, Streams
from workbench.providers.animatic.stage import Set, Stage

CLIP, LAST_FRAME = "clip.mp4", "last_frame.png"
_PROGRESS_EVERY = 8


class Shot(Protocol):
    """Anything that has a picture for every time."""

    def frame(self, t: float) -> Picture: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What ``jobs.arguments`` wrote."""

    plan: ShotPlan
    width: int
    height: int
    seconds: float
    audio: bool
    media: Mapping[str, tuple[Path, ...]]
    clean_last_frame: Path | None
    continues: bool
    badged: bool

    def paths(self, role: Role) -> tuple[Path, ...]:
        return self.media.get(role.value, ())


def render_job(folder: Path, progress: Progress, arguments: Mapping[str, Any]) -> dict[str, object]:
    """Render into ``folder``; returns the names of the two files."""
    cv2.setNumThreads(1)
    job = _job(arguments)
    progress(0.02, "drawing the scene")
    source = next((Footage(path) for path in job.paths(Role.SOURCE_CLIP)), None)
    frames = round(job.seconds * FPS)
    total = frames + (source.frames if source else 0)
    last: Planes | None = None
    with _part(folder / CLIP) as part, Encoder(part, job.width, job.height, _sound(job, source)) as encoder:
        finish = Finish(job.plan, job.width, job.height, is_photo=not _draws_scene(job))

        def tell() -> None:
            if encoder.frames % _PROGRESS_EVERY == 0:
                progress(0.08 + 0.9 * encoder.frames / total, f"frame {encoder.frames + 1} of {total}")

        if source:
            for last in source.pictures(job.width, job.height):
                tell()
                encoder.write(last if job.badged else finish.badged(last))
        shot, start = _shot(job, last)
        for done in range(frames):
            tell()
            last = finish.graded(shot.frame(start + done / FPS))
            encoder.write(finish.badged(last))
    if last is not None:
        with _part(folder / LAST_FRAME) as part:
            Image.fromarray(clean_rgb(last)).save(part, format="PNG", compress_level=6)
    return {"clip": CLIP, "last_frame": LAST_FRAME}


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A file that gets its name once it is whole; half a clip must not fill the disk up."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _job(arguments: Mapping[str, Any]) -> Job:
    still = arguments.get("clean_last_frame")
    return Job(
        plan=ShotPlan.from_json(arguments["plan"]),
        width=int(arguments["width"]),
        height=int(arguments["height"]),
        seconds=float(arguments["duration_s"]),
        audio=bool(arguments["audio"]),
        media={role: tuple(Path(p) for p in paths) for role, paths in arguments["media"].items()},
        clean_last_frame=Path(still) if still else None,
        continues=bool(arguments["continues"]),
        badged=bool(arguments["badged"]),
    )


def _draws_scene(job: Job) -> bool:
    return job.continues or not any(job.media.values())


def _shot(job: Job, last: Planes | None) -> tuple[Shot, float]:
    """What is seen in the new part, and where on the shot's clock it begins."""
    plan, seconds = job.plan, job.seconds
    camera = Camera(plan, job.width, job.height)
    start = plan.starts_at_s
    stage = Set(plan, camera, (start, start + seconds), Streams(plan.seed))
    if _draws_scene(job):
        return Stage(camera, scenes.build(stage)), start
    falling = weather.falling(stage, daylight(plan))
    first, final = job.paths(Role.FIRST_FRAME), job.paths(Role.LAST_FRAME)
    if first and final:
        return Morph(photo(first[0]), photo(final[0]), job.width, job.height, 0.0, seconds), 0.0
    if first:
        return Plate(photo(first[0]), camera, 0.0, seconds, True, falling), 0.0
    if last is not None:  # from the clean last frame of the clip that is extended
        gentle = Camera(replace(plan, amount=plan.amount * 0.6), job.width, job.height)
        return Plate(_clean_last(job, last), gentle, 0.0, seconds, True, falling), 0.0
    pictures = job.paths(Role.REFERENCE)
    plates = [Plate(photo(p), camera, 0.0, seconds, False, falling) for p in pictures]
    return Reel(plates, 0.0, seconds), 0.0


def _clean_last(job: Job, last: Planes) -> Photo:
    if job.clean_last_frame is not None and job.clean_last_frame.exists():
        return photo(job.clean_last_frame)
    return clean_rgb(last)


def _sound(job: Job, source: Footage | None) -> Sound | None:
    if not job.audio:
        return None
    bed = sound.bed(job.plan, job.seconds)
    return np.concatenate([source.sound(), bed]) if source else bed
