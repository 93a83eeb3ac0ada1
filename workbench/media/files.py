"""``MediaFiles``: every file under the SHA-256 of its bytes, whole or not there at all.

The order is always file first, then row: a crash leaves a file that no row knows, never a row without
its file, and ``sweep`` finds such files again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.domain.errors import FolderFull, FolderReadOnly
from workbench.domain.media import EXTENSIONS, Media

_BLOCK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STORED_NAME = re.compile(r"([0-9a-f]{64})\.(?:" + "|".join(EXTENSIONS.values()) + ")")
_INCOMING = "incoming"
_WORKSPACE = "fetch-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has removed."""

    count: int = 0
    size_bytes: int = 0


class MediaFiles:
    """A folder of files ``ab/abcdef….ext``. Safe to use from any number of threads and processes.

    Methods that write raise ``FolderFull`` or ``FolderReadOnly`` and then leave nothing half-written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, file: Media | str, mime: str = "") -> Path:
        """Where ``file`` (a ``Media``, or a SHA-256 with its type) lies, whether it is there or not."""
        sha256, mime = (file.sha256, file.mime) if isinstance(file, Media) else (file, mime)
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hex.")
        if mime not in EXTENSIONS:
            raise ValueError(f"{mime!r} is not stored; allowed: {', '.join(EXTENSIONS)}.")
        return self.root / sha256[:2] / f"{sha256}.{EXTENSIONS[mime]}"

    def add_file(self, source: Path, mime: str) -> tuple[str, int]:
        """Store ``source``: moved out of a ``workspace``, else copied. Returns its SHA-256 and its size."""
        if source.parent.parent == self.root / _INCOMING:
            return self._move(source, mime)
        with source.open("rb") as handle:
            return self._receive(iter(lambda: handle.read(_BLOCK_BYTES), b""), mime)

    def add_bytes(self, data: bytes, mime: str) -> tuple[str, int]:
        """Store ``data``. Returns its SHA-256 and its size in bytes."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self._keep(self.path(sha256, mime), len(data)):
            return sha256, len(data)
        return self._receive([data], mime)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A temporary folder on the same disk, emptied afterwards – by ``sweep``, after a crash."""
        with self._telling():
            (self.root / _INCOMING).mkdir(parents=True, exist_ok=True)
            folder = tempfile.mkdtemp(prefix=_WORKSPACE, dir=self.root / _INCOMING)
        try:
            yield Path(folder)
        finally:
            try:
                Path(folder).rmdir()  # mostly what was in it has been moved to its place
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)

    def verify(self, sha256: str) -> bool:
        """Whether the file is there and its bytes still have that hash."""
        found = [path for path in self._stored() if path.stem == sha256]
        return bool(found) and all(_hash(path) == sha256 for path in found)

    def total_bytes(self) -> int:
        """Size of all stored files."""
        return sum(_size(path) or 0 for path in self._stored())

    def sweep(self, known: Callable[[str], bool], older_than_s: float) -> Swept:
        """Remove files of which ``known(sha256)`` is false, and left-over temporary files.

        Only what was written longer ago than ``older_than_s``: a younger file may be waiting for its row.
        """
        with self._telling():
            latest = time.time() - older_than_s
            self._put_back_strays()
            sizes = [self._discard(path, known, latest) for path in self._stored()]
            sizes += [_unlink_older(path, latest) for path in _files(self.root / _INCOMING)]
            for left in (self.root / _INCOMING).glob(f"{_WORKSPACE}*"):
                sizes += [_unlink_older(path, latest) for path in _files(left)]
                with suppress(OSError):  # not empty: something in it is still young
                    left.rmdir()
        removed = [size for size in sizes if size is not None]
        return Swept(len(removed), sum(removed))

    def discard(self, sha256: str, mime: str, known: Callable[[str], bool], older_than_s: float) -> bool:
        """Remove one file as ``sweep`` would; returns whether nothing of it is left to be removed.

        A file that is known again stays, and nothing is left of it then; a younger one is for later.
        """
        path = self.path(sha256, mime)
        with self._telling():
            self._discard(path, known, time.time() - older_than_s)
        return known(sha256) or not path.exists()

    def _move(self, source: Path, mime: str) -> tuple[str, int]:
        """Flush a file that lies on the same disk already, then give it its name."""
        with source.open("rb+") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            size = handle.tell()
            with self._telling():
                os.utime(source)  # young, so that no sweep takes it before its row is there
                os.fsync(handle.fileno())
        with self._telling():
            self._place(source, self.path(digest, mime), size)
        return digest, size

    def _receive(self, blocks: Iterable[bytes], mime: str) -> tuple[str, int]:
        """Write to a temporary file while hashing, flush it to disk, then give it its name."""
        extension = EXTENSIONS[mime]
        digest = hashlib.sha256()
        size = 0
        temporary = self.root / _INCOMING / f"{secrets.token_hex(16)}.{extension}"
        with self._telling():
            temporary.parent.mkdir(parents=True, exist_ok=True)
            handle = temporary.open("xb")
        try:
            for block in blocks:
                digest.update(block)
                size += len(block)
                with self._telling():
                    handle.write(block)
            with self._telling():
                handle.flush()
                os.fsync(handle.fileno())
                handle.close()
                self._place(temporary, self.path(digest.hexdigest(), mime), size)
        except BaseException:
            _abandon(handle, temporary)
            raise
        return digest.hexdigest(), size

    def _place(self, temporary: Path, target: Path, size: int) -> None:
        if self._keep(target, size):
            temporary.unlink()
            return
        is_new = not target.parent.exists()
        target.parent.mkdir(exist_ok=True)
        temporary.replace(target)
        _flush_folder(target.parent)
        if is_new:
            _flush_folder(self.root)

    def _keep(self, target: Path, size: int) -> bool:
        """Whether the file is there already. Makes it young again, so that no sweep takes it now.

        A file of another size was torn by a loss of power; it is to be replaced.
        """
        with self._telling():
            try:
                os.utime(target)
            except FileNotFoundError:
                return False
        return _size(target) == size

    def _discard(self, path: Path, known: Callable[[str], bool], latest: float) -> int | None:
        """Remove one stored file that no row knows. Returns its size, ``None`` when it stays.

        It is moved aside before the last look: from then on somebody who adds the same bytes either
        finds no file and writes one, or has made it young before, and then it goes back.
        """
        if _written(path) > latest or known(path.stem):
            return None
        aside = self.root / _INCOMING / path.name
        aside.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path.rename(aside)
            if _written(aside) <= latest and not known(path.stem):
                return _unlink_older(aside, latest)
            aside.replace(path)
        return None

    def _put_back_strays(self) -> None:
        """Undo what a sweep that was killed between its two looks left aside."""
        for aside in _files(self.root / _INCOMING):
            if _STORED_NAME.fullmatch(aside.name):
                with suppress(FileNotFoundError):
                    aside.replace(self.root / aside.name[:2] / aside.name)

    def _stored(self) -> Iterator[Path]:
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if len(folder.name) == 2 and folder.is_dir():
                yield from (path for path in _files(folder) if _STORED_NAME.fullmatch(path.name))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what the disk answers into a sentence."""
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise FolderFull(
                    f"The disk of the media folder {self.root} is full, so nothing was stored; free some "
                    "space, or set WORKBENCH_DATA to a folder on another disk, and try again."
                ) from error
            if error.errno in _READ_ONLY:
                raise FolderReadOnly(
                    f"The media folder {self.root} can't be written to, so nothing was stored; allow "
                    "writing to it, or set WORKBENCH_DATA to a folder of your own, and try again."
                ) from error
            raise


def _abandon(handle: BinaryIO, temporary: Path) -> None:
    with suppress(OSError):  # closing tries to write the rest once more, onto the same full disk
        handle.close()
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except FileNotFoundError:
        return []


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _written(path: Path) -> float:
    """Seconds since the epoch; infinitely late for a file that has just gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _unlink_older(path: Path, latest: float) -> int | None:
    size = _size(path)
    if size is None or _written(path) > latest:
        return None
    path.unlink(missing_ok=True)
    return size


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
