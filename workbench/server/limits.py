"""How often, how large and how slowly a request may come. The numbers stand here and nowhere else."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

JSON_BYTES = 1_000_000
PICTURES_IN_JSON_BYTES = 100_000_000  # three pictures of 20 MB each grow by a third in base64
UPLOAD_BYTES = 600_000_000
TOKEN_BYTES = 8_000  # a sign-in
BODY_PAUSE_S = 30.0  # between two pieces of a body
BODY_S_A_BYTE = 1 / 10_000  # and 30 s more in all; a slower line than 10 kB/s is none


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """``form_bytes`` holds for multipart forms and plain files, ``other_bytes`` for JSON and the rest."""

    path: re.Pattern[str]
    form_bytes: int
    other_bytes: int


# The first that matches holds. What takes clips says so here; everything else takes a small JSON.
BODY_LIMITS = (
    BodyLimit(re.compile(r"/sign-(in|out)"), TOKEN_BYTES, TOKEN_BYTES),
    BodyLimit(re.compile(r"/v1/videos(/.*)?"), UPLOAD_BYTES, PICTURES_IN_JSON_BYTES),
    BodyLimit(re.compile(r"/veo31/generate"), UPLOAD_BYTES, PICTURES_IN_JSON_BYTES),
    BodyLimit(re.compile(r"/api/(runs|references|media)"), UPLOAD_BYTES, PICTURES_IN_JSON_BYTES),
    BodyLimit(re.compile(r"(/[^/]+)?/_stcore/upload_file/.+"), UPLOAD_BYTES, JSON_BYTES),
    BodyLimit(re.compile(r".*", re.DOTALL), JSON_BYTES, JSON_BYTES),
)
_FORMS = ("multipart/form-data", "application/octet-stream", "image/", "video/")


def most_bytes(path: str, content_type: str) -> int:
    """How large a body may be that is sent to ``path``."""
    limit = next(limit for limit in BODY_LIMITS if limit.path.fullmatch(path))
    is_form = content_type.strip().lower().startswith(_FORMS)
    return limit.form_bytes if is_form else limit.other_bytes


class TooMuch(Exception):
    """A body went over its limit, or paused for too long, while it was read."""


class Bounded:
    """A request whose body stops at its limit, at a pause of ``pause_s``, and when it takes too long.

    ``broken`` is 413 or 408 from then on, and what the app makes of the exception is not sent, so that the
    gate can answer instead – unless an answer ``has_begun``.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, pause_s: float = BODY_PAUSE_S) -> None:
        headers = Headers(scope=scope)
        self.most = most_bytes(scope["path"], headers.get("content-type", ""))
        self.has_begun = False
        self._receive, self._send = receive, send
        self._left = self.most
        self._pause_s = pause_s
        self._ends_at = time.monotonic() + pause_s + self.most * BODY_S_A_BYTE
        self._is_whole = False
        declared = headers.get("content-length", "")
        self.broken = 413 if declared.isdecimal() and int(declared) > self.most else 0

    async def receive(self) -> Message:
        if self.broken:
            raise TooMuch
        if self._is_whole:  # what comes now is the end of the connection, whenever that is
            return await self._receive()
        try:
            left_s = max(0.0, self._ends_at - time.monotonic())
            async with asyncio.timeout(min(self._pause_s, left_s)):
                message = await self._receive()
        except TimeoutError:
            self.broken = 408
            raise TooMuch from None
        self._left -= len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._left < 0:
            self.broken = 413
            raise TooMuch
        return message

    async def send(self, message: Message) -> None:
        if self.has_begun or not self.broken:
            self.has_begun = True
            await self._send(message)


class Buckets:
    """A token bucket for each key: ``burst`` at once, then ``a_second``. Safe in one event loop."""

    def __init__(
        self, a_second: float, burst: float, *, now: Callable[[], float] = time.monotonic, most: int = 10_000
    ) -> None:
        self._rate = a_second
        self._burst = burst
        self._now = now
        self._most = most
        self._full_at: dict[str, float] = {}  # when the key's bucket will be full again

    def wait_s(self, key: str) -> float:
        """Seconds until the key may take one; 0 when it may now."""
        now = self._now()
        missing = max(0.0, self._full_at.get(key, now) - now) * self._rate
        return max(0.0, (missing + 1 - self._burst) / self._rate)

    def take(self, key: str) -> float:
        """Take one and return 0; or take nothing and return the seconds until there is one."""
        wait = self.wait_s(key)
        if wait == 0:
            now = self._now()
            if key not in self._full_at and len(self._full_at) >= self._most:
                self._forget(now)
            self._full_at[key] = max(now, self._full_at.get(key, now)) + 1 / self._rate
        return wait

    def _forget(self, now: float) -> None:
        """Full buckets say nothing. Where all are in use, those that are full soonest go."""
        kept = sorted((at, key) for key, at in self._full_at.items() if at > now)
        self._full_at = {key: at for at, key in kept[len(kept) // 10 :]}


class Failures:
    """Wrong tokens, counted for whoever sent them: a few at once, then five a minute.

    A proxy brings everybody from one address. Where the connection comes from this machine or a private
    network, failures are therefore counted for the address that it was forwarded for as well – so that one
    stranger shuts out nobody else – and more generously for the connection's own, since that header can be
    invented by whoever is near enough to leave the proxy out.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._of_one = Buckets(1 / 12, 6, now=now)
        self._of_a_proxy = Buckets(5, 300, now=now)

    def wait_s(self, scope: Scope) -> float:
        """Seconds for which this peer's tokens are not even looked at."""
        return max(buckets.wait_s(key) for buckets, key in self._counted(scope))

    def add(self, scope: Scope) -> None:
        for buckets, key in self._counted(scope):
            buckets.take(key)

    def _counted(self, scope: Scope) -> list[tuple[Buckets, str]]:
        address = (scope.get("client") or ("",))[0]
        peer = neighbourhood(address)
        named = Headers(scope=scope).getlist("x-forwarded-for")
        if not named or not _is_near(address):
            return [(self._of_one, peer)]
        behind = neighbourhood(named[-1].rpartition(",")[2].strip())  # what the nearest proxy has seen
        return [(self._of_one, f"{peer} for {behind:.50}"), (self._of_a_proxy, peer)]


def neighbourhood(peer: str) -> str:
    """An IPv4 address, or the /64 that one household has of IPv6."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def _is_near(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_private
    except ValueError:
        return False
