"""Which run was made for which cell of an experiment, and what becomes of them all.

The idempotency keys hold it: a chunk of cells is one key, kept in the transaction that inserts its runs. No
client's key holds a line end, so none is ever taken for one of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.run import BUSY, Charge, Status
from workbench.domain.times import to_text
from workbench.store import budget, run_rows
from workbench.store.db import Database

_HEAD, _APART, _AFTER = "experiment\n", "\n", "\n~"  # "~" sorts after whatever a key goes on with
# What may have been paid for is never taken for a run that did not begin.
_MAY_BE_PAID = (
    "EXISTS (SELECT 1 FROM attempts WHERE run_id = runs.id AND step = 'submit' "
    "AND outcome IN ('', 'unknown', 'accepted'))"
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a run stands, without anything that was asked."""

    run_id: str
    status: Status
    charge: Charge
    in_bin: bool = False

    @property
    def is_not_begun(self) -> bool:
        """It was taken back before anything was sent: its cell is as good as new."""
        return self.status is Status.CANCELLED and self.charge is Charge.NONE

    @property
    def has_failed(self) -> bool:
        return self.status.is_final and self.status is not Status.SUCCEEDED and not self.is_not_begun


@dataclass(frozen=True, slots=True)
class Spent:
    """``micros`` (of US dollars) is what the runs of an experiment cost or may still cost,
    ``emulated_micros`` the part of it that nobody charges, ``unpriced`` how many have no known price.
    """

    micros: int
    emulated_micros: int
    unpriced: int


class Cells:
    def __init__(self, db: Database) -> None:
        self._db = db

    def made(self, experiment_id: str) -> dict[int, list[str]]:
        """Cell → ids of its runs, oldest first. Inside a transaction: as it is there."""
        head = _HEAD + experiment_id
        rows = self._db.read().execute(
            "SELECT key, run_ids_json FROM idempotency_keys WHERE key >= ? AND key < ?",
            [head + _APART, head + _AFTER],
        )
        chunks = sorted((int(turn), cells, ids) for turn, cells, ids in map(_told, rows))
        found: dict[int, list[str]] = {}
        for _, cells, ids in chunks:
            for cell, run_id in zip(_numbers(cells), json.loads(ids), strict=True):
                found.setdefault(cell, []).append(run_id)
        return found

    def stands(self, experiment_id: str) -> dict[str, Stand]:
        """Run id → how it stands, of every run of the experiment, oldest first."""
        rows = self._db.read().execute(
            "SELECT id, status, charge, deleted_at IS NOT NULL FROM runs WHERE experiment_id = ? "
            "ORDER BY rowid",
            [experiment_id],
        )
        return {row[0]: Stand(row[0], Status(row[1]), Charge(row[2]), bool(row[3])) for row in rows}

    def spent(self, experiment_id: str) -> Spent:
        connection = self._db.read()
        unpriced = connection.execute(
            "SELECT count(*) FROM runs WHERE experiment_id = ? AND estimate_micros IS NULL "
            "AND billed_micros IS NULL AND NOT (charge = 'none' AND status = 'cancelled')",
            [experiment_id],
        ).fetchone()[0]
        return Spent(
            budget.spent_in_experiment(connection, experiment_id),
            budget.emulated_in_experiment(connection, experiment_id),
            int(unpriced),
        )

    def take_back(self, experiment_id: str, now: datetime, *, to_bin: bool) -> int:
        """Cancel what nobody has sent yet. ``to_bin`` clears it away, too: it never was a run.

        One that was sent before, and may have been paid for, is cancelled and stays in sight.
        """
        moment = to_text(now)
        with self._db.write() as connection:
            rows = connection.execute(
                f"SELECT *, {_MAY_BE_PAID} AS may_be_paid FROM runs WHERE experiment_id = ? "
                "AND status = 'queued' AND (lease_until IS NULL OR lease_until < ?)",
                [experiment_id, moment],
            ).fetchall()
            for row in rows:
                run_rows.move(connection, row, Status.CANCELLED, finished_at=moment, cancel_requested=1)
            if to_bin:
                unsent = [(moment, row["id"]) for row in rows if not row["may_be_paid"]]
                connection.executemany("UPDATE runs SET deleted_at = ? WHERE id = ?", unsent)
        return len(rows)

    def busy(self, experiment_id: str) -> list[str]:
        """Runs that somebody still has work with."""
        marks = ", ".join("?" * len(BUSY))
        rows = self._db.read().execute(
            f"SELECT id FROM runs WHERE experiment_id = ? AND +status IN ({marks})",
            [experiment_id, *sorted(BUSY)],
        )
        return [row[0] for row in rows]


def key_of(experiment_id: str, turn: int, cells: Sequence[int]) -> str:
    """The key under which these cells (in rising order) are sent for the ``turn``-th time."""
    return _APART.join((_HEAD + experiment_id, str(turn), _ranges(cells)))


def _told(row: Sequence[str]) -> tuple[str, str, str]:
    """Turn, cells and run ids of a row of keys."""
    *_, turn, cells = row[0].split(_APART)
    return turn, cells, row[1]


def _ranges(cells: Iterable[int]) -> str:
    """``0-99,102``."""
    spans: list[list[int]] = []
    for cell in cells:
        if spans and cell == spans[-1][1] + 1:
            spans[-1][1] = cell
        else:
            spans.append([cell, cell])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def _numbers(ranges: str) -> list[int]:
    found: list[int] = []
    for span in ranges.split(","):
        first, _, last = span.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def newest(made: Mapping[int, Sequence[str]], stands: Mapping[str, Stand]) -> dict[int, Stand]:
    """Cell → its newest run. One that was taken back and cleared away, or is gone for good, was none."""
    found: dict[int, Stand] = {}
    for cell, ids in made.items():
        known = [stands[run_id] for run_id in ids if run_id in stands]
        if known := [stand for stand in known if not (stand.in_bin and stand.is_not_begun)]:
            found[cell] = known[-1]
    return found
