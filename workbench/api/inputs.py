"""Turns whatever a person has – a path, a URL, bytes, a PIL image, an earlier run – into input media.

Everything is read and checked first and stored only when the whole request has passed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench.domain.errors import BadMedia, RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.run import Clip, Run
from workbench.media.files import MediaFiles

Source = "str | Path | bytes | Image | Media | Clip | Run"
CLIP_BYTES, IMAGE_BYTES = 500_000_000, 20_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked input that is not stored yet. ``content`` is ``None`` where the folder has it already."""

    role: Role
    media: Media
    content: bytes | Path | None
    position: int = 0

    def store(self, files: MediaFiles) -> None:
        match self.content:
            case bytes():
                files.add_bytes(self.content, self.media.mime)
            case Path():
                files.add_file(self.content, self.media.mime)

    @property
    def input(self) -> Input:
        return Input(self.role, self.media, self.position)


def prepare(sources: Sequence[tuple[Role, object]]) -> list[Prepared]:
    """Check every source. Raises ``BadMedia`` or ``RequestError`` in one sentence that names the file."""
    prepared: list[Prepared] = []
    for role, source in sources:
        media, content = _read(source, role)
        position = sum(p.role is role for p in prepared)
        prepared.append(Prepared(role, media, content, position))
    return prepared


def _read(source: object, role: Role) -> tuple[Media, bytes | Path | None]:
    match source:
        case Media():
            return source, None
        case Clip():
            return (source.media if role is Role.SOURCE_CLIP else _still_of(source)), None
        case Run():
            return _read(_clip_of(source), role)
        case bytes():
            return _checked(source, f"the {role.label.lower()}", role)
        case str() if source.startswith(("http://", "https://")):
            from workbench.media.fetch import fetch_public

            limit = CLIP_BYTES if role is Role.SOURCE_CLIP else IMAGE_BYTES
            # Only the last part of the path: what follows the "?" may be a signature.
            return _checked(fetch_public(source, limit), urlsplit(source).path, role)
        case str() | Path():
            path = Path(source).expanduser()
            if not path.is_file():
                raise BadMedia(f"There is no file {path} (given as {role.label.lower()}). Check the path.")
            return _checked(path, path.name, role)
    if hasattr(source, "save") and hasattr(source, "mode"):
        from workbench.media.images import read_pil

        image = read_pil(source)  # type: ignore[arg-type] # told by its shape: PIL is slow to import
        return _media_of_image(image), image.data
    raise RequestError(
        f"A {role.label.lower()} can't be a {type(source).__name__}. "
        f"Allowed: a path, a URL, bytes, a PIL image, or a run of this log."
    )


def _checked(source: bytes | Path, name: str, role: Role) -> tuple[Media, bytes | Path]:
    if role is not Role.SOURCE_CLIP:
        from workbench.media.images import read_image

        image = read_image(source, name)
        return _media_of_image(image), image.data
    from workbench.media.probe import read_clip

    facts = read_clip(source, name)
    sha256, size_bytes = _identity(source)
    media = Media(
        sha256=sha256,
        mime=facts.mime,
        size_bytes=size_bytes,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        fps=facts.fps,
        codec=facts.codec,
        has_audio=facts.has_audio,
    )
    return media, source


def _media_of_image(image: object) -> Media:
    from workbench.media.images import ImportedImage

    assert isinstance(image, ImportedImage)
    sha256 = hashlib.sha256(image.data).hexdigest()
    return Media(sha256, image.mime, len(image.data), image.width, image.height, note=image.note)


def _identity(source: bytes | Path) -> tuple[str, int]:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest(), len(source)
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), source.stat().st_size


def _clip_of(run: Run) -> Clip:
    if run.clip is None:
        raise RequestError(f"Run {run.id} is {run.status} and has no clip to go on from.")
    return run.clip


def _still_of(clip: Clip) -> Media:
    if clip.last_frame is None:
        raise RequestError("That clip has no last frame stored; give a picture instead.")
    return clip.last_frame
