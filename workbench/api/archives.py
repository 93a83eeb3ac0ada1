"""``Archiving``: the part of the façade that takes runs from one folder to another, as one zip.

An archive holds ``manifest.json``, a ``.jsonl`` for each table, and ``media/<sha256>.<ext>``, stored as it
is. It is written beside its place and renamed at the end, so a broken export leaves no archive; starting
over costs one copy of the media. A broken import goes on where it stopped, since what is here is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.api.archive_reading import Imported, ImportProgress, read_archive
from workbench.api.archive_writing import Choices, Exported, write_archive
from workbench.api.keeping import Keeping
from workbench.domain.query import RunFilter

__all__ = ["Archiving", "Exported", "ImportProgress", "Imported"]


class Archiving(Keeping):
    """``Workbench`` adds everything that makes runs."""

    def export_archive(
        self,
        path: str | Path,
        runs: RunFilter | Sequence[str],
        *,
        media: bool = True,
        people: bool = True,
        costs: bool = True,
        operations: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Exported:
        """Settled runs, and those that they come from, with all that was said of them, as one zip.

        Without ``people`` reviewers are called “reviewer 1” and so on; without ``costs`` no amount goes
        along; ``operations`` adds accounts and the providers' ids. A review goes where all its clips do.
        ``on_progress`` gets bytes of media written, and of how many. ``UnknownRun`` for an unknown id.
        """
        choices = Choices(media, people, costs, operations)
        return write_archive(
            self.store, self.files, Path(path), self.ids_of(runs), choices, self.clock.now(), on_progress
        )

    def import_archive(
        self, path: str | Path, *, on_progress: Callable[[ImportProgress], None] | None = None
    ) -> Imported:
        """Take in an archive: what is new is added, what is here stays as it is.

        Every file is checked by its hash first, then the rows come in. What its runs have cost stays in
        their report and never counts to the budgets of this folder. Raises ``RequestError`` for what is
        no archive, is damaged or is of a newer kind.
        """
        return read_archive(self.store, self.files, Path(path), self.clock.now(), on_progress)
