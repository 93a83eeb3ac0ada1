"""What a clip is: an MP4's size, length, speed and codec, without decoding it."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from workbench.domain.errors import BadMedia
from workbench.media.boxes import MOST_TRACKS, Broken, read_turns
from workbench.media.sniff import HEAD_BYTES, kind, shown

MAX_BYTES = 500 * 1024**2
MAX_DURATION_S = 600.0
MAX_SIDE = 8_192
MIN_SIDE = 64
CODECS = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9"}

_MOST_PIXELS = {"max_pixels": f"{MAX_SIDE * MAX_SIDE}"}
# For the few pictures that opening a file may decode. PyAV's types say something else than it takes.
_BOUNDED: list[Any] = [_MOST_PIXELS] * MOST_TRACKS

_ALLOWED = "allowed is MP4 with H.264, HEVC, AV1 or VP9, up to 500 MB and 10 minutes"


@dataclass(frozen=True, slots=True)
class Probe:
    """``width`` and ``height`` are in pixels as shown: rotation is already applied.

    ``turns`` is how many quarter turns counter-clockwise bring a decoded picture upright. ``frames`` is
    the count in the file's index, or what duration and speed make of it where there is none.
    """

    mime: str
    size_bytes: int
    width: int
    height: int
    duration_s: float
    fps: float
    codec: str
    pix_fmt: str
    has_audio: bool
    frames: int
    turns: int = 0


def probe(source: Path | bytes, name: str = "") -> Probe:
    """Read the facts of an MP4. Raises ``BadMedia`` when it is none, is cut short or shows nothing.

    Any codec may stand here; ``read_clip`` says which a person may give.
    """
    label = shown(name or (source.name if isinstance(source, Path) else ""))
    with _reading(label), _file(source) as (file, size):
        found = kind(file.read(HEAD_BYTES))
        if found != "MP4":
            what = f"is {found or 'of unknown type'}, not an MP4 clip" if size else "is empty (0 bytes)"
            raise BadMedia(f"{label} {what}; {_ALLOWED}, so export it as that.")
        turns = read_turns(file, size)
        file.seek(0)
        with av.open(
            file, "r", format="mp4", metadata_errors="replace", stream_options=_BOUNDED
        ) as container:
            stream = picture_stream(container)
            if stream is None:
                raise BadMedia(
                    f"{label} holds no moving picture that can be read; {_ALLOWED}, so export it as that."
                )
            return _facts(container, stream, size, turns.get(stream.id, 0))


def read_clip(source: Path | bytes, name: str) -> Probe:
    """Check a clip that a person gives, its first picture included. Raises ``BadMedia``."""
    label = shown(name)
    with _reading(label), _file(source) as (_, size):
        if size > MAX_BYTES:
            raise BadMedia(
                f"{label} has {size / 1024**2:,.0f} MB; {_ALLOWED}, so shorten it or export it smaller."
            )
    facts = probe(source, name)
    if facts.codec not in CODECS:
        raise BadMedia(f"{label} is coded as {facts.codec or 'unknown'}; {_ALLOWED}, so export it as that.")
    # What a file says of its length, and what its pictures come to, need not be the same.
    longest_s = max(facts.duration_s, facts.frames / facts.fps if facts.fps else 0)
    if longest_s > MAX_DURATION_S:
        raise BadMedia(f"{label} lasts {longest_s / 60:.1f} minutes; {_ALLOWED}, so cut out a part.")
    if max(facts.width, facts.height) > MAX_SIDE or min(facts.width, facts.height) < MIN_SIDE:
        raise BadMedia(
            f"{label} is {facts.width:,} × {facts.height:,} pixels; allowed are {MIN_SIDE} to {MAX_SIDE:,} "
            "on a side, so export it at another size."
        )
    with _reading(label), _file(source) as (file, _), _opened(file) as container:
        stream = picture_stream(container)
        if stream is None or next(container.decode(stream), None) is None:
            raise BadMedia(f"{label} holds no picture that can be decoded; export it once more as MP4.")
    return facts


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The first track of pictures that there is a decoder for; a cover picture is none.

    It will decode nothing larger than a clip may be, whatever the pictures turn out to be.
    """
    for stream in container.streams.video:
        # PyAV leaves the context out where the codec is unknown, which its types do not say.
        coded: VideoCodecContext | None = stream.codec_context
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        if coded is not None and coded.width > 0 and coded.height > 0 and not is_cover:
            coded.options = {**coded.options, **_MOST_PIXELS}
            return stream
    return None


def sound_stream(container: InputContainer, codecs: Collection[str] = ()) -> AudioStream | None:
    """The first track of sound that there is a decoder for; of ``codecs`` alone where some are named."""
    for stream in container.streams.audio:
        coded: AudioCodecContext | None = stream.codec_context  # as for pictures
        if coded is not None and (not codecs or coded.codec.canonical_name in codecs):
            return stream
    return None


@contextmanager
def damaged_as(sentence: str) -> Iterator[None]:
    """What a damaged file makes PyAV raise is ``BadMedia`` with ``sentence``; a full disk stays one."""
    try:
        yield
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise BadMedia(sentence) from error


def _opened(file: BinaryIO) -> InputContainer:
    return av.open(file, "r", format="mp4", metadata_errors="replace", stream_options=_BOUNDED)


def _facts(container: InputContainer, stream: VideoStream, size: int, turns: int) -> Probe:
    coded = stream.codec_context
    width, height = coded.width, coded.height
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    if stream.duration and stream.time_base:
        duration_s = float(stream.duration * stream.time_base)
    else:
        duration_s = (container.duration or 0) / av.time_base
    return Probe(
        mime="video/mp4",
        size_bytes=size,
        width=height if turns % 2 else width,
        height=width if turns % 2 else height,
        duration_s=duration_s,
        fps=fps,
        codec=coded.codec.canonical_name,
        pix_fmt=coded.pix_fmt or "",
        has_audio=bool(container.streams.audio),
        frames=stream.frames or round(duration_s * fps),
        turns=turns,
    )


@contextmanager
def _file(source: Path | bytes) -> Iterator[tuple[BinaryIO, int]]:
    """The source as a file, and its size in bytes."""
    if isinstance(source, Path):
        if not source.is_file():
            raise FileNotFoundError(source)
        with source.open("rb") as file:
            yield file, source.stat().st_size
    else:
        with io.BytesIO(source) as memory:
            yield memory, len(source)


@contextmanager
def _reading(label: str) -> Iterator[None]:
    """Turn what a damaged file provokes into a sentence."""
    try:
        yield
    except Broken as error:
        raise BadMedia(f"{label} {error}; save or download it once more.") from error
    except (FileNotFoundError, PermissionError) as error:
        raise BadMedia(f"{label} can't be read; give the path of an MP4 that you may open.") from error
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise BadMedia(f"{label} is damaged and can't be opened; export it once more as MP4.") from error
