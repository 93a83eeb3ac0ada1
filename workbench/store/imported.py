"""Runs that were made elsewhere: born finished, never claimed, sent or charged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.media import Media
from workbench.domain.run import Json, Run, Status
from workbench.domain.times import to_text
from workbench.store import media as media_rows
from workbench.store import run_rows
from workbench.store.db import Database
from workbench.store.loading import SELECT, load
from workbench.store.new_run import NewRun
from workbench.store.runs import insert_row


@dataclass(frozen=True, slots=True)
class TakenClip:
    """A clip whose files already lie in the media folder."""

    clip: Media
    poster: Media
    last_frame: Media


class Imports:
    def __init__(self, db: Database) -> None:
        self._db = db

    def insert(
        self, new: NewRun, taken: TakenClip, report: Json, now: datetime, same: Callable[[Run], bool]
    ) -> str:
        """Log a finished run with its clip, or find the one of the same clip that is ``same``, in one go.

        ``report`` is what is known of where it came from. Returns the id of the run that there is now.
        """
        with self._db.write() as connection:
            rows = connection.execute(
                f"{SELECT} JOIN clips ON clips.run_id = runs.id "
                "WHERE clips.media_sha256 = ? AND runs.deleted_at IS NULL ORDER BY runs.rowid",
                [taken.clip.sha256],
            ).fetchall()
            if earlier := next((run.id for run in load(self._db, rows) if same(run)), None):
                return earlier
            insert_row(connection, new, now)
            files = (taken.clip, taken.poster, taken.last_frame)
            for media in files:
                media_rows.insert(connection, media, now)
            connection.execute(
                "INSERT INTO clips (run_id, position, locator_json, media_sha256, poster_sha256, "
                "last_frame_sha256) VALUES (?, 0, '{}', ?, ?, ?)",
                [new.id, *(media.sha256 for media in files)],
            )
            run_rows.update(  # no change of state: nobody has seen it queued
                connection,
                new.id,
                status=Status.SUCCEEDED,
                finished_at=to_text(now),
                report_json=run_rows.as_json(report),
            )
        return new.id
