"""``Operation``: one method of one path as data – the route, its checks and its document come from it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from immutabledict import immutabledict
from pydantic import BaseModel, ValidationError
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.api import Workbench
from workbench.api.current import current
from workbench.domain.errors import WorkbenchError
from workbench.server import answers, bodies, refusals
from workbench.server.limits import TooMuch

# Threads for these routes alone, and others for what takes a body: that may wait for a far web server, which
# must hold up neither files and pages nor those who ask how far their run is.
AT_ONCE = 16
BODIES_AT_ONCE = 16  # each may be large
_reading: RunVar[CapacityLimiter] = RunVar("reading")
_making: RunVar[CapacityLimiter] = RunVar("making")
_receiving: RunVar[CapacityLimiter] = RunVar("receiving")
_log = logging.getLogger(__name__)


class _Whole(StringConvertor):
    """The rest of a path, line ends and all: what no route matches would be Streamlit's to answer."""

    regex = "(?s:.*)"


register_url_convertor("rest", _Whole())


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has the documented shape. ``query`` and ``body`` are of the operation's models."""

    request: Request
    values: Mapping[str, Any]
    query: Any = None
    body: Any = None

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.path_params


Answer = Callable[[Workbench, Asked], Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """``answer`` runs in a thread. ``gives`` is the model of what it answers with ``status``.

    ``takes_form``: a form with the same fields is as good as JSON. ``refuses`` are the statuses of errors
    that only this operation has. ``binary`` are the types of an answer that is no JSON. ``direct`` is an
    endpoint that looks after everything itself.
    """

    method: str
    path: str
    answer: Answer | None
    summary: str
    tag: str
    gives: type[BaseModel] | None = None
    status: int = 200
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    takes_form: bool = False
    headers: Mapping[str, str] = immutabledict()
    refuses: tuple[int, ...] = ()
    binary: tuple[str, ...] = ()
    about: str = ""
    direct: Callable[[Request], Any] | None = None

    @property
    def route(self) -> Route:
        endpoint = self.direct or self.handle
        return Route(self.path, endpoint, methods=[self.method], name=f"{self.method} {self.path}")

    async def handle(self, request: Request) -> Response:
        try:
            query = self.query.model_validate(_query(request, self.query)) if self.query else None
        except ValidationError as error:
            return refusals.unfit(error, "query")
        try:
            if self.body is None:
                return await self._in_thread(Asked(request, immutabledict(), query))
            async with _slots(_receiving, BODIES_AT_ONCE), bodies.body(request) as values:
                if not self.takes_form and bodies.is_form(request):
                    raise refusals.Refused(
                        415, "unsupported_type", "The body is a form.", hint="Allowed: application/json."
                    )
                return await self._in_thread(Asked(request, values, query, self.body.model_validate(values)))
        except ValidationError as error:
            return refusals.unfit(error, "body")
        except WorkbenchError as error:
            return refusals.refusal(error)
        except TooMuch:
            raise  # the gate, which has stopped reading, says so
        except Exception:  # noqa: BLE001 - a program that asks gets JSON whatever went wrong
            _log.exception("%s %s", self.method, self.path)
            return answers.error(
                500, "internal", "Something went wrong here; the app's own output says what."
            )

    async def _in_thread(self, asked: Asked) -> Response:
        slots = _slots(_making if self.body else _reading, AT_ONCE)
        # Abandoned only when the app stops: nobody should have to wait for a far server then.
        return await to_thread.run_sync(self._answer, asked, limiter=slots, abandon_on_cancel=True)

    def _answer(self, asked: Asked) -> Response:
        assert self.answer, "an operation without an answer has a direct endpoint"
        return self.answer(current(), asked)


def _slots(kind: RunVar[CapacityLimiter], most: int) -> CapacityLimiter:
    try:
        return kind.get()
    except LookupError:
        kind.set(slots := CapacityLimiter(most))
        return slots


def shown(content: object, status: int = 200, headers: Mapping[str, str] = immutabledict()) -> Response:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store", **headers})


def _query(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    """A name that is given several times is a list."""
    found: dict[str, Any] = {}
    for name in request.query_params:
        given = request.query_params.getlist(name)
        field = model.model_fields.get(name)
        is_list = field is not None and "list" in str(field.annotation)
        found[name] = given if is_list or len(given) > 1 else given[0]
    return found
