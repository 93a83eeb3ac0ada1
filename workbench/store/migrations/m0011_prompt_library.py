"""Tags and notes of saved prompts, and the way from a text, or a template, to its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    "ALTER TABLE prompts ADD COLUMN tags_json TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE prompts ADD COLUMN notes TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX runs_prompt ON runs(prompt_hash, deleted_at)",
    "CREATE INDEX runs_template ON runs(template) WHERE template <> ''",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
