"""The database file: opening, migrating, one connection a thread, and the one way to write.

Facts that shaped it: one connection shared by threads loses rows in silence, so each thread has its
own; a transaction that reads first and writes later fails with "database is locked" in spite of the
timeout, so every write begins IMMEDIATE; `sqlite_utils` pulls pandas, so it is imported only when
there is something to migrate.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn

from workbench.domain.errors import FolderFull, FolderInUse, FolderReadOnly, LogTooNew, LogUnreadable
from workbench.store import forks, migrations
from workbench.store.occupancy import Occupancy

FILE_NAME = "workbench.db"
MEDIA_FOLDER = "media"
MIGRATION_SET = "workbench"
BUSY_TIMEOUT_MS = 30_000
WAL_LEFT_BYTES = 8_000_000  # what a storm of writers has made it grow by is given back afterwards
# Word for word the condition of the index `runs_open`: in any other order SQLite reads every row instead.
IS_OPEN = "status IN ('queued', 'submitting', 'generating', 'downloading')"
IS_UNDER_WAY = "status IN ('submitting', 'generating', 'downloading')"  # as in the index `runs_under_way`
CACHE_KIB = 16_000  # a page of a million runs touches some 200 pages of the file; 2,000 is SQLite's own


class _Connection(sqlite3.Connection):
    """A connection that can be weakly referenced, so that threads may die without telling us."""


class Database:
    """``workbench.db`` in ``folder``, made or migrated on opening.

    Raises ``FolderReadOnly``, ``FolderFull``, ``FolderInUse``, ``LogTooNew`` or ``LogUnreadable``
    before anything is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._journal = folder / f"{FILE_NAME}-wal"
        self._local = threading.local()
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()
        _make_folder(folder)
        self._occupancy = Occupancy(folder)
        self._occupancy.check()
        with self._translated():
            self._migrate()
        self._occupancy.renew()
        _DATABASES.add(self)

    def read(self) -> sqlite3.Connection:
        """This thread's connection, for SELECTs. Rows come as ``sqlite3.Row``."""
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with forks.inside(), self._translated():
                connection = self._connect()
            self._local.connection = connection
        return connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One IMMEDIATE transaction, undone on any error.

        ``durable`` waits until the disk has it: for the two writes around a paid request.
        """
        connection = self.read()
        self._occupancy.renew()
        with forks.inside(), self._translated():
            if durable:
                connection.execute("PRAGMA synchronous=FULL")
            try:
                # Inside, since Ctrl+C may fall between the statement and the next line of this code: a
                # transaction that nobody ends would lock the folder for everybody.
                connection.execute("BEGIN IMMEDIATE")
                self._check_version(connection)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if durable:
                    connection.execute("PRAGMA synchronous=NORMAL")

    def last_write(self) -> tuple[int, int]:
        """Differs from what it was before when anybody, in any process, has written to the log since.

        A look at the file, no question to SQLite. Two writes within a tick of the file system's clock can
        look like one: look at the log itself now and then, too.
        """
        try:
            found = self._journal.stat()
        except OSError:  # mostly: the last one who closed the log has taken it away
            return (0, 0)
        return found.st_mtime_ns, found.st_size

    def check(self) -> None:
        """Raise ``FolderInUse`` or ``LogTooNew`` when somebody has taken the folder over meanwhile."""
        self._occupancy.check()
        with self._translated():
            self._check_version(self.read())

    def close(self) -> None:
        for connection in list(self._open):
            connection.close()
        self._local = threading.local()

    def leave_to_parent(self) -> None:
        """In a forked child, which may neither use nor close its parent's connections: it gets its own."""
        _OF_PARENT.extend(self._open)
        self._local, self._open = threading.local(), weakref.WeakSet()
        self._occupancy = Occupancy(self.folder)

    def _connect(self) -> _Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
            check_same_thread=False,  # only so that close() may be called from another thread
            factory=_Connection,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA journal_size_limit={WAL_LEFT_BYTES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._open.add(connection)
        return connection

    def _migrate(self) -> None:
        connection = self.read()
        found = _version(connection)
        if found > migrations.VERSION:
            raise LogTooNew(
                f"{self.path} was written by a newer workbench (log version {found}, this one knows "
                f"{migrations.VERSION}). Update this workbench, or point WORKBENCH_DATA at another folder."
            )
        if found == migrations.VERSION:
            return
        if found:
            self._back_up(connection, found)
        _apply_migrations(connection)

    def _back_up(self, connection: sqlite3.Connection, version: int) -> None:
        """A copy of the log as it was, beside it, before a migration touches it."""
        copy = self.path.with_name(f"{FILE_NAME}.v{version}.bak")
        needed, free = self.path.stat().st_size, shutil.disk_usage(self.folder).free
        if free < 2 * needed:
            raise FolderFull(
                f"{self.folder} has {free:,} bytes free, but updating the log needs {2 * needed:,} "
                f"(a copy is kept). Free some space and start again; nothing was changed."
            )
        with sqlite3.connect(copy) as target:
            connection.backup(target)
        target.close()

    def _check_version(self, connection: sqlite3.Connection) -> None:
        """A newer workbench may have migrated the log while this process was running."""
        if (found := _version(connection)) != migrations.VERSION:
            raise LogTooNew(
                f"The log was updated by a newer workbench while this one was running (version {found}, "
                f"this one knows {migrations.VERSION}). Stop this process and start the newer one; "
                f"nothing was written."
            )

    def _translated(self) -> AbstractContextManager[None]:
        return in_words(self.path)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """SQLite's complaints about the log at ``path``, in words that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        _raise_in_words(error, path)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. On a new log this wants it for itself for a moment, and SQLite's own patience with
    others who have it open just then (``timeout``) does not hold for the switch.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            threading.Event().wait(0.01)
        else:
            return


_DATABASES: weakref.WeakSet[Database] = weakref.WeakSet()
_OF_PARENT: list[_Connection] = []  # kept for ever, since a connection that is let go of is closed


def _after_fork() -> None:
    for database in list(_DATABASES):
        database.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderReadOnly(
            f"The data folder {folder} can't be made ({error.strerror}). "
            f"Set WORKBENCH_DATA to a folder that you may write to."
        ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply_migrations(connection: sqlite3.Connection) -> None:
    """Apply what is missing, all in one transaction that other processes wait for."""
    from sqlite_utils import Database as Schema
    from sqlite_utils import Migrations

    ordered = Migrations(MIGRATION_SET)
    for module in migrations.ALL:
        ordered(name=migrations.name(module))(module.apply)
    # sqlite-utils looks for pending migrations outside a transaction; two processes that start at
    # once would both find the first one pending. So: the lock first, then the look.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) < migrations.VERSION:
            ordered.apply(Schema(connection))
            connection.execute(f"PRAGMA user_version = {migrations.VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _raise_in_words(error: sqlite3.DatabaseError, path: Path) -> NoReturn:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        raise FolderFull(
            f"The disk that holds {path.parent} is full; what was being written was undone. "
            f"Free some space and try again."
        ) from error
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        raise FolderReadOnly(
            f"{path} can't be written. Make the folder writable, or set WORKBENCH_DATA to another."
        ) from error
    if code.startswith("SQLITE_IOERR"):
        raise FolderFull(
            f"The disk refused to read or write {path} ({error}). Check its space and health."
        ) from error
    if code.startswith("SQLITE_BUSY"):
        raise FolderInUse(
            f"Another process has kept {path} locked for {BUSY_TIMEOUT_MS // 1000} s; nothing was written. "
            f"End whatever hangs there, and try again."
        ) from error
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        raise LogUnreadable(
            f"{path} is no readable workbench log ({error}). Nothing was changed: move it away, or "
            f"restore a backup ({FILE_NAME}.v….bak lies beside it after an update)."
        ) from error
    raise error
