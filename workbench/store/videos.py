"""Runs as a client of ``/v1/videos`` sees them: videos only, and none that it has deleted."""

from __future__ import annotations

from datetime import datetime

from workbench.domain.run import Run
from workbench.domain.times import to_text
from workbench.store.db import Database
from workbench.store.loading import SELECT, load


class Videos:
    def __init__(self, db: Database) -> None:
        self._db = db

    def dismiss(self, run_id: str, now: datetime) -> None:
        """A client of ``/v1/videos`` has deleted the run: it is not to see it again."""
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO dismissed_runs VALUES (?, ?) ON CONFLICT DO NOTHING", [run_id, to_text(now)]
            )

    def is_dismissed(self, run_id: str) -> bool:
        found = self._db.read().execute("SELECT 1 FROM dismissed_runs WHERE run_id = ?", [run_id])
        return found.fetchone() is not None

    def page(self, after: int | None, limit: int, *, newest_first: bool) -> list[Run]:
        """Runs neither in the bin nor dismissed, beyond the key ``after`` (a ``rowid``)."""
        beyond = "" if after is None else f"AND runs.rowid {'<' if newest_first else '>'} ?"
        rows = self._db.read().execute(
            f"{SELECT} WHERE runs.kind = 'video' AND runs.deleted_at IS NULL {beyond} "
            f"AND NOT EXISTS (SELECT 1 FROM dismissed_runs WHERE run_id = runs.id) "
            f"ORDER BY runs.rowid {'DESC' if newest_first else 'ASC'} LIMIT ?",
            [*([] if after is None else [after]), limit],
        )
        return load(self._db, rows.fetchall())
