"""What a person may decide about a run from outside, without its lease."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from workbench.domain.errors import FailureReason, RequestError
from workbench.domain.run import Json, Status
from workbench.domain.times import to_text
from workbench.store import budget, pauses, run_rows
from workbench.store.db import IS_OPEN, Database


class Decisions:
    """The part of the ledger that a person writes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def request_cancel(self, run_id: str, now: datetime) -> Status:
        """Cancel at once what nobody has sent; ask the runner for the rest. Returns the status after it."""
        with self._db.write() as connection:
            row = run_rows.read(connection, run_id)
            status = Status(row["status"])
            if not status.is_busy:
                raise RequestError(f"Run {run_id} is {status}: there is nothing to cancel.")
            leased = row["lease_until"] and row["lease_until"] >= to_text(now)
            if status is Status.QUEUED and not leased:
                run_rows.move(connection, row, Status.CANCELLED, finished_at=to_text(now), cancel_requested=1)
                return Status.CANCELLED
            # One that is looked at now and then only is asked about it at once.
            run_rows.update(connection, run_id, cancel_requested=1, not_before=None)
            return status

    def close_uncertain(self, run_id: str, now: datetime) -> None:
        """The person looked and found nothing, or gives up on it."""
        with self._uncertain(run_id) as (connection, row):
            run_rows.move(
                connection,
                row,
                Status.FAILED,
                failure=FailureReason.CLOSED,
                message="Closed by hand after an uncertain submit",
                finished_at=to_text(now),
            )

    def send_again(self, run_id: str, now: datetime, budget_micros: int | None = None) -> None:
        """The person decides knowingly to risk a second charge: a new attempt from ``queued``.

        An earlier wish to cancel is taken back by that. Raises ``BudgetExceeded`` where the second charge
        does not fit beside the first.
        """
        with self._uncertain(run_id) as (connection, row):
            wanted = [budget.Wanted(row["model"], row["estimate_micros"], row["experiment_id"])]
            if budget_micros is not None:
                budget.check_day(connection, wanted, now, budget_micros)
            budget.check_experiments(connection, wanted)
            run_rows.move(
                connection,
                row,
                Status.QUEUED,
                message="",
                submitted_at=None,
                not_before=None,
                cancel_requested=0,
            )

    def adopt(
        self, run_id: str, operation: Json, now: datetime, check: Callable[[], None] | None = None
    ) -> None:
        """The person found the operation with the provider: collect it, whatever was wished before.

        ``check`` raises where it may not be; it looks while nobody else can write.
        """
        with self._uncertain(run_id) as (connection, row):
            if check:
                check()
            run_rows.move(
                connection,
                row,
                Status.GENERATING,
                message="",
                cancel_requested=0,
                operation_json=run_rows.as_json(operation),
                accepted_at=to_text(now),
            )

    def close_lost(self, run_id: str, why: str, now: datetime) -> None:
        """Give up a run that was sent and that nobody drives; what is known of its operation stays.

        Raises ``RequestError`` where somebody drives it, or where there is another way.
        """
        with self._db.write(durable=True) as connection:
            row = run_rows.read(connection, run_id)
            if row["status"] not in (Status.SUBMITTING, Status.GENERATING, Status.DOWNLOADING):
                raise RequestError(
                    f"Run {run_id} is {row['status']}: it is no lost run that could be closed."
                )
            if row["lease_until"] and row["lease_until"] >= to_text(now):
                raise RequestError(f"Run {run_id} is being driven right now. Cancel it instead.")
            run_rows.close_attempts(connection, run_id, why)
            run_rows.move(
                connection,
                row,
                Status.FAILED,
                failure=FailureReason.CLOSED,
                message=why,
                blocked_reason="",
                overdue=0,
                finished_at=to_text(now),
            )

    def hurry(self, run_ids: Sequence[str], now: datetime) -> None:
        """Drop the waiting times of these runs, and follow those that are overdue closely again.

        Somebody is looking. What a server itself has asked to wait for is still obeyed.
        """
        marks = ", ".join("?" * len(run_ids))
        with self._db.write() as connection:
            pauses.forget_untold(
                connection,
                connection.execute(
                    f"SELECT DISTINCT account, model FROM runs WHERE id IN ({marks})", list(run_ids)
                ).fetchall(),
            )
            connection.execute(
                f"UPDATE runs SET not_before = NULL, overdue = 0, "
                f"followed_from = CASE WHEN overdue THEN ? ELSE followed_from END WHERE id IN ({marks})",
                [to_text(now), *run_ids],
            )

    def open_ids(self) -> list[str]:
        """Every run that a runner still has work with, oldest first."""
        rows = self._db.read().execute(f"SELECT id FROM runs WHERE {IS_OPEN} ORDER BY +rowid")
        return [row[0] for row in rows]

    @contextmanager
    def _uncertain(self, run_id: str) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row]]:
        with self._db.write(durable=True) as connection:
            row = run_rows.read(connection, run_id)
            if row["status"] != Status.UNCERTAIN:
                raise RequestError(f"Run {run_id} is {row['status']}, not uncertain: nothing to decide.")
            yield connection, row
