"""Is the database what it should be? Read-only questions, for ``doctor`` and the settings page."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from workbench.store import migrations
from workbench.store.db import Database


@dataclass(frozen=True, slots=True)
class Health:
    """``damage`` is SQLite's first complaint, empty when there is none."""

    version: int
    known_version: int
    damage: str
    has_full_text: bool


def health(db: Database, *, thorough: bool = True) -> Health:
    """``thorough`` reads the whole file once (``quick_check``): about a second a gigabyte."""
    connection = db.read()
    question = "PRAGMA quick_check(1)" if thorough else "SELECT 'ok' FROM sqlite_master"
    try:
        answer = str(connection.execute(question).fetchone()[0])
    except sqlite3.DatabaseError as error:
        answer = str(error)
    options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    return Health(
        version=int(connection.execute("PRAGMA user_version").fetchone()[0]),
        known_version=migrations.VERSION,
        damage="" if answer == "ok" else answer,
        has_full_text="ENABLE_FTS5" in options,
    )
