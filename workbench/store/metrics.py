"""What was measured of clips, and what is still to be measured. Lists by a metric are ``ranked``'s."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from immutabledict import immutabledict

from workbench.domain.metric import Measured, Metric, Strip
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database

HELD_S = 600.0  # longer than any clip takes; afterwards somebody else may measure it
AT_A_TIME = 500  # runs whose values are read by one statement
_QUEUE_ALL = (
    "INSERT INTO to_measure (run, position) SELECT runs.rowid, clips.position FROM clips "
    "JOIN runs ON runs.id = clips.run_id JOIN media ON media.sha256 = clips.media_sha256 "
    "WHERE mime LIKE 'video/%'"
)
_ANEW = "ON CONFLICT DO UPDATE SET tries = 0"


@dataclass(frozen=True, slots=True)
class Due:
    """A clip that this process is to measure. ``tries`` counts this one."""

    run: int
    run_id: str
    position: int
    tries: int


class Metrics:
    """``edition`` is, throughout, one number for all formulas of today (``media.metrics.about``)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of_runs(self, run_ids: Sequence[str], edition: int) -> dict[tuple[str, int], Measured]:
        """By (run id, position); clips that were never measured are left out.

        Where a metric was measured by several versions of its formula, the newest counts.
        """
        found: dict[tuple[str, int], Measured] = {}
        for at in range(0, len(run_ids), AT_A_TIME):
            found |= self._of_runs(list(run_ids[at : at + AT_A_TIME]), edition)
        return found

    def _of_runs(self, run_ids: list[str], edition: int) -> dict[tuple[str, int], Measured]:
        connection, marks = self._db.read(), ", ".join("?" * len(run_ids))
        values: dict[tuple[str, int], dict[str, Metric]] = defaultdict(dict)
        for run_id, position, name, value, unit, version in connection.execute(
            f"SELECT run_id, position, name, value, unit, version FROM clip_metrics "
            f"WHERE run_id IN ({marks}) ORDER BY version",
            run_ids,
        ):
            values[run_id, position][name] = Metric(name, value, unit, version)
        rows = connection.execute(
            f"SELECT runs.id, position, edition, fault, strip_json, measured.created_at FROM runs "
            f"CROSS JOIN measured ON measured.run = runs.rowid WHERE runs.id IN ({marks})",
            run_ids,
        )
        return {
            (run_id, position): Measured(
                run_id=run_id,
                position=position,
                measured_at=from_text(created_at),
                is_current=measured_edition == edition,
                metrics=immutabledict(values.get((run_id, position), {})),
                strip=_strip(strip_json),
                fault=fault,
            )
            for run_id, position, measured_edition, fault, strip_json, created_at in rows
        }

    def keep(self, due: Due, metrics: Sequence[Metric], strip: Strip, edition: int, now: datetime) -> None:
        """The values of a clip, in place of those that the same formulas gave before.

        Doing it twice changes nothing; a clip that was purged meanwhile is passed over.
        """
        with self._db.write() as connection:
            if not _is_there(connection, due):
                return
            for metric in metrics:
                connection.execute(
                    "INSERT INTO metric_names (name, version, unit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    [metric.name, metric.version, metric.unit],
                )
            connection.executemany(
                "INSERT OR REPLACE INTO metrics (run, position, metric, value) "
                "SELECT ?, ?, id, ? FROM metric_names WHERE name = ? AND version = ?",
                [(due.run, due.position, m.value, m.name, m.version) for m in metrics],
            )
            _done(connection, due, edition, "", _strip_json(strip), now)

    def failed(self, due: Due, fault: str, edition: int, now: datetime) -> None:
        """It can't be measured, and why; ``recompute`` tries again. Values from before stay."""
        with self._db.write() as connection:
            if _is_there(connection, due):
                _done(connection, due, edition, fault, "", now)

    # What is to be measured

    def waiting(self) -> int:
        """How many clips are to be measured, those that somebody measures just now included."""
        return int(self._db.read().execute("SELECT count(*) FROM to_measure").fetchone()[0])

    def claim(
        self, most: int, holder: str, is_alive: Callable[[str], bool], now: datetime, only: Sequence[int] = ()
    ) -> list[Due]:
        """Take up to ``most`` clips that nobody alive measures, the newest runs' first.

        ``holder`` stands for this process; ``is_alive`` knows which others still run. ``only`` are keys
        (``rowid``) of runs. Idle, it reads one row and writes nothing.
        """
        if self._db.read().execute("SELECT 1 FROM to_measure LIMIT 1").fetchone() is None:
            return []
        of_these = "AND run IN (SELECT value FROM json_each(?))" if only else ""
        with self._db.write() as connection:
            holders = connection.execute("SELECT DISTINCT held_by FROM to_measure WHERE held_by IS NOT NULL")
            dead = [row[0] for row in holders.fetchall() if not is_alive(row[0])]
            connection.executemany(
                "UPDATE to_measure SET held_by = NULL WHERE held_by = ?", [(one,) for one in dead]
            )
            rows = connection.execute(
                f"SELECT run, position, tries, runs.id FROM to_measure JOIN runs ON runs.rowid = run "
                f"WHERE (held_by IS NULL OR held_until < ?) {of_these} "
                f"ORDER BY run DESC, position LIMIT ?",
                [to_text(now), *([json.dumps(list(only))] if only else []), most],
            ).fetchall()
            connection.executemany(
                "UPDATE to_measure SET held_by = ?, held_until = ?, tries = tries + 1 "
                "WHERE run = ? AND position = ?",
                [(holder, to_text(now + timedelta(seconds=HELD_S)), row[0], row[1]) for row in rows],
            )
        return [Due(run, run_id, position, tries + 1) for run, position, tries, run_id in rows]

    def release(self, dues: Sequence[Due], *, tried: bool) -> None:
        """Back into the queue. ``tried``: the try counts, since measuring it went wrong."""
        with self._db.write() as connection:
            connection.executemany(
                "UPDATE to_measure SET held_by = NULL, tries = max(0, tries - ?) "
                "WHERE run = ? AND position = ?",
                [(0 if tried else 1, due.run, due.position) for due in dues],
            )

    def queue_outdated(self, edition: int) -> int:
        """Queue every clip that other formulas than today's have measured. Returns how many."""
        with self._db.write() as connection:
            return connection.execute(
                "INSERT INTO to_measure (run, position) SELECT run, position FROM measured "
                "WHERE edition < ? OR edition > ? ON CONFLICT DO NOTHING",
                [edition, edition],
            ).rowcount

    def queue_again(self, run_ids: Sequence[str] | None = None) -> int:
        """Queue every clip of these runs (``None``: of the log), measured or not. Returns how many."""
        with self._db.write() as connection:
            if run_ids is None:
                return connection.execute(f"{_QUEUE_ALL} {_ANEW}").rowcount
            return sum(
                connection.execute(f"{_QUEUE_ALL} AND runs.id = ? {_ANEW}", [run_id]).rowcount
                for run_id in run_ids
            )

    def keys(self, run_ids: Sequence[str]) -> list[int]:
        """The ``rowid`` of each run."""
        rows = self._db.read().execute(
            "SELECT rowid FROM runs WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(list(run_ids))]
        )
        return [row[0] for row in rows]

    def values_of(
        self, names: Sequence[str], run_ids: Sequence[str] | None = None, experiment_id: str = ""
    ) -> dict[tuple[str, int], dict[str, float]]:
        """(run id, position) → name → value, of runs outside the bin; by the newest version of each."""
        where = ["runs.deleted_at IS NULL", "value IS NOT NULL", f"name IN ({', '.join('?' * len(names))})"]
        values: list[object] = list(names)
        if run_ids is not None:
            where.append("runs.id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(run_ids)))
        if experiment_id:
            where.append("runs.experiment_id = ?")
            values.append(experiment_id)
        found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
        for run_id, position, name, value in self._db.read().execute(
            f"SELECT runs.id, position, name, value FROM runs CROSS JOIN metrics ON run = runs.rowid "
            f"JOIN metric_names ON metric_names.id = metric WHERE {' AND '.join(where)} "
            f"ORDER BY runs.rowid, position, version",
            values,
        ):
            found[run_id, position][name] = value
        return dict(found)


def _is_there(connection: sqlite3.Connection, due: Due) -> bool:
    row = connection.execute(
        "SELECT 1 FROM runs JOIN clips ON clips.run_id = runs.id "
        "WHERE runs.rowid = ? AND clips.position = ? AND media_sha256 IS NOT NULL",
        [due.run, due.position],
    )
    return row.fetchone() is not None


def _done(
    connection: sqlite3.Connection, due: Due, edition: int, fault: str, strip_json: str, now: datetime
) -> None:
    key = [due.run, due.position]
    connection.execute(
        "INSERT OR REPLACE INTO measured (run, position, edition, fault, strip_json, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [*key, edition, fault, strip_json, to_text(now)],
    )
    connection.execute("DELETE FROM to_measure WHERE run = ? AND position = ?", key)


def _strip_json(strip: Strip) -> str:
    return json.dumps({"motion": strip.motion, "brightness": strip.brightness}, separators=(",", ":"))


def _strip(text: str) -> Strip:
    if not text:
        return Strip()
    found = json.loads(text)
    return Strip(*(tuple((at, value) for at, value in found[name]) for name in ("motion", "brightness")))
