"""Ratings of clips. Append-only; a run's mean is kept on its row so that lists can filter by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.rating import CRITERIA, SCORES, Rating
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database

# The newest rating of each (person, criterion) on each clip of a run.
_CURRENT = (
    "SELECT ratings.* FROM ratings WHERE run_id = ? AND id IN (SELECT max(id) FROM ratings "
    "WHERE run_id = ? GROUP BY position, person, criterion)"
)


class Ratings:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, ratings: Sequence[Rating], now: datetime, own: Iterable[str] = ()) -> None:
        """All or none. ``own``: names of criteria beside the built-in ones.

        Raises ``RequestError`` for an unknown criterion, score or clip.
        """
        names = list(dict.fromkeys([*own, *(criterion.name for criterion in CRITERIA)]))
        for rating in ratings:
            _check(rating, names)
        with self._db.write() as connection:
            for rating in ratings:
                _insert(connection, rating, now)
            for run_id in {rating.run_id for rating in ratings}:
                connection.execute(
                    f"UPDATE runs SET rating = (SELECT avg(score) FROM ({_CURRENT})) WHERE id = ?",
                    [run_id, run_id, run_id],
                )

    def of_run(self, run_id: str) -> list[Rating]:
        """The ratings that count, oldest first."""
        rows = self._db.read().execute(f"{_CURRENT} ORDER BY id", [run_id, run_id])
        return [
            Rating(
                run_id=row["run_id"],
                criterion=row["criterion"],
                score=row["score"],
                position=row["position"],
                person=row["person"],
                comment=row["comment"],
                blind=bool(row["blind"]),
                created_at=from_text(row["created_at"]),
            )
            for row in rows
        ]

    def people(self) -> list[str]:
        """Names under which somebody has rated, in the order of the alphabet."""
        rows = self._db.read().execute(
            "SELECT DISTINCT person FROM ratings WHERE person <> '' ORDER BY person"
        )
        return [row["person"] for row in rows]


def _check(rating: Rating, names: Sequence[str]) -> None:
    if rating.criterion not in names:
        raise RequestError(f"There is no criterion {rating.criterion!r}. Allowed: {', '.join(names)}.")
    if rating.score not in SCORES:
        raise RequestError(f"A score can't be {rating.score!r}. Allowed: 1, 2, 3, 4 or 5.")


def _insert(connection: sqlite3.Connection, rating: Rating, now: datetime) -> None:
    clip = connection.execute(
        "SELECT 1 FROM clips WHERE run_id = ? AND position = ? AND media_sha256 IS NOT NULL",
        [rating.run_id, rating.position],
    ).fetchone()
    if clip is None:
        raise RequestError(f"Run {rating.run_id} has no clip {rating.position} that could be rated.")
    connection.execute(
        "INSERT INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            str(ULID()),
            rating.run_id,
            rating.position,
            rating.person,
            rating.criterion,
            rating.score,
            rating.comment,
            rating.blind,
            to_text(now),
        ],
    )
