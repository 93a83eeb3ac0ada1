"""Who may talk to the app: one ASGI gate before pages, websocket, media and API alike.

This is its loopback form: open to this machine, closed to everybody else. It looks at each request and
not at the address that the server was told to listen on, so it also holds under plain
``uvicorn --host 0.0.0.0``. Four things are refused:

- a peer that is not loopback, or is not known;
- a request that was forwarded. A proxy makes everybody look local, its headers can be invented by whoever
  sends them, and a server may be set to believe them (``FORWARDED_ALLOW_IPS``): so any such header is
  refused, whomever it names;
- a foreign ``Host``: some other site's name that was made to point here (DNS rebinding);
- a page of another origin, by ``Origin`` and ``Sec-Fetch-Site``. Another port of this machine is another
  origin. What stays possible from elsewhere is a link that opens a page in a tab of its own.

``/api/health`` takes any ``Host``, because a load balancer sends its own; see ``server.health`` for what
such a caller is told.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.domain.errors import BadSetting
from workbench.server import answers
from workbench.settings import Settings

HEALTH = "/api/health"
OWN_NAMES = ("localhost", "127.0.0.1", "::1")

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_HOST = re.compile(r"(?P<name>\[::1\]|[a-z0-9.-]+)(?P<port>:[0-9]{1,5})?", re.IGNORECASE)
_API = re.compile(r"/(api|v1|veo31)(/|$)")
_POLICY_VIOLATION = 1008


class Gate:
    """Pure ASGI middleware. A refusal is 403 with one sentence; a websocket is never accepted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not (sentence := refusal(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _answer(scope["path"], sentence)(scope, receive, send)
        else:
            await _refuse_websocket(receive, send)


def refusal(scope: Scope) -> str:
    """Why this request is refused, in one sentence; empty when it may pass."""
    headers = Headers(scope=scope)
    peer = scope.get("client")
    if peer is None or not _is_loopback(peer[0]):
        return (
            "This workbench answers only the machine that it runs on; open it there, "
            "or reach it through an SSH tunnel (ssh -L 8501:127.0.0.1:8501 …)."
        )
    if found := next((name for name in _FORWARDED if name in headers), None):
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
    if _is_foreign_page(headers, scope):
        return (
            "This workbench takes nothing from pages of another site or port; "
            "open it in a tab of its own and do it there."
        )
    return ""


def is_own_host(host: str) -> bool:
    """Whether a ``Host`` header (with or without a port) names this machine's loopback."""
    match = _HOST.fullmatch(host)
    return match is not None and match["name"].strip("[]").lower() in OWN_NAMES


def check_access(settings: Settings) -> None:
    """Raise ``BadSetting`` when the settings ask for access that this version can't guard."""
    token = settings.environment.get("WORKBENCH_TOKEN")
    if settings.host not in OWN_NAMES:
        raise BadSetting(
            f"WORKBENCH_HOST is {settings.host!r}, but access from elsewhere (WORKBENCH_TOKEN with "
            f"WORKBENCH_ALLOWED_HOSTS) is not in this version: use 127.0.0.1, localhost or ::1, and reach "
            f"it from elsewhere through an SSH tunnel."
        )
    if token:
        raise BadSetting(
            "WORKBENCH_TOKEN is set, but sign-in by token is not in this version: unset it; without it the "
            "workbench is open to this machine only."
        )


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _is_foreign_page(headers: Headers, scope: Scope) -> bool:
    """By what browsers say of the page that asks; other programs say nothing and pass."""
    origin = headers.get("origin")
    if origin is not None and not _is_same_origin(origin, headers.get("host", "")):
        return True
    site = headers.get("sec-fetch-site", "none")
    return site not in ("same-origin", "none") and not _opens_a_tab(headers, scope)


def _is_same_origin(origin: str, host: str) -> bool:
    """The scheme is left out: it can't differ on one port, and differs behind no proxy."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def _opens_a_tab(headers: Headers, scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _answer(path: str, sentence: str) -> Response:
    if _API.match(path):
        return answers.error(403, "forbidden", sentence)
    return PlainTextResponse(sentence, 403, headers={"Cache-Control": "no-store"})


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    """Closed before it is accepted, which servers answer with 403; no browser shows a sentence here."""
    await receive()  # websocket.connect
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
