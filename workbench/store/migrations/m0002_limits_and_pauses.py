"""What limits and waiting need: pauses of a model, submits by their time, a cap an experiment.

`attempts_submitted` counts the requests of the last minute, `runs_waiting` walks one model's queue in its
order, `runs_under_way` and `runs_leased` find what was sent and what is claimed beside a long queue: none of
them grows with the log. `runs.followed_from` is when a
person asked to follow an overdue run closely again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    """CREATE TABLE pauses (
    account TEXT NOT NULL, model TEXT NOT NULL, until TEXT NOT NULL, why TEXT NOT NULL,
    tries INTEGER NOT NULL, is_told INTEGER NOT NULL, PRIMARY KEY (account, model)
) WITHOUT ROWID""",
    "CREATE INDEX attempts_submitted ON attempts(started_at, run_id) WHERE step = 'submit'",
    "CREATE INDEX runs_waiting ON runs(account, model) WHERE status = 'queued'",
    "CREATE INDEX runs_under_way ON runs(account, model) "
    "WHERE status IN ('submitting', 'generating', 'downloading')",
    "CREATE INDEX runs_leased ON runs(account, status) WHERE lease_owner IS NOT NULL",
    "ALTER TABLE runs ADD COLUMN followed_from TEXT",
    "ALTER TABLE experiments ADD COLUMN cap_micros INTEGER",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
