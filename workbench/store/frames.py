"""The run log as a DataFrame. Read through ADBC (four times as fast as ``pandas.read_sql``).

ADBC guesses a column's type from its first rows, so every column is cast to the schema declared here:
a column that is NULL early and text later, and an empty table, both come out as they should.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.domain.query import RunFilter
from workbench.domain.run import EMULATED
from workbench.store.db import MEDIA_FOLDER, Database
from workbench.store.loading import FROM
from workbench.store.selection import Selection, every, version_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_TEXT, _WHOLE, _REAL, _TIME, _FLAG = "string", "Int64", "Float64", "datetime64[us, UTC]", "boolean"

# Column of the frame → (SQL, pandas type), in their order. Spans are made of the log's own times.
COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("runs.id", _TEXT),
    "created_at": ("runs.created_at", _TIME),
    "model": ("runs.model", _TEXT),
    "prompt": ("prompt_texts.text", _TEXT),
    "negative_prompt": ("prompt_texts.negative_text", _TEXT),
    "seed": ("runs.seed", _WHOLE),
    "take": ("runs.take", _WHOLE),
    "duration_s": ("runs.duration_s", _WHOLE),
    "aspect_ratio": ("runs.aspect_ratio", _TEXT),
    "resolution": ("runs.resolution", _TEXT),
    "settings": ("runs.settings_json", _TEXT),
    "status": ("runs.status", _TEXT),
    "failure": ("runs.failure", _TEXT),
    "message": ("runs.message", _TEXT),
    "queue_s": ("", _REAL),
    "latency_s": ("", _REAL),
    "download_s": ("", _REAL),
    "estimate_usd": ("runs.estimate_micros / 1e6", _REAL),
    "billed_usd": ("runs.billed_micros / 1e6", _REAL),
    "charge": ("runs.charge", _TEXT),
    "emulated": (f"instr(runs.account, '{EMULATED}') > 0", _FLAG),
    "rating": ("runs.rating", _REAL),
    "experiment_id": ("runs.experiment_id", _TEXT),
    "parent_id": ("runs.parent_id", _TEXT),
    "parenthood": ("runs.parenthood", _TEXT),
    "arm": ("runs.arm_hash", _TEXT),
    "clip_sha256": ("clips.media_sha256", _TEXT),
    "path": (
        # A video is an MP4; only for a still is it worth looking up which kind of picture it is.
        "? || '/' || substr(clips.media_sha256, 1, 2) || '/' || clips.media_sha256 || "
        "CASE WHEN runs.kind = 'video' THEN '.mp4' WHEN (SELECT mime FROM media "
        "WHERE sha256 = clips.media_sha256) = 'image/png' THEN '.png' ELSE '.jpg' END",
        _TEXT,
    ),
}
_SPANS = {
    "queue_s": ("created_at", "submitted_at"),
    "latency_s": ("accepted_at", "ready_at"),
    "download_s": ("ready_at", "finished_at"),
}
_TIMES = ("submitted_at", "accepted_at", "ready_at", "finished_at")

_JOIN = "LEFT JOIN clips ON clips.run_id = runs.id AND clips.position = 0"
_MEASURED = (
    "JOIN metrics AS m ON m.run = runs.rowid AND m.position = 0 AND m.value IS NOT NULL "
    "AND m.metric = (SELECT id FROM metric_names WHERE name = ? AND version = ?)"
)
_BATCH_ROWS = 1_000_000


def runs_frame(
    db: Database, wanted: RunFilter, metrics: Sequence[str] = (), most: int | None = None
) -> pd.DataFrame:
    """Every run that matches, newest first, with the columns of ``COLUMNS`` and one for each of ``metrics``.

    These are of the first clip, by today's formulas; NA where there is no value. ``most`` keeps the newest
    so many. ``RequestError`` for a metric that there is not.
    """
    versions = {name: version_of(name) for name in metrics}
    where, values = _newest(db, wanted, most)
    folder = str((db.folder / MEDIA_FOLDER).resolve())
    runs = _typed(_read(db, f"SELECT {_chosen()} {FROM} {_JOIN} {where}", [folder, *values]))
    for name, version in versions.items():
        read = _read(db, f"SELECT runs.id, m.value {FROM} {_MEASURED} {where}", [name, version, *values])
        found = read.to_pandas().set_index("id")["value"].astype(_REAL)
        runs[name] = found.reindex(runs["id"]).array
    return runs


def run_ids(db: Database, wanted: RunFilter, most: int | None = None) -> list[str]:
    """Of every run that matches (the newest ``most``), newest first."""
    where, values = _newest(db, wanted, most)
    return [row[0] for row in db.read().execute(f"SELECT runs.id {FROM} {where}", values)]


def run_count(db: Database, wanted: RunFilter, most: int | None = None) -> int:
    where, values = _newest(db, wanted, most)
    found = db.read().execute(f"SELECT COUNT(*) FROM (SELECT 1 {FROM} {where})", values).fetchone()
    return int(found[0])


def _newest(db: Database, wanted: RunFilter, most: int | None) -> Selection:
    where, values = every(wanted, db.read())
    return (where, values) if most is None else (f"{where} LIMIT ?", [*values, most])


def _chosen() -> str:
    columns = [f"{sql} AS {name}" for name, (sql, _) in COLUMNS.items() if sql]
    return ", ".join([*columns, *(f"runs.{time}" for time in _TIMES)])


def _read(db: Database, sql: str, values: list[Any]) -> pa.Table:
    try:
        from adbc_driver_sqlite import dbapi
    except ImportError:
        import pandas as pd
        import pyarrow as pa

        return pa.Table.from_pandas(pd.read_sql_query(sql, db.read(), params=tuple(values)))
    with dbapi.connect(f"file:{db.path}?mode=ro") as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
        cursor.execute(sql, values)
        return cursor.fetch_arrow_table()


def _typed(read: pa.Table) -> pd.DataFrame:
    """The declared types, whatever the reader guessed from empty or NULL columns."""
    import pandas as pd

    times = {name: _times(read[name]) for name in ("created_at", *_TIMES)}
    columns: dict[str, pd.Series] = {}
    for name, (_, kind) in COLUMNS.items():
        if kind == _TIME:
            column = times[name].to_pandas()
        elif name in _SPANS:
            start, end = (times[time] for time in _SPANS[name])
            column = _seconds(start, end).to_pandas(types_mapper=pd.ArrowDtype)
        else:
            column = read[name].to_pandas(types_mapper=pd.ArrowDtype)
        columns[name] = column.astype(kind)
    return pd.DataFrame(columns)


def _times(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return texts.cast(pa.string()).cast(pa.timestamp("us", "UTC"))


def _seconds(start: pa.ChunkedArray, end: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.divide(pc.subtract(end, start).cast(pa.int64()).cast(pa.float64()), 1e6)
