"""A copy of the log while others write to it: one moment of it, whole, and with nothing left to send.

A backup may be opened while the folder that it was made of lives. So what waits in the log is not sent from
the copy: it would be paid for twice. What a provider is already making is only asked for and fetched, which
costs nothing, and saves a clip that was paid for when the first folder is lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from workbench.domain.media import Media
from workbench.domain.run import Status
from workbench.domain.times import to_text
from workbench.store import run_rows
from workbench.store.db import IS_OPEN, Database, in_words
from workbench.store.media import all_media

_CANCELLED = "It waited in the folder that this backup was made of; it is not sent from here."
_UNCERTAIN = "It was being sent when this backup was made; whether it was accepted is in the other folder."
_FAILED = "It was at work when this backup was made; it does not go on by itself."


class LogCopy:
    """``workbench.db`` of a backup, read as a file that nobody writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, db: Database, now: datetime) -> None:
        """Copy ``db`` to ``path``, which is replaced. Raises a ``FolderError``."""
        self.path.unlink(missing_ok=True)
        with self._open() as connection:
            db.read().backup(connection)
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, which can be hashed
            connection.execute("BEGIN")
            _lay_down(connection, now)
            connection.execute("COMMIT")

    def media(self) -> list[Media]:
        """Every file that this log knows."""
        with self._open() as connection:
            return all_media(connection)

    def runs(self) -> int:
        with self._open() as connection:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def fault(self) -> str:
        """What SQLite finds wrong with it, empty where it is whole."""
        with self._open() as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with in_words(self.path), closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _lay_down(connection: sqlite3.Connection, now: datetime) -> None:
    """Nothing in the copy is driven by anybody, and nothing of it would be sent."""
    rows = connection.execute(f"SELECT * FROM runs WHERE {IS_OPEN}").fetchall()
    for row in rows:
        if row["status"] == Status.QUEUED:
            run_rows.move(connection, row, Status.CANCELLED, message=_CANCELLED, finished_at=to_text(now))
        elif row["status"] == Status.SUBMITTING:
            risk = run_rows.risk(row)
            run_rows.move(connection, row, Status.UNCERTAIN, message=_UNCERTAIN, charge=risk)
            run_rows.close_attempts(connection, row["id"], _UNCERTAIN)
        else:
            run_rows.update(connection, row["id"], lease_owner=None, lease_until=None)
    connection.execute("DELETE FROM runners")
    connection.execute(
        "UPDATE workflows SET status = 'failed', message = ?, owner = '', updated_at = ? "
        "WHERE status = 'running'",
        [_FAILED, to_text(now)],
    )
