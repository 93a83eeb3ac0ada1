"""One pass over a clip's pictures, in order, within limits; whatever the file claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from workbench.domain.errors import BadMedia
from workbench.media.fit import Pixels
from workbench.media.probe import MAX_SIDE, Probe, picture_stream, probe
from workbench.media.sniff import shown

MOST_S = 60.0
MOST_PIXELS = 3_000_000_000  # decoded: a minute of 1080p, some ten seconds of work on two cores
_WORTH_THREADS_PIXELS = 100_000  # smaller pictures are decoded before threads have started


def opened(path: Path) -> Probe:
    """The clip's facts, where it may be walked over. Raises ``BadMedia``."""
    facts = probe(path)
    if max(facts.width, facts.height) > MAX_SIDE:
        raise BadMedia(
            f"{shown(path.name)} is {facts.width:,} × {facts.height:,} pixels; a clip of up to "
            f"{MAX_SIDE:,} on a side can be looked at, so export it smaller."
        )
    return facts


class Shrink:
    """Decoded pictures as upright RGB with ``longest`` pixels on the long side; smaller ones as they are.

    One for a whole clip: setting a scaler up costs several times what one picture does.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Pixels:
        scale = min(1.0, self._longest / max(frame.width, frame.height))
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        small = self._scaler.reformat(frame, width, height, format="rgb24", interpolation="AREA")
        turns = round(frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns), dtype=np.uint8)


def walk(path: Path) -> Iterator[tuple[float, VideoFrame]]:
    """Every picture with its time in seconds since the start; times always grow.

    Ends after ``MOST_S`` seconds or ``MOST_PIXELS``, or where the rest can't be decoded. Raises
    ``BadMedia`` when there is no picture at all.
    """
    last, pixels = -1.0, 0
    try:
        with av.open(str(path), "r", format="mp4", metadata_errors="replace") as container:
            stream = picture_stream(container)
            for frame in _decoded(container, stream) if stream is not None else ():
                time_s = _time_s(frame, stream)
                if time_s <= last:
                    time_s = last + _step_s(stream)
                pixels += frame.width * frame.height
                if last >= 0 and (time_s >= MOST_S or pixels > MOST_PIXELS):
                    return
                last = time_s
                yield time_s, frame
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        if last < 0:
            raise _undecodable(path) from error
    if last < 0:
        raise _undecodable(path)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    if stream.width * stream.height >= _WORTH_THREADS_PIXELS:
        stream.thread_type = "AUTO"
    yield from container.decode(stream)


def _time_s(frame: VideoFrame, stream: VideoStream | None) -> float:
    start = (stream.start_time or 0) * (stream.time_base or 0) if stream else 0
    return max(0.0, (frame.time or 0.0) - float(start))


def _step_s(stream: VideoStream | None) -> float:
    rate = float(stream.average_rate or stream.guessed_rate or 0) if stream else 0.0
    return 1 / rate if rate > 0 else 0.04


def _undecodable(path: Path) -> BadMedia:
    return BadMedia(
        f"{shown(path.name)} holds no picture that can be decoded; "
        "check that it plays, or fetch it once more."
    )
