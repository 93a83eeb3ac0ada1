"""``Origin``: one base URL with its key. Requests go there and nowhere else, and follow no redirect."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from workbench.domain.errors import NotAccepted, OutcomeUnknown, Unavailable
from workbench.providers.http.refusals import in_words

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

Headers = Callable[[], Awaitable[Mapping[str, str]]]
_Sessions: TypeAlias = "WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession]"
TIMEOUT_S = 120.0  # for the whole of a small answer; a server that says nothing must not hold a run for ever
CONNECT_S = 15.0
STREAM_BYTES = 1 << 18  # read ahead of a file; with aiohttp's 64 KB it stops and goes
LARGEST_ANSWER_BYTES = 400_000_000  # four inline clips as base64
_NEVER_PUBLIC = ("local", "localhost", "lan", "internal", "home.arpa", "test")  # RFC 6762, 8375, 6761


@dataclass(frozen=True)  # with a place for what was parsed
class Answer:
    """``content`` is the parsed JSON where the body is JSON, else its text."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @cached_property
    def content(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body[:20_000].decode("utf-8", "replace")

    @property
    def is_json(self) -> bool:
        """Whether the body is a JSON object."""
        return isinstance(self.content, dict)


class Origin:
    """``base_url`` with or without a path. ``headers`` gives the credentials anew for each request.

    ``secrets`` are what never may stand in a message, even where the server repeats it.
    """

    def __init__(self, who: str, base_url: str, headers: Headers, secrets: Collection[str] = ()) -> None:
        self.who = who
        self.secrets = secrets
        self.base_url = base_url.rstrip("/")
        self._headers = headers
        self._sessions: _Sessions = WeakKeyDictionary()
        self._paid: _Sessions = WeakKeyDictionary()

    async def send(
        self,
        method: str,
        path: str,
        *,
        json_body: object = None,
        form: aiohttp.FormData | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """A request that costs money, over a connection of its own.

        Only for POST: the other methods aiohttp sends anew by itself when the connection is cut. Raises
        ``NotAccepted`` where it certainly never arrived, ``OutcomeUnknown`` where it may have.
        A connection that was kept may be closing while the request leaves: nobody could tell then.
        """
        import aiohttp

        try:
            async with self._session(self._paid, keep=False).request(
                method,
                f"{self.base_url}{path}",
                json=json_body,
                data=form,
                headers=await self._headers(),
                allow_redirects=False,
                timeout=_timeout(timeout_s),
            ) as response:
                return Answer(response.status, dict(response.headers), await _small(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotAccepted(f"{self.who} can't be reached ({_why(error)})") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"{self.who} gave no answer ({_why(error)})") from error

    async def ask(
        self, method: str, path: str, *, json_body: object = None, timeout_s: float = TIMEOUT_S
    ) -> Answer:
        """A request that may be repeated. Raises ``Unavailable``."""
        import aiohttp

        try:
            async with self.session().request(
                method,
                f"{self.base_url}{path}",
                json=json_body,
                headers=await self._headers(),
                allow_redirects=False,
                timeout=_timeout(timeout_s),
            ) as response:
                return Answer(response.status, dict(response.headers), await _small(response))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{self.who} can't be reached ({_why(error)})") from error

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """A streamed answer from a URL of this origin, with its key; no time limit on the whole."""
        import aiohttp

        if not self.is_mine(url):
            raise ValueError(f"{urlsplit(url).netloc} is not {self.base_url}")
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=60)
        async with self.session().get(
            as_given(url),
            headers={**await self._headers(), **headers},
            allow_redirects=False,
            timeout=timeout,
            read_bufsize=STREAM_BYTES,
        ) as response:
            yield response

    def is_mine(self, url: str) -> bool:
        """Same scheme, host and port: the only place where the key may go."""
        return _place(url) == _place(self.base_url)

    @property
    def nearness(self) -> int:
        """How private the configured address is: 2 loopback, 1 a private network, 0 public.

        A name counts as private only where no public host can have it (``gpu``, ``box.lan``).
        """
        host = (urlsplit(self.base_url).hostname or "").rstrip(".")
        if host == "localhost":
            return 2
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            is_near = "." not in host or host.endswith(tuple(f".{name}" for name in _NEVER_PUBLIC))
            return int(is_near)
        return 2 if address.is_loopback else int(address.is_private)

    def session(self) -> aiohttp.ClientSession:
        """One for each running loop; no cookies, no proxy of the environment."""
        return self._session(self._sessions, keep=True)

    def _session(self, sessions: _Sessions, *, keep: bool) -> aiohttp.ClientSession:
        import aiohttp

        loop = asyncio.get_running_loop()
        session = sessions.get(loop)
        if session is None or session.closed:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=tls(), force_close=not keep),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "video-prompt-workbench"},
                auto_decompress=True,
            )
            sessions[loop] = session
        return session

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        for session in (self._sessions.pop(loop, None), self._paid.pop(loop, None)):
            if session is not None:
                await session.close()


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        parts.port or {"http": 80, "https": 443}.get(parts.scheme),
    )


@cache
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    import aiohttp

    return aiohttp.ClientTimeout(total=seconds, connect=CONNECT_S)


@cache
def tls() -> ssl.SSLContext:
    """Trusts what this machine trusts (a company's own authority, too) and what certifi lists."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def as_given(url: str) -> URL:
    """The address to the letter: a signed link must not be spelled anew. Raises ``ValueError``."""
    from yarl import URL

    return URL(url, encoded=url.isascii() and " " not in url)


async def _small(response: aiohttp.ClientResponse) -> bytes:
    import aiohttp

    told, is_packed = response.content_length, "content-encoding" in response.headers
    if told is not None and told <= STREAM_BYTES and not is_packed:
        return await response.read()
    body = bytearray()
    async for block in response.content.iter_chunked(1 << 16):
        body += block
        if len(body) > LARGEST_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError("the answer is larger than any answer should be")
    return bytes(body)


def _why(error: BaseException) -> str:
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid for that name"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "its address says https, but what answers there does not speak it"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ConnectionRefusedError) or isinstance(error.__cause__, ConnectionRefusedError):
        return "nothing answers at its address"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "its answer broke off"
    is_link = isinstance(error, aiohttp.ClientOSError) and not isinstance(error, aiohttp.ClientConnectorError)
    if isinstance(error, aiohttp.ServerDisconnectedError) or is_link:
        return "it closed the connection"
    return in_words(str(error)) or type(error).__name__
