"""Metrics in a form that a list is sorted and filtered by, and the queue of what is to be measured.

The first form named run, metric and unit in every row: forty of them a clip, a hundred times the words.
`metrics` now holds numbers only, 20 bytes a value, and `clip_metrics` shows them with their names.
`metrics_value` is what a list sorted by a metric walks. Triggers put every clip that comes in, however it
comes, into `to_measure`; a process that dies leaves it there. `measured.edition` stands for all formulas
together: what was measured by others is found by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_IS_CLIP = "(SELECT mime FROM media WHERE sha256 = new.media_sha256) LIKE 'video/%'"
_QUEUE = """INSERT INTO to_measure (run, position)
        SELECT rowid, new.position FROM runs WHERE id = new.run_id
        ON CONFLICT DO UPDATE SET tries = 0;"""

STATEMENTS = (
    "ALTER TABLE metrics RENAME TO metrics_before",
    """CREATE TABLE metric_names (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, unit TEXT NOT NULL,
    UNIQUE (name, version)
)""",
    """CREATE TABLE metrics (
    run INTEGER NOT NULL, position INTEGER NOT NULL, metric INTEGER NOT NULL REFERENCES metric_names(id),
    value REAL, PRIMARY KEY (run, position, metric)
) WITHOUT ROWID""",
    "INSERT INTO metric_names (name, version, unit) "
    "SELECT name, version, max(unit) FROM metrics_before GROUP BY name, version",
    "INSERT INTO metrics SELECT runs.rowid, position, metric_names.id, value FROM metrics_before "
    "JOIN runs ON runs.id = run_id JOIN metric_names USING (name, version)",
    "DROP TABLE metrics_before",
    "CREATE INDEX metrics_value ON metrics(metric, value, run) WHERE position = 0 AND value IS NOT NULL",
    """CREATE VIEW clip_metrics AS
    SELECT runs.id AS run_id, position, name, value, unit, version FROM metrics
    JOIN runs ON runs.rowid = run JOIN metric_names ON metric_names.id = metric""",
    """CREATE TABLE measured (
    run INTEGER NOT NULL, position INTEGER NOT NULL, edition INTEGER NOT NULL, fault TEXT NOT NULL,
    strip_json TEXT NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (run, position)
) WITHOUT ROWID""",
    "CREATE INDEX measured_edition ON measured(edition)",
    """CREATE TABLE to_measure (
    run INTEGER NOT NULL, position INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    held_by TEXT, held_until TEXT, PRIMARY KEY (run, position)
) WITHOUT ROWID""",
    "CREATE INDEX to_measure_held ON to_measure(held_by) WHERE held_by IS NOT NULL",
    f"""CREATE TRIGGER clips_to_measure_in AFTER INSERT ON clips
WHEN new.media_sha256 IS NOT NULL AND {_IS_CLIP} BEGIN
    {_QUEUE}
END""",
    f"""CREATE TRIGGER clips_to_measure_over AFTER UPDATE OF media_sha256 ON clips
WHEN new.media_sha256 IS NOT old.media_sha256 AND new.media_sha256 IS NOT NULL AND {_IS_CLIP} BEGIN
    {_QUEUE}
END""",
    """CREATE TRIGGER runs_measured_out AFTER DELETE ON runs BEGIN
    DELETE FROM metrics WHERE run = old.rowid;
    DELETE FROM measured WHERE run = old.rowid;
    DELETE FROM to_measure WHERE run = old.rowid;
END""",
    "INSERT INTO to_measure (run, position) SELECT runs.rowid, position FROM clips "
    "JOIN runs ON runs.id = run_id JOIN media ON media.sha256 = media_sha256 WHERE mime LIKE 'video/%'",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
