"""A clip with something in it: soft shapes that move, under a little grain."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def clip_like(path: Path, *, seconds: int, height: int, fps: int = 24) -> Path:
    """H.264 as video models deliver it: 16:9, no sound, a keyframe every ten seconds."""
    width = 2 * round(height * 8 / 9)
    grain = np.random.default_rng(7).integers(-6, 7, (height, width, 3), np.int16)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) / height
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as target:
        stream = target.add_stream("libx264", rate=fps, options={"g": str(10 * fps), "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * fps):
            t = number / fps
            planes = [np.sin(6 * columns + t) * np.cos(5 * rows - k * t) for k in (1.0, 1.5, 2.0)]
            picture = 128 + 90 * np.stack(planes, axis=2) + np.roll(grain, 7 * number, axis=1)
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path
