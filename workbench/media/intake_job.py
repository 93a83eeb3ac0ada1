"""A finished clip to be taken in, as values that go to another process and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.domain.errors import BadMedia, FolderFull, FolderReadOnly
from workbench.domain.media import Media
from workbench.media.files import MediaFiles

_SENTENCES = {error.__name__: error for error in (BadMedia, FolderFull, FolderReadOnly)}


def order(files: MediaFiles, clip: Path, last_frame: Path | None, *, is_still: bool) -> dict[str, Any]:
    """What ``take_in`` is called with, as JSON can carry it. ``last_frame`` is ``intake``'s ``still``."""
    given = str(last_frame) if last_frame else None
    return {"root": str(files.root.resolve()), "clip": str(clip), "last_frame": given, "is_still": is_still}


def take_in(order: Mapping[str, Any]) -> dict[str, Any]:
    """Runs over there: store the clip or still, its poster and its last frame."""
    from workbench.media import intake  # decoders load slowly

    take = intake.take_still if order["is_still"] else intake.take_clip
    given = Path(order["last_frame"]) if order["last_frame"] else None
    try:
        taken = take(MediaFiles(Path(order["root"])), Path(order["clip"]), given)
    except tuple(_SENTENCES.values()) as error:
        return {"fault": type(error).__name__, "said": str(error)}
    except OSError as error:
        return {"fault": "OSError", "errno": error.errno, "said": error.strerror or str(error)}
    return {"fault": "", "taken": [asdict(media) for media in taken]}


def taken_of(answer: Mapping[str, Any]) -> tuple[Media, Media, Media]:
    """The clip or still, its poster and its last frame. Raises what ``take_in`` met there."""
    if answer["fault"] == "OSError":
        raise OSError(answer["errno"], answer["said"])
    if answer["fault"]:
        raise _SENTENCES[answer["fault"]](answer["said"])
    media, poster, last_frame = (Media(**row) for row in answer["taken"])
    return media, poster, last_frame
