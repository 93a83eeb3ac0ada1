"""``Marking``: the part of the façade that takes notes to an editor, as markers in an edit decision list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from workbench.api.keeping import Keeping
from workbench.api.run_files import written
from workbench.domain.clip_name import file_name
from workbench.domain.edl import MOST_EVENTS, Colour, Counting, Event, Marker, edl_text
from workbench.domain.errors import RequestError
from workbench.domain.note import Note
from workbench.domain.query import RunFilter
from workbench.domain.run import Clip, Run
from workbench.store.metrics import AT_A_TIME

# Of a defect in the picture unless it is named here; a note that names none is CYAN, on the whole clip WHITE.
_COLOURS = {"Off the prompt": Colour.MAGENTA, "Sound": Colour.YELLOW}


@dataclass(frozen=True, slots=True)
class MarkerList:
    """An edit decision list (CMX3600) as text, for clips of one frame rate: ``base`` numbers a second."""

    base: int
    clips: int
    markers: int
    text: str


class Marking(Keeping):
    """What is to be seen in clips, for a program that cuts them."""

    def markers(self, runs: RunFilter | Sequence[str], title: str = "Notes") -> list[MarkerList]:
        """The notes on these runs' videos, one list for each frame rate that there is, slowest first.

        An event is a clip with at least one note, oldest run first unless they are named. A marker stands at
        the picture that the note is about; one on the whole clip at its first. ``RequestError`` where there
        is no note, and where a list has more than 999 clips; ``UnknownRun``.
        """
        ids = self.ids_of(runs)
        events: dict[int, list[Event]] = defaultdict(list)
        for at in range(0, len(ids), AT_A_TIME):
            for run, notes in self._noted(ids[at : at + AT_A_TIME]):
                for position, of_clip in groupby(notes, lambda note: note.position):
                    clip = next((clip for clip in run.clips if clip.index == position), None)
                    if clip and clip.media.is_video:
                        counting = Counting.of(clip.media.fps)
                        events[counting.base].append(_event(run, clip, counting, of_clip))
        if not events:
            raise RequestError("There is no note on a video of these runs, so there is nothing to mark.")
        if (most := max(map(len, events.values()))) > MOST_EVENTS:
            raise RequestError(
                f"{most} clips have notes; an edit decision list holds {MOST_EVENTS}. Choose fewer runs."
            )
        return [
            MarkerList(base, len(found), sum(len(e.markers) for e in found), edl_text(title, found, base))
            for base, found in sorted(events.items())
        ]

    def export_markers(self, path: str | Path, runs: RunFilter | Sequence[str]) -> dict[Path, MarkerList]:
        """``markers`` as files: one, or for several frame rates ``notes-24.edl``, ``notes-30.edl`` and so on.

        Replaces what is there. ``RequestError`` as with ``markers``, and where nothing can be written.
        """
        target = Path(path).expanduser()
        lists = self.markers(runs, target.stem)
        one = len(lists) == 1
        return {
            written(
                target if one else target.with_stem(f"{target.stem}-{found.base}"),
                partial(Path.write_text, data=found.text, encoding="utf-8"),
            ): found
            for found in lists
        }

    def _noted(self, ids: Sequence[str]) -> list[tuple[Run, list[Note]]]:
        """Runs with notes on them, in the order of the ids."""
        notes = self.store.notes.of_runs(ids)
        by_run = {run_id: list(of_run) for run_id, of_run in groupby(notes, lambda note: note.run_id)}
        return [(run, by_run[run.id]) for run in self.store.runs.get_many(list(by_run))]


def _event(run: Run, clip: Clip, counting: Counting, notes: Iterable[Note]) -> Event:
    return Event(
        clip_name=file_name(run, clip),
        comment=f"Run {run.id}, clip {clip.index + 1}",
        length=counting.length(clip.media.duration_s),
        markers=tuple(Marker(counting.frame(note.at_s or 0.0), _colour(note), note.signed) for note in notes),
    )


def _colour(note: Note) -> Colour:
    if note.at_s is None:
        return Colour.WHITE
    return _COLOURS.get(note.defects[0], Colour.RED) if note.defects else Colour.CYAN
