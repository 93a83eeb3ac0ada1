"""Rows of ``media``: what is known of each stored file. The files themselves are ``media.files``'s."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from workbench.domain.media import Media
from workbench.domain.times import to_text
from workbench.store.db import Database

_COLUMNS = "sha256, mime, size_bytes, width, height, duration_s, fps, codec, has_audio, note"
_facts = attrgetter(*_COLUMNS.split(", "))


class MediaRows:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, media: Media, now: datetime) -> None:
        """Record a file that already lies in the folder; a known one stays as it is."""
        with self._db.write() as connection:
            insert(connection, media, now)

    def get(self, sha256: str) -> Media | None:
        return load(self._db.read(), [sha256]).get(sha256)

    def newest(self, limit: int | None = None) -> list[Media]:
        """Files of the newest clips, ``limit`` at most; without it every file that the log knows."""
        if limit is None:
            return all_media(self._db.read())
        rows = self._db.read().execute(
            "SELECT media_sha256, poster_sha256, last_frame_sha256 FROM clips "
            "WHERE media_sha256 IS NOT NULL ORDER BY run_id DESC LIMIT ?",
            [limit],
        )
        return list(load(self._db.read(), [sha for row in rows for sha in row if sha][:limit]).values())

    def total_bytes(self) -> int:
        row = self._db.read().execute("SELECT coalesce(sum(size_bytes), 0) FROM media").fetchone()
        return int(row[0])

    def recent_inputs(self, limit: int) -> list[Media]:
        """Media lately used as references, newest first."""
        rows = self._db.read().execute(
            "SELECT sha256 FROM media WHERE sha256 IN (SELECT media_sha256 FROM run_inputs) "
            "ORDER BY created_at DESC LIMIT ?",
            [limit],
        )
        found = load(self._db.read(), wanted := [row[0] for row in rows])
        return [found[sha] for sha in wanted]

    def forget_unused(self, before: datetime) -> list[Media]:
        """Delete the rows from before ``before`` that nothing refers to; their files are swept next."""
        with self._db.write() as connection:
            connection.execute("DELETE FROM shelf WHERE removed_at < ?", [to_text(before)])
            rows = connection.execute(
                f"DELETE FROM media WHERE created_at < ? "
                f"AND sha256 NOT IN (SELECT media_sha256 FROM run_inputs) "
                f"AND sha256 NOT IN (SELECT media_sha256 FROM clips WHERE media_sha256 IS NOT NULL) "
                f"AND sha256 NOT IN (SELECT poster_sha256 FROM clips WHERE poster_sha256 IS NOT NULL) "
                f"AND sha256 NOT IN (SELECT last_frame_sha256 FROM clips "
                f"                   WHERE last_frame_sha256 IS NOT NULL) "
                f"AND sha256 NOT IN (SELECT media_sha256 FROM shelf) "
                f"RETURNING {_COLUMNS}",
                [to_text(before)],
            ).fetchall()
        return [_media(row) for row in rows]


def insert(connection: sqlite3.Connection, media: Media, now: datetime) -> None:
    connection.execute(
        f"INSERT INTO media ({_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        f"ON CONFLICT DO NOTHING",
        [*_facts(media), to_text(now)],
    )


def all_media(connection: sqlite3.Connection) -> list[Media]:
    """Every file that the log knows."""
    return [_media(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM media")]


def load(connection: sqlite3.Connection, hashes: Iterable[str]) -> dict[str, Media]:
    wanted = list(dict.fromkeys(hashes))
    if not wanted:
        return {}
    marks = ", ".join("?" * len(wanted))
    rows = connection.execute(f"SELECT {_COLUMNS} FROM media WHERE sha256 IN ({marks})", wanted)
    return {row[0]: _media(row) for row in rows}


def _media(row: sqlite3.Row) -> Media:
    facts = list(row)  # in the order of _COLUMNS, which is Media's
    facts[8] = bool(facts[8])
    return Media(*facts)
