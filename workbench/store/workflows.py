"""Workflows: jobs of several steps, each step on the disk before the next begins.

``owner`` is the process that is at work on one; who finds it dead takes the workflow over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ulid import ULID

from workbench.domain.errors import LeaseLost, UnknownWorkflow
from workbench.domain.times import from_text, to_text
from workbench.domain.workflow import Progress, Step, Workflow
from workbench.store.db import Database


class Workflows:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(
        self,
        kind: str,
        asked: Mapping[str, Any],
        owner: str,
        now: datetime,
        check: Callable[[str], None] | None = None,
    ) -> Workflow:
        """``check`` gets the new id and raises where nothing is to be logged; nobody else can write then."""
        new = Workflow(str(ULID.from_datetime(now)), kind, Step.LOOK, Progress.RUNNING, asked, now, now)
        with self._db.write() as connection:
            if check:
                check(new.id)
            connection.execute(
                "INSERT INTO workflows (id, kind, step, state_json, status, created_at, updated_at, owner) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [new.id, kind, new.step, _state(asked, {}), new.status, to_text(now), to_text(now), owner],
            )
        return new

    def get(self, workflow_id: str) -> Workflow:
        """Raises ``UnknownWorkflow``."""
        row = (
            self._db.read()
            .execute("SELECT * FROM workflows WHERE id = ?", [workflow_id.strip().upper()])
            .fetchone()
        )
        if row is None:
            raise UnknownWorkflow(f"The log holds no workflow {workflow_id!r:.60}.")
        return _load(row)

    def newest(self, limit: int = 20) -> list[Workflow]:
        rows = self._db.read().execute("SELECT * FROM workflows ORDER BY id DESC LIMIT ?", [limit])
        return [_load(row) for row in rows]

    def claim(self, owner: str, is_alive: Callable[[str], bool]) -> Sequence[Workflow]:
        """Take over every open workflow whose owner is gone."""
        rows = self._db.read().execute("SELECT id, owner FROM workflows WHERE status = 'running'").fetchall()
        orphans = [row["id"] for row in rows if row["owner"] != owner and not is_alive(row["owner"])]
        taken = []
        for workflow_id in orphans:
            with self._db.write() as connection:
                # Only from the owner that was seen dead: of two that look at once, one gets it.
                before = next(row["owner"] for row in rows if row["id"] == workflow_id)
                row = connection.execute(
                    "UPDATE workflows SET owner = ? WHERE id = ? AND owner = ? AND status = 'running' "
                    "RETURNING *",
                    [owner, workflow_id, before],
                ).fetchone()
            if row:
                taken.append(_load(row))
        return taken

    def let_go(self, ids: Sequence[str], owner: str) -> None:
        """Nobody is at work on them any more; whoever looks next takes them over."""
        with self._db.write() as connection:
            connection.executemany(
                "UPDATE workflows SET owner = '' WHERE id = ? AND owner = ? AND status = 'running'",
                [(workflow_id, owner) for workflow_id in ids],
            )

    def move(
        self,
        workflow: Workflow,
        owner: str,
        step: Step,
        now: datetime,
        *,
        found: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        status: Progress | None = None,
        message: str = "",
    ) -> Workflow:
        """Log that a step is done, or has failed. Raises ``LeaseLost`` where another process has taken it."""
        together = {**workflow.found, **(found or {})}
        with self._db.write() as connection:
            row = connection.execute(
                "UPDATE workflows SET step = ?, state_json = ?, run_id = ?, status = ?, message = ?, "
                "updated_at = ? WHERE id = ? AND owner = ? RETURNING *",
                [
                    step,
                    _state(workflow.asked, together),
                    workflow.run_id if run_id is None else run_id,
                    status or workflow.status,
                    message,
                    to_text(now),
                    workflow.id,
                    owner,
                ],
            ).fetchone()
        if row is None:
            raise LeaseLost(f"The workflow {workflow.id} was taken over by another process.")
        return _load(row)

    def reopen(self, workflow_id: str, owner: str, now: datetime) -> Workflow | None:
        """A failed one goes on from the step at which it failed; ``None`` where it has not failed."""
        with self._db.write() as connection:
            row = connection.execute(
                "UPDATE workflows SET status = 'running', message = '', owner = ?, updated_at = ? "
                "WHERE id = ? AND status = 'failed' RETURNING *",
                [owner, to_text(now), workflow_id],
            ).fetchone()
        return _load(row) if row else None


def _state(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    return json.dumps({"asked": dict(asked), "found": dict(found)}, ensure_ascii=False)


def _load(row: sqlite3.Row) -> Workflow:
    state = json.loads(row["state_json"])
    return Workflow(
        id=row["id"],
        kind=row["kind"],
        step=Step(row["step"]),
        status=Progress(row["status"]),
        asked=state["asked"],
        found=state["found"],
        run_id=row["run_id"],
        message=row["message"],
        created_at=from_text(row["created_at"]),
        updated_at=from_text(row["updated_at"]),
    )
