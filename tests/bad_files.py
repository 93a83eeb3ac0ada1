"""Files that can't serve as a picture, and odd ones that can, as bytes. None is large, whatever it claims."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class File:
    """A file named ``….png``, and what has to be said of it."""

    name: str
    data: bytes
    said: str


def picture(width: int = 160, height: int = 120) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    with io.BytesIO() as handle:
        image.save(handle, kind, **options)
        return handle.getvalue()


def png_that_says(width: int, height: int, rows: int) -> bytes:
    """Black, with so many rows in it, whatever its header claims."""
    packed = zlib.compress(bytes(1 + 3 * width) * rows, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def png_with(chunk: bytes, content: bytes) -> bytes:
    """A good picture with one more chunk behind its header."""
    good = encoded(picture())
    return good[:33] + _chunk(chunk, content) + good[33:]


def jpeg_that_says(width: int, height: int) -> bytes:
    data = encoded(picture(), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def animated(kind: str) -> bytes:
    first, *others = (Image.new("RGB", (99, 99), colour) for colour in ("red", "green", "blue"))
    return encoded(first, kind, save_all=True, append_images=others)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


ZEROS = zlib.compress(bytes(100_000_000), 9)

REFUSED = [
    File("text", b"Dear diary, this is no picture at all.", "is text, not a picture"),
    File("empty", b"", "is empty (0 bytes)"),
    File("noise", np.random.default_rng(2).bytes(3_000), "is not a picture that can be recognised"),
    File("web-page", b"<html>404 Not Found</html>", "is text, not a picture"),
    File("tiff", encoded(picture(), "TIFF"), "is in TIFF format"),
    File("truncated-png", _half(encoded(picture())), "is damaged or cut short"),
    File("truncated-jpeg", _half(encoded(picture(), "JPEG")), "is damaged or cut short"),
    File("truncated-webp", _half(encoded(picture(), "WEBP", lossless=True)), "is damaged or cut short"),
    File("header-only", encoded(picture())[:20], "is damaged or cut short"),
    File("animated-gif", animated("GIF"), "is animated"),
    File("animated-png", animated("PNG"), "is animated"),
    File("animated-webp", animated("WEBP"), "is animated"),
    File("huge-png", png_that_says(20_000, 20_000, rows=4), "is 20,000 × 20,000 pixels"),
    File("huge-jpeg", jpeg_that_says(20_000, 20_000), "is 20,000 × 20,000 pixels"),
    File("bomb-in-a-comment", png_with(b"zTXt", b"c\0\0" + ZEROS), "is damaged or cut short"),
    File("bomb-in-a-profile", png_with(b"iCCP", b"c\0\0" + ZEROS), "is damaged or cut short"),
    File("too-many-bytes", b"\x89PNG\r\n\x1a\n" + bytes(21 * 1024**2), "has 21 MB"),
    File("tiny", encoded(Image.new("RGB", (1, 1))), "is 1 × 1 pixels"),
]

_LYING = Image.Exif()
_LYING[0x0112] = 6  # a quarter turn
_GREY_16 = Image.fromarray(np.linspace(0, 65_535, 160 * 120).reshape(120, 160).astype(np.uint16))

TAKEN = [
    File("cmyk", encoded(picture().convert("CMYK"), "JPEG"), "converted from CMYK"),
    File("16-bit", encoded(_GREY_16), "reduced from 16 to 8 bits a channel"),
    File("lying", encoded(picture(), "JPEG", exif=_LYING), "turned upright by its EXIF orientation"),
]
