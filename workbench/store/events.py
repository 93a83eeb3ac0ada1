"""What changed in the log, in order: read by whoever tells others of progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.run import Run
from workbench.store.db import Database
from workbench.store.loading import SELECT, load


@dataclass(frozen=True, slots=True)
class Change:
    """Run ``run_id`` as it is now; ``run`` is ``None`` once it was purged. ``seq`` grows with time."""

    seq: int
    run_id: str
    run: Run | None


class Events:
    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self) -> int:
        """The number of the newest change, 0 in a new log."""
        row = self._db.read().execute("SELECT max(seq) FROM run_events").fetchone()
        return int(row[0] or 0)

    def reaches(self, seq: int) -> bool:
        """Whether everything after ``seq`` can still be told."""
        row = self._db.read().execute("SELECT min(seq), max(seq) FROM run_events").fetchone()
        oldest, newest = int(row[0] or 1), int(row[1] or 0)
        return oldest - 1 <= seq <= newest

    def since(self, seq: int, limit: int) -> list[Change]:
        """Changes after ``seq``, oldest first; several of one run within ``limit`` rows are told once."""
        rows = (
            self._db.read()
            .execute(
                "SELECT max(seq) AS seq, run_id FROM "
                "(SELECT seq, run_id FROM run_events WHERE seq > ? ORDER BY seq LIMIT ?) "
                "GROUP BY run_id ORDER BY 1",
                [seq, limit],
            )
            .fetchall()
        )
        runs = self._runs([row["run_id"] for row in rows])
        return [Change(row["seq"], row["run_id"], runs.get(row["run_id"])) for row in rows]

    def _runs(self, ids: Sequence[str]) -> dict[str, Run]:
        if not ids:
            return {}
        marks = ", ".join("?" * len(ids))
        rows = self._db.read().execute(f"{SELECT} WHERE runs.id IN ({marks})", list(ids)).fetchall()
        return {run.id: run for run in load(self._db, rows)}
