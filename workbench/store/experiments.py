"""Experiments: a named group of runs with a question."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.times import from_text, to_text
from workbench.store.cells import Cells
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
        self.cells = Cells(db)

    def create(
        self,
        name: str,
        question: str,
        plan: Mapping[str, object],
        now: datetime,
        cap_micros: int | None = None,
        *,
        unless: Callable[[], Experiment | None] | None = None,
    ) -> Experiment:
        """``cap_micros`` is refused where it is negative; without it only the day's budget holds.

        What ``unless`` finds is given back instead; it looks while nobody else can write.
        """
        if cap_micros is not None and cap_micros < 0:
            raise RequestError(f"An experiment's cap can't be {cap_micros}. Allowed: 0 or more, or none.")
        experiment = Experiment(str(ULID()), name, question, now, cap_micros)
        with self._db.write() as connection:
            if unless and (known := unless()):
                return known
            _insert(connection, experiment, plan)
        return experiment

    def named(self, name: str, plan: Mapping[str, object], now: datetime) -> Experiment:
        """The newest of that name, made where there is none; two processes at once get the same."""
        made = Experiment(str(ULID()), name, "", now)
        with self._db.write() as connection:
            known = connection.execute(f"{_KEPT} AND name = ? ORDER BY id DESC LIMIT 1", [name]).fetchone()
            if known is None:
                _insert(connection, made, plan)
        return _load(known) if known else made

    def all(self) -> list[Experiment]:
        """Newest first."""
        return [_load(row) for row in self._db.read().execute(f"{_KEPT} ORDER BY id DESC")]

    def get(self, experiment_id: str) -> Experiment:
        """Raises ``RequestError`` where there is none of that id."""
        return _load(self._row(experiment_id))

    def plan(self, experiment_id: str) -> dict[str, object]:
        """What it was made with, and changed since. Raises ``RequestError``."""
        return dict(json.loads(self._row(experiment_id)["plan_json"]))

    def change(
        self, experiment_id: str, changed: Callable[[dict[str, object]], Mapping[str, object]]
    ) -> dict[str, object]:
        """Keep what ``changed`` makes of its plan; nobody else can write meanwhile. Returns the new plan."""
        with self._db.write() as connection:
            plan = dict(changed(self.plan(experiment_id)))
            connection.execute(
                "UPDATE experiments SET plan_json = ? WHERE id = ?",
                [json.dumps(plan, ensure_ascii=False), experiment_id],
            )
        return plan

    def _row(self, experiment_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = (
            self._db.read().execute(f"{_KEPT} AND id = ?", [experiment_id.strip().upper()]).fetchone()
        )
        if row is None:
            raise RequestError(
                f"There is no experiment {experiment_id!r:.60}. The Experiments page lists them."
            )
        return row


_KEPT = "SELECT * FROM experiments WHERE deleted_at IS NULL"


def _insert(connection: sqlite3.Connection, new: Experiment, plan: Mapping[str, object]) -> None:
    connection.execute(
        "INSERT INTO experiments (id, name, question, plan_json, created_at, cap_micros) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            new.id,
            new.name,
            new.question,
            json.dumps(dict(plan), ensure_ascii=False),
            to_text(new.created_at),
            new.cap_micros,
        ],
    )


def _load(row: sqlite3.Row) -> Experiment:
    return Experiment(
        row["id"], row["name"], row["question"], from_text(row["created_at"]), row["cap_micros"]
    )
