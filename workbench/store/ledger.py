"""The paid-work ledger: who drives a run, and every change of its state.

A runner claims a run under a lease with an epoch. Each later write names the epoch and is refused
(``LeaseLost``) once somebody else has claimed the run; each change of state is checked against
``domain.run.TRANSITIONS``. The two writes around a request that costs money wait for the disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ulid import ULID

from workbench.domain.errors import FailureReason, LeaseLost, RequestError, UnknownRun
from workbench.domain.media import Media
from workbench.domain.run import BUSY, Charge, Json, Status, check_transition
from workbench.domain.times import to_text
from workbench.store import media as media_rows
from workbench.store.db import IS_OPEN, Database

LEASE_S = 15.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one run, until somebody else holds a higher epoch."""

    run_id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class PendingClip:
    """A finished remote clip that has not been stored yet."""

    position: int
    locator: Json
    expires_at: str | None


class Ledger:
    def __init__(self, db: Database) -> None:
        self._db = db

    # Claiming

    def claim(
        self,
        owner: str,
        account: str,
        at_once: int,
        now: datetime,
        only: Collection[str] | None = None,
        driven: Collection[str] = (),
    ) -> list[Lease]:
        """Take what this account has to do: everything already under way, and as much of the queue as fits.

        ``at_once`` counts over all processes of the folder. ``only`` narrows it to some runs. ``driven``
        are the runs that the owner is driving: after a sleep of the machine their leases have run out,
        and taking one a second time would call a request uncertain whose answer is on its way.
        """
        moment, until = to_text(now), to_text(now + timedelta(seconds=LEASE_S))
        free = "(lease_until IS NULL OR lease_until < :now)"
        if driven:
            free += " AND id NOT IN (SELECT value FROM json_each(:driven))"
        if only is not None:
            free += " AND id IN (SELECT value FROM json_each(:only))"
        with self._db.write() as connection:
            names = {"account": account, "now": moment, "until": until, "owner": owner}
            names["only"] = json.dumps(sorted(only or ()))
            names["driven"] = json.dumps(sorted(driven))
            rows = connection.execute(
                f"UPDATE runs SET lease_owner = :owner, lease_until = :until, epoch = epoch + 1 "
                f"WHERE account = :account AND {IS_OPEN} AND status <> 'queued' AND {free} "
                f"RETURNING id, epoch",
                names,
            ).fetchall()
            open_now = connection.execute(
                f"SELECT count(*) FROM runs WHERE account = :account AND {IS_OPEN} AND (status IN "
                f"('submitting', 'generating') OR (status = 'queued' AND lease_until >= :now))",
                names,
            ).fetchone()[0]
            rows += connection.execute(
                f"UPDATE runs SET lease_owner = :owner, lease_until = :until, epoch = epoch + 1 "
                f"WHERE rowid IN (SELECT rowid FROM runs WHERE account = :account AND {IS_OPEN} "
                f"AND status = 'queued' AND {free} AND (not_before IS NULL OR not_before <= :now) "
                f"ORDER BY +rowid LIMIT :room) "
                f"RETURNING id, epoch",
                {**names, "room": max(0, at_once - open_now)},
            ).fetchall()
        return [Lease(row["id"], owner, row["epoch"]) for row in rows]

    def has_work(self, accounts: Sequence[str], now: datetime) -> bool:
        """Whether claiming could find anything. A read: it never waits for another writer."""
        marks, moment = ", ".join("?" * len(accounts)), to_text(now)
        row = self._db.read().execute(
            f"SELECT 1 FROM runs WHERE account IN ({marks}) AND {IS_OPEN} "
            f"AND (lease_until IS NULL OR lease_until < ?) AND (not_before IS NULL OR not_before <= ?) "
            f"LIMIT 1",
            [*accounts, moment, moment],
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

    def release(self, lease: Lease) -> None:
        """Let go, so that another runner need not wait for the lease to run out."""
        with self._db.write() as connection:
            connection.execute(
                "UPDATE runs SET lease_until = NULL, lease_owner = NULL WHERE id = ? AND epoch = ?",
                [lease.run_id, lease.epoch],
            )

    # A run's way, written by the runner that holds its lease

    def begin_submit(self, lease: Lease, sent_hash: str, now: datetime) -> str | None:
        """``submitting`` is on the disk before the request leaves.

        Returns the attempt's id, or ``None`` when a person has cancelled the run meanwhile (it is
        ``cancelled`` then, and must not be sent).
        """
        attempt = str(ULID())
        with self._held(lease, durable=True) as (connection, row):
            if row["cancel_requested"]:
                _move(connection, row, Status.CANCELLED, finished_at=to_text(now))
                return None
            _move(
                connection,
                row,
                Status.SUBMITTING,
                charge=_risk(row),
                submitted_at=to_text(now),
                blocked_reason="",
            )
            _begin_attempt(connection, attempt, lease.run_id, "submit", sent_hash, now)
        return attempt

    def accepted(self, lease: Lease, attempt: str, operation: Json, now: datetime) -> None:
        """The operation is on the disk right after the answer.

        It is paid for, so it is kept even where the lease is lost: a run that another process has called
        uncertain meanwhile goes on; of any other the attempt at least tells it. Raises ``LeaseLost`` then.
        """
        with self._db.write(durable=True) as connection:
            row = _row(connection, lease.run_id)
            held = _is_held(row, lease)
            if held or _awaits_answer(connection, row, attempt):
                _move(
                    connection,
                    row,
                    Status.GENERATING,
                    operation_json=_dump(operation),
                    accepted_at=to_text(now),
                    message="",
                    progress=None,
                    progress_note="",
                )
            _end_attempt(connection, attempt, "accepted", _dump(operation), now)
        if not held:
            raise _lost(lease)

    def back_to_queue(
        self, lease: Lease, attempt: str | None, why: str, not_before: datetime, now: datetime
    ) -> None:
        """Certainly not accepted, or sent to a provider whose submit may be repeated.

        A run that a person has cancelled meanwhile is ``cancelled`` then.
        """
        with self._held(lease) as (connection, row):
            charge = _charge(connection, row, Charge.NONE)
            if row["cancel_requested"]:
                _move(connection, row, Status.CANCELLED, finished_at=to_text(now), charge=charge)
            else:
                _move(
                    connection,
                    row,
                    Status.QUEUED,
                    message=why,
                    not_before=to_text(not_before),
                    submitted_at=None,
                    charge=charge,
                )
            if attempt:
                _end_attempt(connection, attempt, "not accepted", why, now)
            else:
                _close_attempts(connection, lease.run_id, why)

    def uncertain(self, lease: Lease, attempt: str | None, why: str, now: datetime) -> None:
        with self._held(lease, durable=True) as (connection, row):
            _move(connection, row, Status.UNCERTAIN, message=why, charge=_risk(row))
            if attempt:
                _end_attempt(connection, attempt, "unknown", why, now)
            else:
                _close_attempts(connection, lease.run_id, why)

    def progress(self, lease: Lease, fraction: float | None, note: str) -> None:
        with self._held(lease) as (connection, row):
            _update(connection, row["id"], progress=fraction, progress_note=note, blocked_reason="")

    def blocked(self, lease: Lease, why: str) -> None:
        """It stays where it is until the key (or the network, or the disk) works again."""
        with self._held(lease) as (connection, row):
            _update(connection, row["id"], blocked_reason=why)

    def postponed(self, lease: Lease, why: str, not_before: datetime) -> None:
        """A queued run that can't be sent as things are; it is looked at again at ``not_before``."""
        with self._held(lease) as (connection, row):
            _update(connection, row["id"], blocked_reason=why, not_before=to_text(not_before))

    def overdue(self, lease: Lease) -> None:
        with self._held(lease) as (connection, row):
            _update(connection, row["id"], overdue=1)

    def unwanted(self, lease: Lease) -> None:
        """Cancelled, but the provider can't stop it: it is still collected, and the charge told."""
        with self._held(lease) as (connection, row):
            _update(connection, row["id"], unwanted=1)

    def ready(
        self,
        lease: Lease,
        clips: Sequence[PendingClip],
        *,
        filtered: Sequence[str],
        report: Json,
        billed_micros: int | None,
        charge: Charge,
        now: datetime,
    ) -> None:
        """The provider is done: what there is to fetch is on the disk before the first byte is."""
        with self._held(lease, durable=True) as (connection, row):
            _move(
                connection,
                row,
                Status.DOWNLOADING,
                ready_at=to_text(now),
                filtered_json=json.dumps(list(filtered), ensure_ascii=False),
                report_json=_dump(report),
                billed_micros=billed_micros,
                charge=charge,
                progress=None,
                progress_note="",
                blocked_reason="",
            )
            connection.executemany(
                "INSERT INTO clips (run_id, position, locator_json, expires_at) VALUES (?, ?, ?, ?)",
                [(lease.run_id, c.position, _dump(c.locator), c.expires_at) for c in clips],
            )

    def pending_clips(self, run_id: str) -> list[PendingClip]:
        rows = self._db.read().execute(
            "SELECT * FROM clips WHERE run_id = ? AND media_sha256 IS NULL ORDER BY position", [run_id]
        )
        return [
            PendingClip(row["position"], json.loads(row["locator_json"]), row["expires_at"]) for row in rows
        ]

    def clip_stored(
        self, lease: Lease, position: int, clip: Media, poster: Media, last_frame: Media, now: datetime
    ) -> None:
        """The files already lie in the folder; now the log points at them."""
        with self._held(lease) as (connection, row):
            for media in (clip, poster, last_frame):
                media_rows.insert(connection, media, now)
            connection.execute(
                "UPDATE clips SET media_sha256 = ?, poster_sha256 = ?, last_frame_sha256 = ? "
                "WHERE run_id = ? AND position = ?",
                [clip.sha256, poster.sha256, last_frame.sha256, row["id"], position],
            )
            _update(connection, row["id"], blocked_reason="")

    def end(
        self,
        lease: Lease,
        status: Status,
        now: datetime,
        *,
        failure: FailureReason | None = None,
        message: str = "",
        charge: Charge | None = None,
        filtered: Sequence[str] | None = None,
        attempt: str | None = None,
    ) -> None:
        """Any final state. ``charge`` stays as it was unless given."""
        changes: dict[str, object] = {"failure": failure, "message": message, "blocked_reason": ""}
        if filtered is not None:
            changes["filtered_json"] = json.dumps(list(filtered), ensure_ascii=False)
        with self._held(lease) as (connection, row):
            if charge is not None:
                changes["charge"] = _charge(connection, row, charge)
            _move(connection, row, status, finished_at=to_text(now), **changes)
            if attempt:
                _end_attempt(connection, attempt, str(status), message, now)

    def attempt(
        self, run_id: str, step: str, sent_hash: str, outcome: str, answer: str, now: datetime
    ) -> None:
        """Log a poll or download that went wrong (those that went right are told by the run's times)."""
        attempt = str(ULID())
        with self._db.write() as connection:
            _begin_attempt(connection, attempt, run_id, step, sent_hash, now)
            _end_attempt(connection, attempt, outcome, answer, now)

    def attempts(self, run_id: str) -> list[dict[str, object]]:
        """Every POST and every poll or download that failed, oldest first."""
        rows = self._db.read().execute("SELECT * FROM attempts WHERE run_id = ? ORDER BY id", [run_id])
        return [dict(row) for row in rows]

    def cancel_wanted(self, lease: Lease) -> bool:
        row = self._db.read().execute("SELECT cancel_requested FROM runs WHERE id = ?", [lease.run_id])
        return bool(row.fetchone()[0])

    # What a person may do from outside, without the lease

    def request_cancel(self, run_id: str, now: datetime) -> Status:
        """Cancel at once what nobody has sent; ask the runner for the rest. Returns the status after it."""
        with self._db.write() as connection:
            row = _row(connection, run_id)
            status = Status(row["status"])
            if not status.is_busy:
                raise RequestError(f"Run {run_id} is {status}: there is nothing to cancel.")
            leased = row["lease_until"] and row["lease_until"] >= to_text(now)
            if status is Status.QUEUED and not leased:
                _move(connection, row, Status.CANCELLED, finished_at=to_text(now), cancel_requested=1)
                return Status.CANCELLED
            _update(connection, run_id, cancel_requested=1)
            return status

    def close_uncertain(self, run_id: str, now: datetime) -> None:
        """The person looked and found nothing, or gives up on it."""
        with self._uncertain(run_id) as (connection, row):
            _move(
                connection,
                row,
                Status.FAILED,
                failure=FailureReason.CLOSED,
                message="Closed by hand after an uncertain submit",
                finished_at=to_text(now),
            )

    def send_again(self, run_id: str) -> None:
        """The person decides knowingly to risk a second charge: a new attempt from ``queued``."""
        with self._uncertain(run_id) as (connection, row):
            _move(connection, row, Status.QUEUED, message="", submitted_at=None, not_before=None)

    def adopt(self, run_id: str, operation: Json, now: datetime) -> None:
        """The person found the operation with the provider: collect it."""
        with self._uncertain(run_id) as (connection, row):
            _move(
                connection,
                row,
                Status.GENERATING,
                message="",
                operation_json=_dump(operation),
                accepted_at=to_text(now),
            )

    def hurry(self, run_ids: Sequence[str]) -> None:
        """Drop the waiting times of these runs: somebody is looking."""
        marks = ", ".join("?" * len(run_ids))
        with self._db.write() as connection:
            connection.execute(f"UPDATE runs SET not_before = NULL WHERE id IN ({marks})", list(run_ids))

    def open_ids(self) -> list[str]:
        """Every run that a runner still has work with, oldest first."""
        rows = self._db.read().execute(f"SELECT id FROM runs WHERE {IS_OPEN} ORDER BY +rowid")
        return [row[0] for row in rows]

    @contextmanager
    def _held(
        self, lease: Lease, *, durable: bool = False
    ) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row]]:
        with self._db.write(durable=durable) as connection:
            row = _row(connection, lease.run_id)
            if not _is_held(row, lease):
                raise _lost(lease)
            yield connection, row

    @contextmanager
    def _uncertain(self, run_id: str) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row]]:
        with self._db.write(durable=True) as connection:
            row = _row(connection, run_id)
            if row["status"] != Status.UNCERTAIN:
                raise RequestError(f"Run {run_id} is {row['status']}, not uncertain: nothing to decide.")
            yield connection, row


def _row(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM runs WHERE id = ?", [run_id]).fetchone()
    if row is None:
        raise UnknownRun(f"The log holds no run {run_id}.")
    return row


def _is_held(row: sqlite3.Row, lease: Lease) -> bool:
    return (row["epoch"], row["lease_owner"]) == (lease.epoch, lease.owner)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"Run {lease.run_id} was taken over by another process.")


def _awaits_answer(connection: sqlite3.Connection, row: sqlite3.Row, attempt: str) -> bool:
    """Whether nothing has been decided about the run since ``attempt`` left."""
    newest = connection.execute(
        "SELECT max(id) FROM attempts WHERE run_id = ? AND step = 'submit'", [row["id"]]
    ).fetchone()[0]
    return bool(newest == attempt) and row["status"] in (Status.SUBMITTING, Status.UNCERTAIN)


def _charge(connection: sqlite3.Connection, row: sqlite3.Row, told: Charge) -> Charge:
    """``told`` is of the last attempt; an earlier one without an answer may have been charged."""
    unknown = connection.execute(
        "SELECT 1 FROM attempts WHERE run_id = ? AND outcome = 'unknown' LIMIT 1", [row["id"]]
    ).fetchone()
    return _risk(row) if unknown and told is Charge.NONE else told


def _risk(row: sqlite3.Row) -> Charge:
    """What a request that has left may cost."""
    return Charge.NONE if row["estimate_micros"] == 0 else Charge.MAYBE


def _move(connection: sqlite3.Connection, row: sqlite3.Row, status: Status, **changes: object) -> None:
    check_transition(Status(row["status"]), status)
    if status not in BUSY:
        changes |= {"lease_owner": None, "lease_until": None, "progress": None, "progress_note": ""}
    _update(connection, row["id"], status=status, **changes)


def _update(connection: sqlite3.Connection, run_id: str, **changes: object) -> None:
    columns = ", ".join(f"{name} = ?" for name in changes)
    connection.execute(f"UPDATE runs SET {columns} WHERE id = ?", [*changes.values(), run_id])


def _begin_attempt(
    connection: sqlite3.Connection, attempt: str, run_id: str, step: str, sent_hash: str, now: datetime
) -> None:
    connection.execute(
        "INSERT INTO attempts (id, run_id, step, sent_hash, started_at) VALUES (?, ?, ?, ?, ?)",
        [attempt, run_id, step, sent_hash, to_text(now)],
    )


def _end_attempt(
    connection: sqlite3.Connection, attempt: str, outcome: str, answer: str, now: datetime
) -> None:
    connection.execute(
        "UPDATE attempts SET outcome = ?, answer = ?, ended_at = ? WHERE id = ?",
        [outcome, answer[:2_000], to_text(now), attempt],
    )


def _close_attempts(connection: sqlite3.Connection, run_id: str, why: str) -> None:
    """What a process that has ended left without an answer."""
    connection.execute(
        "UPDATE attempts SET outcome = 'unknown', answer = ? WHERE run_id = ? AND outcome = ''", [why, run_id]
    )


def _dump(value: Mapping[str, object]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
