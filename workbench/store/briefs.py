"""Briefs: what was seen in references, as prompts were written from it. A row never changes."""

from __future__ import annotations

import json
from datetime import datetime

from ulid import ULID

from workbench.domain.brief import Brief
from workbench.domain.request import digest
from workbench.domain.times import to_text
from workbench.store.db import Database


class Briefs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, brief: Brief, now: datetime) -> str:
        """The id of that brief; one of the same content is the same."""
        content = brief.to_json()
        content_hash, new_id = digest(content), str(ULID.from_datetime(now))
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO briefs (id, content_json, model, created_at, content_hash) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    new_id,
                    json.dumps(content, ensure_ascii=False),
                    ", ".join(brief.models),
                    to_text(now),
                    content_hash,
                ],
            )
            row = connection.execute(
                "SELECT id FROM briefs WHERE content_hash = ?", [content_hash]
            ).fetchone()
        return str(row[0])

    def get(self, brief_id: str) -> Brief | None:
        row = self._db.read().execute("SELECT content_json FROM briefs WHERE id = ?", [brief_id]).fetchone()
        return Brief.of_json(json.loads(row[0])) if row else None

    def reviewed(self) -> dict[str, Brief]:
        """Those that clips of reviews were written from, by id, the newest first."""
        rows = self._db.read().execute(
            "SELECT id, content_json FROM briefs WHERE id IN ("
            "SELECT r.brief_id FROM reviews AS v JOIN review_clips AS c ON c.review_id = v.id "
            "JOIN runs AS r ON r.id = c.run_id WHERE v.deleted_at IS NULL AND r.brief_id IS NOT NULL) "
            "ORDER BY id DESC"
        )
        return {row["id"]: Brief.of_json(json.loads(row["content_json"])) for row in rows}
