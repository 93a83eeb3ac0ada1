"""``GET /api/health``: whether the workbench can be used, for a load balancer or a script."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workbench import __version__
from workbench.api import Workbench
from workbench.api.current import current
from workbench.domain.errors import WorkbenchError
from workbench.providers.base import Provider
from workbench.server import answers
from workbench.server.gate import HEALTH
from workbench.server.scopes import granted

PATH = HEALTH


def health(request: Request) -> Response:
    """200, or 503 when the data folder can't be used.

    The gate lets in here who is let in nowhere else – a foreign ``Host``, a caller without the token. They
    hear the status alone: no version, no path.
    """
    is_stranger = not granted(request.scope).everything
    try:
        running = _is_driving(current())
    except WorkbenchError as error:
        message = "The workbench can't be used." if is_stranger else str(error)
        return answers.error(503, "folder_unusable", message)
    told = {} if is_stranger else {"version": __version__, "runner": running}
    return JSONResponse({"status": "ok", **told}, headers={"Cache-Control": "no-store"})


def _is_driving(bench: Workbench) -> bool:
    """Whether the app's runner has shown itself lately for whatever is set up: read from the log."""
    ready: list[Provider] = [provider for provider in bench.endpoints() if not provider.missing()]
    now = bench.clock.now()
    return any(bench.store.runners.app_serves(provider.account, now) for provider in ready)
