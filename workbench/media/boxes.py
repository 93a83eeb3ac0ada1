"""The outer structure of an MP4: is it whole, and which way up is it shown (ISO/IEC 14496-12, 4.2, 8.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from immutabledict import immutabledict

_MOST_BOXES = 200_000  # ten minutes in fragments of one picture each stay below
_MOST_MOOV_BYTES = 32 * 1024**2


class Broken(ValueError):
    """The boxes do not add up; the message finishes the sentence “the file …”."""


def read_turns(file: BinaryIO, size: int) -> Mapping[int, int]:
    """Track number → quarter turns counter-clockwise (0 to 3) that bring its pictures upright.

    ``size`` is the whole file's, in bytes. Raises ``Broken`` when a top-level box is missing or cut short.
    """
    moov: bytes | None = None
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= size:
            break
        file.seek(at)
        name, start, length = _header(file.read(16), at, size)
        if at + length > size:
            raise Broken("is cut short")
        if name == b"moov":
            if length > _MOST_MOOV_BYTES:
                raise Broken("has an index that is too large")
            file.seek(at + start)
            moov = file.read(length - start)
        at += length
    else:
        raise Broken("is split into too many pieces")
    if moov is None:
        raise Broken("is cut short (its index, the moov box, is missing)")
    return immutabledict(_turns(moov))


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
    while at + 8 <= len(body):
        name, start, length = _header(body[at : at + 16], at, len(body))
        if name == wanted:
            yield body[at + start : at + length]
        at += length


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
