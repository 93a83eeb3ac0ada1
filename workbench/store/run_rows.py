"""Single rows of ``runs`` and ``attempts`` inside a transaction: what every change of state is made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from workbench.domain.errors import UnknownRun
from workbench.domain.run import BUSY, Charge, Status, check_transition
from workbench.domain.times import to_text

_LONGEST_ANSWER = 2_000


def read(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM runs WHERE id = ?", [run_id]).fetchone()
    if row is None:
        raise UnknownRun(f"The log holds no run {run_id}.")
    return row


def move(connection: sqlite3.Connection, row: sqlite3.Row, status: Status, **changes: object) -> None:
    """A change of state. Raises ``IllegalTransition`` where the table of states has none such."""
    check_transition(Status(row["status"]), status)
    if status not in BUSY:
        changes |= {"lease_owner": None, "lease_until": None, "progress": None, "progress_note": ""}
    update(connection, row["id"], status=status, **changes)


def update(connection: sqlite3.Connection, run_id: str, **changes: object) -> None:
    columns = ", ".join(f"{name} = ?" for name in changes)
    connection.execute(f"UPDATE runs SET {columns} WHERE id = ?", [*changes.values(), run_id])


def charge(connection: sqlite3.Connection, row: sqlite3.Row, told: Charge) -> Charge:
    """``told`` is of the last attempt; an earlier one without an answer may have been charged."""
    unknown = connection.execute(
        "SELECT 1 FROM attempts WHERE run_id = ? AND outcome = 'unknown' LIMIT 1", [row["id"]]
    ).fetchone()
    return risk(row) if unknown and told is Charge.NONE else told


def risk(row: sqlite3.Row) -> Charge:
    """What a request that has left may cost."""
    return Charge.NONE if row["estimate_micros"] == 0 else Charge.MAYBE


def begin_attempt(
    connection: sqlite3.Connection, attempt: str, run_id: str, step: str, sent_hash: str, now: datetime
) -> None:
    connection.execute(
        "INSERT INTO attempts (id, run_id, step, sent_hash, started_at) VALUES (?, ?, ?, ?, ?)",
        [attempt, run_id, step, sent_hash, to_text(now)],
    )


def end_attempt(
    connection: sqlite3.Connection, attempt: str, outcome: str, answer: str, now: datetime
) -> None:
    connection.execute(
        "UPDATE attempts SET outcome = ?, answer = ?, ended_at = ? WHERE id = ?",
        [outcome, answer[:_LONGEST_ANSWER], to_text(now), attempt],
    )


def close_attempts(connection: sqlite3.Connection, run_id: str, why: str) -> None:
    """What a process that has ended left without an answer."""
    connection.execute(
        "UPDATE attempts SET outcome = 'unknown', answer = ? WHERE run_id = ? AND outcome = ''", [why, run_id]
    )


def as_json(value: Mapping[str, object]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
