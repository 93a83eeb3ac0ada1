"""Input and output media as values: what a file is, never where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an input does in a request."""

    FIRST_FRAME = "first_frame"
    LAST_FRAME = "last_frame"
    REFERENCE = "reference"
    STYLE = "style"
    SOURCE_CLIP = "source_clip"
    EDITED_CLIP = "edited_clip"
    REFERENCE_CLIP = "reference_clip"
    MASK = "mask"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]

    @property
    def is_clip(self) -> bool:
        """It takes a video; every other role takes a picture."""
        return self in _CLIP_ROLES


_ROLE_LABELS = {
    Role.FIRST_FRAME: "First frame",
    Role.LAST_FRAME: "Last frame",
    Role.REFERENCE: "Reference image",
    Role.STYLE: "Style image",
    Role.SOURCE_CLIP: "Clip to extend",
    Role.EDITED_CLIP: "Clip to edit",
    Role.REFERENCE_CLIP: "Reference clip",
    Role.MASK: "Mask",
}


_CLIP_ROLES = frozenset({Role.SOURCE_CLIP, Role.EDITED_CLIP, Role.REFERENCE_CLIP})


@dataclass(frozen=True, slots=True)
class Media:
    """One stored file, named by the SHA-256 of its bytes.

    ``width`` and ``height`` are in pixels; ``duration_s``, ``fps``, ``codec`` and ``has_audio`` are
    set for videos only. ``note`` says in words what was changed on the way in
    ("turned upright by its EXIF orientation").
    """

    sha256: str
    mime: str
    size_bytes: int
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    fps: float = 0.0
    codec: str = ""
    has_audio: bool = False
    note: str = ""

    @property
    def is_video(self) -> bool:
        return self.mime.startswith("video/")

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.mime]


# The types that are stored and served; nothing else is ever accepted into the media folder.
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "video/mp4": "mp4"}


@dataclass(frozen=True, slots=True)
class Input:
    """One media file in one role of a request."""

    role: Role
    media: Media
    position: int = 0
