"""Experiments: a named group of runs with a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from workbench.domain.times import from_text, to_text
from workbench.store.db import Database


@dataclass(frozen=True, slots=True)
class Experiment:
    id: str
    name: str
    question: str
    created_at: datetime


class Experiments:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, name: str, question: str, plan: Mapping[str, object], now: datetime) -> Experiment:
        experiment = Experiment(str(ULID()), name, question, now)
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO experiments (id, name, question, plan_json, created_at) VALUES (?, ?, ?, ?, ?)",
                [experiment.id, name, question, json.dumps(dict(plan), ensure_ascii=False), to_text(now)],
            )
        return experiment

    def all(self) -> list[Experiment]:
        """Newest first."""
        rows = self._db.read().execute("SELECT * FROM experiments WHERE deleted_at IS NULL ORDER BY id DESC")
        return [
            Experiment(row["id"], row["name"], row["question"], from_text(row["created_at"])) for row in rows
        ]
