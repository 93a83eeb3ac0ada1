"""What a person was typing, by place and person; back after a reload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from workbench.domain.times import to_text
from workbench.store.db import Database


class Drafts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, key: str, content: Mapping[str, object], now: datetime) -> None:
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO drafts VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET content_json = excluded.content_json, updated_at = excluded.updated_at",
                [key, json.dumps(dict(content), ensure_ascii=False), to_text(now)],
            )

    def load(self, key: str) -> dict[str, object]:
        """Empty when there is none."""
        row = self._db.read().execute("SELECT content_json FROM drafts WHERE key = ?", [key]).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def discard(self, key: str) -> None:
        with self._db.write() as connection:
            connection.execute("DELETE FROM drafts WHERE key = ?", [key])
