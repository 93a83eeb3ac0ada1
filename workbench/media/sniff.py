"""What a file really is, by its first bytes and never by its name."""

from __future__ import annotations

HEAD_BYTES = 64

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis", b"avio"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    **dict.fromkeys((b"mif1", b"mif2", b"msf1", b"miaf"), "HEIC"),  # or AVIF, told by the brands behind it
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), "M4A sound"),
    **dict.fromkeys((b"jp2 ", b"jpx ", b"jpm "), "JPEG 2000"),
    b"crx ": "Canon raw",
    b"qt  ": "QuickTime",
}
_RIFF = {b"WEBP": "WebP", b"AVI ": "AVI", b"WAVE": "WAV"}


def kind(head: bytes) -> str:
    """The type's everyday name (``PNG``, ``MP4`` …), ``text`` or ``""`` for what is not recognised.

    ``head`` is at least the first ``HEAD_BYTES`` of the file, or all of it.
    """
    if head[4:8] == b"ftyp":
        found = _BRANDS.get(head[8:12], "MP4")
        return "AVIF" if found == "HEIC" and b"avif" in head[16:HEAD_BYTES] else found
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "BMP"
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    return "text" if head and _is_text(head[:HEAD_BYTES]) else ""


def shown(name: str) -> str:
    """A file's name as a message may quote it: without its folders, printable, of bearable length."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = "".join(character if character.isprintable() else "\ufffd" for character in last) or "The file"
    return text if len(text) <= 80 else f"{text[:50]}…{text[-25:]}"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character cut in two by the end of the head is still text
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\r\n\ufeff" for character in text)
