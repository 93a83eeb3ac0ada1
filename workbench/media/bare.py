"""Take everything out of a PNG or JPEG that does not draw, without touching a pixel.

Camera, place, comments, thumbnails, colour profiles, and whatever was appended behind the picture go.
Chunks: PNG specification, third edition, 5.6; segments: ITU-T T.81, annex B.
"""

from __future__ import annotations

import re

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_DRAWING = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"sBIT"}
)
_APP0, _APP14, _SOS, _EOI = 0xE0, 0xEE, 0xDA, 0xD9
_JFIF_BYTES = 16  # a longer one carries a thumbnail
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # stuffed, fill and restart markers belong to a scan


def bare_png(data: bytes) -> bytes | None:
    """The same picture without its other chunks; ``None`` when the file is not built as it should be."""
    kept = [_PNG_START]
    at = len(_PNG_START)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        name = data[at + 4 : at + 8]
        if end > len(data):
            return None
        if name in _PNG_DRAWING:
            kept.append(data[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    return None


def bare_jpeg(data: bytes) -> bytes | None:
    """The same picture without its other segments; ``None`` when the file is not built as it should be."""
    kept = [data[:2]]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _EOI:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF or end > len(data):
            return None
        if marker == _SOS:
            found = _SCAN_END.search(data, end)
            if found is None:
                return None
            end = found.start()
        if marker == _APP0 and data[at + 4 : at + 9] == b"JFIF\0" and end - at - 2 != _JFIF_BYTES:
            return None
        if _draws(marker, data[at + 4 : at + 9]):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, b"\xff\xd9"]) if data[at : at + 2] == b"\xff\xd9" else None


def _draws(marker: int, name: bytes) -> bool:
    if marker == _APP0:
        return name == b"JFIF\0"
    if marker == _APP14:
        return name == b"Adobe"
    return 0xC0 <= marker <= 0xDF
