"""Clips with sound that is known, and with pictures at times that are known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from workbench.media.fit import Pixels

Sound = NDArray[np.float32]  # channels × samples
TIME_BASE = Fraction(1, 12_800)


def tone(hertz: float, level_db: float, seconds: float, rate: int = 48_000, channels: int = 2) -> Sound:
    """A sine with its peak at ``level_db`` dBFS."""
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def sounding(
    path: Path,
    sound: Sound,
    rate: int = 48_000,
    layout: str = "stereo",
    pictures: Sequence[Pixels] = (),
    times: Sequence[float] | None = None,
    codec: str = "aac",
) -> Path:
    """An MP4 of these pictures at these times (24 a second), or grey ones as long as the sound."""
    count = round(24 * sound.shape[1] / rate) if sound.size else 24
    pictures = pictures or [np.full((64, 96, 3), 90, np.uint8)] * count
    times = times if times is not None else [i / 24 for i in range(len(pictures))]
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w", format="mp4") as target:
        video = target.add_stream("libx264", rate=24, options={"preset": "ultrafast", "crf": "18"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.time_base = video.codec_context.time_base = TIME_BASE
        audio = target.add_stream(codec, rate=rate, layout=layout) if sound.size else None
        for picture, time_s in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time_s / TIME_BASE), TIME_BASE
            target.mux(video.encode(frame))
        target.mux(video.encode())
        if audio is not None:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, 0
            target.mux(audio.encode(frame))
            target.mux(audio.encode())
    return path
