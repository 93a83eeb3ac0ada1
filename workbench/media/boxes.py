"""The outer structure of an MP4: is it whole, and which way up is it shown (ISO/IEC 14496-12, 4.2, 8.3).

A few bytes of an index can claim any number of samples, and a demuxer makes room for each before it looks
for them. So whatever it would take for an index is read here first, and what is claimed there is counted –
by name, wherever it stands, because a demuxer finds its boxes in places where no standard has them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from immutabledict import immutabledict

MOST_TRACKS = 32  # action cameras write about eight
MOST_SAMPLES = 4_000_000  # ten minutes have 150,000 pictures; uncompressed sound has 48,000 a second
_MOST_BOXES = 200_000  # ten minutes in fragments of one picture each stay below
_MOST_CHILDREN = 2_000
_MOST_INDEX_BYTES = 32 * 1024**2
_MOST_OTHERS_BYTES = 64 * 1024**2  # fragments' indexes and the like, all together
_CONTENT = frozenset({b"mdat", b"free", b"skip", b"uuid"})  # what no index stands in
_INDEX_IN_DISGUISE = frozenset({b"mvhd", b"cmov"})  # a demuxer takes a free box that begins so for a moov
_CLAIMS = re.compile(rb"stsz....(?P<constant>....)(?P<sizes>....)|trun....(?P<run>....)", re.DOTALL)


class Broken(ValueError):
    """The boxes do not add up; the message finishes the sentence “the file …”."""


def read_turns(file: BinaryIO, size: int) -> Mapping[int, int]:
    """Track number → quarter turns counter-clockwise (0 to 3) that bring its pictures upright.

    ``size`` is the whole file's, in bytes. Raises ``Broken`` when a top-level box is missing or cut short, or
    claims more than any clip has.
    """
    moov: bytes | None = None
    at = samples = others_bytes = 0
    for _ in range(_MOST_BOXES):
        if at >= size:
            break
        file.seek(at)
        head = file.read(24)
        name, start, length = _header(head[:16], at, size)
        if at + length > size:
            raise Broken("is cut short")
        if name == b"free" and head[start + 4 : start + 8] in _INDEX_IN_DISGUISE:
            raise Broken("hides its index")
        if name not in _CONTENT:
            others_bytes += length if name != b"moov" else 0
            if (name == b"moov" and length > _MOST_INDEX_BYTES) or others_bytes > _MOST_OTHERS_BYTES:
                raise Broken("has an index that is too large")
            file.seek(at + start)
            body = file.read(length - start)
            samples += _claimed(body)
            if samples > MOST_SAMPLES:
                raise Broken(f"claims more than {MOST_SAMPLES / 1e6:g} million pictures and sounds")
            if name == b"moov":
                if moov is not None:
                    raise Broken("has more than one index")
                moov = body
        at += length
    else:
        raise Broken("is split into too many pieces")
    if moov is None:
        raise Broken("is cut short (its index, the moov box, is missing)")
    return immutabledict(_turns(moov))


def _claimed(index: bytes) -> int:
    """How many samples an index speaks of without listing them. Raises ``Broken`` for too many tracks."""
    if index.count(b"trak") > MOST_TRACKS:
        raise Broken(f"has more than {MOST_TRACKS} tracks")
    if b"cmov" in index:
        raise Broken("has an index that is packed")
    total = 0
    for found in _CLAIMS.finditer(index):
        if found["run"] is not None:
            total += int.from_bytes(found["run"])
        elif any(found["constant"]):  # else each has its own size, four bytes that are there
            total += int.from_bytes(found["sizes"])
    return total


def _header(head: bytes, at: int, size: int) -> tuple[bytes, int, int]:
    """Name, length of the header, length of the whole box."""
    if len(head) < 8:
        raise Broken("is cut short")
    length, start = int.from_bytes(head[:4]), 8
    if length == 1:
        length, start = int.from_bytes(head[8:16]), 16
    elif length == 0:
        length = size - at
    if length < start:
        raise Broken("is damaged")
    return head[4:8], start, length


def _children(body: bytes, wanted: bytes) -> Iterator[bytes]:
    at = 0
    for _ in range(_MOST_CHILDREN):
        if at + 8 > len(body):
            return
        name, start, length = _header(body[at : at + 16], at, len(body))
        if name == wanted:
            yield body[at + start : at + length]
        at += length
    raise Broken("is split into too many pieces")


def _turns(moov: bytes) -> Iterator[tuple[int, int]]:
    for track in _children(moov, b"trak"):
        for header in _children(track, b"tkhd"):
            wide = header[:1] == b"\x01"  # version 1 has 64-bit times and duration
            number, matrix = (
                header[20:24] if wide else header[12:16],
                header[52:88] if wide else header[40:76],
            )
            if len(matrix) == 36:
                a = int.from_bytes(matrix[0:4], signed=True)
                b = int.from_bytes(matrix[4:8], signed=True)
                yield int.from_bytes(number), round(-math.degrees(math.atan2(b, a)) / 90) % 4
