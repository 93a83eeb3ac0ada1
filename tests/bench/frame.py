"""The whole log as a DataFrame, beside ADBC's bare read of the same answer and beside MLflow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.domain.query import RunFilter
from workbench.store.frames import runs_frame

# Together with prompts, clip and path: as many columns as the frame is made from.
_FROM_RUNS = (
    *("id", "created_at", "model", "seed", "take", "duration_s", "aspect_ratio", "resolution"),
    *("settings_json", "status", "failure", "message", "estimate_micros", "billed_micros", "rating"),
    *("experiment_id", "parent_id", "parenthood", "arm_hash"),
    *("submitted_at", "accepted_at", "ready_at", "finished_at"),
)


def measure(ground: Ground) -> Iterator[Figure]:
    runs, store = ground.size.framed, ground.log_of(ground.size.framed)
    rounds = min(3, ground.size.rounds)
    copy = _flat_copy(store.db.path, ground.folder / "flat.db")
    ours, bare = medians_s(rounds, lambda: runs_frame(store.db, RunFilter()), lambda: _bare(copy))
    yield Figure(f"{runs:,} runs → DataFrame", 1e3 * ours, "ms", "bare ADBC", 1e3 * bare, most_ratio=2)

    theirs = None
    if peer := ground.mlflow:  # all of them would take it more than a minute: so, a run's share
        peer.copy(ground.size.peer)
        theirs = 1e6 * peer.search_s(ground.size.peer) / ground.size.peer
    beside = f"MLflow, of {ground.size.peer:,}"
    yield Figure("… a run's share", 1e6 * ours / runs, "µs", beside, theirs, most_ratio=1 / 300)


def _flat_copy(log: Path, path: Path) -> Path:
    """The frame's columns in one table, as text and numbers: the same answer, with nothing to join."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS log", [str(log)])
        runs = ", ".join(f"runs.{name}" for name in _FROM_RUNS)
        connection.execute(
            f"CREATE TABLE answer AS SELECT {runs}, text, negative_text, media_sha256, "
            f"'/somewhere/media/' || substr(media_sha256, 1, 2) || '/' || media_sha256 || '.mp4' AS path "
            f"FROM runs JOIN prompt_texts ON hash = prompt_hash LEFT JOIN clips ON run_id = id"
        )
        connection.commit()
    return path


def _bare(path: Path) -> None:
    import pandas as pd
    from adbc_driver_sqlite import dbapi

    with dbapi.connect(f"file:{path}?mode=ro") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM answer ORDER BY rowid DESC")
        cursor.fetch_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
