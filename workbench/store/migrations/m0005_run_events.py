"""Which run changed, in order: what a stream of progress is read from, and taken up again after a break.

A row names the run only, so whoever reads it sees the run as it is by then. The newest 20,000 to 21,000 are
kept. `dismissed_runs` are those that a client of `/v1/videos` has deleted while they could not be
stopped: they stay in the log, and that client sees them no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_TOLD = "status, progress, progress_note, message, blocked_reason, overdue, rating, deleted_at"
_CHANGED = " OR ".join(f"old.{column} IS NOT new.{column}" for column in _TOLD.split(", "))

STATEMENTS = (
    "CREATE TABLE run_events (seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL)",
    "CREATE TABLE dismissed_runs (run_id TEXT PRIMARY KEY, created_at TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TRIGGER runs_told_in AFTER INSERT ON runs BEGIN
    INSERT INTO run_events (run_id) VALUES (new.id);
END""",
    f"""CREATE TRIGGER runs_told_over AFTER UPDATE OF {_TOLD} ON runs WHEN {_CHANGED} BEGIN
    INSERT INTO run_events (run_id) VALUES (new.id);
END""",
    """CREATE TRIGGER runs_told_out AFTER DELETE ON runs BEGIN
    INSERT INTO run_events (run_id) VALUES (old.id);
    DELETE FROM dismissed_runs WHERE run_id = old.id;
END""",
    """CREATE TRIGGER run_events_kept AFTER INSERT ON run_events WHEN new.seq % 1000 = 0 BEGIN
    DELETE FROM run_events WHERE seq <= new.seq - 20000;
END""",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
