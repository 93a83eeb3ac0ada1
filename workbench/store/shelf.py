"""The shelf: references that are kept by name, the newest first."""

from __future__ import annotations

from datetime import datetime

from workbench.domain.media import Media
from workbench.domain.reference import Reference
from workbench.domain.times import from_text, to_text
from workbench.store import media as media_rows
from workbench.store.db import Database


class Shelf:
    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, media: Media, name: str, origin: str, now: datetime) -> Reference:
        """Keep a file that already lies in the folder. One that is there keeps its name and moves up."""
        with self._db.write() as connection:
            media_rows.insert(connection, media, now)
            row = connection.execute(
                "INSERT INTO shelf (media_sha256, name, origin, added_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (media_sha256) DO UPDATE SET added_at = excluded.added_at, removed_at = NULL "
                "RETURNING name, origin",
                [media.sha256, name, origin, to_text(now)],
            ).fetchone()
        return Reference(media, row[0], row[1], now)

    def page(self, limit: int = 60, offset: int = 0, text: str = "") -> list[Reference]:
        """``text`` narrows it to names that contain it, whatever the case."""
        connection = self._db.read()
        rows = connection.execute(
            "SELECT media_sha256, name, origin, added_at FROM shelf WHERE removed_at IS NULL "
            "AND (? = '' OR instr(lower(name), lower(?)) > 0) ORDER BY added_at DESC, media_sha256 "
            "LIMIT ? OFFSET ?",
            [text, text, limit, offset],
        ).fetchall()
        media = media_rows.load(connection, [row[0] for row in rows])
        return [Reference(media[sha256], name, origin, from_text(at)) for sha256, name, origin, at in rows]

    def get(self, sha256: str) -> Reference | None:
        connection = self._db.read()
        row = connection.execute(
            "SELECT name, origin, added_at FROM shelf WHERE media_sha256 = ? AND removed_at IS NULL", [sha256]
        ).fetchone()
        if row is None:
            return None
        return Reference(media_rows.load(connection, [sha256])[sha256], row[0], row[1], from_text(row[2]))

    def rename(self, sha256: str, name: str) -> None:
        with self._db.write() as connection:
            connection.execute("UPDATE shelf SET name = ? WHERE media_sha256 = ?", [name, sha256])

    def remove(self, sha256: str, now: datetime) -> None:
        """Off the shelf; the file stays for the runs that use it, and ``put`` brings it back."""
        with self._db.write() as connection:
            connection.execute(
                "UPDATE shelf SET removed_at = ? WHERE media_sha256 = ?", [to_text(now), sha256]
            )
