"""Sessions: signed cookies that say what they open and until when, and never hold the token.

The key is made from the token, slowly, so that who holds a cookie – a reviewer, say – can't find a token by
trying. Another token, another key: changing ``WORKBENCH_TOKEN`` ends every session. Nothing is stored; what
was signed out is remembered until the process ends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.server.scopes import Scope, read_scope, spelled

COOKIE = "workbench_session"  # one for everything; a review's has its id behind it
WEEK_S = 7 * 24 * 3600
_MOST_COOKIES = 20
_MOST_ENDED = 10_000
_PURPOSE = b"video-prompt-workbench session 1"
_SLOWNESS = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024**2}  # about 0.1 s and 32 MB, once a process


@dataclass(frozen=True, slots=True)
class Session:
    """``ends_at`` is seconds since 1970 (UTC); ``id`` tells it from every other."""

    scope: Scope
    ends_at: int
    id: str


class Sessions:
    """Issues and reads the values of one token."""

    def __init__(self, token: str, now: Callable[[], float] = time.time) -> None:
        self._key = hashlib.scrypt(token.encode(), salt=_PURPOSE, **_SLOWNESS)
        self._now = now
        self._ended: dict[str, int] = {}

    def issue(self, scope: Scope, life_s: float = WEEK_S) -> str:
        """A signed value that opens ``scope`` – everything, or one review – for ``life_s`` seconds."""
        said = f"{spelled(scope)}.{int(self._now() + life_s)}.{secrets.token_urlsafe(12)}"
        return f"{said}.{self._seal(said)}"

    def read(self, value: str) -> Session | None:
        """What a value says; ``None`` when it is not ours, has run out or was signed out."""
        said, _, seal = value.rpartition(".")
        if not value.isascii() or not hmac.compare_digest(self._seal(said), seal):
            return None
        spelling, ends_at, name = said.split(".")
        session = Session(read_scope(spelling), int(ends_at), name)
        is_over = session.ends_at <= self._now() or session.id in self._ended
        return None if is_over else session

    def end(self, value: str) -> None:
        """Sign a value out: it opens nothing any more, wherever else it is kept."""
        session = self.read(value)
        if session is None:
            return
        if len(self._ended) >= _MOST_ENDED:
            now = self._now()
            self._ended = {name: ends_at for name, ends_at in self._ended.items() if ends_at > now}
        self._ended[session.id] = session.ends_at

    def read_all(self, cookies: Mapping[str, str]) -> list[Session]:
        """The sessions among a request's cookies."""
        return [session for value in values(cookies) if (session := self.read(value))]

    def _seal(self, said: str) -> str:
        digest = hmac.new(self._key, said.encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def cookie_name(scope: Scope) -> str:
    """Each review has a cookie of its own, so that its link signs nobody out of anything."""
    return COOKIE if scope.everything else f"{COOKIE}_{spelled(scope).partition(':')[2]}"


def values(cookies: Mapping[str, str]) -> list[str]:
    """The values among a request's cookies that may be sessions."""
    return [value for name, value in cookies.items() if name.startswith(COOKIE)][:_MOST_COOKIES]
