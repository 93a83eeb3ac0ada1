"""Files that are two things at once, or far more than they seem, through the one door that all take.

Each is refused in one sentence, or stored as what it is and nothing else – within seconds, and within a
few hundred MB.
"""

from __future__ import annotations

import io
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.bad_files import REFUSED, TAKEN, encoded, jpeg_that_says, picture, png_that_says, png_with
from tests.media import boxed
from tests.media.footage import write_clip
from workbench.domain.errors import BadMedia
from workbench.domain.media import EXTENSIONS, Role
from workbench.media.files import MediaFiles
from workbench.media.intake import examine
from workbench.media.sniff import HEAD_BYTES, kind, shown

MOST_S, MOST_MB = 8.0, 450.0  # by a slow machine; the largest of them is a real picture
PAGE = b"<!doctype html><html><script>alert(1)</script></html>"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
DOCUMENT = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
ARCHIVE = b"PK\x03\x04\x14\0\0\0\0\0" + b"evil.exe" + b"PK\x05\x06" + bytes(18)
GIF_HEAD = b"GIF89a/*\0\0\0\0*/=1;alert(1)//"
PAYLOADS = {"html": PAGE, "svg": DRAWING, "pdf": DOCUMENT, "zip": ARCHIVE, "gif": GIF_HEAD}
ANY = re.compile(rb"<script|<svg|%PDF|PK\x03\x04|alert\(1\)|evil\.exe")


@dataclass(frozen=True)
class Upload:
    """``says`` is a part of the sentence that refuses it; where it is taken, ``mime`` is what it is."""

    name: str
    data: Callable[[], bytes]
    says: str = ""
    mime: str = ""
    file: str = field(default="lion.png")


def png() -> bytes:
    return encoded(picture())


def jpeg(**options: object) -> bytes:
    return encoded(picture(), "JPEG", **options)


def with_text(kind: str) -> bytes:
    notes = PngInfo()
    for _ in range(200):
        notes.add_text("Comment", PAGE.decode() * 400, zip=kind == "zTXt")
    return encoded(picture(), pnginfo=notes)


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PAGE.decode()  # ImageDescription
    exif[0x013B] = "<?php system($_GET['x']) ?>"  # Artist
    return jpeg(exif=exif, comment=PAGE, icc_profile=PAGE * 100)


def split(kind: str, parts: int) -> bytes:
    if kind == "PNG":
        whole = png()
        empty = struct.pack(">I4sI", 0, b"noNe", zlib.crc32(b"noNe"))
        return whole[:33] + empty * parts + whole[33:]
    whole = jpeg()
    return whole[:2] + b"\xff\xfe\0\x02" * parts + whole[2:]


def in_scans(count: int, size: tuple[int, int]) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    whole = encoded(Image.new("RGB", size, "red"), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + b"\xff\xd9"


def flat(kind: str, mode: str, width: int = 8_000) -> bytes:
    return encoded(Image.new(mode, (width, 6_200)), kind, **({"lossless": True} if kind == "WEBP" else {}))


def deep_png(colour: int, channels: int) -> bytes:
    """16 bits a channel, as large as it may be."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 8_000 * 2 * channels)
    body = b"".join(packer.compress(row) for _ in range(6_200)) + packer.flush()
    header = struct.pack(">IIBBBBB", 8_000, 6_200, 16, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def branded(brands: bytes) -> bytes:
    return boxed.box(b"ftyp", brands) + bytes(99)


AS_WHAT_IT_IS = "is text|is in (PDF|ZIP) format|is damaged|is not a picture that can be recognised"

PICTURES = [
    *(Upload(f"{n} before a PNG", lambda p=p: p + png(), AS_WHAT_IT_IS) for n, p in PAYLOADS.items()),
    *(Upload(f"{n} before a JPEG", lambda p=p: p + jpeg(), AS_WHAT_IT_IS) for n, p in PAYLOADS.items()),
    *(Upload(f"{n} behind a PNG", lambda p=p: png() + p, mime="image/png") for n, p in PAYLOADS.items()),
    *(Upload(f"{n} behind a JPEG", lambda p=p: jpeg() + p, mime="image/jpeg") for n, p in PAYLOADS.items()),
    *(
        Upload(f"{n} behind a {k}", lambda p=p, k=k: encoded(picture(), k) + p, mime=m)
        for n, p in PAYLOADS.items()
        for k, m in (("GIF", "image/png"), ("WEBP", "image/jpeg"))
    ),
    *(Upload(f"{n} in a chunk", lambda p=p: png_with(b"teSt", p), mime="*") for n, p in PAYLOADS.items()),
    *(Upload(f"{n} in a comment", lambda p=p: jpeg(comment=p), mime="*") for n, p in PAYLOADS.items()),
    *(Upload(n, lambda p=p: p, AS_WHAT_IT_IS) for n, p in PAYLOADS.items()),
    Upload("a page with a byte order mark", lambda: b"\xef\xbb\xbf" + PAGE, says="is text, not a picture"),
    Upload("a page in UTF-16", lambda: PAGE.decode().encode("utf-16"), "that can be recognised"),
    Upload("a script that begins like a GIF", lambda: GIF_HEAD + bytes(200), says="damaged"),
    Upload("EXIF, comment and profile with scripts", with_exif, mime="image/jpeg"),
    Upload("text chunks of 4 MB", lambda: with_text("tEXt"), mime="image/png"),
    Upload("packed text chunks", lambda: with_text("zTXt"), mime="image/png"),
    Upload("a text chunk of 19 MB", lambda: png_with(b"tEXt", b"x\0" + PAGE * 350_000), mime="image/png"),
    Upload("a PNG of a million chunks", lambda: split("PNG", 1_000_000), "far more parts"),
    Upload("a JPEG of four million segments", lambda: split("JPEG", 4_000_000), "far more parts"),
    Upload("a PNG in some chunks", lambda: split("PNG", 500), mime="image/png"),
    Upload("65,535 × 65,535 in a PNG", lambda: png_that_says(65_535, 65_535, 1), "is 65,535 × 65,535"),
    Upload("2³¹ in a PNG", lambda: png_that_says(2**31 - 1, 1, 0), says="is 2,147,483,647 × 1 pixels"),
    Upload("65,535 × 65,535 in a JPEG", lambda: jpeg_that_says(65_535, 65_535), "is 65,535 × 65,535"),
    Upload(
        "65,535 × 65,535 in a GIF",
        lambda: b"GIF89a\xff\xff\xff\xff" + encoded(picture(), "GIF")[10:],
        says="is 65,535 × 65,535 pixels",
    ),
    Upload("a JPEG of a thousand scans", lambda: in_scans(1_000, (8_000, 6_200)), says="far more parts"),
    Upload("a JPEG of thirty scans", lambda: in_scans(30, (1_000, 800)), mime="image/jpeg"),
    *(Upload(f"50 MP, {m}", lambda m=m: flat("PNG", m), mime="image/png") for m in ("RGB", "RGBA", "L", "P")),
    *(Upload(f"50 MP, WebP {m}", lambda m=m: flat("WEBP", m), "25 megapixels") for m in ("RGB", "RGBA")),
    *(Upload(f"24 MP, WebP {m}", lambda m=m: flat("WEBP", m, 4_000), mime="*") for m in ("RGB", "RGBA")),
    Upload("50 MP, CMYK", lambda: flat("JPEG", "CMYK"), mime="image/jpeg"),
    Upload("50 MP, GIF", lambda: flat("GIF", "P"), mime="image/png"),
    Upload("50 MP, 16 bits", lambda: deep_png(2, 3), mime="image/png"),
    Upload("50 MP, 16 bits with alpha", lambda: deep_png(6, 4), mime="image/png"),
    Upload("50 MP, 16 bits grey", lambda: deep_png(0, 1), mime="image/png"),
    Upload("AVIF", lambda: branded(b"avif\0\0\0\0mif1"), "is in AVIF format"),
    Upload("AVIF by its second brand", lambda: branded(b"mif1\0\0\0\0mif1avif"), "is in AVIF format"),
    Upload("HEIC", lambda: branded(b"heic\0\0\0\0mif1"), "is in HEIC format"),
    Upload("HEIC of a phone", lambda: branded(b"heix\0\0\0\0mif1"), "is in HEIC format"),
    Upload("JPEG 2000", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), says="is in JPEG 2000 format"),
    Upload("JPEG XL", lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), says="is in JPEG XL format"),
    *(Upload(f"{bad.name}", lambda d=bad.data: d, says=bad.said) for bad in REFUSED),
    *(Upload(f"{good.name}", lambda d=good.data: d, mime="*") for good in TAKEN),
]  # fmt: skip


@pytest.mark.parametrize("upload", PICTURES, ids=lambda upload: upload.name)
@pytest.mark.parametrize("role", [Role.REFERENCE])
def test_pictures(upload: Upload, role: Role, tmp_path: Path) -> None:
    stored = through_the_door(upload, role, tmp_path)
    if stored is None:
        return
    assert not ANY.search(stored), "what came along with the picture is stored"
    assert kind(stored[:HEAD_BYTES]) in ("PNG", "JPEG")
    with Image.open(io.BytesIO(stored)) as again:
        again.load()
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive",
                                   "progression", "gamma", "srgb", "adobe", "adobe_transform"}  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4").read_bytes()


@pytest.fixture(scope="module")
def from_a_mac(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    import av

    path = tmp_path_factory.mktemp("clips") / "clip.mov"
    with av.open(str(path), "w", format="mov") as target:
        stream = target.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        target.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        target.mux(stream.encode())
    return path.read_bytes()


MORE, CMOV, START = boxed.box(b"free"), boxed.box(b"cmov"), boxed.box(b"ftyp", b"isom")
CLIPS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("as it is", lambda good: good, ""),
    *((f"{n} behind it", lambda good, p=p: good + p, "is cut short") for n, p in PAYLOADS.items()),
    *((f"{n} before it", lambda good, p=p: p + good, "not an MP4 clip") for n, p in PAYLOADS.items()),
    *((f"{n} in a box", lambda good, p=p: good + boxed.box(b"free", p), "") for n, p in PAYLOADS.items()),
    ("a JPEG that says ftyp", lambda good: b"\xff\xd8\xff\xe0" + good[4:], "is cut short"),
    ("samples outside of the index", lambda good: good + boxed.box(b"stbl", STSZ), "claims more than"),
    ("tracks outside of the index", lambda good: good + boxed.box(b"trak") * 2_000, "tracks|damaged"),
    ("a page that says ftyp", lambda good: b"<!--" + good[4:] + PAGE, "is cut short"),
    ("a picture", lambda good: png(), "is PNG, not an MP4 clip"),
    ("a playlist", lambda good: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "is text, not an MP4 clip"),
    ("a list of files", lambda good: b"ffconcat version 1.0\nfile '/etc/passwd'\n", "is text, not an MP4"),
    ("4 million samples", lambda good: boxed.claiming(good, 4_000_001), "claims more than 4 million"),
    ("50 million samples", lambda good: boxed.claiming(good, 50_000_000), "claims more than 4 million"),
    ("2³² samples", lambda good: boxed.claiming(good, 2**32 - 1), "claims more than 4 million"),
    ("50 million in a fragment", lambda good: boxed.in_fragments(good, 50_000_000), "claims more than"),
    ("many fragments", lambda good: boxed.in_fragments(good, 100_000, 100), "claims more than 4 million"),
    ("an index of zeros, packed", lambda good: boxed.packed(good, 200_000_000), "index that is packed"),
    ("an index hidden in free", lambda good: good + boxed.box(b"free", CMOV), "hides its index"),
    ("500 tracks", lambda good: boxed.repeated(good, b"trak", 500), "has more than 32 tracks"),
    ("5,000 tracks", lambda good: boxed.repeated(good, b"trak", 5_000), "has more than 32 tracks"),
    ("30 tracks", lambda good: boxed.repeated(good, b"trak", 30), ""),
    ("two indexes", lambda good: boxed.repeated(good, b"moov", 2), "more than one index"),
    ("an index of 3 million boxes", lambda good: boxed.with_more(good, b"moov", MORE * 3_000_000), "pieces"),
    ("a track of 3 million boxes", lambda good: boxed.with_more(good, b"trak", MORE * 3_000_000), "pieces"),
    ("300,000 boxes in a row", lambda good: good + MORE * 300_000, "too many pieces"),
    ("an index of 33 MB", lambda good: boxed.with_more(good, b"moov", boxed.box(b"free", bytes(33 << 20))),
     "index that is too large"),
    ("a size beyond the file", lambda good: START + struct.pack(">I4s", 2**31, b"moov"), "cut"),
    ("a size of 2⁶³", lambda good: START + boxed.wide_box(b"moov", 2**63), "is cut short"),
    ("a size of 2⁶⁴ - 1", lambda good: START + boxed.wide_box(b"moov", 2**64 - 1), "cut"),
    ("a size of 3", lambda good: good + struct.pack(">I4s", 3, b"free"), "is damaged"),
    ("a long size of 0", lambda good: good + boxed.wide_box(b"free", 0), "is damaged"),
    ("boxes in boxes", lambda good: good + _nested(5_000), "tracks|damaged"),
    ("ten hours", lambda good: boxed.lasting(good, 36_000), "lasts 600.0 minutes"),
    ("AVIF", lambda good: branded(b"avif\0\0\0\0mif1"), "is AVIF, not an MP4 clip"),
    ("HEIC", lambda good: branded(b"heis\0\0\0\0mif1"), "is HEIC, not an MP4 clip"),
    ("sound", lambda good: branded(b"M4A \0\0\0\0mp42"), "is M4A sound, not an MP4"),
    ("Canon raw", lambda good: branded(b"crx \0\0\0\0isom"), "is Canon raw, not an MP4"),
]  # fmt: skip


STSZ = boxed.box(b"stsz", struct.pack(">III", 0, 16, 2**31))


def _nested(depth: int) -> bytes:
    inner = b""
    for number in range(depth):
        inner = boxed.box(b"trak" if number % 2 else b"mdia", inner)
    return inner


@pytest.mark.parametrize(("name", "make", "says"), CLIPS, ids=[name for name, *_ in CLIPS])
def test_clips(name: str, make: Callable[[bytes], bytes], says: str, good: bytes, tmp_path: Path) -> None:
    given = make(good)
    mime = "" if says else "video/mp4"
    upload = Upload(name, lambda: given, says=says, mime=mime, file="lion.mp4")
    stored = through_the_door(upload, Role.SOURCE_CLIP, tmp_path)
    assert stored is None or (stored == given and kind(stored[:HEAD_BYTES]) == "MP4")


def test_a_quicktime_clip_is_told(from_a_mac: bytes, tmp_path: Path) -> None:
    upload = Upload("mov", lambda: from_a_mac, says="is QuickTime, not an MP4 clip", file="lion.mp4")
    assert through_the_door(upload, Role.SOURCE_CLIP, tmp_path) is None


NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\x.png",
    "/etc/passwd",
    "C:\\x.png",
    "a\0b.png",
    "a\nb\r\nSet-Cookie: x=1.png",
    "a\u202egnp.exe",
    "\u200f\u2067rtl\u2069.png",
    "<script>alert(1)</script>.png",
    "\x1b[31mred\x1b[0m.png",
    "x" * 5_000 + ".png",
    "\ud800.png",
    "",
    ".",
    "CON",
    "-rf *.png",
    "%00%2e%2e%2f.png",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize(("role", "data"), [(Role.REFERENCE, b"no picture"), (Role.SOURCE_CLIP, b"no clip")])
def test_a_files_name_is_only_ever_quoted(name: str, role: Role, data: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadMedia) as told:
        examine(data, name, role)
    sentence = str(told.value)
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert not any(part in shown(name) for part in ("/", "\\", "\n", "\0", "\u202e", "\u2067", "\x1b"))
    assert sentence.startswith(shown(name))
    stored = examine(png(), name, Role.REFERENCE).store(MediaFiles(tmp_path))
    assert MediaFiles(tmp_path).path(stored).name == f"{stored.sha256}.png"


def through_the_door(upload: Upload, role: Role, folder: Path) -> bytes | None:
    """What is stored of it, from bytes and from a file alike; ``None`` where it is refused."""
    data = upload.data()
    path = folder / "given"
    path.write_bytes(data)
    files = MediaFiles(folder / "media")
    for source in (data, path):
        with bounded(upload.name):
            if upload.says:
                with pytest.raises(
                    BadMedia, match=upload.says if "|" in upload.says else re.escape(upload.says)
                ) as told:
                    examine(source, upload.file, role)
                sentence = str(told.value)
                assert sentence.startswith(f"{upload.file} ")
                assert "\n" not in sentence
                assert sentence.endswith(".")
                continue
            examined = examine(source, upload.file, role)
        media = examined.store(files)
        assert media.mime in EXTENSIONS
        assert upload.mime in ("*", media.mime)
        assert files.verify(media.sha256)
        stored = files.path(media).read_bytes()
    return None if upload.says else stored


@contextmanager
def bounded(name: str) -> Iterator[None]:
    """Time, and memory where the system tells it (Linux)."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    can_tell = status.exists() and reset.exists()
    if can_tell:
        reset.write_text("5")
    before_mb, began = _memory_mb("VmRSS") if can_tell else 0.0, time.process_time()
    yield
    took_s = time.process_time() - began
    more_mb = _memory_mb("VmHWM") - before_mb if can_tell else 0.0
    assert took_s < MOST_S, f"{name} took {took_s:.1f} s"
    assert more_mb < MOST_MB, f"{name} took {more_mb:.0f} MB"


def _memory_mb(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
