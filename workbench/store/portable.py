"""Rows as they travel between folders: which tables, which columns, in the order that they need each other.

What a folder keeps for itself – leases, attempts, drafts, the keys of blind clips – has no place here.
Measured values don't travel either: the other folder measures the same bytes by itself.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.query import RunFilter
from workbench.store import prompts
from workbench.store.db import Database
from workbench.store.selection import every

Row = Mapping[str, object]
_KEY_BYTES = 16
_OURS = "SELECT value FROM json_each(:ids)"
# A review goes as a whole or not at all: every clip of it that this log still holds is among the runs.
_WHOLE = (
    f"SELECT review_id FROM review_clips WHERE run_id IN ({_OURS}) EXCEPT "
    f"SELECT review_id FROM review_clips JOIN runs ON runs.id = run_id WHERE run_id NOT IN ({_OURS})"
)
_PAIRS = f"SELECT id FROM review_pairs WHERE review_id IN ({_WHOLE})"
_ITEMS = f"SELECT id FROM rating_items WHERE review_id IN ({_WHOLE})"


@dataclass(frozen=True, slots=True)
class Table:
    """``which`` says which rows go with the runs ``:ids``; ``keys`` are secrets that are drawn anew."""

    name: str
    columns: tuple[str, ...]
    which: str
    keys: tuple[str, ...] = ()


_RUN = (
    "id kind model account prompt_hash settings_json seed take request_hash arm_hash parent_id parenthood "
    "experiment_id template slots_json status failure message operation_json report_json adjustments_json "
    "filtered_json estimate_micros billed_micros charge created_at submitted_at accepted_at ready_at "
    "finished_at"
)
TABLES = {
    table.name: table
    for table in (
        Table(
            "prompt_texts",
            ("hash", "text", "negative_text"),
            f"hash IN (SELECT prompt_hash FROM runs WHERE id IN ({_OURS}))",
        ),
        Table(
            "experiments",
            ("id", "name", "question", "plan_json", "created_at"),
            f"id IN (SELECT experiment_id FROM runs WHERE id IN ({_OURS})) AND deleted_at IS NULL",
        ),
        Table("runs", tuple(_RUN.split()), f"id IN ({_OURS}) ORDER BY rowid"),
        Table("run_inputs", ("run_id", "role", "position", "media_sha256"), f"run_id IN ({_OURS})"),
        Table(
            "clips",
            ("run_id", "position", "media_sha256", "poster_sha256", "last_frame_sha256"),
            f"run_id IN ({_OURS})",
        ),
        Table(
            "ratings",
            ("id", "run_id", "position", "person", "criterion", "score", "comment", "blind", "created_at"),
            f"run_id IN ({_OURS}) ORDER BY id",
        ),
        Table(
            "notes",
            ("id", "run_id", "position", "person", "at_s", "text", "created_at"),
            f"run_id IN ({_OURS}) AND deleted_at IS NULL ORDER BY id",
        ),
        Table(
            "reviews",
            ("id", "name", "plan_json", "created_at", "closed_at"),
            f"id IN ({_WHOLE}) AND deleted_at IS NULL",
        ),
        Table("review_clips", ("review_id", "place", "run_id", "position"), f"review_id IN ({_WHOLE})"),
        Table(
            "review_pairs",
            (
                "id",
                "review_id",
                "person",
                "left_place",
                "right_place",
                "probability",
                "repeat_of",
                "created_at",
            ),
            f"id IN (SELECT pair_id FROM votes) AND review_id IN ({_WHOLE}) ORDER BY id",
            ("left_key", "right_key"),
        ),
        Table(
            "votes",
            ("id", "pair_id", "choice", "reason", "created_at"),
            f"pair_id IN ({_PAIRS}) ORDER BY rowid",
        ),
        Table(
            "rating_items",
            ("id", "review_id", "person", "place", "repeat_of", "created_at"),
            f"id IN (SELECT item_id FROM item_ratings) AND review_id IN ({_WHOLE}) ORDER BY id",
            ("key",),
        ),
        Table(
            "item_ratings",
            ("id", "item_id", "said", "scores_json", "reason", "created_at"),
            f"item_id IN ({_ITEMS}) ORDER BY rowid",
        ),
    )
}
_SAME = ("model", "prompt_hash", "request_hash", "settings_json", "status", "created_at")


def matching(db: Database, wanted: RunFilter) -> list[str]:
    """Ids of all runs that match, newest first."""
    where, values = every(wanted, db.read())
    return [row[0] for row in db.read().execute(f"SELECT runs.id FROM runs {where}", values)]


def with_parents(db: Database, ids: Sequence[str]) -> list[str]:
    """These runs and all that they come from, as far as the log holds them, outside the bin; by age."""
    rows = db.read().execute(
        "WITH RECURSIVE line(id) AS (SELECT value FROM json_each(?) UNION "
        "SELECT parent_id FROM runs JOIN line USING (id) WHERE parent_id IS NOT NULL) "
        "SELECT id FROM runs JOIN line USING (id) WHERE deleted_at IS NULL ORDER BY runs.rowid",
        [json.dumps(list(ids))],
    )
    return [row[0] for row in rows]


def rows_of(db: Database, table: Table, ids: Sequence[str]) -> Iterator[dict[str, object]]:
    """The rows of a table that go with these runs."""
    found = db.read().execute(
        f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {table.which}",
        {"ids": json.dumps(list(ids))},
    )
    for row in found:
        yield dict(zip(table.columns, row, strict=True))


def put(db: Database, table: Table, rows: Sequence[Row], now: datetime) -> int:
    """Insert what is not known yet, all of it or nothing; returns how many rows that was.

    A row that is known stays as it is here. Raises ``sqlite3.IntegrityError`` for a row whose other half
    is nowhere.
    """
    more = {"created_at"} if table.name == "prompt_texts" else set()
    more |= {"locator_json"} if table.name == "clips" else set()
    columns = [*table.columns, *table.keys, *sorted(more)]
    known = " ON CONFLICT DO NOTHING"
    if table.name == "clips":  # it came without its media before
        names = ("media_sha256", "poster_sha256", "last_frame_sha256")
        known = (
            f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)} "
            "WHERE clips.media_sha256 IS NULL AND excluded.media_sha256 IS NOT NULL"
        )
    sql = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}){known}"
    new = 0
    with db.write() as connection:
        for row in rows:
            if table.name == "prompt_texts":
                text_hash, text, negative_text = (str(row[name]) for name in table.columns)
                prompts.insert_text(connection, text_hash, text, negative_text, now)
                continue
            own = {**row, **{key: secrets.token_urlsafe(_KEY_BYTES) for key in table.keys}}
            own |= {"locator_json": "{}"} if table.name == "clips" else {}
            new += connection.execute(sql, [own[name] for name in columns]).rowcount
        if table.name == "ratings":
            _rate(connection, {str(row["run_id"]) for row in rows})
    return new


def differing(db: Database, rows: Sequence[Row]) -> set[str]:
    """Ids of the runs that this log knows with another content."""
    found = db.read().execute(
        f"SELECT id, {', '.join(_SAME)} FROM runs WHERE id IN ({_OURS})",
        {"ids": json.dumps([row["id"] for row in rows])},
    )
    here = {row["id"]: tuple(row)[1:] for row in found}
    return {
        str(row["id"])
        for row in rows
        if row["id"] in here and here[row["id"]] != tuple(row[name] for name in _SAME)
    }


def request_hashes(db: Database, run_ids: Collection[str]) -> dict[str, str]:
    """As the log has them, by run."""
    found = db.read().execute(
        f"SELECT id, request_hash FROM runs WHERE id IN ({_OURS})", {"ids": json.dumps(list(run_ids))}
    )
    return dict(found.fetchall())


def _rate(connection: sqlite3.Connection, run_ids: set[str]) -> None:
    for run_id in run_ids:
        connection.execute(
            "UPDATE runs SET rating = (SELECT avg(score) FROM ratings WHERE run_id = runs.id AND id IN "
            "(SELECT max(id) FROM ratings WHERE run_id = runs.id GROUP BY position, person, criterion)) "
            "WHERE id = ?",
            [run_id],
        )
