"""Experiments: a named group of runs with a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database


@dataclass(frozen=True, slots=True)
class Experiment:
    """``cap_micros`` is the most that its runs may cost together, in millionths of a US dollar."""

    id: str
    name: str
    question: str
    created_at: datetime
    cap_micros: int | None = None


class Experiments:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(
        self,
        name: str,
        question: str,
        plan: Mapping[str, object],
        now: datetime,
        cap_micros: int | None = None,
    ) -> Experiment:
        """``cap_micros`` is refused where it is negative; without it only the day's budget holds."""
        if cap_micros is not None and cap_micros < 0:
            raise RequestError(f"An experiment's cap can't be {cap_micros}. Allowed: 0 or more, or none.")
        experiment = Experiment(str(ULID()), name, question, now, cap_micros)
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO experiments (id, name, question, plan_json, created_at, cap_micros) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    experiment.id,
                    name,
                    question,
                    json.dumps(dict(plan), ensure_ascii=False),
                    to_text(now),
                    cap_micros,
                ],
            )
        return experiment

    def all(self) -> list[Experiment]:
        """Newest first."""
        rows = self._db.read().execute("SELECT * FROM experiments WHERE deleted_at IS NULL ORDER BY id DESC")
        return [
            Experiment(
                row["id"], row["name"], row["question"], from_text(row["created_at"]), row["cap_micros"]
            )
            for row in rows
        ]
