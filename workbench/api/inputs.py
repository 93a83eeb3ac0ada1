"""Turns whatever a person has – a path, a URL, bytes, a PIL image, an earlier run – into input media.

Everything is read and checked first and stored only when the whole request has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workbench.domain.errors import BadMedia, RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.run import Clip, Run
from workbench.media.files import MediaFiles

if TYPE_CHECKING:
    from workbench.media.intake import Examined

CLIP_BYTES, IMAGE_BYTES = 500_000_000, 20_000_000
MOVING = frozenset({"MP4", "QuickTime", "Matroska or WebM", "AVI"})  # but MP4 to be refused as clips


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked input. ``examined`` is ``None`` where the folder has the file already."""

    role: Role
    media: Media
    examined: Examined | None
    position: int = 0

    def store(self, files: MediaFiles) -> None:
        if self.examined:
            self.examined.store(files)

    @property
    def input(self) -> Input:
        return Input(self.role, self.media, self.position)


def prepare(sources: Sequence[tuple[Role, object]], names: Sequence[str] = ()) -> list[Prepared]:
    """Check every source. Raises ``BadMedia`` or ``RequestError`` in one sentence that names the file.

    ``names`` are what bytes, which have none, are called there.
    """
    prepared: list[Prepared] = []
    for (role, source), name in zip(sources, names or [""] * len(sources), strict=True):
        known = _known(source, role)
        examined = None if known else _examine(source, role, name)
        media = known or examined.media  # type: ignore[union-attr] # one of the two is there
        position = sum(p.role is role for p in prepared)
        prepared.append(Prepared(role, media, examined, position))
    return prepared


def each(references: object) -> Sequence[object]:
    """``references`` one by one. A single one must not be taken apart into its letters or bytes."""
    if references is None:
        return []
    if isinstance(references, Iterable) and not isinstance(references, str | bytes | bytearray):
        return list(references)
    raise RequestError(
        f"Reference images can't be one {type(references).__name__}. Give them as a list: references=[…]."
    )


def found_out(source: object) -> tuple[object, bool]:
    """``source`` – a URL as the bytes behind it –, and whether it is a clip: its first bytes say so.

    What no file is (a picture, a run) is told by what it is. Raises ``BadMedia``.
    """
    from workbench.media.fetch import fetch_public
    from workbench.media.sniff import HEAD_BYTES, kind

    if isinstance(source, str) and source.startswith(("http://", "https://")):
        source = fetch_public(source, CLIP_BYTES)
    if isinstance(source, bytes):
        return source, kind(source[:HEAD_BYTES]) in MOVING
    if isinstance(source, str | Path):
        with _file(source, Role.REFERENCE).open("rb") as handle:
            return source, kind(handle.read(HEAD_BYTES)) in MOVING
    media = source.clip.media if isinstance(source, Run) and source.clip else getattr(source, "media", source)
    return source, isinstance(media, Media) and media.is_video


def _known(source: object, role: Role) -> Media | None:
    """The stored file that ``source`` already names."""
    match source:
        case Media():
            return source
        case Clip():
            return source.media if role.is_clip else _still_of(source)
        case Run():
            return _known(_clip_of(source), role)
    return None


def _examine(source: object, role: Role, name: str = "") -> Examined:
    # Imported where a file comes in: who only reads the log need not wait for NumPy, Pillow and PyAV.
    from PIL import Image

    from workbench.media.fetch import fetch_public
    from workbench.media.images import read_pil
    from workbench.media.intake import examine, of_image

    match source:
        case bytes():
            return examine(source, name or f"the {role.label.lower()}", role)
        case str() if source.startswith(("http://", "https://")):
            limit_bytes = CLIP_BYTES if role.is_clip else IMAGE_BYTES
            content = fetch_public(source, limit_bytes)
            return examine(content, urlsplit(source).path, role)  # the query may hold a signature
        case str() | Path():
            path = _file(source, role)
            return examine(path, path.name, role)
        case Image.Image():
            return of_image(read_pil(source))
    raise RequestError(
        f"A {role.label.lower()} can't be a {type(source).__name__}. "
        f"Allowed: a path, a URL, bytes, a PIL image, or a run of this log."
    )


def _file(source: str | Path, role: Role) -> Path:
    try:
        path = Path(source).expanduser()
        if path.is_file():
            return path
    except (OSError, RuntimeError):  # no name that a file can have, or no such user's home
        pass
    raise BadMedia(f"There is no file {str(source)!r:.300} (given as {role.label.lower()}). Check the path.")


def _clip_of(run: Run) -> Clip:
    if run.clip is None:
        raise RequestError(f"Run {run.id} is {run.status} and has no clip to go on from.")
    return run.clip


def _still_of(clip: Clip) -> Media:
    if clip.last_frame is None:
        raise RequestError("That clip has no last frame stored; give a picture instead.")
    return clip.last_frame
