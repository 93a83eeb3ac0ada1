"""``blind_copy``: a clip's pictures and sound in an MP4 that tells nothing of where they come from.

Nothing is encoded again. The copy holds one track of pictures and one of sound; no metadata, dates, names,
chapters, other tracks and boxes (Content Credentials are a ``uuid`` box); and in the tracks themselves no
messages to decoders, where encoders write their name and settings (H.264: ITU-T H.264, table 7-1; HEVC:
ITU-T H.265, table 7-1; AV1: section 6.2.2).
"""

from __future__ import annotations

import secrets
import tempfile
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from workbench.domain.errors import BadMedia
from workbench.media.cache import used
from workbench.media.probe import CODECS, damaged_as, picture_stream, probe, sound_stream
from workbench.media.rebox import TICKS, rebox
from workbench.media.sniff import shown
from workbench.media.unsigned import nameless, unsigned

VERSION = 1  # a copy that is made otherwise gets another name
_one_at_a_time = threading.Lock()  # the disk is shared with the pages

# What draws passes; messages (SEI, metadata), delimiters, filling and what the standards leave open do not.
_DRAWING = {
    "h264": "filter_units=pass_types=1-5|7|8|10",
    "hevc": "filter_units=pass_types=0-34|36|37",
    "av1": "filter_units=pass_types=1|3|4|6|7",
    "vp9": "null",  # has no room for messages
}
_TAGS = {"h264": "avc1", "hevc": "hvc1", "av1": "av01", "vp9": "vp09"}
_HEARD = frozenset({"aac", "mp3", "opus", "flac", "ac3", "eac3"})  # no browser plays another
_MUXING = {
    "fflags": "+bitexact",
    "brand": "isom",
    "video_track_timescale": f"{TICKS}",
    "movie_timescale": f"{TICKS}",
    "empty_hdlr_name": "1",
}


def blind_copy(source: Path, target: Path) -> None:
    """Write the copy of ``source`` into ``target``: the same bytes whenever it is made.

    Raises ``BadMedia``, and ``OSError`` where ``target`` can't be written; no half of it stays.
    """
    facts = probe(source)
    if facts.codec not in CODECS:
        raise BadMedia(
            f"{shown(source.name)} is coded as {facts.codec or 'unknown'}; a clip can be shown blind as "
            f"{', '.join(CODECS.values())}, so export it as one of them."
        )
    with tempfile.TemporaryFile(dir=target.parent) as muxed:
        with damaged_as(_damaged(source)):
            ends_s = _mux(source, muxed)
        try:
            with target.open("wb") as file, damaged_as(_damaged(source)):
                rebox(muxed, file, ends_s)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def kept_blind(path: Path, sha256: str, folder: Path) -> Path:
    """``blind_copy`` of the clip with that hash, made once and kept in ``folder``.

    Raises ``BadMedia``.
    """
    kept = folder / f"{sha256}.v{VERSION}.mp4"
    if kept.is_file():
        used(kept)
        return kept
    with _one_at_a_time:
        if kept.is_file():
            return kept
        if not path.is_file():
            raise BadMedia(f"{path.name} is no longer in the data folder. Put it back from a backup.")
        temporary = folder / f".{secrets.token_hex(8)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            blind_copy(path, temporary)
            temporary.replace(kept)
        except OSError as error:
            raise BadMedia(
                f"{path.name} can't be copied for a blind review: {folder} can't be written to "
                f"({error.strerror or error}). Make room there, or open it for writing."
            ) from error
        finally:
            with suppress(OSError):  # where nothing can be written, nothing can be taken away
                temporary.unlink(missing_ok=True)
    return kept


def _mux(source: Path, muxed: BinaryIO) -> list[Fraction | None]:
    """Where each track of the copy ends, in seconds, if it holds more than it shows."""
    with (
        av.open(str(source), "r", format="mp4", metadata_errors="replace") as container,
        av.open(muxed, "w", format="mp4", options=_MUXING) as target,
    ):
        stream = picture_stream(container)
        assert stream is not None, "probe has found one"
        tracks: dict[int, _Track] = {stream.index: _Pictures(stream, target)}
        heard = sound_stream(container, _HEARD)
        if heard is not None:
            tracks[heard.index] = _Sound(heard, target)
        for packet in container.demux([stream] if heard is None else [stream, heard]):
            if packet.size:  # else the end of a track
                track = tracks[packet.stream.index]
                track.note(packet)
                target.mux(track.bare(packet))
    return [track.end_s() for track in tracks.values()]


class _Track(ABC):
    """A track of the copy, and which of its packets are shown: a clip that was cut short holds others."""

    def __init__(self, stream: VideoStream | AudioStream) -> None:
        self._time_base = stream.time_base or Fraction(1, av.time_base)
        self._first: int | None = None
        self._end = 0
        self._hidden: list[int] = []

    @abstractmethod
    def bare(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """What is to be muxed instead."""

    def note(self, packet: Packet[Any]) -> None:
        if packet.pts is None:
            return
        if packet.is_discard:
            self._hidden.append(packet.pts)
        else:
            self._first = packet.pts if self._first is None else min(self._first, packet.pts)
            self._end = max(self._end, packet.pts + (packet.duration or 0))

    def end_s(self) -> Fraction | None:
        """Raises ``ValueError`` where what is hidden stands between the clip's beginning and its end."""
        if self._first is None or not self._hidden:
            return None
        if any(min(self._first, 0) <= start < self._end for start in self._hidden):
            raise ValueError("several edits")
        return self._end * self._time_base if max(self._hidden) >= self._end else None


class _Pictures(_Track):
    def __init__(self, stream: VideoStream, target: OutputContainer) -> None:
        super().__init__(stream)
        codec = stream.codec_context.codec.canonical_name
        self._out = target.add_stream_from_template(stream, opaque=True)
        self._filter = BitStreamFilterContext(_DRAWING[codec], stream, self._out)
        coded = self._out.codec_context
        coded.codec_tag = _TAGS[codec]
        coded.bit_rate = 0  # counted anew; the source's counts what is left out
        if not coded.sample_aspect_ratio:  # square, said or unsaid
            coded.sample_aspect_ratio = Fraction(1)
        if coded.extradata and codec != "vp9":
            # The filter leaves the head of the track as it is, but spells it as it does a picture.
            head = BitStreamFilterContext(_DRAWING[codec], self._out).filter(Packet(coded.extradata))
            coded.extradata = b"".join(bytes(packet) for packet in head)
        if not coded.extradata and codec != "vp9":
            raise ValueError("a track without a head")

    def bare(self, packet: Packet[Any]) -> list[Packet[Any]]:
        time_base = packet.time_base
        found = self._filter.filter(packet)
        for one in found:
            one.time_base = time_base
            one.stream = self._out
        return found


class _Sound(_Track):
    def __init__(self, stream: AudioStream, target: OutputContainer) -> None:
        super().__init__(stream)
        self._codec = stream.codec_context.codec.canonical_name
        self._out = target.add_stream_from_template(stream, opaque=True)
        coded = self._out.codec_context
        coded.bit_rate = 0
        if coded.extradata:
            coded.extradata = nameless(coded.extradata)

    def bare(self, packet: Packet[Any]) -> list[Packet[Any]]:
        content = bytes(packet)
        if (without := unsigned(content, self._codec)) != content:
            packet.update(without)
        packet.stream = self._out
        return [packet]


def _damaged(path: Path) -> str:
    return (
        f"{shown(path.name)} is damaged, or put together from parts by an edit list, and can't be "
        "copied for a blind review; export it once more as one MP4."
    )
