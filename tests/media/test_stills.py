"""Stills that a model made: taken in as uploads are, however large."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.domain.errors import BadMedia
from workbench.media.files import MediaFiles
from workbench.media.images import MAX_BYTES
from workbench.media.intake import take_still


@pytest.fixture
def files(tmp_path: Path) -> MediaFiles:
    return MediaFiles(tmp_path / "media")


def written(path: Path, picture: Image.Image, kind: str = "PNG") -> Path:
    picture.save(path, kind)
    return path


def test_a_still_is_its_own_last_frame_and_has_a_poster(files: MediaFiles, tmp_path: Path) -> None:
    path = written(tmp_path / "still", Image.new("RGB", (1536, 864), "teal"))
    media, poster, last = take_still(files, path)
    assert (media.mime, media.width, media.height) == ("image/png", 1536, 864)
    assert last == media
    assert (poster.mime, poster.width, poster.height) == ("image/jpeg", 768, 432)
    assert all(files.verify(one.sha256) for one in (media, poster))
    with Image.open(files.path(poster)) as picture:
        assert picture.convert("RGB").getpixel((10, 10)) == pytest.approx((0, 128, 128), abs=3)


def test_webp_becomes_what_is_stored(files: MediaFiles, tmp_path: Path) -> None:
    media, _, _ = take_still(files, written(tmp_path / "still", Image.new("RGB", (128, 96), "red"), "WEBP"))
    assert media.mime == "image/jpeg" and "WebP" in media.note


def test_what_is_transparent_is_white_in_the_poster_only(files: MediaFiles, tmp_path: Path) -> None:
    path = written(tmp_path / "still", Image.new("RGBA", (128, 96), (255, 0, 0, 0)))
    media, poster, _ = take_still(files, path)
    with Image.open(files.path(media)) as picture:
        assert picture.mode == "RGBA"
    with Image.open(files.path(poster)) as picture:
        assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_a_still_larger_than_an_upload_becomes_a_jpeg(files: MediaFiles, tmp_path: Path) -> None:
    """4K with grain: a paid picture is not given up because its PNG is heavy."""
    grain = np.random.default_rng(1).integers(0, 256, (2_160, 3_840, 3), dtype=np.uint8)
    path = tmp_path / "still"
    Image.fromarray(grain).save(path, "PNG", compress_level=0)
    assert path.stat().st_size > MAX_BYTES
    media, _, _ = take_still(files, path)
    assert (media.mime, media.width, media.height) == ("image/jpeg", 3_840, 2_160)
    assert media.size_bytes < MAX_BYTES


def test_what_is_no_picture_is_refused(files: MediaFiles, tmp_path: Path) -> None:
    path = tmp_path / "still"
    for content in (b"<html>no</html>", b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES)):
        path.write_bytes(content)
        with pytest.raises(BadMedia):
            take_still(files, path)
    with io.BytesIO() as handle:
        Image.new("RGB", (32, 32)).save(handle, "PNG")
        path.write_bytes(handle.getvalue())
    with pytest.raises(BadMedia, match="32 × 32"):
        take_still(files, path)
    assert not files.root.exists()
