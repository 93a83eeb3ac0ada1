"""Who a request comes from: the settings, sessions and counts that the gate and the pages share."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from starlette.requests import cookie_parser

from workbench.domain.errors import BadSetting
from workbench.server.callers import OWN_NAMES
from workbench.server.limits import Buckets, Failures
from workbench.server.scopes import EVERYTHING, NOTHING, Scope
from workbench.server.sessions import Sessions
from workbench.settings import AccessSettings, Settings
from workbench.settings.access import offered

BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request's credentials open, and a name to count its requests under."""

    scope: Scope
    name: str
    bears_token: bool = False


class Access:
    """One process's access. Without a token everybody who passes the gate may do everything."""

    def __init__(self, settings: AccessSettings) -> None:
        self.settings = settings
        self.sessions = Sessions(settings.token) if settings.token else None
        self.failures = Failures()
        self.writes = Buckets(10, 100)  # requests of one token or session that change something
        self.reads = Buckets(100, 2_000)  # a long page of clips asks for some hundreds at once

    def caller(self, authorization: str, cookies: str) -> Caller:
        """Who sends these two headers. A token that is wrong is not made up for by a cookie."""
        if self.sessions is None:
            return Caller(EVERYTHING, "")
        token = _bearer(authorization)
        if token is not None:
            return Caller(EVERYTHING if self.is_token(token) else NOTHING, BEARER, bears_token=True)
        found = self.sessions.read_all(read_cookies(cookies))
        scope = reduce(or_, (session.scope for session in found), NOTHING)
        return Caller(scope, " ".join(sorted(session.id for session in found)))

    def is_token(self, given: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.settings.token.encode())


@lru_cache(maxsize=4)
def access_of(settings: AccessSettings) -> Access:
    """The process's access, the same for the gate and for every page."""
    return Access(settings)


def session_scope(settings: AccessSettings, headers: Mapping[str, str]) -> Scope:
    """What a page's visitor may see, by the headers that its websocket was opened with (``st.context``)."""
    return access_of(settings).caller(headers.get("Authorization") or "", headers.get("Cookie") or "").scope


def _bearer(authorization: str) -> str | None:
    """The token of an ``Authorization`` header; ``None`` where it is of another kind, as a proxy's may be."""
    kind, _, token = authorization.strip().partition(" ")
    return token.strip() if kind.lower() == BEARER else None


def read_cookies(header: str) -> dict[str, str]:
    """The cookies of a ``Cookie`` header."""
    return cookie_parser(header) if header else {}


def check_access(settings: Settings) -> None:
    """Raise ``BadSetting`` when the settings would let in others, or nobody, by mistake."""
    access = settings.access
    if access.hosts and not access.token:
        raise BadSetting(
            "WORKBENCH_ALLOWED_HOSTS is set, but without WORKBENCH_TOKEN nobody from elsewhere is let in: "
            f"unset it, or set a token as well, such as {offered()}"
        )
    if settings.host in OWN_NAMES or (access.token and access.hosts):
        return
    lacking = []
    if not access.token:
        lacking.append(f"WORKBENCH_TOKEN (such as {offered()})")
    if not access.hosts:
        lacking.append("WORKBENCH_ALLOWED_HOSTS (the names in the browser's address, such as wb.example.com)")
    raise BadSetting(
        f"WORKBENCH_HOST is {settings.host!r}, and access from elsewhere needs {' and '.join(lacking)}: set "
        "what is missing, or listen on 127.0.0.1, localhost or ::1 and come in through an SSH tunnel."
    )
