"""Reviews in the form that they are held in: clips by place, pairs by person, votes one after the other.

The tables of the first release held no rows. A vote is never changed: another is put after it, and one
without a choice takes the one before back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    "DROP TABLE votes",
    "DROP TABLE review_items",
    "DROP TABLE reviews",
    """CREATE TABLE reviews (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, plan_json TEXT NOT NULL, created_at TEXT NOT NULL,
    closed_at TEXT, deleted_at TEXT
) WITHOUT ROWID""",
    """CREATE TABLE review_clips (
    review_id TEXT NOT NULL REFERENCES reviews(id), place INTEGER NOT NULL, run_id TEXT NOT NULL,
    position INTEGER NOT NULL, PRIMARY KEY (review_id, place)
) WITHOUT ROWID""",
    "CREATE INDEX review_clips_run ON review_clips(run_id)",
    """CREATE TABLE review_pairs (
    id TEXT PRIMARY KEY, review_id TEXT NOT NULL REFERENCES reviews(id), person TEXT NOT NULL,
    left_place INTEGER NOT NULL, right_place INTEGER NOT NULL, left_key TEXT NOT NULL UNIQUE,
    right_key TEXT NOT NULL UNIQUE, probability REAL NOT NULL, repeat_of TEXT NOT NULL,
    created_at TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX review_pairs_person ON review_pairs(review_id, person, id)",
    # Two votes may fall into one millisecond: their order is the rowid's.
    """CREATE TABLE votes (
    id TEXT PRIMARY KEY, pair_id TEXT NOT NULL REFERENCES review_pairs(id), choice TEXT NOT NULL,
    reason TEXT NOT NULL, created_at TEXT NOT NULL
)""",
    "CREATE INDEX votes_pair ON votes(pair_id)",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
