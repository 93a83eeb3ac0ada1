"""The clips that people were given to rate in reviews, and what they said, each kept for good."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from immutabledict import immutabledict
from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.rating_item import RatingItem, Said, Scores
from workbench.domain.review import LONGEST_REASON, Progress
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database

_KEY_BYTES = 16
_TAKEN_BACK = ""
# An item with the newest word on it.
_ITEMS = (
    "SELECT i.*, r.rowid AS word, r.said, r.scores_json, r.reason, r.created_at AS said_at "
    "FROM rating_items AS i LEFT JOIN item_ratings AS r "
    "ON r.rowid = (SELECT max(rowid) FROM item_ratings WHERE item_id = i.id)"
)
_OPEN = "coalesce(r.said, '') = ''"


class RatingItems:
    def __init__(self, db: Database) -> None:
        self._db = db

    def give(
        self,
        review_id: str,
        person: str,
        place: int,
        *,
        repeat_of: str = "",
        unless_open: int,
        now: datetime,
    ) -> None:
        """A clip more for ``person``, unless so many are open for them: two tabs ask for the same."""
        with self._db.write() as connection:
            is_open = connection.execute(
                f"SELECT count(*) FROM ({_ITEMS} WHERE i.review_id = ? AND i.person = ? AND {_OPEN})",
                [review_id, person],
            ).fetchone()[0]
            if is_open < unless_open:
                key = secrets.token_urlsafe(_KEY_BYTES)
                connection.execute(
                    "INSERT INTO rating_items VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [str(ULID()), review_id, person, place, key, repeat_of, to_text(now)],
                )

    def open(self, review_id: str, person: str) -> list[RatingItem]:
        """What a person is to rate, in order; what was taken back comes first."""
        return self._found(
            f"WHERE i.review_id = ? AND i.person = ? AND {_OPEN} ORDER BY i.id", [review_id, person]
        )

    def said(self, review_ids: Sequence[str]) -> list[RatingItem]:
        """Every item on which something was said, in the order that they were given."""
        return self._found(
            f"WHERE i.review_id IN (SELECT value FROM json_each(?)) AND NOT {_OPEN} ORDER BY i.id",
            [json.dumps(list(review_ids))],
        )

    def of_key(self, key: str) -> RatingItem | None:
        """The item in which a browser names its clip so."""
        return next(iter(self._found("WHERE i.key = ?", [key])), None)

    def last(self, review_id: str, person: str) -> RatingItem | None:
        """Of what a person said last and has not taken back."""
        where = f"WHERE i.review_id = ? AND i.person = ? AND NOT {_OPEN} ORDER BY r.rowid DESC LIMIT 1"
        return next(iter(self._found(where, [review_id, person])), None)

    def say(
        self, item_id: str, person: str, said: Said | None, scores: Scores, reason: str, now: datetime
    ) -> RatingItem:
        """``None`` takes back what was said last. Raises ``RequestError`` for an item of somebody else."""
        if len(reason) > LONGEST_REASON:
            raise RequestError(
                f"The reason has {len(reason)} characters; the longest allowed has {LONGEST_REASON}."
            )
        told = json.dumps(dict(scores), sort_keys=True)
        with self._db.write() as connection:
            row = connection.execute(
                f"{_ITEMS} WHERE i.id = ? AND i.person = ?", [item_id, person]
            ).fetchone()
            if row is None:
                raise RequestError("This clip is not yours to rate, or there is none: nothing was recorded.")
            word = str(said or _TAKEN_BACK)
            before = (row["said"] or _TAKEN_BACK, row["scores_json"] or "{}", row["reason"] or "")
            if before == (word, told, reason):
                return _item(row)  # a second press, or another tab: the same once
            connection.execute(
                "INSERT INTO item_ratings VALUES (?, ?, ?, ?, ?, ?)",
                [str(ULID()), item_id, word, told, reason, to_text(now)],
            )
        at = from_text(to_text(now)) if said else None
        return replace(_item(row), said=said, scores=immutabledict(scores), reason=reason, said_at=at)

    def progress(self, review_id: str) -> list[Progress]:
        """Of everybody who got a clip, in the order of the alphabet."""
        rows = self._db.read().execute(
            "SELECT person, sum(repeat_of = '' AND coalesce(said, '') = 'rated') AS votes, "
            "sum(coalesce(said, '') = 'skip') AS skips, "
            "max(CASE WHEN coalesce(said, '') <> '' THEN said_at END) AS last_at "
            f"FROM ({_ITEMS} WHERE i.review_id = ?) GROUP BY person ORDER BY person",
            [review_id],
        )
        return [
            Progress(person, votes, skips, from_text(last_at) if last_at else None)
            for person, votes, skips, last_at in rows
        ]

    def _found(self, where: str, values: Sequence[object]) -> list[RatingItem]:
        return [_item(row) for row in self._db.read().execute(f"{_ITEMS} {where}", values)]


def _item(row: sqlite3.Row) -> RatingItem:
    said = Said(row["said"]) if row["said"] else None
    return RatingItem(
        row["id"],
        row["review_id"],
        row["person"],
        row["place"],
        row["key"],
        row["repeat_of"],
        said,
        immutabledict(json.loads(row["scores_json"]) if said else {}),
        (row["reason"] or "") if said else "",
        from_text(row["said_at"]) if said else None,
    )
