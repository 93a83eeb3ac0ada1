"""MP4s that lie, as bytes: a good clip taken apart into its boxes and put together otherwise."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
Change = Callable[[bytes, bytes], bytes | None]


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def wide_box(name: bytes, length: int, body: bytes = b"") -> bytes:
    """With a length of 64 bits, whatever it says."""
    return struct.pack(">I4sQ", 1, name, length) + body


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def changed(data: bytes, change: Change) -> bytes:
    """``change`` gives what stands instead of a box; ``None`` leaves it."""
    out = b""
    for name, body in boxes(data):
        inner = changed(body, change) if name in PARENTS else body
        instead = change(name, inner)
        out += box(name, inner) if instead is None else instead
    return out


def with_instead(data: bytes, **instead: bytes) -> bytes:
    """Boxes by name, replaced; ``b""`` leaves one out."""
    return changed(data, lambda name, body: instead.get(name.decode("latin-1")))


def with_more(data: bytes, parent: bytes, more: bytes) -> bytes:
    return changed(data, lambda name, body: box(name, body + more) if name == parent else None)


def repeated(data: bytes, which: bytes, times: int) -> bytes:
    return changed(data, lambda name, body: box(name, body) * times if name == which else None)


def claiming(data: bytes, samples: int) -> bytes:
    """Samples of one size each, which need not be listed: a few bytes for any number."""
    return with_instead(
        data,
        stsz=box(b"stsz", struct.pack(">III", 0, 16, samples)),
        stts=box(b"stts", struct.pack(">IIII", 0, 1, samples, 512)),
        stsc=box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1)),
        ctts=b"",
        stss=b"",
    )


def in_fragments(data: bytes, samples: int, count: int = 1) -> bytes:
    """``count`` fragments that claim so many samples each."""
    extends = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 512, 16, 0)))
    run = box(b"tfhd", struct.pack(">II", 0x02_0000, 1)) + box(b"trun", struct.pack(">II", 0, samples))
    fragment = box(b"moof", box(b"mfhd", struct.pack(">II", 0, 1)) + box(b"traf", run))
    return with_more(data, b"moov", extends) + (fragment + box(b"mdat", b"x" * 64)) * count


def packed(data: bytes, size: int) -> bytes:
    """Its index packed, as an old player could, with zeros behind it."""
    (moov,) = [body for name, body in boxes(data) if name == b"moov"]
    whole = box(b"moov", moov + box(b"free", bytes(size)))
    inner = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", len(whole)) + zlib.compress(whole, 9))
    return with_instead(data, moov=box(b"moov", box(b"cmov", inner)))


def lasting(data: bytes, seconds: int) -> bytes:
    """24 pictures over so many seconds."""

    def slower(name: bytes, body: bytes) -> bytes | None:
        if name == b"stts":
            (scale,) = [
                int.from_bytes(header[12:16])
                for track in _found(data, b"moov", b"trak", b"mdia")
                for kind, header in boxes(track)
                if kind == b"mdhd"
            ]
            return box(name, struct.pack(">IIII", 0, 1, 24, seconds * scale // 24))
        return b"" if name in (b"edts", b"ctts") else None

    return changed(data, slower)


def _found(data: bytes, *path: bytes) -> list[bytes]:
    bodies = [data]
    for wanted in path:
        bodies = [body for outer in bodies for name, body in boxes(outer) if name == wanted]
    return bodies
