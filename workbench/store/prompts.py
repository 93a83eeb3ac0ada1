"""Named prompts with their history. A → B → A is three versions of two texts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.request import digest
from workbench.domain.saved_prompt import PromptVersion, SavedPrompt, faults_of_name, faults_of_text
from workbench.domain.times import from_text, to_text
from workbench.store import words
from workbench.store.db import Database

_VERSIONS = (
    "SELECT prompt_versions.*, prompts.name, tags_json, notes, text, negative_text FROM prompt_versions "
    "JOIN prompts ON prompts.id = prompt_id JOIN prompt_texts ON hash = text_hash"
)
_NEWEST = "number = (SELECT max(number) FROM prompt_versions AS other WHERE other.prompt_id = prompts.id)"
# A run is of a prompt by its own words, or by the template that they were made of.
_USES = """
    SELECT prompt_id, runs.id FROM prompt_versions JOIN runs ON prompt_hash = text_hash
    WHERE deleted_at IS NULL {of}
    UNION SELECT prompt_id, runs.id FROM prompt_versions JOIN prompt_texts ON hash = text_hash
        JOIN runs ON template = text AND template <> '' AND deleted_at IS NULL
    WHERE true {of}"""
_RUNS = _USES.format(of="AND prompt_id = :prompt")


class Prompts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, name: str, text: str, negative_text: str, now: datetime, note: str = "") -> PromptVersion:
        """A new version under ``name``; the newest one unchanged when it already says just that."""
        with self._db.write() as connection:
            save(connection, name, text, negative_text, now, note)
        return self.history(name.strip())[0]

    def names(self) -> list[str]:
        rows = self._db.read().execute("SELECT name FROM prompts ORDER BY name COLLATE NOCASE")
        return [row[0] for row in rows]

    def history(self, name: str) -> list[PromptVersion]:
        """Newest first; empty for an unknown name."""
        rows = self._db.read().execute(f"{_VERSIONS} WHERE prompts.name = ? ORDER BY number DESC", [name])
        return [_version(row) for row in rows]

    def all(self) -> list[SavedPrompt]:
        """By name, each with its newest version."""
        connection = self._db.read()
        uses = dict(
            connection.execute(f"SELECT prompt_id, count(*) FROM ({_USES.format(of='')}) GROUP BY prompt_id")
        )
        rows = connection.execute(f"{_VERSIONS} WHERE {_NEWEST} ORDER BY name COLLATE NOCASE")
        return [_saved(row, uses.get(row["prompt_id"], 0)) for row in rows]

    def get(self, name: str) -> SavedPrompt:
        """Raises ``RequestError`` for an unknown name."""
        connection = self._db.read()
        row = connection.execute(f"{_VERSIONS} WHERE {_NEWEST} AND prompts.name = ?", [name]).fetchone()
        if row is None:
            raise RequestError(f"No prompt is saved as “{name}”. `workbench prompts` lists them.")
        uses = connection.execute(f"SELECT count(*) FROM ({_RUNS})", {"prompt": row["prompt_id"]}).fetchone()
        return _saved(row, uses[0])

    def said(self) -> dict[str, tuple[tuple[str, ...], str]]:
        """Name → tags and notes."""
        rows = self._db.read().execute("SELECT name, tags_json, notes FROM prompts")
        return {row["name"]: (tuple(json.loads(row["tags_json"])), row["notes"]) for row in rows}

    def describe(self, name: str, tags: Sequence[str], notes: str) -> None:
        """In place of what was said of it before."""
        with self._db.write() as connection:
            describe(connection, name, tags, notes)

    def run_ids(self, name: str, most: int) -> list[str]:
        """Of the runs made of any version, outside the bin; the newest first."""
        rows = self._db.read().execute(
            f"SELECT id FROM ({_RUNS}) ORDER BY id DESC LIMIT :most", {"prompt": self._id(name), "most": most}
        )
        return [row[0] for row in rows]

    def reviews(self, name: str) -> list[str]:
        """Ids of the reviews in which a clip of these runs is, newest first."""
        rows = self._db.read().execute(
            f"SELECT DISTINCT review_id FROM ({_RUNS}) AS used JOIN review_clips ON run_id = used.id "
            "JOIN reviews ON reviews.id = review_id WHERE reviews.deleted_at IS NULL ORDER BY review_id DESC",
            {"prompt": self._id(name)},
        )
        return [row[0] for row in rows]

    def _id(self, name: str) -> str:
        row = self._db.read().execute("SELECT id FROM prompts WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""


def save(
    connection: sqlite3.Connection, name: str, text: str, negative_text: str, now: datetime, note: str = ""
) -> None:
    """``Prompts.save`` inside a transaction."""
    name = name.strip()
    row = connection.execute(
        "SELECT text_hash FROM prompt_versions JOIN prompts ON prompts.id = prompt_id WHERE name = ? "
        "ORDER BY number DESC LIMIT 1",
        [name],
    ).fetchone()
    if row is None or row[0] != digest([text, negative_text]):
        append(connection, name, text, negative_text, now, note)


def append(
    connection: sqlite3.Connection, name: str, text: str, negative_text: str, now: datetime, note: str = ""
) -> None:
    """A new version, whatever the newest says. Raises ``RequestError`` for a bad name, or without words."""
    if wrong := faults_of_name(name) or faults_of_text(text, negative_text):
        raise RequestError(" ".join(wrong))
    text_hash, moment = digest([text, negative_text]), to_text(now)
    insert_text(connection, text_hash, text, negative_text, now)
    connection.execute(
        "INSERT INTO prompts (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [str(ULID()), name, moment],
    )
    prompt_id = connection.execute("SELECT id FROM prompts WHERE name = ?", [name]).fetchone()[0]
    newest = connection.execute(
        "SELECT id, number FROM prompt_versions WHERE prompt_id = ? ORDER BY number DESC LIMIT 1", [prompt_id]
    ).fetchone()
    parent_id, number = newest or (None, 0)
    connection.execute(
        "INSERT INTO prompt_versions (id, prompt_id, number, text_hash, parent_id, note, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [str(ULID()), prompt_id, number + 1, text_hash, parent_id, note, moment],
    )


def describe(connection: sqlite3.Connection, name: str, tags: Sequence[str], notes: str) -> None:
    """``Prompts.describe`` inside a transaction."""
    connection.execute(
        "UPDATE prompts SET tags_json = ?, notes = ? WHERE name = ?",
        [json.dumps(list(tags), ensure_ascii=False), notes, name],
    )


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


def _saved(row: sqlite3.Row, runs: int) -> SavedPrompt:
    return SavedPrompt(row["name"], tuple(json.loads(row["tags_json"])), row["notes"], _version(row), runs)


def _version(row: sqlite3.Row) -> PromptVersion:
    return PromptVersion(
        id=row["id"],
        name=row["name"],
        number=row["number"],
        text=row["text"],
        negative_text=row["negative_text"],
        note=row["note"],
        created_at=from_text(row["created_at"]),
    )
