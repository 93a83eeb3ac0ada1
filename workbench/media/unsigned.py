"""Sound without its encoder's signature, not a sample changed.

Encoders write their name and version into the padding of a frame, where every decoder skips it. AAC: fill
and data stream elements (ISO/IEC 14496-3, tables 4.10, 4.11, 4.57); MP3: ancillary data, which a frame
says nothing about, so known names are looked for.
"""

from __future__ import annotations

import re

_FILL, _DATA_STREAM = 6, 4
_PADDING = frozenset({0, 1, 2})  # kinds of fill that hold nothing; others widen the sound or level it
_NAMES = re.compile(rb"(?:LAME|Lavc|Lavf|libfaac|FAAC|GOGO)[ \d.]{0,16}")


def unsigned(frame: bytes, codec: str) -> bytes:
    """One frame of ``aac`` or ``mp3`` with zeros instead of names, as long as before; others as they are."""
    if codec == "aac":
        return _aac(frame)
    return nameless(frame) if codec == "mp3" else frame


def nameless(head: bytes) -> bytes:
    """Bytes of a head or of padding with zeros instead of the names that encoders sign with."""
    return _NAMES.sub(lambda found: bytes(len(found[0])), head)


def _aac(frame: bytes) -> bytes:
    """The elements before the first one that sounds are read; nothing behind it can be without decoding."""
    if not frame or frame[0] >> 5 not in (_FILL, _DATA_STREAM):
        return frame
    bits = _Bits(frame)
    blanks: list[tuple[int, int]] = []
    while (kind := bits.read(3)) in (_FILL, _DATA_STREAM):
        if kind == _FILL:
            count = bits.read(4)
            count += bits.read(8) - 1 if count == 15 else 0
            is_blank = count > 0 and bits.peek(4) in _PADDING
        else:
            bits.read(4)  # its number
            is_aligned = bits.read(1)
            count = bits.read(8)
            count += bits.read(8) if count == 255 else 0
            bits.at += -bits.at % 8 if is_aligned else 0
            is_blank = True
        if bits.at + 8 * count > bits.length:
            return frame  # not built as it should be; what a decoder makes of it stays what it was
        if is_blank:
            blanks.append((bits.at, 8 * count))
        bits.at += 8 * count
    number = bits.number
    for at, count in blanks:
        number &= ~(((1 << count) - 1) << (bits.length - at - count))
    return number.to_bytes(len(frame))


class _Bits:
    """The bits of some bytes, first to last; zeros behind the end."""

    def __init__(self, content: bytes) -> None:
        self.number = int.from_bytes(content)
        self.length = 8 * len(content)
        self.at = 0

    def peek(self, count: int) -> int:
        shift = self.length - self.at - count
        return (self.number >> shift if shift >= 0 else self.number << -shift) & ((1 << count) - 1)

    def read(self, count: int) -> int:
        found = self.peek(count)
        self.at += count
        return found
