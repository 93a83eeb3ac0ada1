"""Notes on clips, by time. Deleting one leaves its row, so that it can be undone."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ulid import ULID

from workbench.domain.errors import RequestError
from workbench.domain.note import LONGEST_NOTE, Note
from workbench.domain.times import from_text, to_text
from workbench.store.db import Database

_LATE_S = 0.1  # a clip's last picture may stand a little beyond the length that its file tells


class Notes:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, note: Note, now: datetime) -> Note:
        """The note as it is kept. Raises ``RequestError`` for no text, no such clip, no such time in it."""
        note = replace(note, id=str(ULID()), text=note.text.strip(), created_at=from_text(to_text(now)))
        if not note.text:
            raise RequestError("The note is empty: write what you see.")
        if len(note.text) > LONGEST_NOTE:
            allowed = f"the longest allowed has {LONGEST_NOTE}: shorten it"
            raise RequestError(f"The note has {len(note.text)} characters; {allowed}.")
        with self._db.write() as connection:
            _check_place(connection, note)
            connection.execute(
                "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                [note.id, note.run_id, note.position, note.person, note.at_s, note.text, to_text(now)],
            )
        return note

    def of_runs(self, run_ids: Sequence[str]) -> list[Note]:
        """By run in the order asked for, then clip and time; those about the whole clip first."""
        marks = ", ".join("?" * len(run_ids))
        rows = self._db.read().execute(
            f"SELECT * FROM notes WHERE run_id IN ({marks}) AND deleted_at IS NULL "
            "ORDER BY position, at_s, id",
            list(run_ids),
        )
        order = {run_id: place for place, run_id in enumerate(run_ids)}
        return sorted(map(_note, rows), key=lambda note: order[note.run_id])

    def delete(self, note_id: str, now: datetime) -> None:
        """Raises ``RequestError`` where there is no such note."""
        self._mark(note_id, to_text(now))

    def undelete(self, note_id: str) -> None:
        """Raises ``RequestError`` where there is no such note."""
        self._mark(note_id, None)

    def people(self) -> list[str]:
        """Names under which somebody has left a note, in the order of the alphabet."""
        rows = self._db.read().execute("SELECT DISTINCT person FROM notes WHERE person <> '' ORDER BY person")
        return [row["person"] for row in rows]

    def _mark(self, note_id: str, deleted_at: str | None) -> None:
        with self._db.write() as connection:
            found = connection.execute(
                "UPDATE notes SET deleted_at = ? WHERE id = ?", [deleted_at, note_id]
            ).rowcount
        if not found:
            raise RequestError(f"The log holds no note {note_id}.")


def _check_place(connection: sqlite3.Connection, note: Note) -> None:
    clip = connection.execute(
        "SELECT duration_s FROM clips JOIN media ON sha256 = media_sha256 WHERE run_id = ? AND position = ?",
        [note.run_id, note.position],
    ).fetchone()
    if clip is None:
        raise RequestError(f"Run {note.run_id} has no clip {note.position} that a note could be about.")
    if note.at_s is None:
        return
    length_s = float(clip["duration_s"] or 0)
    if not math.isfinite(note.at_s) or not 0 <= note.at_s <= length_s + _LATE_S:
        raise RequestError(f"The clip has no moment {note.at_s:g} s. Allowed: 0 to {length_s:g} s.")


def _note(row: sqlite3.Row) -> Note:
    return Note(
        run_id=row["run_id"],
        text=row["text"],
        at_s=row["at_s"],
        position=row["position"],
        person=row["person"],
        id=row["id"],
        created_at=from_text(row["created_at"]),
    )
