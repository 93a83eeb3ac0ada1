"""The run log as a DataFrame. Read through ADBC (four times as fast as ``pandas.read_sql``).

ADBC guesses a column's type from its first rows, so every column is cast to the schema declared here:
a column that is NULL early and text later, and an empty table, both come out as they should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.domain.query import RunFilter
from workbench.store.db import MEDIA_FOLDER, Database
from workbench.store.loading import FROM
from workbench.store.selection import every

if TYPE_CHECKING:
    import pandas as pd

_TEXT, _WHOLE, _REAL, _TIME = "string", "Int64", "Float64", "datetime64[us, UTC]"

# Column of the frame → (SQL, pandas type). Seconds are differences of the log's own times.
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
    "queue_s": ("(julianday(submitted_at) - julianday(runs.created_at)) * 86400.0", _REAL),
    "latency_s": ("(julianday(ready_at) - julianday(accepted_at)) * 86400.0", _REAL),
    "download_s": ("(julianday(finished_at) - julianday(ready_at)) * 86400.0", _REAL),
    "estimate_usd": ("runs.estimate_micros / 1e6", _REAL),
    "billed_usd": ("runs.billed_micros / 1e6", _REAL),
    "rating": ("runs.rating", _REAL),
    "experiment_id": ("runs.experiment_id", _TEXT),
    "parent_id": ("runs.parent_id", _TEXT),
    "parenthood": ("runs.parenthood", _TEXT),
    "arm": ("runs.arm_hash", _TEXT),
    "clip_sha256": ("clips.media_sha256", _TEXT),
    "path": (
        "? || '/' || substr(clips.media_sha256, 1, 2) || '/' || clips.media_sha256 || "
        "CASE media.mime WHEN 'video/mp4' THEN '.mp4' WHEN 'image/png' THEN '.png' ELSE '.jpg' END",
        _TEXT,
    ),
}


_JOINS = (
    "LEFT JOIN clips ON clips.run_id = runs.id AND clips.position = 0 "
    "LEFT JOIN media ON media.sha256 = clips.media_sha256"
)
_BATCH_ROWS = 1_000_000


def runs_frame(db: Database, wanted: RunFilter) -> pd.DataFrame:
    """Every run that matches, newest first, with the columns of ``COLUMNS``."""
    where, values = every(wanted, db.read())
    chosen = ", ".join(f"{sql} AS {name}" for name, (sql, _) in COLUMNS.items())
    values = [str((db.folder / MEDIA_FOLDER).resolve()), *values]
    return _typed(_read(db, f"SELECT {chosen} {FROM} {_JOINS} {where}", values))


def _read(db: Database, sql: str, values: list[object]) -> pd.DataFrame:
    try:
        from adbc_driver_sqlite import dbapi
    except ImportError:
        import pandas as pd

        return pd.read_sql_query(sql, db.read(), params=tuple(map(str, values)))
    with dbapi.connect(f"file:{db.path}?mode=ro") as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
        cursor.execute(sql, values)
        frame: pd.DataFrame = cursor.fetch_arrow_table().to_pandas(types_mapper=_arrow_backed)
        return frame


def _arrow_backed(kind: object) -> object:
    import pandas as pd

    return pd.ArrowDtype(kind)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The declared types, whatever the reader guessed from empty or NULL columns."""
    import pandas as pd

    return pd.DataFrame({name: _cast(frame[name], kind) for name, (_, kind) in COLUMNS.items()})


def _cast(column: Any, kind: str) -> Any:
    import pandas as pd

    if kind == _TIME:
        return pd.to_datetime(column.astype("string"), utc=True, format="ISO8601").astype(kind)
    return column.astype(kind)
