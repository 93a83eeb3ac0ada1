"""What looking at references and writing from them leaves behind.

`asks` is the ledger of questions to models that read: one row each, written before it leaves; an answered one
serves the same question again. `shelf` are the references that are kept by name. A run knows its brief.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    """CREATE TABLE asks (
    id TEXT PRIMARY KEY, purpose TEXT NOT NULL, model TEXT NOT NULL, account TEXT NOT NULL,
    question_hash TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', answer_json TEXT,
    message TEXT NOT NULL DEFAULT '', tokens_in INTEGER, tokens_out INTEGER,
    estimate_micros INTEGER, charge TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT
) WITHOUT ROWID""",
    "CREATE INDEX asks_answered ON asks(question_hash, model, id) WHERE outcome = 'answered'",
    "CREATE INDEX asks_started ON asks(started_at)",
    """CREATE TABLE shelf (
    media_sha256 TEXT PRIMARY KEY REFERENCES media(sha256), name TEXT NOT NULL, origin TEXT NOT NULL,
    added_at TEXT NOT NULL, removed_at TEXT
) WITHOUT ROWID""",
    "CREATE INDEX shelf_newest ON shelf(added_at) WHERE removed_at IS NULL",
    "ALTER TABLE briefs ADD COLUMN content_hash TEXT NOT NULL DEFAULT ''",
    "CREATE UNIQUE INDEX briefs_content ON briefs(content_hash) WHERE content_hash <> ''",
    "ALTER TABLE runs ADD COLUMN brief_id TEXT REFERENCES briefs(id)",
    "CREATE INDEX runs_brief ON runs(brief_id) WHERE brief_id IS NOT NULL",
    "ALTER TABLE workflows ADD COLUMN run_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE workflows ADD COLUMN message TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE workflows ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX workflows_open ON workflows(status, id) WHERE status = 'running'",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
