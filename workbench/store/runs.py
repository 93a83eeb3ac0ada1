"""Runs: inserting them, reading them, searching them, the bin. Changes of state are ``ledger``'s."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.query import Page, RunFilter
from workbench.domain.run import BUSY, FINAL, Json, Run, Status
from workbench.domain.times import to_text
from workbench.store import budget, prompts
from workbench.store import media as media_rows
from workbench.store.db import Database
from workbench.store.loading import SELECT, load
from workbench.store.new_run import NewRun
from workbench.store.selection import newest

__all__ = ["NewRun", "Runs"]

PAGE_LIMIT = 1_000


class Runs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def insert(
        self,
        new: Sequence[NewRun],
        now: datetime,
        budget_micros: int | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        """Insert all or none. ``budget_micros`` caps the sum of today's (UTC) charges and reservations.

        Raises ``BudgetExceeded``, also where an experiment's own cap forbids it, and whatever ``check``
        raises; the checks and the reservation are one transaction.
        """
        wanted = [
            budget.Wanted(run.request.model, run.estimate_micros, run.origin.experiment_id) for run in new
        ]
        with self._db.write() as connection:
            if check:
                check()
            if budget_micros is not None:
                budget.check_day(connection, wanted, now, budget_micros)
            budget.check_experiments(connection, wanted)
            for run in new:
                insert_row(connection, run, now)

    def get(self, run_id: str) -> Run:
        """Raises ``UnknownRun``. A unique beginning of an id is enough."""
        return self.get_many([self.resolve(run_id)])[0]

    def get_many(self, ids: Sequence[str]) -> list[Run]:
        """In the order asked for; unknown ids are left out."""
        marks = ", ".join("?" * len(ids))
        rows = self._db.read().execute(f"{SELECT} WHERE runs.id IN ({marks})", list(ids)).fetchall()
        found = {run.id: run for run in load(self._db, rows)}
        return [found[run_id] for run_id in ids if run_id in found]

    def busy_accounts(self, ids: Sequence[str]) -> dict[str, str]:
        """Id → account of those of these runs that a runner still has work with."""
        marks, busy = ", ".join("?" * len(ids)), ", ".join(f"'{status}'" for status in sorted(BUSY))
        rows = self._db.read().execute(
            f"SELECT id, account FROM runs WHERE id IN ({marks}) AND +status IN ({busy})", list(ids)
        )
        return {row[0]: row[1] for row in rows}

    def maker_of(self, sha256: str, account: str) -> str | None:
        """The run that made the clip with these bytes and is not in the bin.

        Of several, one of ``account``, which can go on from its own operation, and the newest.
        """
        row = (
            self._db.read()
            .execute(
                "SELECT run_id FROM clips JOIN runs ON runs.id = run_id "
                "WHERE media_sha256 = ? AND deleted_at IS NULL "
                "ORDER BY account = ? DESC, run_id DESC LIMIT 1",
                [sha256, account],
            )
            .fetchone()
        )
        return str(row[0]) if row else None

    def resolve(self, run_id: str) -> str:
        """The whole id for a unique beginning of one; raises ``UnknownRun``."""
        beginning = run_id.strip().upper()
        if not re.fullmatch(r"[0-9A-Z]{1,26}", beginning):
            raise UnknownRun(f"{run_id!r} is no run id. `workbench runs` lists them.")
        rows = (
            self._db.read()
            .execute("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 2", [beginning, beginning + "~"])
            .fetchall()
        )
        if not rows:
            raise UnknownRun(f"The log holds no run {run_id}. `workbench runs` lists them.")
        if len(rows) > 1:
            raise UnknownRun(f"Several runs begin with {run_id}. Give more of the id.")
        return str(rows[0][0])

    def page(self, wanted: RunFilter, limit: int = 50, before: int | None = None) -> Page:
        """The newest ``limit`` runs older than the key ``before``. Keyset: page 2,000 costs as page 1."""
        limit = min(limit, PAGE_LIMIT)
        connection = self._db.read()
        keys, values = newest(wanted, limit + 1, before, connection)
        rows = connection.execute(
            f"{SELECT} WHERE runs.rowid IN ({keys}) ORDER BY runs.rowid DESC", values
        ).fetchall()
        older = int(rows[limit - 1]["rowid"]) if len(rows) > limit else None
        return Page(tuple(load(self._db, rows[:limit])), older)

    def counts(self) -> dict[tuple[str, Status], int]:
        """Runs outside the bin by (model, status); kept by triggers, so it costs nothing."""
        rows = self._db.read().execute("SELECT model, status, runs FROM run_counts WHERE runs > 0")
        return {(row["model"], Status(row["status"])): int(row["runs"]) for row in rows}

    def repeats(self, request_hash: str) -> int:
        """How many runs of the identical request there are outside the bin."""
        row = self._db.read().execute(
            "SELECT count(*) FROM runs WHERE request_hash = ? AND deleted_at IS NULL", [request_hash]
        )
        return int(row.fetchone()[0])

    def operations(self, account: str, since: datetime, but: str) -> list[Json]:
        """The operations that runs born since then hold, that of the run ``but`` left out."""
        rows = self._db.read().execute(
            "SELECT operation_json FROM runs WHERE created_at >= ? AND +account = ? AND id <> ? "
            "AND operation_json IS NOT NULL",
            [to_text(since), account, but],
        )
        return [json.loads(row[0]) for row in rows]

    def children(self, *run_ids: str, most: int = -1) -> list[Run]:
        """Of any of these runs, outside the bin, the oldest first; ``most`` of them, or all."""
        marks = ", ".join("?" * len(run_ids))
        rows = self._db.read().execute(
            f"{SELECT} WHERE runs.parent_id IN ({marks}) AND runs.deleted_at IS NULL "
            "ORDER BY runs.rowid LIMIT ?",
            [*run_ids, most],
        )
        return load(self._db, rows.fetchall())

    def delete(self, ids: Sequence[str], now: datetime) -> None:
        """Move finished runs to the bin. Raises ``RequestError`` while one is still busy."""
        marks = ", ".join("?" * len(ids))
        final = ", ".join(f"'{status}'" for status in sorted(FINAL))
        with self._db.write() as connection:
            busy = connection.execute(
                f"SELECT id FROM runs WHERE id IN ({marks}) AND status NOT IN ({final})", list(ids)
            ).fetchone()
            if busy:
                raise RequestError(f"Run {busy['id']} is not finished. Cancel it first, then delete it.")
            connection.execute(
                f"UPDATE runs SET deleted_at = ? WHERE id IN ({marks}) AND deleted_at IS NULL",
                [to_text(now), *ids],
            )

    def undelete(self, ids: Sequence[str]) -> None:
        marks = ", ".join("?" * len(ids))
        with self._db.write() as connection:
            connection.execute(f"UPDATE runs SET deleted_at = NULL WHERE id IN ({marks})", list(ids))

    def purge(self, before: datetime) -> int:
        """Forget for good the runs that went to the bin before ``before``; returns how many."""
        with self._db.write() as connection:
            rows = connection.execute(
                "SELECT id FROM runs WHERE deleted_at IS NOT NULL AND deleted_at < ?", [to_text(before)]
            ).fetchall()
            for row in rows:
                for table in ("ratings", "notes", "clips", "attempts", "run_inputs"):
                    connection.execute(f"DELETE FROM {table} WHERE run_id = ?", [row["id"]])
                connection.execute("DELETE FROM runs WHERE id = ?", [row["id"]])
        return len(rows)


def insert_row(connection: sqlite3.Connection, new: NewRun, now: datetime) -> None:
    """A queued run and its inputs, inside a transaction."""
    request, origin, born = new.request, new.origin, to_text(now)
    prompts.insert_text(connection, request.prompt_hash, request.prompt, request.negative_prompt, now)
    connection.execute(
        "INSERT INTO runs (id, kind, model, account, prompt_hash, settings_json, seed, take, "
        "request_hash, arm_hash, parent_id, parenthood, experiment_id, template, slots_json, status, "
        "adjustments_json, estimate_micros, created_at, brief_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            new.id,
            new.kind,
            request.model,
            new.account,
            request.prompt_hash,
            json.dumps(dict(request.settings), ensure_ascii=False, sort_keys=True),
            request.seed,
            request.take,
            request.request_hash,
            request.arm_hash,
            origin.parent_id,
            origin.parenthood,
            origin.experiment_id,
            origin.template,
            json.dumps(dict(origin.slots), ensure_ascii=False),
            Status.QUEUED,
            json.dumps(new.adjustments, ensure_ascii=False),
            new.estimate_micros,
            born,
            origin.brief_id,
        ],
    )
    for i in request.inputs:
        media_rows.insert(connection, i.media, now)
        connection.execute(
            "INSERT INTO run_inputs VALUES (?, ?, ?, ?)", [new.id, i.role, i.position, i.media.sha256]
        )
