"""Hostile and odd pictures: each becomes a plain PNG or JPEG, or one sentence."""

from __future__ import annotations

import io
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile
from PIL.PngImagePlugin import PngInfo

from workbench.domain.errors import BadMedia
from workbench.media.images import ImportedImage, read_image, read_pil

ORIENTATION = 0x0112
GPS = 0x8825


def photo(width: int = 160, height: int = 90, mode: str = "RGB") -> Image.Image:
    """Left half reddish, right half bluish, darker to the bottom: every turn of it can be told."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (220, 60, 40)
    pixels[:, width // 2 :] = (40, 80, 200)
    pixels[height // 2 :] //= 2
    return Image.fromarray(pixels).convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    with io.BytesIO() as handle:
        image.save(handle, kind, **options)
        return handle.getvalue()


def decoded(imported: ImportedImage) -> Image.Image:
    with Image.open(io.BytesIO(imported.data)) as image:
        image.load()
        return image


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, bits: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"")


def told(source: bytes | Path, name: str = "lion.png") -> str:
    with pytest.raises(BadMedia) as caught:
        read_image(source, name)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def assert_plain(imported: ImportedImage) -> Image.Image:
    image = decoded(imported)
    assert image.format == {"image/png": "PNG", "image/jpeg": "JPEG"}[imported.mime]
    assert image.mode in ("RGB", "RGBA")
    assert image.size == (imported.width, imported.height)
    assert not image.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile", "parameters"} & set(image.info)
    return image


# What passes.


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB")])
def test_a_clean_picture_keeps_its_bytes(kind: str, mode: str) -> None:
    data = saved(photo(mode=mode), kind)
    imported = read_image(data, "lion")
    assert imported.data == data
    assert imported.note == ""
    assert read_image(imported.data, "again") == imported


def test_a_path_is_read_like_bytes(tmp_path: Path) -> None:
    data = saved(photo(), "PNG")
    path = tmp_path / "lion.jpg"
    path.write_bytes(data)
    assert read_image(path, path.name) == read_image(data, "lion.png")


def test_a_progressive_jpeg_loses_its_metadata_and_not_one_pixel() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(GPS)[1] = "N"
    data = saved(photo(), "JPEG", progressive=True, exif=exif, comment=b"secret place")
    data += b"appended secret"
    imported = read_image(data, "holiday.jpg")
    assert imported.note == "metadata removed"
    assert b"secret" not in imported.data
    assert b"Exif" not in imported.data
    before = Image.open(io.BytesIO(data))
    assert np.array_equal(np.asarray(before), np.asarray(assert_plain(imported)))


def test_a_png_loses_its_text_and_not_one_pixel() -> None:
    info = PngInfo()
    info.add_itxt("parameters", "secret prompt", zip=True)
    info.add_text("comment", "secret comment")
    data = saved(photo(mode="RGBA"), "PNG", pnginfo=info, exif=Image.Exif()) + b"PK\x03\x04 appended secret"
    imported = read_image(data, "x.png")
    assert imported.note == "metadata removed"
    assert b"secret" not in imported.data
    assert b"parameters" not in imported.data
    assert np.array_equal(np.asarray(photo(mode="RGBA")), np.asarray(assert_plain(imported)))


def test_an_srgb_profile_changes_nothing_but_goes() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    imported = read_image(saved(photo(), "PNG", icc_profile=profile), "x.png")
    assert imported.note == "metadata removed"
    assert np.array_equal(np.asarray(photo()), np.asarray(assert_plain(imported)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    upright = photo()
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = upright.transpose(back[orientation]) if orientation in back else upright
    imported = read_image(saved(stored, kind, exif=exif, quality=95), "turned.jpg")
    image = assert_plain(imported)
    assert image.size == upright.size
    assert np.abs(np.asarray(image, int) - np.asarray(upright, int)).mean() < 4
    assert ("turned upright" in imported.note) == (orientation > 1)


def test_cmyk_without_a_profile_is_told_to_be_approximate() -> None:
    imported = read_image(saved(photo(mode="CMYK"), "JPEG", quality=95), "print.jpg")
    assert "CMYK without a colour profile" in imported.note
    assert np.abs(np.asarray(assert_plain(imported), int) - np.asarray(photo(), int)).mean() < 6


def test_a_profile_that_does_not_fit_is_left_out() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"no profile at all"):
        imported = read_image(saved(photo(mode="CMYK"), "JPEG", icc_profile=profile), "print.jpg")
        assert "left out a colour profile that does not fit it" in imported.note
        assert_plain(imported)


def test_a_cmyk_profile_is_used() -> None:
    imported = read_image(
        saved(photo(mode="CMYK"), "JPEG", quality=95, icc_profile=inverting_cmyk()), "print.jpg"
    )
    assert imported.note == "converted from CMYK “Test press” to sRGB"
    plain = Image.open(io.BytesIO(saved(photo(mode="CMYK"), "JPEG", quality=95))).convert("RGB")
    assert np.abs(np.asarray(assert_plain(imported), int) - np.asarray(plain, int)).mean() > 20


def test_a_wide_gamut_profile_is_converted() -> None:
    data = saved(Image.new("RGB", (80, 80), (180, 120, 60)), "PNG", icc_profile=swapping_rgb())
    imported = read_image(data, "wide.png")
    assert imported.note == "converted from “Test space” to sRGB"
    red, green, blue = assert_plain(imported).getpixel((5, 5))
    assert blue > red
    assert green not in (red, blue)


def test_alpha_survives_a_profile() -> None:
    source = photo(mode="RGBA")
    source.putalpha(77)
    image = assert_plain(read_image(saved(source, "PNG", icc_profile=swapping_rgb()), "x.png"))
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (77, 77)


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    values = np.linspace(0, 65535, 100).astype(">u2")
    rows = b"".join(b"\0" + values.tobytes() for _ in range(100))
    imported = read_image(png(100, 100, 16, 0, rows), "depth.png")
    assert imported.note == "reduced from 16 to 8 bits a channel"
    row = np.asarray(assert_plain(imported))[50, :, 0]
    assert np.abs(row - values.astype(float) / 257).max() <= 0.51


@pytest.mark.parametrize(("colour", "channels", "mode"), [(2, 3, "RGB"), (4, 2, "RGBA"), (6, 4, "RGBA")])
def test_16_bit_colour_is_scaled(colour: int, channels: int, mode: str) -> None:
    values = np.linspace(0, 65535, 100 * channels).astype(">u2")
    rows = b"".join(b"\0" + values.tobytes() for _ in range(100))
    imported = read_image(png(100, 100, 16, colour, rows), "deep.png")
    assert imported.note == "reduced from 16 to 8 bits a channel"
    image = assert_plain(imported)
    assert image.mode == mode
    expected = values.reshape(100, channels)[:, 0].astype(float) / 257
    assert np.abs(np.asarray(image)[0, :, 0] - expected).max() <= 1


def test_palette_grey_and_bitonal_become_rgb() -> None:
    for mode in ("P", "L", "1", "LA"):
        image = assert_plain(read_image(saved(photo(mode=mode), "PNG"), "x.png"))
        assert image.mode == ("RGBA" if mode == "LA" else "RGB")
        expected = np.asarray(photo(mode=mode).convert(image.mode))
        assert np.array_equal(np.asarray(image), expected)


def test_a_transparent_palette_entry_becomes_alpha() -> None:
    source = photo(mode="P")
    index = source.getpixel((0, 0))
    image = assert_plain(read_image(saved(source, "PNG", transparency=index), "x.png"))
    assert image.mode == "RGBA"
    assert image.getpixel((0, 0))[3] == 0
    assert image.getpixel((159, 0))[3] == 255


@pytest.mark.parametrize(
    ("mode", "options", "mime"),
    [
        ("RGB", {"quality": 80}, "image/jpeg"),
        ("RGB", {"lossless": True}, "image/jpeg"),
        ("RGBA", {"lossless": True}, "image/png"),
        ("RGBA", {"quality": 80}, "image/png"),
    ],
)
def test_webp_becomes_what_every_player_opens(mode: str, options: dict[str, object], mime: str) -> None:
    source = photo(mode=mode)
    if mode == "RGBA":
        source.putalpha(100)
    imported = read_image(saved(source, "WEBP", **options), "x.webp")
    assert imported.mime == mime
    assert "converted from WebP" in imported.note
    assert_plain(imported)


def test_a_still_gif_becomes_a_png() -> None:
    imported = read_image(saved(photo(), "GIF"), "x.gif")
    assert imported.mime == "image/png"
    assert imported.note == "converted from GIF to PNG"
    assert_plain(imported)


def test_pillow_images_are_taken_as_they_are() -> None:
    white = Image.fromarray(np.full((90, 160), 65535, np.uint16))
    assert decoded(read_pil(white)).getextrema() == ((255, 255),) * 3
    source = photo()
    source.info["comment"] = "mine"
    imported = read_pil(source)
    assert (imported.mime, imported.note) == ("image/png", "")
    assert np.array_equal(np.asarray(assert_plain(imported)), np.asarray(source))
    assert source.info == {"comment": "mine"}
    for bad in (Image.new("RGB", (10, 10)), Image.new("F", (100, 100))):
        with pytest.raises(BadMedia):
            read_pil(bad)


# What is refused.


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty (0 bytes)"),
        (b"This is not a picture at all.\n" * 20, "is text, not a picture"),
        ("Löwe – 狮子\n".encode() * 9, "is text, not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is text, not a picture"),
        (b"\0\1\2\3" * 100, "is not a picture that can be recognised"),
        (b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(99), "is in HEIC format"),
        (b"\0\0\0\x18ftypavif\0\0\0\0" + bytes(99), "is in AVIF format"),
        (b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(99), "is video (MP4), not a picture"),
        (b"II*\0" + bytes(99), "is in TIFF format"),
        (b"%PDF-1.7\n" + bytes(99), "is in PDF format"),
        (b"PK\x03\x04" + bytes(99), "is in ZIP format"),
        (b"\x89PNG\r\n\x1a\n", "is damaged or cut short"),
        (b"\xff\xd8\xff\xe0", "is damaged or cut short"),
        (b"GIF89a", "is damaged or cut short"),
    ],
)
def test_what_is_no_picture_is_told(data: bytes, says: str) -> None:
    sentence = told(data)
    assert sentence.startswith("lion.png ")
    assert says in sentence
    assert "PNG" in sentence or "once more" in sentence


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_told(kind: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))
    data = saved(noise, kind)
    assert "damaged or cut short" in told(data[: int(len(data) * share)])


def test_animations_are_told_what_to_do() -> None:
    frames = [photo(), photo().transpose(Image.Transpose.ROTATE_180)]
    for kind in ("GIF", "WEBP", "PNG"):
        sentence = told(saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100))
        assert "is animated" in sentence
        assert "one frame" in sentence
        assert "clip" in sentence


def huge_jpeg(width: int, height: int) -> bytes:
    data = bytearray(saved(photo(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def huge_gif(width: int, height: int) -> bytes:
    data = bytearray(saved(photo(), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def huge_webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("make", [lambda w, h: png(w, h, 8, 2, b""), huge_jpeg, huge_gif, huge_webp])
@pytest.mark.parametrize("size", [(20_000, 20_000), (8_193, 200), (200, 8_193), (8_000, 8_000)])
def test_too_large_is_told_from_the_header(make: Callable[[int, int], bytes], size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sentence = told(make(*size))
    assert f"is {size[0]:,} × {size[1]:,} pixels" in sentence
    assert f"8,192 on a side and {25 if make is huge_webp else 50} megapixels" in sentence


def test_a_real_bomb_is_refused_without_being_decoded() -> None:
    """20,000 × 20,000 grey pixels, 400 MB, in a file of 400 kB."""
    data = png(20_000, 20_000, 8, 0, bytes(20_001 * 20_000))
    assert len(data) < 500_000
    started = time.perf_counter()
    told(data)
    assert time.perf_counter() - started < 0.2


def test_compressed_text_and_profiles_do_not_unpack_without_end() -> None:
    bomb = zlib.compress(bytes(300_000_000))
    rows = (b"\0" + bytes(300)) * 100
    for extra in (chunk(b"zTXt", b"x\0\0" + bomb), chunk(b"iCCP", b"x\0\0" + bomb)):
        try:
            imported = read_image(png(100, 100, 8, 2, rows, extra), "x.png")
        except BadMedia:
            continue
        assert len(imported.data) < 10_000


def test_an_idat_that_unpacks_to_more_than_the_picture_is_harmless() -> None:
    imported = read_image(png(100, 100, 8, 2, (b"\0" + bytes(300)) * 100 + bytes(100_000_000)), "x.png")
    assert (imported.width, imported.height) == (100, 100)


def test_too_small_is_told() -> None:
    assert "is 32 × 200 pixels; allowed are 64 on a side and more" in told(saved(photo(32, 200), "PNG"))


def test_too_many_bytes_are_told_without_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as handle:
        handle.truncate(30 * 1024**3)
    assert "has 30,720 MB" in told(path, path.name)
    assert "has 21 MB" in told(bytes(21 * 1024**2))


def test_what_is_not_a_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.png", tmp_path, Path("/dev/zero"), Path("a\0b.png")):
        assert "give the path of a picture" in told(path, path.name)


def test_measurement_data_is_told() -> None:
    with pytest.raises(BadMedia, match="for measurements"):
        read_pil(Image.new("F", (100, 100)))


def test_a_name_can_not_break_the_sentence() -> None:
    sentence = told(b"", "../../\x1b[31mev\u202eil\n" + "x" * 500 + ".png")
    assert sentence.isprintable()
    assert ".." not in sentence.partition(" is empty")[0]
    assert len(sentence) < 250


SEEDS = [saved(photo(), "PNG"), saved(photo(), "JPEG"), saved(photo(), "WEBP"), saved(photo(), "GIF")]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", *(seed[:12] for seed in SEEDS)]))
def test_arbitrary_bytes_never_crash(data: bytes, start: bytes) -> None:
    with pytest.raises(BadMedia):
        read_image(start + data, "x")


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_flipped_bytes_give_a_plain_picture_or_a_sentence(
    seed: bytes, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(seed)
    for where, value in changes:
        data[min(int(where * len(data)), len(data) - 1)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            imported = read_image(bytes(data), "x")
        except BadMedia as error:
            assert str(error).endswith(".")
        else:
            assert_plain(imported)


def test_threads_read_at_once_and_pillow_is_left_as_it_was() -> None:
    before = (Image.MAX_IMAGE_PIXELS, dict(Image.OPEN), ImageFile.LOAD_TRUNCATED_IMAGES)
    results: list[ImportedImage] = []
    sources = [*SEEDS, saved(photo(mode="CMYK"), "JPEG")] * 4
    threads = [threading.Thread(target=lambda s=s: results.append(read_image(s, "x"))) for s in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(sources)
    assert len({result.data for result in results}) == 4  # the PNG and the GIF hold the same picture
    assert before == (Image.MAX_IMAGE_PIXELS, dict(Image.OPEN), ImageFile.LOAD_TRUNCATED_IMAGES)


# Colour profiles small enough to be written out here (ICC.1:2010, 7, 8 and 10).


def icc(space: bytes, device_class: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    at = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    header = bytearray(128)
    header[0:4] = struct.pack(">I", 128 + len(table) + len(body))
    header[8:12] = bytes([2, 0x40, 0, 0])
    header[12:24] = device_class + space + connection
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">iii", 63190, 65536, 54061)
    return bytes(header) + table + body


def described(text: bytes) -> bytes:
    return b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(1 + 4 + 4 + 2 + 1 + 67)


def swapping_rgb() -> bytes:
    """sRGB's primaries (D50) with red and blue exchanged."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(v * 65536) for v in (x, y, z)))

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))
    tags = {
        b"desc": described(b"Test space"),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return icc(b"RGB ", b"mntr", tags)


def inverting_cmyk() -> bytes:
    """A press whose lightness rises with its black ink: no naive conversion gives its colours."""
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    corners = bytearray()
    for corner in range(16):
        black = corner & 1
        corners += bytes([255 if black else 60, 128, 128])
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity
    ramp = bytes(range(256))
    table += ramp * 4 + bytes(corners) + ramp * 3
    return icc(b"CMYK", b"prtr", {b"desc": described(b"Test press"), b"A2B0": table}, b"Lab ")
