"""The workbench's own routes, in one table for the launcher."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from workbench.server import (
    answers,
    docs,
    events,
    exports,
    health,
    measured,
    media,
    models,
    notes,
    openapi,
    prompts,
    review_media,
    runs,
    shelf,
    veo31,
    videos,
)
from workbench.server.operations import Operation
from workbench.server.shapes import HealthShape

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
FAMILIES = ("/v1", "/api", "/veo31")


class EventQuery(BaseModel):
    run: list[str] = Field(default_factory=list, description="Only of these runs: up to 100 whole ids.")
    after: int | None = Field(None, description="As Last-Event-ID, for who can't send that.")


class MediaQuery(BaseModel):
    download: str = Field("", description="To be saved under that name.")


OPERATIONS: tuple[Operation, ...] = (
    *videos.OPERATIONS,
    *runs.OPERATIONS,
    *exports.OPERATIONS,
    *notes.OPERATIONS,
    *measured.OPERATIONS,
    Operation(
        "GET",
        events.PATH,
        None,
        "What changes in the log, as it happens",
        "Runs",
        query=EventQuery,
        headers={"Last-Event-ID": "Where to go on."},
        binary=("text/event-stream",),
        refuses=(429,),
        about="Server-sent events: hello, run, gone, reset. An event's id is where to go on from.",
        direct=events.events,
    ),
    *models.OPERATIONS,
    *prompts.OPERATIONS,
    *shelf.OPERATIONS,
    *veo31.OPERATIONS,
    *review_media.OPERATIONS,
    Operation(
        "GET",
        media.PATH,
        None,
        "A stored file: {sha256}.{mp4|png|jpg}",
        "Files",
        query=MediaQuery,
        binary=("video/mp4", "image/png", "image/jpeg"),
        refuses=(404,),
        direct=media.media,
    ),
    Operation(
        "GET",
        health.PATH,
        None,
        "Whether the workbench can be used",
        "Health",
        HealthShape,
        direct=health.health,
    ),
)


def unknown(request: Request) -> Response:
    """Anything else under these paths: without this, Streamlit would answer with a page."""
    said = f"There is no {request.method} {request.url.path}."
    allowed: set[str] = set()
    for route in _OWN:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            allowed |= route.methods or set()
    if allowed:
        listed = ", ".join(sorted(allowed))
        return answers.error(
            405, "method_not_allowed", said, hint=f"Allowed: {listed}.", headers={"Allow": listed}
        )
    return answers.error(404, "unknown_route", said, hint=f"What there is stands at {docs.PATH}.")


@cache
def document() -> dict[str, Any]:
    return openapi.document(OPERATIONS)


def told(_: Request) -> Response:
    return JSONResponse(document(), headers={"Cache-Control": "no-cache"})


def page(_: Request) -> Response:
    return HTMLResponse(docs.page(document()), headers=docs.HEADERS)


_OWN: tuple[Route, ...] = (
    *(operation.route for operation in OPERATIONS),
    Route(openapi.PATH, told),
    Route(docs.PATH, page),
)
ROUTES: list[BaseRoute] = [
    *_OWN,
    *(Route(family, unknown, methods=METHODS) for family in FAMILIES),
    *(Route(f"{family}/{{rest:rest}}", unknown, methods=METHODS) for family in FAMILIES),
]
