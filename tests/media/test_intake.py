"""What goes into the media folder, and that nothing else does."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.media.footage import write_clip
from workbench.domain.errors import BadMedia
from workbench.domain.media import Media, Role
from workbench.media.files import MediaFiles
from workbench.media.images import read_pil
from workbench.media.intake import examine, of_image, take_clip


@pytest.fixture
def files(tmp_path: Path) -> MediaFiles:
    return MediaFiles(tmp_path / "media")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", sound=True)


def png(width: int = 128, height: int = 72, mode: str = "RGB") -> bytes:
    with io.BytesIO() as handle:
        Image.new(mode, (width, height), "teal").save(handle, "PNG" if mode != "CMYK" else "JPEG")
        return handle.getvalue()


def take_in(files: MediaFiles, source: Path | bytes, name: str, role: Role) -> Media:
    examined = examine(source, name, role)
    assert not files.path(examined.media).exists() or files.verify(examined.media.sha256)
    return examined.store(files)


def test_a_picture_is_stored_with_its_facts(files: MediaFiles) -> None:
    media = take_in(files, png(), "teal.png", Role.FIRST_FRAME)
    assert (media.mime, media.width, media.height, media.note) == ("image/png", 128, 72, "")
    assert files.path(media).stat().st_size == media.size_bytes
    assert files.verify(media.sha256)
    assert take_in(files, png(), "again.png", Role.REFERENCE) == media


def test_what_was_changed_is_noted(files: MediaFiles) -> None:
    media = take_in(files, png(mode="CMYK"), "print.jpg", Role.REFERENCE)
    assert "CMYK" in media.note
    assert media.mime == "image/jpeg"


def test_a_pillow_image_is_stored(files: MediaFiles) -> None:
    media = of_image(read_pil(Image.new("RGB", (100, 100), "red"))).store(files)
    assert files.verify(media.sha256)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_clip_is_stored_with_its_facts(files: MediaFiles, clip: Path, as_bytes: bool) -> None:
    media = take_in(files, clip.read_bytes() if as_bytes else clip, "clip.mp4", Role.SOURCE_CLIP)
    assert media.is_video
    assert (media.width, media.height, media.duration_s, media.fps) == (320, 180, 1.0, 24.0)
    assert (media.codec, media.has_audio) == ("h264", True)
    assert files.path(media).read_bytes() == clip.read_bytes()


def test_the_role_decides_what_may_come(files: MediaFiles, clip: Path) -> None:
    with pytest.raises(BadMedia, match=r"is video \(MP4\), not a picture"):
        take_in(files, clip, "clip.mp4", Role.LAST_FRAME)
    with pytest.raises(BadMedia, match="is PNG, not an MP4 clip"):
        take_in(files, png(), "teal.png", Role.SOURCE_CLIP)
    assert not files.root.exists()


def test_a_finished_clip_gets_poster_and_last_frame(files: MediaFiles, clip: Path) -> None:
    stored, cover, last = take_clip(files, clip)
    assert files.path(stored).read_bytes() == clip.read_bytes()
    assert (cover.mime, cover.width, cover.height) == ("image/jpeg", 320, 180)
    assert (last.mime, last.width, last.height) == ("image/png", 320, 180)
    assert all(files.verify(media.sha256) for media in (stored, cover, last))


def test_a_clean_last_frame_of_the_provider_is_kept(files: MediaFiles, clip: Path, tmp_path: Path) -> None:
    still = tmp_path / "last.png"
    still.write_bytes(png(320, 180))
    assert files.path(take_clip(files, clip, still)[2]).read_bytes() == still.read_bytes()
    still.write_bytes(b"broken")
    last = take_clip(files, clip, still)[2]
    assert (last.width, last.height) == (320, 180)


def test_a_clip_that_no_player_opens_leaves_nothing(files: MediaFiles, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"<html>502 Bad Gateway</html>")
    with pytest.raises(BadMedia, match="is text, not an MP4 clip"):
        take_clip(files, path)
    assert not files.root.exists()
