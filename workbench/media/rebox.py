"""An MP4 laid out anew: ``ftyp``, ``moov``, ``mdat``, and of the index what plays and nothing else.

What a muxer writes depends a little on what it was given; here every clip comes out in one shape
(ISO/IEC 14496-12, 4.2, 8.1 to 8.7).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import BinaryIO

_FTYP = struct.pack(">I4s4sI4s4s4s4s", 32, b"ftyp", b"isom", 512, b"isom", b"iso2", b"avc1", b"mp41")
_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_PLAY = _PARENTS | {
    *(b"mvhd", b"tkhd", b"edts", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"dinf"),
    *(b"stsd", b"stts", b"stss", b"ctts", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp"),
}
_STEP = 1024**2
TICKS = 120_000  # a second: whole ones for 24, 25, 30, 50, 60 pictures and their 1000/1001


def rebox(source: BinaryIO, target: BinaryIO, ends_s: Sequence[Fraction | None] = ()) -> None:
    """Write the MP4 in ``source`` into ``target``, index first.

    ``ends_s`` says where each track shall end that holds more than it shows. ``source`` comes from our own
    muxer: one ``moov`` in ``TICKS``, one ``mdat``, no fragments. Raises ``ValueError`` when it does not.
    """
    tops = {name: (at, start, length) for name, at, start, length in _tops(source)}
    if not {b"moov", b"mdat"} <= tops.keys():
        raise ValueError("no index, or nothing that it speaks of")
    at, start, length = tops[b"moov"]
    source.seek(at + start)
    index = _ended(source.read(length - start), ends_s)
    data_at, data_start, data_length = tops[b"mdat"]
    moved = len(_FTYP) + len(_moov(index, 0)) - data_at  # the index is as long whatever it points to
    target.write(_FTYP + _moov(index, moved))
    source.seek(data_at)
    target.write(source.read(data_start))
    for left in range(data_length - data_start, 0, -_STEP):
        target.write(source.read(min(_STEP, left)))


def _tops(source: BinaryIO) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, place, length of the header, length of the whole of each outer box."""
    size = source.seek(0, 2)
    at = 0
    while at + 8 <= size:
        source.seek(at)
        length, name, wide = struct.unpack(">I4sQ", source.read(16).ljust(16, b"\0"))
        start, length = (16, wide) if length == 1 else (8, length)
        if not start <= length <= size - at:
            raise ValueError("a box that is cut short")
        yield name, at, start, length
        at += length


def _moov(body: bytes, moved: int) -> bytes:
    return _box(b"moov", _kept(body, moved))


def _kept(body: bytes, moved: int) -> bytes:
    """The boxes that play; ``moved`` is how many bytes further on the pictures and sounds stand."""
    out = []
    for name, inner in _boxes(body):
        if name in _PARENTS:
            inner = _kept(inner, moved)
        elif name in _OFFSETS:
            inner = _shifted(inner, _OFFSETS[name], moved)
        if name in _PLAY:
            out.append(_box(name, inner))
    return b"".join(out)


def _ended(index: bytes, ends_s: Sequence[Fraction | None]) -> bytes:
    """The index with tracks that end there."""
    if not any(ends_s):
        return index
    ends = iter(ends_s)
    tracks = [
        _track_ended(inner, next(ends, None)) if name == b"trak" else (name, inner)
        for name, inner in _boxes(index)
    ]
    longest = max(_number(_inside(inner, b"tkhd"), 20) for name, inner in tracks if name == b"trak")
    return b"".join(
        _box(name, _with(inner, 16, longest) if name == b"mvhd" else inner) for name, inner in tracks
    )


def _track_ended(track: bytes, end_s: Fraction | None) -> tuple[bytes, bytes]:
    if end_s is None:
        return b"trak", track
    end = int(end_s * TICKS)  # a tick too far could show one more picture
    out = []
    for name, inner in _boxes(track):
        if name == b"tkhd":
            inner = _with(inner, 20, end)
        elif name == b"edts":
            ((_, edits),) = _boxes(inner)
            last = len(edits) - 12  # of one or two: the first may be empty, until the track begins
            before = _number(edits, 8) if last > 8 else 0
            inner = _box(b"elst", _with(edits, last, end - before))
        out.append(_box(name, inner))
    return b"trak", b"".join(out)


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(body):
        length, name = struct.unpack_from(">I4s", body, at)
        if not 8 <= length <= len(body) - at:
            raise ValueError("a box that is cut short")
        yield name, body[at + 8 : at + length]
        at += length


def _inside(body: bytes, wanted: bytes) -> bytes:
    return next(inner for name, inner in _boxes(body) if name == wanted)


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4])


def _with(body: bytes, at: int, number: int) -> bytes:
    return body[:at] + struct.pack(">I", number) + body[at + 4 :]


_OFFSETS = {b"stco": "I", b"co64": "Q"}


def _shifted(body: bytes, kind: str, moved: int) -> bytes:
    (count,) = struct.unpack_from(">I", body, 4)
    offsets = struct.unpack_from(f">{count}{kind}", body, 8)
    return body[:8] + struct.pack(f">{count}{kind}", *(offset + moved for offset in offsets))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body
