"""``/api/runs/{id}/notes``: what people see in a run's clips, and when in them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.api import Workbench
from workbench.domain.note import LONGEST_NOTE, Note
from workbench.domain.times import to_text
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import NoteShape, NotesShape


class NewNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
    at_s: float | None = Field(None, ge=0, le=86_400, description="On the clip's own time; null: all of it.")
    person: str = Field("", max_length=200)
    position: int = Field(0, ge=0, le=1_000)


def notes(bench: Workbench, asked: Asked) -> Response:
    return shown({"data": [_shape(note) for note in bench.notes(asked.path["id"])]})


def add(bench: Workbench, asked: Asked) -> Response:
    body: NewNote = asked.body
    note = bench.note(asked.path["id"], body.text, at_s=body.at_s, person=body.person, position=body.position)
    return shown(_shape(note), 201)


def delete(bench: Workbench, asked: Asked) -> Response:
    run_id, note_id = bench.run(asked.path["id"]).id, asked.path["note_id"]
    found = next((note for note in bench.notes(run_id) if note.id == note_id), None)
    if found is None:
        raise Refused(404, "unknown_note", f"Run {run_id} has no note {note_id!r:.60}.")
    bench.delete_note(found.id)
    return shown(_shape(found))


def _shape(note: Note) -> dict[str, object]:
    return {
        "id": note.id,
        "text": note.text,
        "at_s": note.at_s,
        "position": note.position,
        "person": note.person,
        "created_at": to_text(note.created_at) if note.created_at else None,
    }


_TAG = "Runs"
_PLACE = "/api/runs/{id}/notes"
OPERATIONS = (
    Operation("GET", _PLACE, notes, "What people saw in its clips", _TAG, NotesShape, refuses=(404,)),
    Operation(
        "POST",
        _PLACE,
        add,
        "Say what is to be seen in a clip",
        _TAG,
        NoteShape,
        201,
        body=NewNote,
        refuses=(404, 413, 415),
    ),
    Operation("DELETE", _PLACE + "/{note_id}", delete, "Take a note away", _TAG, NoteShape, refuses=(404,)),
)
