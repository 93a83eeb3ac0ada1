"""The paid-work ledger: every change of a run's state.

A runner claims a run under a lease with an epoch (``claims``). Each later write names the epoch and is
refused (``LeaseLost``) once somebody else has claimed the run; each change of state is checked against
``domain.run.TRANSITIONS``. The two writes around a request that costs money wait for the disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import FailureReason, LeaseLost
from workbench.domain.media import Media
from workbench.domain.run import EMULATED, Charge, Json, Status
from workbench.domain.times import from_text, to_text
from workbench.store import media as media_rows
from workbench.store import pauses, run_rows
from workbench.store.claims import LEASE_S, Claims, Lease
from workbench.store.decisions import Decisions

__all__ = ["LEASE_S", "Lease", "Ledger", "PendingClip"]


@dataclass(frozen=True, slots=True)
class PendingClip:
    """A finished remote clip that has not been stored yet."""

    position: int
    locator: Json
    expires_at: str | None


class Ledger(Claims, Decisions):
    """Claims, what a person decides, and the way of a run as the runner that holds its lease writes it."""

    def begin_submit(self, lease: Lease, sent_hash: str, now: datetime) -> str | None:
        """``submitting`` is on the disk before the request leaves.

        Returns the attempt's id, or ``None`` when a person has cancelled the run meanwhile (it is
        ``cancelled`` then, and must not be sent).
        """
        attempt = str(ULID())
        with self._held(lease, durable=True) as (connection, row):
            if row["cancel_requested"]:
                run_rows.move(connection, row, Status.CANCELLED, finished_at=to_text(now))
                return None
            run_rows.move(
                connection,
                row,
                Status.SUBMITTING,
                charge=run_rows.risk(row),
                submitted_at=to_text(now),
                blocked_reason="",
            )
            run_rows.begin_attempt(connection, attempt, lease.run_id, "submit", sent_hash, now)
        return attempt

    def accepted(
        self,
        lease: Lease,
        attempt: str,
        operation: Json,
        now: datetime,
        adjustments: Sequence[str] | None = None,
    ) -> None:
        """The operation is on the disk right after the answer, with what was adjusted to have it accepted.

        It is paid for, so it is kept even where the lease is lost: a run that another process has called
        uncertain meanwhile goes on, also one that was to be sent again and was not yet; of any other the
        attempt at least tells it. Raises ``LeaseLost`` then.
        """
        with self._db.write(durable=True) as connection:
            row = run_rows.read(connection, lease.run_id)
            held = _is_held(row, lease)
            if held or _awaits_answer(connection, row, attempt):
                if not held:
                    row = _taken_from_whoever_has_it(connection, row)
                run_rows.move(
                    connection,
                    row,
                    Status.GENERATING,
                    operation_json=run_rows.as_json(operation),
                    accepted_at=to_text(now),
                    message="",
                    blocked_reason="",
                    progress=None,
                    progress_note="",
                    **_adjusted(adjustments),
                )
            pauses.end(connection, row["account"], row["model"], now)
            run_rows.end_attempt(connection, attempt, "accepted", run_rows.as_json(operation), now)
        if not held:
            raise _lost(lease)

    def back_to_queue(
        self, lease: Lease, attempt: str | None, why: str, not_before: datetime, now: datetime
    ) -> None:
        """Certainly not accepted, or sent to a provider whose submit may be repeated.

        A run that a person has cancelled meanwhile is ``cancelled`` then.
        """
        with self._held(lease) as (connection, row):
            _requeue(connection, row, why, not_before, now)
            if attempt:
                run_rows.end_attempt(connection, attempt, "not accepted", why, now)
            else:
                run_rows.close_attempts(connection, lease.run_id, why)

    def refused(self, lease: Lease, attempt: str, why: str, wait_s: float | None, now: datetime) -> None:
        """Certainly not accepted, and neither would be the next: the whole model waits, in any process.

        ``wait_s`` is what the server asked for; without it the wait doubles from try to try, up to a minute.
        """
        with self._held(lease) as (connection, row):
            until = pauses.begin(connection, row["account"], row["model"], why, wait_s, now)
            _requeue(connection, row, why, until, now)
            run_rows.end_attempt(connection, attempt, "not accepted", why, now)

    def too_large(self, lease: Lease, attempt: str, why: str, now: datetime) -> None:
        """413: certainly not accepted; the same runner sends it again with smaller pictures."""
        with self._held(lease) as (connection, row):
            charge = run_rows.charge(connection, row, Charge.NONE)
            run_rows.move(connection, row, Status.QUEUED, submitted_at=None, charge=charge)
            run_rows.end_attempt(connection, attempt, "not accepted", why, now)

    def uncertain(self, lease: Lease, attempt: str | None, why: str, now: datetime) -> None:
        with self._held(lease, durable=True) as (connection, row):
            run_rows.move(connection, row, Status.UNCERTAIN, message=why, charge=run_rows.risk(row))
            if attempt:
                run_rows.end_attempt(connection, attempt, "unknown", why, now)
            else:
                run_rows.close_attempts(connection, lease.run_id, why)

    def progress(self, told: Mapping[Lease, tuple[float | None, str]]) -> None:
        """What the last looks have brought, fraction and note. Of a run that is no longer held, nothing."""
        with self._db.write() as connection:
            connection.executemany(
                "UPDATE runs SET progress = ?, progress_note = ?, blocked_reason = '' "
                "WHERE id = ? AND epoch = ? AND lease_owner = ? AND status = 'generating'",
                [(*news, lease.run_id, lease.epoch, lease.owner) for lease, news in told.items()],
            )

    def noted(self, lease: Lease, note: str) -> None:
        """Why the last look or download did not go through."""
        with self._held(lease) as (connection, row):
            run_rows.update(connection, row["id"], progress_note=note)

    def blocked(self, lease: Lease, why: str) -> None:
        """It stays where it is until the key (or the network, or the disk) works again."""
        with self._held(lease) as (connection, row):
            run_rows.update(connection, row["id"], blocked_reason=why)

    def postponed(self, lease: Lease, why: str, not_before: datetime) -> None:
        """A queued run that can't be sent as things are; it is looked at again at ``not_before``."""
        with self._held(lease) as (connection, row):
            run_rows.update(connection, row["id"], blocked_reason=why, not_before=to_text(not_before))

    def overdue(self, lease: Lease, look_again: datetime) -> None:
        """Longer than the model's timeout: the operation is kept, and looked at again at ``look_again``."""
        with self._held(lease) as (connection, row):
            run_rows.update(connection, row["id"], overdue=1, not_before=to_text(look_again))

    def unwanted(self, lease: Lease) -> None:
        """Cancelled, but the provider can't stop it: it is still collected, and the charge told."""
        with self._held(lease) as (connection, row):
            run_rows.update(connection, row["id"], unwanted=1)

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
            run_rows.move(
                connection,
                row,
                Status.DOWNLOADING,
                ready_at=to_text(now),
                filtered_json=json.dumps(list(filtered), ensure_ascii=False),
                report_json=run_rows.as_json(report),
                billed_micros=billed_micros,
                charge=charge,
                progress=None,
                progress_note="",
                blocked_reason="",
                overdue=0,
                not_before=None,
            )
            connection.executemany(
                "INSERT INTO clips (run_id, position, locator_json, expires_at) VALUES (?, ?, ?, ?)",
                [(lease.run_id, c.position, run_rows.as_json(c.locator), c.expires_at) for c in clips],
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
        # On the disk as well, for what the provider or this machine still holds of it is let go of next.
        with self._held(lease, durable=True) as (connection, row):
            for media in (clip, poster, last_frame):
                media_rows.insert(connection, media, now)
            connection.execute(
                "UPDATE clips SET media_sha256 = ?, poster_sha256 = ?, last_frame_sha256 = ? "
                "WHERE run_id = ? AND position = ?",
                [clip.sha256, poster.sha256, last_frame.sha256, row["id"], position],
            )
            run_rows.update(connection, row["id"], blocked_reason="")

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
                changes["charge"] = run_rows.charge(connection, row, charge)
            run_rows.move(connection, row, status, finished_at=to_text(now), **changes)
            if attempt:
                run_rows.end_attempt(connection, attempt, str(status), message, now)

    def attempt(
        self, run_id: str, step: str, sent_hash: str, outcome: str, answer: str, now: datetime
    ) -> None:
        """Log a poll or download that went wrong (those that went right are told by the run's times)."""
        attempt = str(ULID())
        with self._db.write() as connection:
            run_rows.begin_attempt(connection, attempt, run_id, step, sent_hash, now)
            run_rows.end_attempt(connection, attempt, outcome, answer, now)

    def attempts(self, run_id: str) -> list[dict[str, object]]:
        """Every POST and every poll or download that failed, oldest first."""
        rows = self._db.read().execute("SELECT * FROM attempts WHERE run_id = ? ORDER BY id", [run_id])
        return [dict(row) for row in rows]

    def latencies_s(self, model: str, most: int = 200, *, emulated: bool = False) -> list[float]:
        """How long the model's newest runs took from accepted to seen done, in seconds.

        ``emulated`` is of those that an emulator made, which tell nothing of the service.
        """
        rows = self._db.read().execute(
            "SELECT accepted_at, ready_at FROM runs INDEXED BY runs_model_status "
            "WHERE model = ? AND status = 'succeeded' AND deleted_at IS NULL "
            "AND (instr(account, ?) > 0) = ? ORDER BY rowid DESC LIMIT ?",
            [model, EMULATED, emulated, most],
        )
        spans = [from_text(ready) - from_text(accepted) for accepted, ready in rows if accepted and ready]
        return [span.total_seconds() for span in spans]

    def cancel_wanted(self, lease: Lease) -> bool:
        row = self._db.read().execute("SELECT cancel_requested FROM runs WHERE id = ?", [lease.run_id])
        return bool(row.fetchone()[0])

    @contextmanager
    def _held(
        self, lease: Lease, *, durable: bool = False
    ) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row]]:
        with self._db.write(durable=durable) as connection:
            row = run_rows.read(connection, lease.run_id)
            if not _is_held(row, lease):
                raise _lost(lease)
            yield connection, row


def _is_held(row: sqlite3.Row, lease: Lease) -> bool:
    return (row["epoch"], row["lease_owner"]) == (lease.epoch, lease.owner)


def _requeue(
    connection: sqlite3.Connection, row: sqlite3.Row, why: str, not_before: datetime, now: datetime
) -> None:
    """Not accepted: it waits again, or is cancelled where a person has asked for that meanwhile."""
    charge = run_rows.charge(connection, row, Charge.NONE)
    if row["cancel_requested"]:
        run_rows.move(connection, row, Status.CANCELLED, finished_at=to_text(now), charge=charge)
        return
    run_rows.move(
        connection,
        row,
        Status.QUEUED,
        message=why,
        not_before=to_text(not_before),
        submitted_at=None,
        charge=charge,
    )


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"Run {lease.run_id} was taken over by another process.")


def _awaits_answer(connection: sqlite3.Connection, row: sqlite3.Row, attempt: str) -> bool:
    """Whether nothing has been decided about the run since ``attempt`` left."""
    newest = connection.execute(
        "SELECT max(id) FROM attempts WHERE run_id = ? AND step = 'submit'", [row["id"]]
    ).fetchone()[0]
    undecided = (Status.SUBMITTING, Status.UNCERTAIN, Status.QUEUED)
    return bool(newest == attempt) and row["status"] in undecided


def _taken_from_whoever_has_it(connection: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row:
    """A higher epoch: who has claimed the run to send it, or to call it uncertain, may not do so now."""
    freed = {"epoch": row["epoch"] + 1, "lease_owner": None, "lease_until": None}
    run_rows.update(connection, row["id"], **freed)
    if row["status"] == Status.QUEUED:  # it has been sent after all
        run_rows.move(connection, row, Status.SUBMITTING)
    return run_rows.read(connection, row["id"])


def _adjusted(adjustments: Sequence[str] | None) -> dict[str, object]:
    if adjustments is None:
        return {}
    return {"adjustments_json": json.dumps(list(adjustments), ensure_ascii=False)}
