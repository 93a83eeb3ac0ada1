"""Frames and sound → MP4: H.264 and AAC through PyAV, the same bytes for the same pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from workbench.providers.animatic.grade import Planes

FPS = 24
SAMPLE_RATE = 48_000
Sound = npt.NDArray[np.float32]  # (samples, 2), −1 to 1

# One thread for encoder and look-ahead: with more, five encodes gave five different files.
_X264 = f"threads=1:lookahead-threads=1:keyint={FPS}:min-keyint={FPS}:scenecut=0:aq-mode=3:psy-rd=1.0,0.1"
_BT709, _BT601, _LIMITED = 1, 6, 1


class Encoder:
    """Writes one MP4. Use as a context manager; ``write`` takes I420 frames in order.

    ``sound`` is interleaved a second at a time, so that players start at once.
    """

    def __init__(self, path: Path, width: int, height: int, sound: Sound | None) -> None:
        self.sound = sound
        self.frames = 0
        self._samples = 0
        self._container = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
        self._video: Any = self._container.add_stream("libx264", rate=FPS)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        self._video.options = {
            "preset": "veryfast",
            "crf": "21",
            "x264-params": _X264,
            "flags": "+bitexact",
        }
        context = self._video.codec_context
        context.thread_count = 1
        context.color_primaries, context.color_trc = _BT709, _BT709
        context.colorspace, context.color_range = _BT601, _LIMITED
        self._audio: Any = None
        if sound is not None:
            self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
            self._audio.bit_rate = 128_000
            self._audio.options = {"flags": "+bitexact"}

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._video.encode())
            if self._audio is not None:
                self._write_sound(len(self.sound) if self.sound is not None else 0)
                self._container.mux(self._audio.encode())
        self._container.close()

    def write(self, planes: Planes) -> None:
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self.frames, Fraction(1, FPS)
        self._container.mux(self._video.encode(frame))
        self.frames += 1
        if self.frames % FPS == 0:
            self._write_sound(self.frames * SAMPLE_RATE // FPS)

    def _write_sound(self, until: int) -> None:
        if self._audio is None or self.sound is None:
            return
        end = min(until, len(self.sound))
        while self._samples < end:
            upto = min(end, self._samples + 1024)
            part = np.ascontiguousarray(self.sound[self._samples : upto].T)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = SAMPLE_RATE, self._samples
            frame.time_base = Fraction(1, SAMPLE_RATE)
            self._container.mux(self._audio.encode(frame))
            self._samples = upto
