"""Keys by which a caller over HTTP makes sure that a request runs once: key and what was asked → its runs.

A key outlives its runs: one that was purged is not made again by a late retry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLE = """CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY, asked_hash TEXT NOT NULL, run_ids_json TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID"""


def apply(db: Database) -> None:
    db.execute(TABLE)
