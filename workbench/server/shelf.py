"""``/api/references``: pictures and clips that are kept by name, to be used in requests."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.api import Workbench
from workbench.domain.media import Role
from workbench.domain.reference import Reference
from workbench.domain.times import to_text
from workbench.server import sources
from workbench.server.bodies import Upload
from workbench.server.media import url
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import ReferencePage, ReferenceShape, ReferencesMade
from workbench.server.video_bodies import Source

MOST_AT_ONCE = 16


class NewReferences(BaseModel):
    """``file``: one or several files of a form, URLs, or runs whose clips are to be kept."""

    model_config = ConfigDict(extra="forbid")

    file: Source = None
    url: str | None = None
    name: str = Field("", max_length=200)


class ShelfQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=200, description="What the name contains.")
    limit: int = Field(60, ge=1, le=500)
    offset: int = Field(0, ge=0, le=1_000_000)


def shape(reference: Reference) -> dict[str, object]:
    media = reference.media
    told: dict[str, object] = {
        "sha256": media.sha256,
        "mime": media.mime,
        "size_bytes": media.size_bytes,
        "width": media.width,
        "height": media.height,
        "url": url(media),
        "note": media.note,
        "name": reference.name,
        "origin": reference.origin,
        "added_at": to_text(reference.added_at),
    }
    if media.is_video:
        told |= {"duration_s": media.duration_s, "fps": media.fps, "has_audio": media.has_audio}
    return told


def add(bench: Workbench, asked: Asked) -> Response:
    body: NewReferences = asked.body
    given = [*sources.listed(body.file), *sources.listed(body.url)]
    if not 1 <= len(given) <= MOST_AT_ONCE:
        raise Refused(
            400,
            "invalid_request",
            f"{len(given)} files are given.",
            param="file",
            hint=f"Allowed: 1 to {MOST_AT_ONCE}, as file or as url.",
        )
    kept: list[Reference] = []
    with TemporaryDirectory(prefix="workbench-upload-") as folder:
        for value in given:
            # Written to a file whatever it is: it has its name then, and need not be held in memory.
            source = (
                value.save(Path(folder))
                if isinstance(value, Upload)
                else sources.source(bench, value, Role.REFERENCE, Path(folder))
            )
            kept.append(bench.shelve(source, body.name if len(given) == 1 else "", clip=None))
    return shown({"data": [shape(reference) for reference in kept]}, 201)


def list_references(bench: Workbench, asked: Asked) -> Response:
    query: ShelfQuery = asked.query
    found = bench.shelf(query.text, limit=query.limit + 1, offset=query.offset)
    data = [shape(reference) for reference in found[: query.limit]]
    return shown({"data": data, "has_more": len(found) > query.limit})


def one(bench: Workbench, asked: Asked) -> Response:
    return shown(shape(_kept(bench, asked)))


def remove(bench: Workbench, asked: Asked) -> Response:
    reference = _kept(bench, asked)
    bench.remove_reference(reference.media.sha256)
    return shown(shape(reference))


def _kept(bench: Workbench, asked: Asked) -> Reference:
    if found := bench.reference(asked.path["sha256"]):
        return found
    raise Refused(404, "unknown_reference", f"No reference {asked.path['sha256']!r:.80} is kept here.")


_TAG = "References"
OPERATIONS = (
    Operation(
        "GET",
        "/api/references",
        list_references,
        "The shelf, newest first",
        _TAG,
        ReferencePage,
        query=ShelfQuery,
    ),
    Operation(
        "POST",
        "/api/references",
        add,
        "Keep pictures or clips",
        _TAG,
        ReferencesMade,
        201,
        body=NewReferences,
        takes_form=True,
        refuses=(404, 413, 415),
        about="Files are checked by their content. URLs are fetched from public addresses only.",
    ),
    Operation("GET", "/api/references/{sha256}", one, "One reference", _TAG, ReferenceShape, refuses=(404,)),
    Operation(
        "DELETE",
        "/api/references/{sha256}",
        remove,
        "Off the shelf",
        _TAG,
        ReferenceShape,
        refuses=(404,),
        about="The file stays for the runs that use it.",
    ),
)
