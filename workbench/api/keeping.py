"""``Keeping``: the part of the façade that looks after what the folder holds – files, judgements, the bin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from workbench.domain.media import Media, Role
from workbench.domain.note import Note
from workbench.domain.query import RunFilter
from workbench.domain.rating import Criterion, Rating, criteria
from workbench.media.files import MediaFiles, Swept
from workbench.runner.clock import Clock
from workbench.settings import Settings
from workbench.store import Store
from workbench.store.portable import matching

BIN_DAYS = 30
UNUSED_DAYS = 7  # an upload may wait that long in a draft
ORPHAN_AGE_S = 3_600.0


class Keeping:
    """A folder's files and rows, and the clock; ``Workbench`` adds everything that makes runs."""

    files: MediaFiles
    store: Store
    clock: Clock
    settings: Settings

    def ids_of(self, runs: RunFilter | Sequence[str]) -> list[str]:
        """Of every run that matches, oldest first; or of these, each once, as given. ``UnknownRun``."""
        if isinstance(runs, RunFilter):
            return matching(self.store.db, runs)[::-1]
        return list(dict.fromkeys(map(self.store.runs.resolve, runs)))

    def path(self, media: Media) -> Path:
        """Where a stored file lies."""
        return self.files.path(media)

    def take_in(self, content: bytes | Path, name: str, role: Role) -> Media:
        """Store an upload for a role. Raises ``BadMedia`` before anything is written."""
        from workbench.media.intake import examine

        media = examine(content, name, role).store(self.files)
        self.store.media.add(media, self.clock.now())
        return media

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What clips are rated by: ``[review]`` of ``workbench.toml``, else the built-in ones."""
        return criteria(self.settings.written.criteria)

    def rate(
        self,
        run_id: str,
        scores: dict[str, int],
        *,
        comment: str = "",
        person: str = "",
        position: int = 0,
        blind: bool = False,
    ) -> None:
        """Score a clip from 1 to 5 by criterion. A changed mind is a new rating; the newest counts."""
        full_id = self.store.runs.resolve(run_id)
        ratings = [
            Rating(full_id, criterion, score, position, person, comment, blind)
            for criterion, score in scores.items()
        ]
        self.store.ratings.add(ratings, self.clock.now(), [one.name for one in self.criteria])

    def ratings(self, run_id: str) -> list[Rating]:
        return self.store.ratings.of_run(self.store.runs.resolve(run_id))

    def note(
        self, run_id: str, text: str, *, at_s: float | None = None, person: str = "", position: int = 0
    ) -> Note:
        """Say what is to be seen in a clip, ``at_s`` seconds from its beginning or of all of it.

        Raises ``RequestError`` for no text, for an unknown clip and for a time outside of it.
        """
        note = Note(self.store.runs.resolve(run_id), text, at_s, position, person)
        return self.store.notes.add(note, self.clock.now())

    def notes(self, *run_ids: str) -> list[Note]:
        """The notes on these runs' clips: by run as asked for, then clip, then time."""
        return self.store.notes.of_runs([self.store.runs.resolve(run_id) for run_id in run_ids])

    def delete_note(self, note_id: str) -> None:
        """``undelete_note`` brings it back."""
        self.store.notes.delete(note_id, self.clock.now())

    def undelete_note(self, note_id: str) -> None:
        self.store.notes.undelete(note_id)

    def people(self) -> list[str]:
        """Everybody who has rated a clip or left a note."""
        return sorted({*self.store.ratings.people(), *self.store.notes.people()})

    def delete(self, run_ids: Sequence[str]) -> None:
        """Move finished runs to the bin, from which ``undelete`` brings them back for 30 days."""
        self.store.runs.delete([self.store.runs.resolve(r) for r in run_ids], self.clock.now())

    def undelete(self, run_ids: Sequence[str]) -> None:
        self.store.runs.undelete([self.store.runs.resolve(r) for r in run_ids])

    def sweep(self, *, empty_bin: bool = False) -> Swept:
        """Forget what lay in the bin for 30 days (or all of it) and remove files that nothing refers to."""
        now = self.clock.now()
        tick = timedelta(milliseconds=1)  # the log's own: what went to the bin in this very moment is in it
        self.store.runs.purge(now + tick if empty_bin else now - timedelta(days=BIN_DAYS))
        self.store.media.forget_unused(now - timedelta(days=UNUSED_DAYS))
        return self.files.sweep(self._is_known, ORPHAN_AGE_S)

    def _is_known(self, sha256: str) -> bool:
        return self.store.media.get(sha256) is not None
