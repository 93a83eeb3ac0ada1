"""The one way into the media folder: check, normalise, store by content, and say what was changed."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from workbench.domain.errors import BadMedia
from workbench.domain.media import Media, Role
from workbench.media.files import MediaFiles
from workbench.media.images import ImportedImage, read_image
from workbench.media.poster import last_frame, poster
from workbench.media.probe import Probe, probe, read_clip


def take_in(files: MediaFiles, source: Path | bytes, name: str, role: Role) -> Media:
    """Store what a person gives for ``role``: a clip for ``SOURCE_CLIP``, else a picture.

    Nothing is written before the file has passed. Raises ``BadMedia``, ``FolderFull``, ``FolderReadOnly``.
    """
    if role is not Role.SOURCE_CLIP:
        return stored_image(files, read_image(source, name))
    return _stored_clip(files, source, read_clip(source, name))


def take_clip(files: MediaFiles, path: Path, still: Path | None = None) -> tuple[Media, Media, Media]:
    """Store a finished clip of a run. Returns the clip, its poster and its last frame.

    ``still`` is a clean last frame where the provider has one; one that can't be read is replaced by the
    clip's own. Raises ``BadMedia`` for what no player would open, ``FolderFull``, ``FolderReadOnly``.
    """
    facts = probe(path)
    cover = _stored_still(files, poster(path), "image/jpeg")
    last = _stored_given(files, still) if still else None
    if last is None:
        last = _stored_still(files, last_frame(path), "image/png")
    return _stored_clip(files, path, facts), cover, last


def stored_image(files: MediaFiles, image: ImportedImage) -> Media:
    """Store a picture that ``read_image`` or ``read_pil`` has passed."""
    sha256, size = files.add_bytes(image.data, image.mime)
    return Media(sha256, image.mime, size, image.width, image.height, note=image.note)


def _stored_clip(files: MediaFiles, source: Path | bytes, facts: Probe) -> Media:
    if isinstance(source, Path):
        sha256, size = files.add_file(source, facts.mime)
    else:
        sha256, size = files.add_bytes(source, facts.mime)
    return Media(
        sha256,
        facts.mime,
        size,
        facts.width,
        facts.height,
        duration_s=facts.duration_s,
        fps=facts.fps,
        codec=facts.codec,
        has_audio=facts.has_audio,
    )


def _stored_given(files: MediaFiles, still: Path) -> Media | None:
    try:
        return stored_image(files, read_image(still, still.name))
    except BadMedia:
        return None


def _stored_still(files: MediaFiles, data: bytes, mime: str) -> Media:
    """Store a still of our own making."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
    sha256, size = files.add_bytes(data, mime)
    return Media(sha256, mime, size, width, height)
