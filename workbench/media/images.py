"""Any picture a person gives → an 8-bit sRGB PNG or JPEG, upright, without metadata; or one sentence why not.

Nothing here trusts the file: its type comes from its bytes, its size is read from the header before a
pixel is decoded, and Pillow's process-wide limits and plugin list are left alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from workbench.domain.errors import BadMedia
from workbench.media.bare import bare_jpeg, bare_png
from workbench.media.sniff import HEAD_BYTES, kind, shown

MAX_BYTES = 20 * 1024**2  # what hosted video models take for one reference
MAX_SIDE = 8_192
MAX_PIXELS = 50_000_000  # the largest ordinary cameras and phones; 150 MB when decoded
MOST_SCANS = 40  # a progressive JPEG has about ten, and each is a pass over every pixel
MOST_PARTS = 20_000  # chunks of a PNG, segments of a JPEG; a decoder written in Python takes each by itself
LARGE_PIXELS = 16_000_000  # from here on a PNG is packed in a hurry: some seconds less, some percent more
MAX_WEBP_PIXELS = 25_000_000  # its decoder keeps three copies with four bytes a pixel
MIN_SIDE = 64  # less is an icon: scaled to a video frame, nothing of it can be recognised

_ALLOWED = "allowed are PNG, JPEG, WebP and still GIF pictures up to 20 MB"

# Opened by class: `Image.open` would add its own size check, which warns by a process-wide filter.
_OPENERS: dict[str, Callable[[BinaryIO], Image.Image]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
}
_BARE = {"PNG": bare_png, "JPEG": bare_jpeg}
_MIMES = {"PNG": "image/png", "JPEG": "image/jpeg"}
_LOSSLESS = frozenset({"PNG", "GIF"})
_WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_READABLE = frozenset({"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr"}) | _WITH_ALPHA

_ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class ImportedImage:
    """A picture as it will be stored. ``note`` says in words what was changed; empty when nothing was."""

    data: bytes
    mime: str
    width: int
    height: int
    note: str = ""


def read_image(source: bytes | Path, name: str) -> ImportedImage:
    """Read a picture from anywhere. Raises ``BadMedia``; ``name`` is what its message calls the file.

    Where only metadata has to go, the pixels keep their very bytes; otherwise PNG and GIF become PNG, and
    JPEG and WebP become JPEG (quality 95, 4:4:4), or PNG where there is transparency.
    """
    label = shown(name)
    data = _read(source, label)
    found = kind(data[:HEAD_BYTES])
    if found not in _OPENERS:
        raise BadMedia(_unsupported(label, found))
    if _has_too_many_parts(found, data):
        raise BadMedia(f"{label} is split into far more parts than a picture has; save it once more.")
    if found == "WebP":  # its decoder sets the whole canvas aside as soon as it is opened
        _check_size(_webp_size(data), label, MAX_WEBP_PIXELS)
    with io.BytesIO(data) as handle:
        picture = _opened(lambda: _OPENERS[found](handle), label)
        was_16_bit = found == "PNG" and data[24] == 16
        return _imported(picture, found, data, label, was_16_bit)


def read_pil(image: Image.Image, name: str = "The picture") -> ImportedImage:
    """The same for a Pillow image, which becomes a PNG. Raises ``BadMedia``."""
    label = shown(name)
    return _imported(_opened(lambda: image, label), "PNG", b"", label, was_16_bit=False)


def _read(source: bytes | Path, label: str) -> bytes:
    if isinstance(source, Path):
        try:
            if not source.is_file():
                raise BadMedia(f"{label} is not a file that can be read; give the path of a picture.")
            size = source.stat().st_size
            data = source.read_bytes() if size <= MAX_BYTES else b""
        except (OSError, ValueError) as error:
            raise BadMedia(f"{label} can't be read; give the path of a picture that you may open.") from error
    else:
        data, size = bytes(source), len(source)
    if size > MAX_BYTES:
        raise BadMedia(f"{label} has {size / 1024**2:,.0f} MB; {_ALLOWED}, so make it smaller.")
    if not data:
        raise BadMedia(f"{label} is empty (0 bytes); {_ALLOWED}, so save or download it once more.")
    return data


def _unsupported(label: str, found: str) -> str:
    if found == "text":
        return f"{label} is text, not a picture; {_ALLOWED}, so give the picture itself."
    if found in ("MP4", "QuickTime", "Matroska or WebM", "AVI"):
        return f"{label} is video ({found}), not a picture; {_ALLOWED}, so save one frame of it as PNG."
    if found:
        return f"{label} is in {found} format; {_ALLOWED}, so save it as PNG or JPEG."
    return f"{label} is not a picture that can be recognised; {_ALLOWED}, so save it as PNG or JPEG."


def _opened(opener: Callable[[], Image.Image], label: str) -> Image.Image:
    """Header, checks, then pixels. Whatever a damaged file makes a decoder raise is ``BadMedia``."""
    try:
        picture = opener()
        _check_size(picture.size, label)
        if getattr(picture, "is_animated", False):
            raise BadMedia(
                f"{label} is animated; a reference picture has one frame, so save one frame of it as PNG, "
                "or give it as an MP4 clip to extend."
            )
        picture.load()
    except BadMedia:
        raise
    except Exception as error:
        raise BadMedia(
            f"{label} is damaged or cut short and can't be decoded; save or download it once more."
        ) from error
    return picture


def _check_size(size: tuple[int, int], label: str, most_pixels: int = MAX_PIXELS) -> None:
    width, height = size
    there = f"{label} is {width:,} × {height:,} pixels"
    if max(size) > MAX_SIDE or width * height > most_pixels:
        raise BadMedia(
            f"{there}; allowed are up to {MAX_SIDE:,} on a side and {most_pixels // 1_000_000} megapixels, "
            "so make it smaller."
        )
    if min(size) < MIN_SIDE:
        raise BadMedia(f"{there}; allowed are {MIN_SIDE} on a side and more, so give a larger version.")


def _has_too_many_parts(found: str, data: bytes) -> bool:
    if found == "PNG":
        return _are_too_many(data, 8, lambda at: 12 + int.from_bytes(data[at : at + 4]))
    if found == "JPEG":
        # In a scan no byte FF is followed by a marker's: each FF DA is a scan's start, or metadata.
        return data.count(b"\xff\xda") > MOST_SCANS or _are_too_many(
            data, 2, lambda at: _segment_bytes(data, at)
        )
    return False


def _are_too_many(data: bytes, at: int, length: Callable[[int], int]) -> bool:
    """Whether more parts follow each other than a picture has, up to one of length 0."""
    for _ in range(MOST_PARTS):
        step = length(at)
        if step == 0 or at >= len(data):
            return False
        at += step
    return True


def _segment_bytes(data: bytes, at: int) -> int:
    """0 where the first scan begins, which ends in no place that could be computed."""
    marker = data[at : at + 2]
    return 0 if marker == b"\xff\xda" else 2 + int.from_bytes(data[at + 2 : at + 4])


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas of a WebP from its first chunk (WebP container specification); (0, 0) if there is none."""
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return 0, 0


def _imported(picture: Image.Image, found: str, data: bytes, label: str, was_16_bit: bool) -> ImportedImage:
    try:
        plain, notes = _normalised(picture, label, was_16_bit)
        if not notes and plain.mode == picture.mode and found in _BARE and data:
            bare = _BARE[found](data)
            if bare is not None:
                note = "" if bare == data else "metadata removed"
                return ImportedImage(bare, _MIMES[found], *plain.size, note)
        target = "PNG" if found in _LOSSLESS or plain.mode == "RGBA" else "JPEG"
        if target != found:
            notes.append(f"converted from {found} to {target}")
        return ImportedImage(_encoded(plain, target), _MIMES[target], *plain.size, "; ".join(notes))
    except (MemoryError, OSError, ValueError) as error:
        raise BadMedia(f"{label} can't be converted; save it as an 8-bit RGB PNG or JPEG.") from error


def _normalised(picture: Image.Image, label: str, was_16_bit: bool) -> tuple[Image.Image, list[str]]:
    """8 bits, upright, sRGB, mode RGB or RGBA; and what had to be done for that."""
    notes: list[str] = []
    profile = picture.info.get("icc_profile")
    turn = _UPRIGHT.get(_orientation(picture))
    if picture.mode.startswith("I;16"):
        picture, was_16_bit = _from_16_bit_grey(picture), True
    if was_16_bit:
        if "transparency" in picture.info:  # one 16-bit colour, which 8 bits can't name
            picture = picture.copy()
            del picture.info["transparency"]
        notes.append("reduced from 16 to 8 bits a channel")
    if picture.mode not in _READABLE:
        raise BadMedia(
            f"{label} has pixels of type {picture.mode}, which is for measurements; allowed are 8 and 16 "
            "bits a channel, so save it as PNG or JPEG."
        )
    if turn is not None:
        picture = picture.transpose(turn)
        notes.append("turned upright by its EXIF orientation")
    return _srgb(picture, profile, notes), notes


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 a damaged EXIF block is no reason to refuse a good picture
        return 1
    return value if isinstance(value, int) else 1


def _from_16_bit_grey(picture: Image.Image) -> Image.Image:
    """Pillow's own conversion clips at 255; 65,535 has to become 255."""
    values = np.asarray(picture)
    plain = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), 256):  # as a whole, four bytes a pixel would stand there several times
        part = values[top : top + 256].astype(np.uint32)
        plain[top : top + 256] = (part * 255 + 32_767) // 65_535
    grey = Image.fromarray(plain)
    grey.info = dict(picture.info)
    return grey


def _srgb(picture: Image.Image, profile: object, notes: list[str]) -> Image.Image:
    alpha = None
    if picture.mode == "RGBA" and not profile:
        return picture
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        picture = picture.convert("RGBA") if picture.mode != "LA" else picture
        alpha = picture.getchannel("A")
        picture = picture.convert("L" if picture.mode == "LA" else "RGB")
    elif picture.mode in ("P", "1", "RGBX", "YCbCr"):
        picture = picture.convert("RGB")
    is_cmyk = picture.mode == "CMYK"
    managed = _through_profile(picture, profile, notes) if isinstance(profile, bytes) and profile else None
    if managed is None and is_cmyk:
        notes.append("converted from CMYK without a colour profile, so its colours are approximate")
    plain = managed or (picture if picture.mode == "RGB" else picture.convert("RGB"))
    if alpha is not None:
        plain.putalpha(alpha)
    return plain


def _through_profile(picture: Image.Image, profile: bytes, notes: list[str]) -> Image.Image | None:
    """``picture`` in sRGB, ``None`` when its profile is sRGB already or of no use."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description = ImageCms.getProfileDescription(source).strip()
        if picture.mode == "RGB" and "srgb" in description.lower():
            return None
        managed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        notes.append("left out a colour profile that does not fit it")
        return None
    before = "CMYK " if picture.mode == "CMYK" else ""
    notes.append(f"converted from {before}“{shown(description)}” to sRGB")
    return managed


def _encoded(picture: Image.Image, target: str) -> bytes:
    known, picture.info = picture.info, {}  # Pillow would write profile, comment and resolution into the file
    is_large = picture.width * picture.height > LARGE_PIXELS
    try:
        with io.BytesIO() as handle:
            if target == "PNG":
                picture.save(handle, "PNG", compress_level=3 if is_large else 6)
            else:
                picture.save(handle, "JPEG", quality=95, subsampling=0)
            return handle.getvalue()
    finally:
        picture.info = known
