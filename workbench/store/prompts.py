"""Named prompts with their history. A → B → A is three versions of two texts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.request import digest
from workbench.domain.times import from_text, to_text
from workbench.store import words
from workbench.store.db import Database


@dataclass(frozen=True, slots=True)
class PromptVersion:
    id: str
    name: str
    number: int
    text: str
    negative_text: str
    note: str
    created_at: datetime


class Prompts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, name: str, text: str, negative_text: str, now: datetime, note: str = "") -> PromptVersion:
        """A new version under ``name``; the newest one unchanged when it already says just that."""
        name = name.strip()
        if not name or len(name) > 120:
            raise RequestError("A saved prompt needs a name of 1 to 120 characters.")
        text_hash, moment = digest([text, negative_text]), to_text(now)
        with self._db.write() as connection:
            insert_text(connection, text_hash, text, negative_text, now)
            connection.execute(
                "INSERT INTO prompts VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [str(ULID()), name, moment]
            )
            prompt_id = connection.execute("SELECT id FROM prompts WHERE name = ?", [name]).fetchone()[0]
            newest = connection.execute(
                "SELECT id, text_hash FROM prompt_versions WHERE prompt_id = ? ORDER BY number DESC LIMIT 1",
                [prompt_id],
            ).fetchone()
            if not newest or newest["text_hash"] != text_hash:
                connection.execute(
                    "INSERT INTO prompt_versions (id, prompt_id, number, text_hash, parent_id, note, "
                    "created_at) VALUES (?, ?, (SELECT count(*) + 1 FROM prompt_versions "
                    "WHERE prompt_id = ?), ?, ?, ?, ?)",
                    [str(ULID()), prompt_id, prompt_id, text_hash, newest and newest["id"], note, moment],
                )
        return self.history(name)[0]

    def names(self) -> list[str]:
        rows = self._db.read().execute("SELECT name FROM prompts ORDER BY name COLLATE NOCASE")
        return [row[0] for row in rows]

    def history(self, name: str) -> list[PromptVersion]:
        """Newest first; empty for an unknown name."""
        rows = self._db.read().execute(
            "SELECT prompt_versions.*, prompts.name, text, negative_text FROM prompt_versions "
            "JOIN prompts ON prompts.id = prompt_id JOIN prompt_texts ON hash = text_hash "
            "WHERE prompts.name = ? ORDER BY number DESC",
            [name],
        )
        return [
            PromptVersion(
                id=row["id"],
                name=row["name"],
                number=row["number"],
                text=row["text"],
                negative_text=row["negative_text"],
                note=row["note"],
                created_at=from_text(row["created_at"]),
            )
            for row in rows
        ]


def insert_text(
    connection: sqlite3.Connection, text_hash: str, text: str, negative_text: str, now: datetime
) -> None:
    """The text itself, once, with its words."""
    inserted = connection.execute(
        "INSERT INTO prompt_texts VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [text_hash, text, negative_text, to_text(now)],
    )
    if inserted.rowcount:
        words.keep(connection, text, negative_text)
