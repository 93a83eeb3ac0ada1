"""Who drives a run: leases with an epoch, handed out within what an account and its models allow."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.domain.run import Run, Status
from workbench.domain.times import from_text, to_text
from workbench.store.db import IS_OPEN, IS_UNDER_WAY, Database
from workbench.store.limits import Limits, OfModel, Traffic, next_s, traffic, unlimited
from workbench.store.pauses import LONGEST_S

LEASE_S = 15.0
# Nobody puts a run off for longer than ``LONGEST_S``: a later moment is of a clock that was put back.
_IS_DUE = "(not_before IS NULL OR not_before <= :now OR not_before > :beyond)"
_TAKE = "UPDATE runs SET lease_owner = :owner, lease_until = :until, epoch = epoch + 1"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one run, until somebody else holds a higher epoch."""

    run_id: str
    owner: str
    epoch: int


class Claims:
    """The part of the ledger that says who may write a run."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def claim(
        self,
        owner: str,
        account: str,
        at_once: int | None,
        now: datetime,
        only: Collection[str] | None = None,
        driven: Collection[str] = (),
        a_minute: int | None = None,
        of_model: OfModel = unlimited,
    ) -> list[Lease]:
        """Take what this account has to do: everything already under way, and as much of the queue as fits.

        ``at_once`` and ``a_minute`` (and what ``of_model`` says of each model) count over all processes of
        the folder. ``only`` narrows it to some runs. ``driven`` are the runs that the owner is driving: after
        a sleep of the machine their leases have run out, and taking one a second time would call a request
        uncertain whose answer is on its way.
        """
        names = {
            "account": account,
            "now": to_text(now),
            "beyond": _beyond(now),
            "until": to_text(now + timedelta(seconds=LEASE_S)),
            "owner": owner,
            "only": json.dumps(sorted(only or ())),
            "driven": json.dumps(sorted(driven)),
        }
        free = "(lease_until IS NULL OR lease_until < :now)"
        if driven:
            free += " AND id NOT IN (SELECT value FROM json_each(:driven))"
        if only is not None:
            free += " AND id IN (SELECT value FROM json_each(:only))"
        under_way = f"account = :account AND {IS_UNDER_WAY} AND {free} AND (NOT overdue OR {_IS_DUE})"
        limits = Limits(at_once, a_minute)

        def fitting(connection: sqlite3.Connection) -> list[int]:
            now_under_way = traffic(connection, account, now)
            if not now_under_way.room(limits):
                return []
            return _fitting(connection, names, free, limits, of_model, now_under_way, only is not None)

        # A look first: a read waits for nobody, and a full queue must not lock the log four times a second.
        look = self._db.read()
        is_found = look.execute(f"SELECT 1 FROM runs WHERE {under_way} LIMIT 1", names).fetchone()
        if not is_found and not fitting(look):
            return []
        with self._db.write() as connection:
            rows = connection.execute(f"{_TAKE} WHERE {under_way} RETURNING id, epoch", names).fetchall()
            chosen = json.dumps(fitting(connection))
            rows += connection.execute(
                f"{_TAKE} WHERE rowid IN (SELECT value FROM json_each(:chosen)) RETURNING id, epoch",
                {**names, "chosen": chosen},
            ).fetchall()
        return [Lease(row["id"], owner, row["epoch"]) for row in rows]

    def has_work(self, accounts: Sequence[str], now: datetime) -> bool:
        """Whether claiming could find anything. A read: it never waits for another writer."""
        marks, moment = ", ".join("?" * len(accounts)), to_text(now)
        row = self._db.read().execute(
            f"SELECT 1 FROM runs WHERE account IN ({marks}) AND {IS_OPEN} "
            f"AND (lease_until IS NULL OR lease_until < ?) "
            f"AND (not_before IS NULL OR not_before <= ? OR not_before > ?) LIMIT 1",
            [*accounts, moment, moment, _beyond(now)],
        )
        return row.fetchone() is not None

    def renew(self, leases: Sequence[Lease], now: datetime) -> list[Lease]:
        """Extend the leases and return those that were lost meanwhile."""
        until, lost = to_text(now + timedelta(seconds=LEASE_S)), []
        with self._db.write() as connection:
            for lease in leases:
                changed = connection.execute(
                    "UPDATE runs SET lease_until = ? WHERE id = ? AND epoch = ? AND lease_owner = ?",
                    [until, lease.run_id, lease.epoch, lease.owner],
                )
                if changed.rowcount == 0:
                    lost.append(lease)
        return lost

    def cancels(self, owner: str) -> list[str]:
        """The runs of this owner that a person wants cancelled and that were not answered yet."""
        rows = self._db.read().execute(
            "SELECT id FROM runs INDEXED BY runs_leased WHERE lease_owner IS NOT NULL AND lease_owner = ? "
            "AND cancel_requested AND NOT unwanted",
            [owner],
        )
        return [row[0] for row in rows]

    def release(self, lease: Lease) -> None:
        """Let go, so that another runner need not wait for the lease to run out."""
        # A look first: a run that has ended was let go of with its last change.
        held = self._db.read().execute(
            "SELECT 1 FROM runs WHERE id = ? AND epoch = ? AND lease_owner IS NOT NULL",
            [lease.run_id, lease.epoch],
        )
        if held.fetchone() is None:
            return
        with self._db.write() as connection:
            connection.execute(
                "UPDATE runs SET lease_until = NULL, lease_owner = NULL WHERE id = ? AND epoch = ?",
                [lease.run_id, lease.epoch],
            )

    def holdup(self, run: Run, limits: Limits, of_model: Limits, now: datetime) -> str:
        """What a queued run waits for, in words; empty when it is about to be sent."""
        connection = self._db.read()
        row = connection.execute("SELECT * FROM runs WHERE id = ?", [run.id]).fetchone()
        is_claimed = row is None or (row["lease_until"] and row["lease_until"] >= to_text(now))
        if is_claimed or row["status"] != Status.QUEUED:
            return ""
        if row["blocked_reason"]:
            return str(row["blocked_reason"])
        model, seen = run.request.model, traffic(connection, run.account, now)
        if pause := seen.pauses.get(model):
            return f"{pause.why.rstrip('.')}; {_again(pause.until)}"
        if row["not_before"] and to_text(now) < row["not_before"] <= _beyond(now):
            why = row["message"].rstrip(".") or "it was put off"
            return f"{why}; {_again(from_text(row['not_before']))}"
        for who, narrowed, limit in ((model, model, of_model), (run.request.endpoint, "", limits)):
            if seen.room(Limits(at_once=limit.at_once), narrowed) == 0:
                return f"all {limit.at_once} operations that {who} may have open at once are taken"
            if seen.room(Limits(a_minute=limit.a_minute), narrowed) == 0:
                until = now + timedelta(seconds=next_s(connection, run.account, narrowed, now))
                said = f"{limit.a_minute} requests a minute may go to {who}, and as many were sent"
                return f"{said}; the next may leave at {_clock(until)}"
        return ""


def _fitting(
    connection: sqlite3.Connection,
    names: dict[str, str],
    free: str,
    limits: Limits,
    of_model: OfModel,
    now_under_way: Traffic,
    is_narrowed: bool,
) -> list[int]:
    """Row ids of the queue's oldest runs that may be sent now."""
    found: list[int] = []
    # A few runs are found by their ids; a whole queue is walked model by model, in its order.
    walk = "" if is_narrowed else "INDEXED BY runs_waiting"
    for model in _queued_models(connection, names["account"]):
        room = min(now_under_way.room(limits), now_under_way.room(of_model(model), model))
        if room and model not in now_under_way.pauses:
            rows = connection.execute(
                f"SELECT rowid FROM runs {walk} WHERE account = :account AND model = :model "
                f"AND status = 'queued' AND {free} AND {_IS_DUE} ORDER BY rowid LIMIT :room",
                {**names, "model": model, "room": room},
            )
            found += [row[0] for row in rows]
    return sorted(found)[: now_under_way.room(limits)]


def _queued_models(connection: sqlite3.Connection, account: str) -> Iterator[str]:
    """From one model to the next, without reading the runs between."""
    model = ""
    while True:
        row = connection.execute(
            "SELECT min(model) FROM runs INDEXED BY runs_waiting "
            "WHERE account = ? AND status = 'queued' AND model > ?",
            [account, model],
        ).fetchone()
        if row[0] is None:
            return
        model = row[0]
        yield model


def _beyond(now: datetime) -> str:
    return to_text(now + timedelta(seconds=LONGEST_S))


def _again(until: datetime) -> str:
    return f"it is tried again at {_clock(until)}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
