"""Which runs a filter means, as SQL. A page walks one index newest first and stops when it is full.

Each *leg* is a walk that needs no sort: rows of one model, one status, one number of stars. A filter that
allows several has a leg for each, and the newest of all legs are the page. A ``+`` before a column keeps
SQLite from walking that column's index instead of the one that is meant.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import timedelta

from workbench.domain.errors import RequestError
from workbench.domain.metric import MetricRange
from workbench.domain.query import RunFilter
from workbench.domain.times import to_text
from workbench.media.metrics.about import METRICS
from workbench.store import words

_GROUPS = ("request_hash", "arm_hash", "parent_id", "experiment_id")
_MOST_STARS = 5
_LAST_KEY = 2**63 - 1
_LARGEST = 1e308
FEW = 2_000  # runs that are put in order rather than walked to

Selection = tuple[str, list[object]]


def every(wanted: RunFilter, connection: sqlite3.Connection) -> Selection:
    """``WHERE … ORDER BY`` (newest first) over ``runs``, for reading all that match."""
    where, values = _conditions(wanted, walked={"model", "status"})
    if wanted.text.strip():
        where.append("runs.rowid IN (SELECT rowid FROM runs_fts WHERE runs_fts MATCH ?)")
        values.append(_match(wanted, connection))
    return f"WHERE {' AND '.join(where)} ORDER BY runs.rowid DESC", values


def conditions(wanted: RunFilter, connection: sqlite3.Connection) -> tuple[list[str], list[object]]:
    """Everything that a filter asks, for a walk along something that is not of ``runs``."""
    where, values = _conditions(wanted, walked=())
    if wanted.text.strip():
        where.append("+runs.rowid IN (SELECT rowid FROM runs_fts WHERE runs_fts MATCH ?)")
        values.append(_match(wanted, connection))
    return where, values


def is_everything(wanted: RunFilter) -> bool:
    """Whether a filter leaves the log as it is."""
    return wanted == RunFilter()


def newest(wanted: RunFilter, limit: int, before: int | None, connection: sqlite3.Connection) -> Selection:
    """``SELECT rowid`` of the newest ``limit`` runs older than the key ``before``, newest first."""
    if rare := _rare(wanted, connection):
        source = "(SELECT value AS key FROM json_each(?)) CROSS JOIN runs ON runs.rowid = key"
        sql, values = _leg(source, None, conditions(wanted, connection), before, limit)
        return sql, [rare, *values]
    if wanted.text.strip():
        return _leg(
            "runs_fts CROSS JOIN runs ON runs.rowid = runs_fts.rowid",
            ("runs_fts MATCH ?", _match(wanted, connection)),
            _conditions(wanted, walked=(), key="runs_fts.rowid"),
            before,
            limit,
            key="runs_fts.rowid",
        )
    if wanted.deleted:
        rest = _conditions(wanted, walked=())
        return _leg("runs INDEXED BY runs_bin", None, rest, before, limit)
    if group := next((column for column in _GROUPS if getattr(wanted, column)), ""):
        return _leg("runs", None, _conditions(wanted, walked={group}), before, limit)
    if wanted.rating_least is not None:
        rest = _conditions(wanted, walked={"model"})
        stars = [("runs.stars = ?", number) for number in _stars(wanted.rating_least)]
        return _merged([_leg("runs", one, rest, before, limit) for one in stars], limit)
    if len(wanted.status) > 1:
        rest = _conditions(wanted, walked={"model"})
        states = [("runs.status = ?", str(status)) for status in wanted.status]
        return _merged([_leg("runs", one, rest, before, limit) for one in states], limit)
    return _leg("runs", None, _conditions(wanted, walked={"model", "status"}), before, limit)


def _leg(
    source: str,
    walk: tuple[str, object] | None,
    rest: tuple[list[str], list[object]],
    before: int | None,
    limit: int,
    key: str = "runs.rowid",
) -> Selection:
    where, values = list(rest[0]), list(rest[1])
    if walk:
        where.insert(0, walk[0])
        values.insert(0, walk[1])
    if before is not None:
        where.append(f"{key} < ?")
        values.append(before)
    sql = f"SELECT {key} AS rowid FROM {source} WHERE {' AND '.join(where)} ORDER BY {key} DESC LIMIT ?"
    return sql, [*values, limit]


def _merged(legs: list[Selection], limit: int) -> Selection:
    sql = " UNION ALL ".join(f"SELECT rowid FROM ({leg})" for leg, _ in legs)
    values = [value for _, own in legs for value in own]
    return f"{sql} ORDER BY rowid DESC LIMIT ?", [*values, limit]


def _conditions(
    wanted: RunFilter, *, walked: Collection[str], key: str = "runs.rowid"
) -> tuple[list[str], list[object]]:
    """Every condition but the text's, exactly. ``walked`` names the columns whose index may be walked."""
    where = ["runs.deleted_at IS NOT NULL" if wanted.deleted else "runs.deleted_at IS NULL"]
    values: list[object] = []

    def add(condition: str, *parameters: object) -> None:
        where.append(condition)
        values.extend(parameters)

    def column(name: str) -> str:
        return f"runs.{name}" if name in walked else f"+runs.{name}"

    if wanted.model:
        add(f"{column('model')} = ?", wanted.model)
    if wanted.status:
        add(f"{column('status')} IN ({', '.join('?' * len(wanted.status))})", *wanted.status)
    if wanted.rating_least is not None:
        add("+runs.rating >= ?", wanted.rating_least)
    for name in _GROUPS:
        if value := getattr(wanted, name):
            add(f"{column(name)} = ?", value)
    for one in wanted.measured:
        add(f"EXISTS (SELECT 1 FROM metrics WHERE run = runs.rowid AND {_IN_RANGE})", *_range(one))
    # Rows are mostly born in the order of time: a date becomes a bound on the key that the page walks.
    # (The hour is slack for a clock that was set back; the exact condition follows. What was imported is
    # older than its key, so the bound is that of all; the ``+`` keeps to the index of the dates.)
    if wanted.since:
        add(
            f"{key} >= coalesce((SELECT min(+rowid) FROM runs WHERE created_at >= ?), {_LAST_KEY}) "
            f"AND +runs.created_at >= ?",
            to_text(wanted.since - timedelta(hours=1)),
            to_text(wanted.since),
        )
    if wanted.until:
        add(
            f"{key} <= coalesce((SELECT max(+rowid) FROM runs WHERE created_at < ?), -1) "
            f"AND +runs.created_at < ?",
            to_text(wanted.until + timedelta(hours=1)),
            to_text(wanted.until),
        )
    return where, values


_IN_RANGE = (
    "position = 0 AND metric = (SELECT id FROM metric_names WHERE name = ? AND version = ?) "
    "AND value BETWEEN ? AND ?"
)


def _range(one: MetricRange) -> tuple[str, int, float, float]:
    least = -_LARGEST if one.least is None else one.least
    return one.name, version_of(one.name), least, _LARGEST if one.most is None else one.most


def version_of(metric: str) -> int:
    """The version of today's formula: values of another are not to be mixed with its. ``RequestError``."""
    if metric not in METRICS:
        raise RequestError(f"There is no metric {metric!r}. Allowed: {', '.join(METRICS)}.")
    return METRICS[metric].version


def _rare(wanted: RunFilter, connection: sqlite3.Connection) -> str:
    """The keys of the few runs that one of the ranges leaves, as JSON; empty where none leaves few.

    Walking newest first until a page is full takes long where hardly any run is in a range.
    """
    for one in wanted.measured:
        rows = connection.execute(
            f"SELECT run FROM metrics WHERE value IS NOT NULL AND {_IN_RANGE} LIMIT {FEW + 1}", _range(one)
        ).fetchall()
        if len(rows) <= FEW:
            return json.dumps([row[0] for row in rows])
    return ""


def _match(wanted: RunFilter, connection: sqlite3.Connection) -> str:
    """The full-text query: the words in the prompts, and what else can be had from the index's tags.

    The tags narrow the walk only; the exact conditions stand beside the match.
    """
    query = f"{{prompt negative_prompt}} : ({words.match(connection, wanted.text)})"
    model = wanted.model.encode().hex()
    states = {"open" if status.is_busy else str(status) for status in wanted.status}
    if wanted.deleted:
        states = {"bin"}
    if model or states:
        query += _tagged(model + state for state in states or {""})
    if wanted.rating_least is not None:
        query += _tagged(f"stars{number}" for number in _stars(wanted.rating_least))
    return query


def _tagged(tags: Iterable[str]) -> str:
    return " AND tags : (" + " OR ".join(f'"{tag}"' for tag in sorted(tags)) + ")"


def _stars(least: float) -> range:
    """Whole stars that a mean rating of at least ``least`` can have."""
    return range(max(1, min(int(least), _MOST_STARS)), _MOST_STARS + 1)
