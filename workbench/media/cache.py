"""The folder of files that can be made again: how large it is, and what goes first.

Whoever keeps a file there writes it beside its place and renames it, makes it again where it is gone, and
touches it (``used``) when it is asked for, since many disks don't note when a file is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = "cache"  # in the data folder
IN_USE_S = 3_600.0  # a file that was used since may be on its way to a browser just now


@dataclass(frozen=True, slots=True)
class CachedFile:
    """``used_at`` in seconds since the epoch."""

    path: Path
    size_bytes: int
    used_at: float


def used(path: Path) -> None:
    """It was asked for just now; it goes later than others."""
    with suppress(OSError):  # a folder that can only be read, or a file that has just gone
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # browsers go by the time of writing


def surplus(folder: Path, most_bytes: int) -> list[CachedFile]:
    """What has to go so that ``most_bytes`` are left, the longest unused first; nothing that is in use."""
    found = sorted(_files(folder), key=lambda file: (file.used_at, file.path))
    too_much = sum(file.size_bytes for file in found) - most_bytes
    latest = time.time() - IN_USE_S
    going: list[CachedFile] = []
    for file in found:
        if too_much <= 0 or file.used_at > latest:
            break
        going.append(file)
        too_much -= file.size_bytes
    return going


def remove(files: Iterable[CachedFile]) -> list[CachedFile]:
    """Those that are gone now; what was used meanwhile stays."""
    gone = []
    for file in files:
        with suppress(OSError):
            if _used_at(file.path) <= file.used_at:
                file.path.unlink()
                gone.append(file)
    return gone


def _files(folder: Path) -> Iterator[CachedFile]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            with suppress(FileNotFoundError):
                yield CachedFile(path, path.lstat().st_size, _used_at(path))


def _used_at(path: Path) -> float:
    facts = path.lstat()
    return max(facts.st_atime, facts.st_mtime)
