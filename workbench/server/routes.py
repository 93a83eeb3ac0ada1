"""The workbench's own routes, in one table for the launcher."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from workbench.server import answers, health, media


def unknown(request: Request) -> Response:
    """Anything else under ``/api``: without this, Streamlit would answer with a page."""
    return answers.error(404, "unknown_route", f"There is no {request.method} {request.url.path}.")


ROUTES: list[BaseRoute] = [
    Route(health.PATH, health.health),
    Route(media.PATH, media.media),
    Route("/api/{rest:path}", unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
