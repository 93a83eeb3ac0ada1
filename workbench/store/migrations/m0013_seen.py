"""Which clips somebody looked at, and which were dropped because nobody did.

`seen` holds hashes, since the same bytes are the same clip whoever made them. Nobody wrote down who looked at
what before this: runs up to `seen_from.run` count as looked at. A dropped clip keeps its row in `clips`
without the file; `is_left` stands until the file is gone too, whatever crashes between. Where its file comes
back, it was never dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    "CREATE TABLE seen (sha256 TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE seen_from (run INTEGER NOT NULL)",
    "INSERT INTO seen_from SELECT coalesce(max(rowid), 0) FROM runs",
    """CREATE TABLE dropped_clips (
    run_id TEXT NOT NULL, position INTEGER NOT NULL, sha256 TEXT NOT NULL, mime TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, rule TEXT NOT NULL, after_days INTEGER NOT NULL, dropped_at TEXT NOT NULL,
    is_left INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (run_id, position)
) WITHOUT ROWID""",
    "CREATE INDEX dropped_clips_left ON dropped_clips(sha256) WHERE is_left",
    """CREATE TRIGGER clips_brought_back AFTER UPDATE OF media_sha256 ON clips
WHEN new.media_sha256 IS NOT NULL BEGIN
    DELETE FROM dropped_clips WHERE run_id = new.run_id AND position = new.position;
END""",
    """CREATE TRIGGER runs_dropped_out AFTER DELETE ON runs BEGIN
    DELETE FROM dropped_clips WHERE run_id = old.id;
END""",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
