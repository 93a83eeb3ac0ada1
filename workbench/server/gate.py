"""Who may talk to the app: one ASGI gate before pages, websocket, media and API alike.

It looks at each request and not at the address that the server was told to listen on, so it also holds
under plain ``uvicorn --host 0.0.0.0``.

**Without a token** it is open to this machine and closed to everybody else. Four things are refused:

- a peer that is not loopback, or is not known;
- a request that was forwarded. A proxy makes everybody look local, its headers can be invented by whoever
  sends them, and a server may be set to believe them (``FORWARDED_ALLOW_IPS``): so any such header is
  refused, whomever it names;
- a foreign ``Host``: some other site's name that was made to point here (DNS rebinding);
- a page of another origin, by ``Origin`` and ``Sec-Fetch-Site``. Another port of this machine is another
  origin. What stays possible from elsewhere is a link that opens a page in a tab of its own.

**With a token** every request, from this machine too, carries it (``Authorization: Bearer``) or the cookie
that signing in gave. Peers and proxies may then be any; a proxy has to pass ``Host`` on. Its headers are
not refused, and believed for one thing only: whom wrong tokens are counted for (``limits.Failures``).
``Host`` has to be allowed, and pages of another origin stay out – unless a request bears the token itself,
which no foreign page can make a browser send. A cookie is sent by the browser whoever asks, so with a cookie
all that changes something, and the websocket, has to say that it comes from our own pages.

``/api/health`` takes any ``Host``, because a load balancer sends its own; see ``server.health`` for what
such a caller is told.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.domain.errors import BadSetting
from workbench.server import answers, limits, scopes, sign_in
from workbench.server.access import Access, Caller, access_of
from workbench.server.callers import forwarding, is_foreign_page, is_loopback, is_own_host, is_own_page
from workbench.server.security import secured
from workbench.settings import AccessSettings, load_access
from workbench.settings.access import THIS_MACHINE_ONLY

HEALTH = "/api/health"

_API = re.compile(r"/(api|v1|veo31)(/|$)")
_NO_PAGES = re.compile(r"(/[^/]+)?/(_stcore|static|component|media)/|/favicon\.png")
_SIGNING = (sign_in.SIGN_IN, sign_in.SIGN_OUT)
_OUT_OF_SCOPE = "out_of_scope"
_POLICY_VIOLATION = 1008
_STREAM = "text/event-stream"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request does not pass, in one sentence, and what a program is told."""

    sentence: str
    status: int = 403
    code: str = "forbidden"
    headers: dict[str, str] = field(default_factory=dict)


class Gate:
    """Pure ASGI middleware. A refusal is one sentence; a websocket is never accepted.

    Settings that can't be used close it for everybody.
    """

    def __init__(self, app: ASGIApp, load: Callable[[], AccessSettings] = load_access) -> None:
        self.app = app
        self._wrong = ""
        try:
            self._access = access_of(load())
        except BadSetting as error:
            _log.error("%s", error)
            self._access = Access(THIS_MACHINE_ONLY)
            self._wrong = "WORKBENCH_TOKEN or WORKBENCH_ALLOWED_HOSTS can't be used; the log says why."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, secured(scope, send))
        else:
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused, granted = self._judge(scope)
        if refused:
            await _answer(scope, refused)(scope, receive, send)
            return
        session = _Session(lambda: self._caller(scope).scope == granted, send)
        request = limits.Bounded(scope, receive, session.send if self._access.sessions else send)
        try:
            if not request.broken:
                await self._pass(scopes.grant(scope, granted), request)
        except limits.TooMuch:
            pass
        except Exception:  # what a library made of it
            if not (request.broken or session.is_over):
                raise
        if request.broken and not request.has_begun:
            await _answer(scope, _broken(request))(scope, receive, send)

    async def _pass(self, scope: Scope, request: limits.Bounded) -> None:
        if self._access.sessions and scope["path"] in _SIGNING:
            answer = await sign_in.answer(Request(scope, request.receive), self._access)
            await answer(scope, request.receive, request.send)
        else:
            await self.app(scope, request.receive, request.send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused, granted = self._judge(scope)
        if refused:
            await _refuse_websocket(receive, send)
            return

        async def while_signed_in() -> Message:
            """Each message is looked at again: a page that stays open ends with its session."""
            message = await receive()
            if self._caller(scope).scope != granted:
                return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
            return message

        await self.app(scopes.grant(scope, granted), while_signed_in, send)

    def _judge(self, scope: Scope) -> tuple[Refusal | None, scopes.Scope]:
        """Why a request is refused, or what it is granted."""
        if self._wrong:
            return Refusal(self._wrong, 503, "bad_setting"), scopes.NOTHING
        if self._access.sessions is None:
            sentence = refusal(scope)
            is_ours = not sentence and is_own_host(Headers(scope=scope).get("host", ""))
            granted = scopes.EVERYTHING if is_ours else scopes.NOTHING
            return Refusal(sentence) if sentence else None, granted
        caller = self._caller(scope)
        return self._refusal(scope, caller), caller.scope

    def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        return self._access.caller(headers.get("authorization", ""), headers.get("cookie", ""))

    def _refusal(self, scope: Scope, caller: Caller) -> Refusal | None:
        """With a token: why a request is refused. Counts what is counted."""
        headers, path = Headers(scope=scope), scope["path"]
        method = scope.get("method", scopes.WEBSOCKET)
        if not self._is_allowed_host(headers) and path != HEALTH:
            return Refusal(
                "This workbench does not answer under that name; add it to WORKBENCH_ALLOWED_HOSTS where it "
                "runs (a proxy has to pass the Host header on)."
            )
        if caller.bears_token and (refused := self._wrong_token(scope, caller)):
            return refused
        if not caller.bears_token and is_foreign_page(headers, scope):
            return Refusal(_FOREIGN_PAGE)
        if path == HEALTH or path in _SIGNING:
            return None
        if caller.scope == scopes.NOTHING:
            sentence = (
                "This workbench asks for its access token: send it as “Authorization: Bearer …”, or sign in."
            )
            return Refusal(sentence, 401, "unauthorized", dict(sign_in.CHALLENGE))
        if not caller.scope.opens(method, path):
            return Refusal("This session opens its review and nothing else.", 403, _OUT_OF_SCOPE)
        if not caller.bears_token and method not in scopes.READING and not is_own_page(headers):
            return Refusal(
                "With a cookie, this is taken from the workbench's own pages only; "
                "other programs send the token as “Authorization: Bearer …”."
            )
        return self._too_often(caller, is_write=method not in scopes.READING and bool(_API.match(path)))

    def _wrong_token(self, scope: Scope, caller: Caller) -> Refusal | None:
        """A wrong token is a failed sign-in; after too many, a peer's next tokens aren't even looked at."""
        if wait_s := self._access.failures.wait_s(scope):
            sentence, headers = sign_in.too_often(wait_s)
            return Refusal(sentence, 429, "too_many_requests", headers)
        if caller.scope == scopes.NOTHING:
            self._access.failures.add(scope)
            sentence = "That is not the token of this workbench."
            return Refusal(sentence, 401, "unauthorized", dict(sign_in.CHALLENGE))
        return None

    def _too_often(self, caller: Caller, *, is_write: bool) -> Refusal | None:
        buckets = self._access.writes if is_write else self._access.reads
        wait_s = buckets.take(caller.name)
        if not wait_s:
            return None
        sentence, headers = sign_in.too_often(wait_s, "requests")
        return Refusal(sentence, 429, "too_many_requests", headers)

    def _is_allowed_host(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and (is_own_host(hosts[0]) or self._access.settings.allows(hosts[0]))


class _Session:
    """Sends an answer; a stream of events, which could last for ever, ends with its session."""

    def __init__(self, lasts: Callable[[], bool], send: Send) -> None:
        self.is_over = False
        self._lasts = lasts
        self._send = send
        self._is_stream = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_stream = Headers(raw=message["headers"]).get("content-type", "").startswith(_STREAM)
        elif self._is_stream and message.get("more_body") and not self._lasts():
            self.is_over = True
            await self._send({"type": "http.response.body", "body": b""})
            raise OSError("The session has ended")  # as servers say that nobody listens any more
        await self._send(message)


def refusal(scope: Scope) -> str:
    """Without a token: why this request is refused, in one sentence; empty when it may pass."""
    headers = Headers(scope=scope)
    peer = scope.get("client")
    if peer is None or not is_loopback(peer[0]):
        return (
            "This workbench answers only the machine that it runs on; open it there, "
            "or reach it through an SSH tunnel (ssh -L 8501:127.0.0.1:8501 …)."
        )
    if found := forwarding(headers):
        return (
            f"This workbench is not reachable through a proxy ({found} was sent); "
            "open it directly on the machine that it runs on."
        )
    hosts = headers.getlist("host")
    if scope["path"] != HEALTH and not (len(hosts) == 1 and is_own_host(hosts[0])):
        return (
            "This workbench does not answer under that name; "
            "open it as http://127.0.0.1 or http://localhost, followed by its port."
        )
    return _FOREIGN_PAGE if is_foreign_page(headers, scope) else ""


_FOREIGN_PAGE = (
    "This workbench takes nothing from pages of another site or port; "
    "open it in a tab of its own and do it there."
)


def _broken(request: limits.Bounded) -> Refusal:
    close = {"Connection": "close"}  # the rest of the body is not waited for
    if request.broken == 408:
        sentence = "The rest of the request did not come in time; send it again."
        return Refusal(sentence, 408, "timeout", close)
    sentence = f"The request is larger than the {request.most / 1e6:g} MB that are taken here."
    return Refusal(sentence, 413, "too_large", close)


def _answer(scope: Scope, refused: Refusal) -> Response:
    path = scope["path"]
    if _API.match(path):
        return answers.error(refused.status, refused.code, refused.sentence, headers=refused.headers)
    if _is_page(scope) and (refused.status == 401 or refused.code == _OUT_OF_SCOPE):
        query = scope["query_string"].decode("latin-1")
        wrong = refused.sentence if refused.code == _OUT_OF_SCOPE else ""
        return sign_in.sign_in_page(f"{path}?{query}" if query else path, refused.status, wrong=wrong)
    headers = {"Cache-Control": "no-store", **refused.headers}
    return PlainTextResponse(refused.sentence, refused.status, headers=headers)


def _is_page(scope: Scope) -> bool:
    return scope["method"] in scopes.READING and not _NO_PAGES.match(scope["path"])


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    """Closed before it is accepted, which servers answer with 403; no browser shows a sentence here."""
    await receive()  # websocket.connect
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
