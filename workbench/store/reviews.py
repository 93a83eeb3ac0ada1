"""Reviews, the pairs that people were given, and their votes, each kept for good."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.rating import Criterion
from workbench.domain.review import (
    LONGEST_REASON,
    Choice,
    Pair,
    Progress,
    Review,
    ReviewClip,
    ReviewPlan,
)
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database

_KEY_BYTES = 16
_TAKEN_BACK = ""  # the choice of a vote that takes the one before it back
# A pair with its newest vote.
_PAIRS = (
    "SELECT p.*, v.choice, v.reason, v.created_at AS voted_at FROM review_pairs AS p "
    "LEFT JOIN votes AS v ON v.rowid = (SELECT max(rowid) FROM votes WHERE pair_id = p.id)"
)
_OPEN = "(v.choice IS NULL OR v.choice = '')"


class Reviews:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, name: str, plan: ReviewPlan, clips: Sequence[ReviewClip], now: datetime) -> Review:
        review = Review(str(ULID()), name, plan, tuple(clips), from_text(to_text(now)))
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO reviews (id, name, plan_json, created_at) VALUES (?, ?, ?, ?)",
                [review.id, name, _plan_json(plan), to_text(now)],
            )
            connection.executemany(
                "INSERT INTO review_clips VALUES (?, ?, ?, ?)",
                [(review.id, place, clip.run_id, clip.position) for place, clip in enumerate(clips)],
            )
        return review

    def get(self, review_id: str) -> Review:
        """Raises ``RequestError`` where there is none."""
        row = self._db.read().execute(f"{_KEPT} AND id = ?", [review_id]).fetchone()
        if row is None:
            raise RequestError(f"The log holds no review {review_id!r:.60}.")
        return self._load(row)

    def all(self) -> list[Review]:
        """Newest first."""
        return [self._load(row) for row in self._db.read().execute(f"{_KEPT} ORDER BY id DESC").fetchall()]

    def close(self, review_id: str, now: datetime | None) -> None:
        """Nobody gets a new pair any more; ``None`` opens it again."""
        self._mark("closed_at", review_id, now)

    def delete(self, review_id: str, now: datetime | None) -> None:
        """Its votes count no more; ``None`` brings it back."""
        self._mark("deleted_at", review_id, now)

    # Pairs

    def give(
        self,
        review: Review,
        person: str,
        clips: tuple[int, int],
        *,
        probability: float,
        repeat_of: str = "",
        unless_open: int,
        now: datetime,
    ) -> None:
        """A pair more for ``person``, unless so many are open for them: two tabs ask for the same."""
        with self._db.write() as connection:
            is_open = connection.execute(
                f"SELECT count(*) FROM ({_PAIRS} WHERE p.review_id = ? AND p.person = ? AND {_OPEN})",
                [review.id, person],
            ).fetchone()[0]
            if is_open >= unless_open:
                return
            keys = [secrets.token_urlsafe(_KEY_BYTES) for _ in range(2)]
            connection.execute(
                "INSERT INTO review_pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [str(ULID()), review.id, person, *clips, *keys, probability, repeat_of, to_text(now)],
            )

    def open_pairs(self, review_id: str, person: str) -> list[Pair]:
        """What a person is to judge, in order; a vote that was taken back comes first."""
        rows = self._db.read().execute(
            f"{_PAIRS} WHERE p.review_id = ? AND p.person = ? AND {_OPEN} ORDER BY p.id", [review_id, person]
        )
        return [_pair(row) for row in rows]

    def pairs(self, review_ids: Sequence[str]) -> list[Pair]:
        """Every pair on which something was said, in the order that they were given."""
        rows = self._db.read().execute(
            f"{_PAIRS} WHERE p.review_id IN (SELECT value FROM json_each(?)) AND NOT {_OPEN} ORDER BY p.id",
            [json.dumps(list(review_ids))],
        )
        return [_pair(row) for row in rows]

    def pair_of_key(self, key: str) -> Pair | None:
        """The pair in which a browser names a clip so."""
        row = (
            self._db.read()
            .execute(f"{_PAIRS} WHERE p.left_key = ? OR p.right_key = ?", [key, key])
            .fetchone()
        )
        return _pair(row) if row else None

    def vote(self, pair_id: str, person: str, choice: Choice | None, reason: str, now: datetime) -> Pair:
        """``None`` takes back what was said last. Raises ``RequestError`` for a pair of somebody else."""
        if len(reason) > LONGEST_REASON:
            raise RequestError(
                f"The reason has {len(reason)} characters; the longest allowed has {LONGEST_REASON}."
            )
        with self._db.write() as connection:
            row = connection.execute(
                f"{_PAIRS} WHERE p.id = ? AND p.person = ?", [pair_id, person]
            ).fetchone()
            if row is None:
                raise RequestError("This pair is not yours, or there is none: nothing was recorded.")
            said = _TAKEN_BACK if choice is None else str(choice)
            if (row["choice"] or _TAKEN_BACK, row["reason"] or "") == (said, reason):
                return _pair(row)  # a second click, or another tab: the same once
            connection.execute(
                "INSERT INTO votes VALUES (?, ?, ?, ?, ?)", [str(ULID()), pair_id, said, reason, to_text(now)]
            )
        return replace(
            _pair(row), choice=choice, reason=reason, voted_at=from_text(to_text(now)) if choice else None
        )

    def last_vote(self, review_id: str, person: str) -> Pair | None:
        """What a person said last and has not taken back."""
        row = (
            self._db.read()
            .execute(
                f"{_PAIRS} WHERE p.review_id = ? AND p.person = ? AND NOT {_OPEN} "
                "ORDER BY v.rowid DESC LIMIT 1",
                [review_id, person],
            )
            .fetchone()
        )
        return _pair(row) if row else None

    def people(self, review_id: str = "") -> list[str]:
        """Everybody who got a pair or a clip to rate, of one review or of any that was not deleted."""
        rows = self._db.read().execute(
            "SELECT person FROM (SELECT review_id, person FROM review_pairs "
            "UNION SELECT review_id, person FROM rating_items) "
            "JOIN reviews ON reviews.id = review_id "
            "WHERE deleted_at IS NULL AND ? IN ('', review_id) GROUP BY person ORDER BY person",
            [review_id],
        )
        return [row["person"] for row in rows]

    def progress(self, review_id: str) -> list[Progress]:
        """Of everybody who got a pair, in the order of the alphabet."""
        rows = self._db.read().execute(
            "SELECT person, sum(repeat_of = '' AND said NOT IN ('', 'skip')) AS votes, "
            "sum(said = 'skip') AS skips, max(voted_at) AS last_at "
            f"FROM (SELECT *, coalesce(choice, '') AS said FROM ({_PAIRS} WHERE p.review_id = ?)) "
            "GROUP BY person ORDER BY person",
            [review_id],
        )
        return [
            Progress(
                row["person"],
                row["votes"],
                row["skips"],
                from_text(row["last_at"]) if row["last_at"] else None,
            )
            for row in rows
        ]

    def _mark(self, column: str, review_id: str, now: datetime | None) -> None:
        with self._db.write() as connection:
            found = connection.execute(
                f"UPDATE reviews SET {column} = ? WHERE id = ?", [to_text(now) if now else None, review_id]
            ).rowcount
        if not found:
            raise RequestError(f"The log holds no review {review_id!r:.60}.")

    def _load(self, row: sqlite3.Row) -> Review:
        clips = self._db.read().execute(
            "SELECT run_id, position FROM review_clips WHERE review_id = ? ORDER BY place", [row["id"]]
        )
        return Review(
            row["id"],
            row["name"],
            _plan(row["plan_json"]),
            tuple(ReviewClip(run_id, position) for run_id, position in clips),
            from_text(row["created_at"]),
            from_text(row["closed_at"]) if row["closed_at"] else None,
        )


_KEPT = "SELECT * FROM reviews WHERE deleted_at IS NULL"


def _plan_json(plan: ReviewPlan) -> str:
    told = asdict(plan) | {"until": to_text(plan.until) if plan.until else None}
    return json.dumps(told, ensure_ascii=False)


def _plan(text: str) -> ReviewPlan:
    told = json.loads(text)
    criteria = tuple(Criterion(**each) for each in told.get("criteria", ()))
    until = from_text(told["until"]) if told["until"] else None
    pairs = tuple((one, other) for one, other in told.get("pairs", ()))
    return ReviewPlan(**{**told, "until": until, "criteria": criteria, "pairs": pairs})


def _pair(row: sqlite3.Row) -> Pair:
    return Pair(
        row["id"],
        row["review_id"],
        row["person"],
        row["left_place"],
        row["right_place"],
        row["left_key"],
        row["right_key"],
        row["probability"],
        row["repeat_of"],
        Choice(row["choice"]) if row["choice"] else None,
        row["reason"] or "",
        from_text(row["voted_at"]) if row["choice"] else None,
    )
