"""Sample references that ship with the project: in a checkout under ``data/samples``, else in the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import workbench

_PACKAGE = Path(workbench.__file__).parent
_FOLDERS = (_PACKAGE / "_samples", _PACKAGE.parent / "data" / "samples")
_CLIPS = frozenset({".mp4"})
_PICTURES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture or clip to try things with. ``label`` is what it shows, in words."""

    path: Path
    label: str
    is_clip: bool


def samples() -> tuple[Sample, ...]:
    """Every sample, by name; empty where the folder is missing."""
    folder = next((f for f in _FOLDERS if f.is_dir()), None)
    if folder is None:
        return ()
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in _CLIPS | _PICTURES)
    return tuple(
        Sample(p, p.stem.replace("-", " ").replace("_", " ").capitalize(), p.suffix.lower() in _CLIPS)
        for p in found
    )
