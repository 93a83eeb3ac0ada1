"""Still pictures and small previews of a clip. One sequential decode each, never a process."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from workbench.domain.errors import BadMedia
from workbench.media.probe import picture_stream
from workbench.media.sniff import shown

if TYPE_CHECKING:
    from workbench.media.fit import Pixels  # which would import OpenCV for a name

_DARK = 16.0  # mean lightness (of 255) below which a poster shows nothing
_DARK_START_S = 2.0  # how far a poster looks past a fade from black
_PREVIEW_S = 20.0
_PREVIEW_FPS = 15
_PREVIEW_TIME_BASE = Fraction(1, 90_000)
_WORTH_THREADS_PIXELS = 100_000  # to start them takes longer than to decode a second of a smaller clip
_TIME_TOLERANCE_S = 0.001  # times are rounded to the file's time base


def poster(path: Path, width: int = 768) -> bytes:
    """JPEG of the first picture, ``width`` pixels wide (no wider than the clip).

    A clip that starts in the dark gets its first lit picture within two seconds, else the lightest.
    Raises ``BadMedia``.
    """
    with _pictures(path) as (_, stream, frames):
        chosen, light = None, -1.0
        for frame in frames:
            found = _light(frame)
            if found > light:
                chosen, light = frame, found
            if light >= _DARK or _time_s(frame, stream) >= _DARK_START_S:
                break
        if chosen is None:
            raise _undecodable(path)
        return _file_of(upright(chosen, width), "JPEG", quality=85)


def last_frame(path: Path) -> bytes:
    """PNG of the last picture at full size. Raises ``BadMedia``."""
    with _pictures(path) as (container, stream, _):
        if stream.width * stream.height >= _WORTH_THREADS_PIXELS:
            stream.thread_type = "AUTO"
        frame = _last(container, stream)
        if frame is None:
            raise _undecodable(path)
        return _file_of(upright(frame), "PNG", compress_level=3)


def frame_at(path: Path, time_s: float) -> Pixels:
    """The picture that shows ``time_s`` seconds after the start; outside the clip, the nearest one.

    RGB, height × width × 3, uint8. Raises ``BadMedia``.
    """
    with _pictures(path) as (container, stream, frames):
        if time_s > 0 and stream.time_base:
            with _telling(path):
                container.seek((stream.start_time or 0) + int(time_s / stream.time_base), stream=stream)
        showing = None
        for frame in frames:
            if showing is not None and _time_s(frame, stream) > time_s + _TIME_TOLERANCE_S:
                break
            showing = frame
        if showing is None:
            raise _undecodable(path)
        return upright(showing)


def frames_at(path: Path, times_s: Sequence[float], width: int) -> list[Pixels]:
    """As ``frame_at`` for many rising times, in one decode, at most ``width`` pixels wide."""
    with _pictures(path) as (_, stream, frames):
        found: list[Pixels] = []
        showing = None
        for frame in frames:
            time_s = _time_s(frame, stream)
            while showing and len(found) < len(times_s) and time_s > times_s[len(found)] + _TIME_TOLERANCE_S:
                found.append(upright(showing, width))
            if len(found) == len(times_s):
                return found
            showing = frame
        if showing is None:
            raise _undecodable(path)
        return found + [upright(showing, width)] * (len(times_s) - len(found))


def preview(path: Path, width: int = 320, max_bytes: int = 400_000) -> bytes:
    """A small silent H.264 MP4 of the first 20 seconds, to be shown inside a notebook.

    At most 15 pictures a second; the bit rate is capped so that ``max_bytes`` holds. Raises ``BadMedia``.
    """
    with _pictures(path) as (_, stream, frames), io.BytesIO() as memory:
        target: OutputContainer | None = None
        for frame, time_s in _thinned(frames, stream):
            small = av.VideoFrame.from_ndarray(upright(frame, width, even=True), format="rgb24")
            if target is None:
                target, out = _preview_target(memory, small, _length_s(stream), max_bytes)
            small.time_base = _PREVIEW_TIME_BASE
            small.pts = round(time_s / _PREVIEW_TIME_BASE)
            target.mux(out.encode(small))
        if target is None:
            raise _undecodable(path)
        target.mux(out.encode())
        target.close()
        return memory.getvalue()


def upright(frame: VideoFrame, width: int | None = None, even: bool = False) -> Pixels:
    """A decoded picture as RGB, turned as the clip says, scaled down to ``width`` where it is wider.

    ``even`` makes both sides even, as 4:2:0 video needs them.
    """
    turns = round(frame.rotation / 90) % 4
    shown_size = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
    scale = min(1.0, width / shown_size[0]) if width else 1.0
    step = 2 if even else 1
    across, down = (max(step, round(side * scale / step) * step) for side in shown_size)
    coded = (down, across) if turns % 2 else (across, down)
    pixels = frame.reformat(*coded, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, turns), dtype=np.uint8)


@contextmanager
def _pictures(path: Path) -> Iterator[tuple[InputContainer, VideoStream, Iterator[VideoFrame]]]:
    """The clip's container, its first track of pictures, and the pictures in the order they show."""
    with _telling(path):
        container = av.open(str(path), "r", format="mp4", metadata_errors="replace")
    with container:
        stream = picture_stream(container)
        if stream is None:
            raise _undecodable(path)
        yield container, stream, _decoded(container, stream, path)


def _decoded(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    with _telling(path):
        yield from container.decode(stream)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Turn what a damaged file provokes into a sentence."""
    try:
        yield
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise _undecodable(path) from error


def _undecodable(path: Path) -> BadMedia:
    return BadMedia(
        f"{shown(path.name)} holds no picture that can be decoded; "
        "check that it plays, or fetch it once more."
    )


def _last(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """The last picture that can be decoded: from the last keyframe on, or from the start if that fails."""
    for offset in ((stream.start_time or 0) + (stream.duration or 0), 0):
        frame = None
        with suppress(av.FFmpegError):
            container.seek(offset, stream=stream)
            for frame in container.decode(stream):  # noqa: B007 only the last one is wanted
                pass
        if frame is not None:
            return frame
    return None


def _light(frame: VideoFrame) -> float:
    """Mean lightness, 0 to 255, of a thumbnail."""
    return float(frame.reformat(32, 18, format="gray", interpolation="AREA").to_ndarray().mean())


def _time_s(frame: VideoFrame, stream: VideoStream) -> float:
    """Seconds since the clip's start."""
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    return (frame.time or 0.0) - start


def _length_s(stream: VideoStream) -> float:
    """How long the preview will be."""
    return min(_PREVIEW_S, float((stream.duration or 0) * (stream.time_base or 0)) or _PREVIEW_S)


def _thinned(frames: Iterator[VideoFrame], stream: VideoStream) -> Iterator[tuple[VideoFrame, float]]:
    """Frames with their times, no more than a preview takes."""
    due = 0.0
    for frame in frames:
        time_s = _time_s(frame, stream)
        if time_s >= _PREVIEW_S:
            return
        if time_s >= due - _TIME_TOLERANCE_S:
            due = max(due + 1 / _PREVIEW_FPS, time_s)
            yield frame, time_s


def _preview_target(
    memory: io.BytesIO, first: VideoFrame, length_s: float, max_bytes: int
) -> tuple[OutputContainer, VideoStream]:
    rate = int(max_bytes * 8 * 0.9 / (length_s + 1))  # the buffer below may hold one second more
    target = av.open(memory, "w", format="mp4")
    options = {"preset": "veryfast", "crf": "27", "maxrate": str(rate), "bufsize": str(rate)}
    out = target.add_stream("libx264", rate=_PREVIEW_FPS, options=options)
    out.width, out.height, out.pix_fmt = first.width, first.height, "yuv420p"
    out.codec_context.time_base = _PREVIEW_TIME_BASE
    return target, out


def _file_of(pixels: Pixels, kind: str, **options: int) -> bytes:
    with io.BytesIO() as handle:
        Image.fromarray(pixels).save(handle, kind, **options)
        return handle.getvalue()
