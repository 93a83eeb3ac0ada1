"""``BackingUp``: the part of the façade that copies the data folder while it is worked in.

A backup is a data folder itself: ``workbench --data BACKUP`` opens it. From then on it has a life of its own,
and no later backup is written over it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from workbench import __version__
from workbench.api.keeping import Keeping
from workbench.domain.errors import FolderFull, FolderReadOnly, RequestError
from workbench.domain.media import Media
from workbench.domain.times import to_text
from workbench.media.files import MediaFiles
from workbench.settings import Settings
from workbench.store.backup import LogCopy
from workbench.store.db import FILE_NAME, MEDIA_FOLDER

MANIFEST = "backup.json"
SETTINGS_FILE = "workbench.toml"  # names of variables at most; the keys themselves are never in it
_HEADROOM_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. Of ``files``, ``copied`` were not there before; both as numbers of files.

    ``missing`` are files that the log knows and the folder has no more, ``damaged`` those whose bytes are not
    what their name says: neither is in the backup.
    """

    folder: Path
    runs: int
    files: int
    copied: int = 0
    copied_bytes: int = 0
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.damaged)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """``before`` is the log that ``log_sha256`` takes the place of: a crash leaves one or the other."""

    made_at: str
    workbench: str
    runs: int
    files: int
    log_sha256: str
    before: str


class BackingUp(Keeping):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings

    def backup(self, folder: str | Path) -> Backup:
        """Copy log, files and ``workbench.toml`` into ``folder``: a new one, or a backup to bring up to date.

        The log is one moment of it, others may go on writing. What waited there to be sent is cancelled in
        the copy, so that opening it never pays twice. Files that are there already are not copied again.
        Raises ``RequestError`` for a folder that is no backup or was worked in, and a ``FolderError``.
        """
        target = Path(folder).expanduser().resolve()
        before = _may_take(target, self.settings.data.resolve())
        is_new = not target.exists()
        try:
            return self._backup(target, before)
        except FolderFull:
            if is_new:
                shutil.rmtree(target, ignore_errors=True)
            raise
        except OSError as error:
            raise FolderReadOnly(
                f"The backup in {target} could not be finished ({error}). The data folder is as it was; see "
                f"to that disk, and run it again: it goes on where it stopped."
            ) from error

    def _backup(self, target: Path, before: str) -> Backup:
        _make(target)
        log = LogCopy(target / f"{FILE_NAME}.new")
        try:
            _check_room(target, (self.settings.data / FILE_NAME).stat().st_size)
            log.make(self.store.db, self.clock.now())
            found, runs = log.media(), log.runs()
            told = _Manifest(
                made_at=to_text(self.clock.now()),
                workbench=__version__,
                runs=runs,
                files=len(found),
                log_sha256=_sha256(log.path),
                before=before,
            )
            _write_manifest(target, told)  # whatever stops it from here on, the next backup goes on with it
            copied, missing, damaged = self._copy(found, MediaFiles(target / MEDIA_FOLDER))
            if (written := self.settings.data / SETTINGS_FILE).is_file():
                shutil.copyfile(written, target / SETTINGS_FILE)
            log.path.replace(target / FILE_NAME)
        finally:
            log.path.unlink(missing_ok=True)
        return Backup(
            target,
            runs,
            len(found),
            copied=len(copied),
            copied_bytes=sum(media.size_bytes for media in copied),
            missing=tuple(missing),
            damaged=tuple(damaged),
        )

    def _copy(self, found: Sequence[Media], target: MediaFiles) -> tuple[list[Media], list[str], list[str]]:
        """What was copied, and the hashes of what was missing and of what was damaged."""
        wanted = [media for media in found if not _is_there(target.path(media), media)]
        _check_room(target.root.parent, sum(media.size_bytes for media in wanted))
        copied, missing, damaged = [], [], []
        for media in wanted:
            try:
                sha256, _ = target.add_file(self.path(media), media.mime)
            except FileNotFoundError:
                missing.append(media.sha256)
                continue
            if sha256 == media.sha256:
                copied.append(media)
            else:
                target.path(sha256, media.mime).unlink()
                damaged.append(media.sha256)
        return copied, missing, damaged


def check_backup(folder: str | Path) -> Backup:
    """Read a backup again, every byte of it. Raises ``RequestError`` where its log is not as it was made."""
    source = Path(folder).expanduser().resolve()
    told = _read_manifest(source)
    if told is None:
        raise RequestError(f"{source} is no backup: it has no {MANIFEST}. Name the folder of one.")
    log = LogCopy(source / FILE_NAME)
    if not _is_untouched(source, told):
        raise RequestError(
            f"The log in {source} is not the one that was backed up: the folder was opened and worked in, "
            f"it is damaged, or the backup was broken off. Make a new backup in another folder."
        )
    if fault := log.fault():
        raise RequestError(f"The log in {source} is damaged ({fault}). Make a new backup.")
    files, found = MediaFiles(source / MEDIA_FOLDER), log.media()
    missing = [media.sha256 for media in found if not files.path(media).is_file()]
    gone = frozenset(missing)
    damaged = [
        media.sha256
        for media in found
        if media.sha256 not in gone and _sha256(files.path(media)) != media.sha256
    ]
    return Backup(source, log.runs(), len(found), missing=tuple(missing), damaged=tuple(damaged))


def _may_take(target: Path, data: Path) -> str:
    """The hash of the log in ``target``, empty where there is none. Raises ``RequestError``."""
    if target == data or data in target.parents or target in data.parents:
        raise RequestError(f"A backup lies outside the data folder {data}; {target} is not. Name another.")
    if target.exists() and not target.is_dir():
        raise RequestError(f"{target} is a file. Name a new folder, or one that holds a backup.")
    told = _read_manifest(target)
    if told is None:
        if target.is_dir() and any(target.iterdir()):
            raise RequestError(
                f"{target} holds something that is no backup; nothing was written. "
                f"Name a new folder, or one that holds a backup."
            )
        return ""
    if (target / FILE_NAME).exists() and not _is_untouched(target, told):
        raise RequestError(
            f"The backup in {target} was opened and worked in since: it is a folder of its own now, and "
            f"nothing was written over it. Name another folder."
        )
    return _sha256(target / FILE_NAME) if (target / FILE_NAME).exists() else ""


def _is_untouched(folder: Path, told: _Manifest) -> bool:
    log = folder / FILE_NAME
    if not log.is_file() or log.with_name(f"{FILE_NAME}-wal").exists():
        return False
    return _sha256(log) in (told.log_sha256, told.before)


def _read_manifest(folder: Path) -> _Manifest | None:
    try:
        found = json.loads((folder / MANIFEST).read_text())
        return _Manifest(**{field.name: found[field.name] for field in fields(_Manifest)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_manifest(folder: Path, told: _Manifest) -> None:
    temporary = folder / f"{MANIFEST}.new"
    temporary.write_text(json.dumps(asdict(told), indent=2) + "\n")
    temporary.replace(folder / MANIFEST)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderReadOnly(
            f"The folder {folder} can't be made ({error.strerror}). Name one that you may write to."
        ) from error


def _check_room(folder: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size_bytes + _HEADROOM_BYTES:
        raise FolderFull(
            f"The disk of {folder} is too full for this backup: {free / 1e6:,.0f} MB are free, and "
            f"{(size_bytes + _HEADROOM_BYTES) / 1e6:,.0f} are wanted. Free some, or name another disk."
        )


def _is_there(path: Path, media: Media) -> bool:
    return path.is_file() and path.stat().st_size == media.size_bytes


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
