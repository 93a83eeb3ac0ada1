"""Which process asks, while a question to a model is open: who finds it dead says so and asks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    "ALTER TABLE asks ADD COLUMN asker TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX asks_open ON asks(question_hash, model) WHERE ended_at IS NULL",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
