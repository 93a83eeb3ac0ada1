"""The one way into the media folder: check, normalise, store by content, and say what was changed."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from workbench.domain.errors import BadMedia
from workbench.domain.media import Media, Role
from workbench.media.files import MediaFiles
from workbench.media.images import MAX_BYTES, MAX_PIXELS, MAX_SIDE, ImportedImage, read_image
from workbench.media.poster import last_frame, poster
from workbench.media.probe import Probe, probe, read_clip

POSTER_WIDTH = 768  # as a clip's


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that has passed, not stored yet. ``content`` is what will be stored, byte for byte."""

    media: Media
    content: bytes | Path

    def store(self, files: MediaFiles) -> Media:
        """Raises ``FolderFull`` or ``FolderReadOnly``."""
        if isinstance(self.content, Path):
            files.add_file(self.content, self.media.mime)
        else:
            files.add_bytes(self.content, self.media.mime)
        return self.media


def examine(source: Path | bytes, name: str, role: Role) -> Examined:
    """Check and normalise what a person gives for ``role``: a clip where the role takes one, else a picture.

    Writes nothing. Raises ``BadMedia``.
    """
    if not role.is_clip:
        return of_image(read_image(source, name))
    return _of_clip(source, read_clip(source, name))


def of_image(image: ImportedImage) -> Examined:
    """A picture that ``read_image`` or ``read_pil`` has passed."""
    sha256 = hashlib.sha256(image.data).hexdigest()
    media = Media(sha256, image.mime, len(image.data), image.width, image.height, note=image.note)
    return Examined(media, image.data)


def take_clip(files: MediaFiles, path: Path, still: Path | None = None) -> tuple[Media, Media, Media]:
    """Store a finished clip of a run, out of its workspace. Returns the clip, its poster and its last frame.

    ``still`` is a clean last frame where the provider has one; one that can't be read is replaced by the
    clip's own. Raises ``BadMedia`` for what no player would open, ``FolderFull``, ``FolderReadOnly``.
    """
    facts = probe(path)
    cover = _stored_still(files, poster(path), "image/jpeg")
    last = _stored_given(files, still) if still else None
    if last is None:
        last = _stored_still(files, last_frame(path), "image/png")
    return _media(facts, *files.add_file(path, facts.mime)), cover, last


def take_still(files: MediaFiles, path: Path, _: Path | None = None) -> tuple[Media, Media, Media]:
    """Store a finished still of a run: the picture, a small JPEG of it, and the picture once more.

    It is its own last frame, so that it can go on as a frame of the next clip. It is normalised as an upload
    is; one that is larger than an upload may be becomes a JPEG. Raises as ``take_clip``.
    """
    image = read_image(_bounded(path), path.name)
    media = of_image(image).store(files)
    with Image.open(io.BytesIO(image.data), formats=("PNG", "JPEG")) as picture:
        small = _on_white(picture)
    small.thumbnail((POSTER_WIDTH, POSTER_WIDTH * 4))
    return media, _stored_still(files, _jpeg(small, 85), "image/jpeg"), media


def _bounded(path: Path) -> bytes:
    """The file's bytes; where they are too many for a picture, those of a JPEG with the same pixels."""
    data = path.read_bytes()
    if len(data) <= MAX_BYTES:
        return data
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            is_fit = max(picture.size) <= MAX_SIDE and picture.width * picture.height <= MAX_PIXELS
            return _jpeg(_on_white(picture), 95) if is_fit else data
    except (OSError, ValueError, Image.DecompressionBombError):
        return data  # `read_image` says what is wrong with it


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, for a JPEG."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    ground = Image.new("RGB", with_alpha.size, "white")
    ground.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return ground


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    with io.BytesIO() as handle:
        picture.save(handle, "JPEG", quality=quality)
        return handle.getvalue()


def _of_clip(source: Path | bytes, facts: Probe) -> Examined:
    return Examined(_media(facts, *_identity(source)), source)


def _media(facts: Probe, sha256: str, size_bytes: int) -> Media:
    return Media(
        sha256,
        facts.mime,
        size_bytes,
        facts.width,
        facts.height,
        duration_s=facts.duration_s,
        fps=facts.fps,
        codec=facts.codec,
        has_audio=facts.has_audio,
    )


def _identity(source: Path | bytes) -> tuple[str, int]:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest(), len(source)
    with source.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest(), source.stat().st_size


def _stored_given(files: MediaFiles, still: Path) -> Media | None:
    try:
        return of_image(read_image(still, still.name)).store(files)
    except BadMedia:
        return None


def _stored_still(files: MediaFiles, data: bytes, mime: str) -> Media:
    """Store a still of our own making."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
    sha256, size = files.add_bytes(data, mime)
    return Media(sha256, mime, size, width, height)
