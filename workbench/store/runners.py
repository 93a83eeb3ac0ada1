"""Who is driving runs in this folder right now, so that a notebook leaves the work to the app."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from workbench.domain.times import from_text, to_text
from workbench.store.db import IS_OPEN, Database

FRESH_S = 6.0
APP = "app"
_ENDPOINT = "substr(account, 1, instr(account || ':', ':') - 1)"
_STRANDED = (
    f"'the account ' || account || ' is not set up here; set the key and address of ' || {_ENDPOINT} "
    f"|| ' as they were, or close it'"
)


class Runners:
    def __init__(self, db: Database) -> None:
        self._db = db

    def seen(self, runner_id: str, kind: str, accounts: Sequence[str], pid: int, now: datetime) -> None:
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO runners VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET seen_at = excluded.seen_at, accounts_json = excluded.accounts_json",
                [runner_id, kind, json.dumps(list(accounts)), pid, to_text(now), to_text(now)],
            )
            connection.execute(
                "DELETE FROM runners WHERE seen_at < ?", [to_text(now - timedelta(seconds=60 * FRESH_S))]
            )

    def gone(self, runner_id: str) -> None:
        with self._db.write() as connection:
            connection.execute("DELETE FROM runners WHERE id = ?", [runner_id])

    def bury(self, is_alive: Callable[[int, datetime], bool]) -> None:
        """Free the runs of runners whose process has died, so that nobody waits for their leases.

        ``is_alive(pid, started_at)`` tells whether that very process still runs on this machine.
        """
        rows = self._db.read().execute("SELECT id, pid, started_at FROM runners").fetchall()
        dead = [row["id"] for row in rows if not is_alive(row["pid"], from_text(row["started_at"]))]
        if not dead:
            return
        marks = ", ".join("?" * len(dead))
        with self._db.write() as connection:
            connection.execute(
                f"UPDATE runs SET lease_owner = NULL, lease_until = NULL "
                f"WHERE {IS_OPEN} AND lease_owner IN ({marks})",
                dead,
            )
            connection.execute(f"DELETE FROM runners WHERE id IN ({marks})", dead)

    def strand(self, accounts: Sequence[str], now: datetime, only: Collection[str] | None = None) -> None:
        """Say of open runs that nobody drives what they wait for: an account that is none of ``accounts``.

        And say so no longer of those whose account is there again. ``only`` narrows it to some runs.
        """
        marks = ", ".join("?" * len(accounts))
        runs = f"{IS_OPEN} AND (lease_until IS NULL OR lease_until < ?)"
        stranded = f"{runs} AND account NOT IN ({marks}) AND blocked_reason = ''"
        afloat = f"{runs} AND account IN ({marks}) AND blocked_reason = {_STRANDED}"
        values = [to_text(now), *accounts]
        if only is not None:
            stranded += " AND id IN (SELECT value FROM json_each(?))"
            afloat += " AND id IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(sorted(only)))
        for reason, which in ((_STRANDED, stranded), ("''", afloat)):
            # A look first: a read waits for nobody, and there is hardly ever anything to write.
            if self._db.read().execute(f"SELECT 1 FROM runs WHERE {which} LIMIT 1", values).fetchone():
                with self._db.write() as connection:
                    connection.execute(f"UPDATE runs SET blocked_reason = {reason} WHERE {which}", values)

    def app_serves(self, account: str, now: datetime) -> bool:
        """Whether the app's runner is up and has this account.

        One that was seen in the future died before the clock was put back.
        """
        fresh = timedelta(seconds=FRESH_S)
        rows = self._db.read().execute(
            "SELECT accounts_json FROM runners WHERE kind = ? AND seen_at BETWEEN ? AND ?",
            [APP, to_text(now - fresh), to_text(now + fresh)],
        )
        return any(account in json.loads(row[0]) for row in rows)
