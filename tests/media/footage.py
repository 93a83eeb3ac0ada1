"""Real clips for the tests of the media layer, encoded on the spot."""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from workbench.media.fit import Pixels

Painter = Callable[[int], tuple[int, int, int]]


def grey_ramp(number: int) -> tuple[int, int, int]:
    """Tells the pictures of a clip apart: each is 4 levels lighter than the one before."""
    level = 40 + 4 * number % 200
    return level, level, level


def write_clip_apart(path: Path, **arguments: object) -> Path:
    """``write_clip`` in a process of its own.

    SVT-AV1 makes the process that it runs in a real-time one (SCHED_FIFO 99) where that is allowed, as it
    is to root; the browsers that later tests start would inherit it, and stop the machine.
    """
    code = "import pickle, sys; from tests.media import footage; a = pickle.load(sys.stdin.buffer)"
    code += "; footage.write_clip(**a)"
    given = pickle.dumps({"path": path, **arguments})
    subprocess.run([sys.executable, "-c", code], input=given, check=True, timeout=60)
    return path


def write_clip(
    path: Path,
    *,
    width: int = 320,
    height: int = 180,
    frames: int = 24,
    fps: int = 24,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sound: bool = False,
    paint: Callable[[int], Pixels] | Painter = grey_ramp,
    gop: int = 250,
    options: dict[str, str] | None = None,
    movflags: str = "",
) -> Path:
    """One MP4. ``paint`` gives each picture, or the one colour that fills it."""
    with av.open(str(path), "w", format="mp4", options={"movflags": movflags} if movflags else {}) as target:
        video = target.add_stream(codec, rate=fps, options={"g": str(gop), **(options or {})})
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        audio = target.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for number in range(frames):
            painted = np.asarray(paint(number), np.uint8)
            picture = np.ascontiguousarray(np.broadcast_to(painted, (height, width, 3)))
            target.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(video.encode())
        if audio is not None:
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, 48_000 * frames // fps), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate, silence.pts = 48_000, 0
            target.mux(audio.encode(silence))
            target.mux(audio.encode())
    return path


def write_sound(path: Path) -> Path:
    """An MP4 without any picture."""
    with av.open(str(path), "w", format="mp4") as target:
        audio = target.add_stream("aac", rate=48_000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 48_000
        target.mux(audio.encode(silence))
        target.mux(audio.encode())
    return path


def turn_clockwise(path: Path, quarters: int) -> Path:
    """Write a display matrix into the file, as a phone that was held sideways does."""
    a, b = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}[quarters % 4]
    matrix = struct.pack(">9i", a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    at += 52 if data[at] == 1 else 40
    data[at : at + 36] = matrix
    path.write_bytes(data)
    return path
