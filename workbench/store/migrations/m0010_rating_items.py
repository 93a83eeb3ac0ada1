"""Reviews of ratings: the clips that a person was given one by one, and what they said of each.

As with votes, nothing is changed: another word is put after it, and an empty one takes the one before back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    """CREATE TABLE rating_items (
    id TEXT PRIMARY KEY, review_id TEXT NOT NULL REFERENCES reviews(id), person TEXT NOT NULL,
    place INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, repeat_of TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX rating_items_person ON rating_items(review_id, person, id)",
    # Two words may fall into one millisecond: their order is the rowid's.
    """CREATE TABLE item_ratings (
    id TEXT PRIMARY KEY, item_id TEXT NOT NULL REFERENCES rating_items(id), said TEXT NOT NULL,
    scores_json TEXT NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL
)""",
    "CREATE INDEX item_ratings_item ON item_ratings(item_id)",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
