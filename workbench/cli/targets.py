"""Files that clips are copied to."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.domain.errors import RequestError
from workbench.domain.run import SUFFIXES, Clip, Kind

if TYPE_CHECKING:
    from workbench.api import LoggedRun


def targets(target: Path, takes: int, kind: Kind, *, force: bool) -> list[Path]:
    """The files that the clips will be copied to. Raises ``RequestError`` where that can't go well."""
    suffixes = SUFFIXES[kind]
    if target.suffix.lower() not in suffixes:
        raise RequestError(f"--output is {target.name!r}; the file is to end in {' or '.join(suffixes)}.")
    wanted = [target] if takes == 1 else [_numbered(target, n) for n in range(1, takes + 1)]
    try:
        if not target.parent.is_dir():
            raise RequestError(f"There is no folder {target.parent} for --output. Make it first.")
        taken = [path for path in wanted if path.is_dir() or (path.exists() and not force)]
    except OSError as error:
        raise RequestError(f"--output can't be written ({error.strerror}). Choose another name.") from error
    if not os.access(target.parent, os.W_OK):
        raise RequestError(f"The folder {target.parent} of --output can't be written to. Choose another.")
    if taken:
        raise RequestError(f"{taken[0]} exists already. Choose another name, or add --force to overwrite it.")
    return wanted


def copied(runs: Sequence[LoggedRun], wanted: Sequence[Path], *, force: bool) -> bool:
    """Copy every clip to its target. One run may have made more clips than one: they get further numbers."""
    if not wanted:
        return True
    clips = [clip for run in runs for clip in run.clips]
    pairs = zip(clips, _places(wanted, len(clips)), strict=False)  # the places never end
    return all(_copy(clip.path, place, force=force) for clip, place in pairs)


def delivered(run: LoggedRun, target: Path, *, force: bool) -> bool:
    """Copy a run's clips to ``target`` and its numbers, unless they lie there already."""
    pairs = list(zip(run.clips, _places([target], len(run.clips)), strict=False))
    return all(holds(place, clip) or _copy(clip.path, place, force=force) for clip, place in pairs)


def holds(path: Path, clip: Clip) -> bool:
    """Whether the file is that clip, byte for byte."""
    if not path.is_file() or path.stat().st_size != clip.media.size_bytes:
        return False
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest() == clip.media.sha256


def _places(wanted: Sequence[Path], clips: int) -> Iterator[Path]:
    if clips <= len(wanted):
        yield from wanted
        return
    first = wanted[0]
    base = first if len(wanted) == 1 else first.with_stem(first.stem.removesuffix("-1"))
    yield from (_numbered(base, n) for n in count(1))


def _copy(source: Path, target: Path, *, force: bool) -> bool:
    import shutil

    part = target.with_name(f".{source.stem[:12]}.part")
    try:
        if target.exists() and not force:
            raise FileExistsError(errno.EEXIST, "somebody has made it meanwhile")
        shutil.copyfile(source, part)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        click.echo(
            f"workbench: {target} can't be written ({error.strerror}). The clip lies in {source}.", err=True
        )
        return False
    return True


def _numbered(path: Path, number: int) -> Path:
    return path.with_stem(f"{path.stem}-{number}")
