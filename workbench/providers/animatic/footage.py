"""A clip that is extended: its pictures at our size and rate, its sound at ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.error import FFmpegError

from workbench.providers.animatic.encode import FPS, SAMPLE_RATE, Sound
from workbench.providers.animatic.grade import Planes
from workbench.providers.animatic.plates import Photo, fit


class Footage:
    """The clip in ``path``. ``frames`` is its length in pictures of ours; raises ``ValueError`` when
    it can't be opened or holds no picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                length = (
                    float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
                )
                if not length and container.duration:
                    length = container.duration / 1_000_000
        except (FFmpegError, IndexError) as error:
            raise ValueError(
                f"The clip to extend can't be read ({error}); give an MP4 that plays."
            ) from error
        self.frames = max(1, round(length * FPS))

    def pictures(self, width: int, height: int) -> Iterator[Planes]:
        """Every picture of ours in turn, as I420."""
        made, held = 0, None
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            begin: float | None = None
            for frame in container.decode(stream):
                begin = frame.time if begin is None else begin
                due = round(((frame.time or 0.0) - (begin or 0.0)) * FPS)
                while held is not None and made < min(due, self.frames):
                    yield held
                    made += 1
                held = _planes(frame, width, height)
        if held is None:
            raise ValueError("The clip to extend holds no picture; give an MP4 that plays.")
        for _ in range(made, self.frames):
            yield held

    def sound(self) -> Sound:
        """Stereo at 48 kHz, exactly as long as the pictures; silence where it has none."""
        parts: list[Sound] = []
        with av.open(str(self.path)) as container:
            if container.streams.audio:
                resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
                for frame in container.decode(container.streams.audio[0]):
                    parts += [cast(Sound, part.to_ndarray().T) for part in resampler.resample(frame)]
                parts += [cast(Sound, part.to_ndarray().T) for part in resampler.resample(None)]
        out = np.zeros((self.frames * SAMPLE_RATE // FPS, 2), np.float32)
        heard = np.concatenate(parts) if parts else out[:0]
        count = min(len(out), len(heard))
        out[:count] = heard[:count]
        return out


def _planes(frame: av.VideoFrame, width: int, height: int) -> Planes:
    if (frame.width, frame.height) == (width, height) and frame.format.name == "yuv420p":
        return cast(Planes, frame.to_ndarray())
    picture = fit(cast(Photo, frame.to_ndarray(format="rgb24")), width, height)
    return cast(Planes, cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420))
