"""Which clips may go by the rules, and the rows of those that went. Their files are ``media.files``'s.

Never by any rule: the clip of a run that another goes on from, that is in an open review, whose bytes are an
input of a run, stand on the shelf, in a draft or in what is under way; and bytes that a clip shares which
stays. By the rule of unseen clips, beside those: what was rated, noted or put into a review, what somebody
looked at, what was imported, and runs from before it was written down who looked.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.retention import DroppedClip, Rule, Rules
from workbench.domain.run import FINAL, IMPORTED, Status
from workbench.domain.times import from_text, to_text
from workbench.store import media as media_rows
from workbench.store.db import Database

_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_FAILED = ", ".join(f"'{status}'" for status in sorted(FINAL - {Status.SUCCEEDED}))
_BY_RULE = f"""CASE
    WHEN runs.deleted_at < :discarded THEN '{Rule.DISCARDED}'
    WHEN runs.deleted_at IS NOT NULL THEN NULL
    WHEN runs.status IN ({_FAILED}) OR runs.status = '{Status.SUCCEEDED}' AND runs.unwanted
        THEN iif(max(media.created_at, runs.finished_at) < :discarded, '{Rule.DISCARDED}', NULL)
    WHEN runs.status = '{Status.SUCCEEDED}' AND max(media.created_at, runs.finished_at) < :unseen
        AND runs.account <> '{IMPORTED}' AND runs.rowid > (SELECT run FROM seen_from)
        AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.sha256 = media.sha256)
        AND NOT EXISTS (SELECT 1 FROM ratings WHERE ratings.run_id = runs.id)
        AND NOT EXISTS (SELECT 1 FROM notes WHERE notes.run_id = runs.id)
        AND NOT EXISTS (SELECT 1 FROM review_clips WHERE review_clips.run_id = runs.id)
        THEN '{Rule.UNSEEN}'
    END"""
_KEPT = """EXISTS (SELECT 1 FROM runs AS child WHERE child.parent_id = runs.id)
    OR EXISTS (SELECT 1 FROM run_inputs WHERE run_inputs.media_sha256 = media.sha256)
    OR EXISTS (SELECT 1 FROM shelf WHERE shelf.media_sha256 = media.sha256)
    OR media.sha256 IN (SELECT value FROM json_each(:held))
    OR EXISTS (SELECT 1 FROM review_clips JOIN reviews ON reviews.id = review_id
        WHERE review_clips.run_id = runs.id AND closed_at IS NULL AND reviews.deleted_at IS NULL)"""
# All clips with the same bytes go together or not at all: else dropping one of them frees nothing.
_ALL = f"""SELECT * FROM (
    SELECT *, count(*) OVER (PARTITION BY sha256) AS going FROM (
        SELECT clips.run_id, clips.position, runs.rowid AS run, media.sha256, media.mime, media.size_bytes,
            max(media.created_at, coalesce(runs.finished_at, '')) AS since, {_BY_RULE} AS rule
        FROM clips JOIN media ON media.sha256 = clips.media_sha256 JOIN runs ON runs.id = clips.run_id
        WHERE media.mime LIKE 'video/%' AND rule IS NOT NULL AND NOT ({_KEPT})
    )
) AS found WHERE going = (SELECT count(*) FROM clips WHERE clips.media_sha256 = found.sha256)"""
_THESE = _ALL.replace(
    "LIKE 'video/%'", "LIKE 'video/%' AND media_sha256 IN (SELECT value FROM json_each(:only))"
)


@dataclass(frozen=True, slots=True)
class Going:
    """A file that may go, by the rule of its newest clip, and since when that has lain here."""

    sha256: str
    mime: str
    size_bytes: int
    rule: Rule
    since: datetime


class Retention:
    def __init__(self, db: Database) -> None:
        self._db = db

    def see(self, hashes: Iterable[str], now: datetime) -> None:
        """Somebody looks at these files. Writes only what is new."""
        wanted = json.dumps(list(hashes))
        new = (
            self._db.read()
            .execute(
                "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT sha256 FROM seen) LIMIT 1",
                [wanted],
            )
            .fetchone()
        )
        if new:
            with self._db.write() as connection:
                connection.execute(
                    "INSERT INTO seen SELECT value, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
                    [to_text(now), wanted],
                )

    def going(self, rules: Rules, now: datetime) -> list[Going]:
        """What may go, the oldest first."""
        return sorted(_going(self._db.read(), rules, now)[0], key=lambda one: (one.since, one.sha256))

    def drop(self, rules: Rules, hashes: Sequence[str], now: datetime) -> list[Going]:
        """Take the files of these hashes out of the log, those that still may go, all in one step.

        From then on no row promises them; ``left`` lists them until they are gone too.
        """
        with self._db.write() as connection:
            going, clips = _going(connection, rules, now, hashes)
            for run_id, position, run, one in clips:
                connection.execute(
                    "UPDATE clips SET media_sha256 = NULL WHERE run_id = ? AND position = ?",
                    [run_id, position],
                )
                connection.execute(
                    "INSERT OR REPLACE INTO dropped_clips (run_id, position, sha256, mime, size_bytes, rule, "
                    "after_days, dropped_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        *(run_id, position, one.sha256, one.mime, one.size_bytes),
                        *(one.rule, rules.days(one.rule), to_text(now)),
                    ],
                )
                connection.execute("DELETE FROM to_measure WHERE run = ? AND position = ?", [run, position])
            connection.executemany("DELETE FROM media WHERE sha256 = ?", [(one.sha256,) for one in going])
        return going

    def left(self) -> list[tuple[str, str]]:
        """Hash and type of dropped files that may still lie in the folder."""
        rows = self._db.read().execute("SELECT DISTINCT sha256, mime FROM dropped_clips WHERE is_left")
        return [(row[0], row[1]) for row in rows]

    def gone(self, hashes: Sequence[str]) -> None:
        """The files of these hashes are in the folder no more."""
        with self._db.write() as connection:
            connection.executemany(
                "UPDATE dropped_clips SET is_left = 0 WHERE is_left AND sha256 = ?",
                [(sha256,) for sha256 in hashes],
            )

    def dropped_of(self, run_id: str) -> list[DroppedClip]:
        connection = self._db.read()
        rows = connection.execute(
            "SELECT position, sha256, mime, size_bytes, rule, after_days, dropped_at, poster_sha256 "
            "FROM dropped_clips JOIN clips USING (run_id, position) "
            "WHERE run_id = ? ORDER BY position",
            [run_id],
        ).fetchall()
        posters = media_rows.load(connection, [row[-1] for row in rows if row[-1]])
        return [
            DroppedClip(
                *(run_id, position, sha256, mime, size_bytes, Rule(rule), days, from_text(at)),
                posters.get(poster),
            )
            for position, sha256, mime, size_bytes, rule, days, at, poster in rows
        ]


_Clip = tuple[str, int, int, Going]


def _going(
    connection: sqlite3.Connection, rules: Rules, now: datetime, only: Sequence[str] | None = None
) -> tuple[list[Going], list[_Clip]]:
    """The files, and of each every clip: run, position, the run's key."""
    before = {rule: rules.before(rule, now) for rule in (Rule.UNSEEN, Rule.DISCARDED)}
    if not any(before.values()):
        return [], []
    rows = connection.execute(
        _ALL if only is None else _THESE,
        {
            "held": json.dumps(sorted(_held(connection))),
            "only": json.dumps(list(only or ())),
            "unseen": _text(before[Rule.UNSEEN]),
            "discarded": _text(before[Rule.DISCARDED]),
        },
    )
    files: dict[str, Going] = {}
    clips: list[tuple[str, int, int, str]] = []
    for row in rows:
        sha256, since = row["sha256"], from_text(row["since"])
        if sha256 not in files or files[sha256].since < since:
            files[sha256] = Going(sha256, row["mime"], row["size_bytes"], Rule(row["rule"]), since)
        clips.append((row["run_id"], row["position"], row["run"], sha256))
    return list(files.values()), [(*clip, files[sha256]) for *clip, sha256 in clips]  # type: ignore[misc]


def _held(connection: sqlite3.Connection) -> set[str]:
    """Hashes in what somebody is writing just now, and in what is under way."""
    rows = connection.execute(
        "SELECT content_json FROM drafts UNION ALL "
        "SELECT state_json FROM workflows WHERE status IN ('running', 'failed')"
    )
    return {sha256 for row in rows for sha256 in _SHA256.findall(row[0])}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
