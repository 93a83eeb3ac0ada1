"""``download``: a clip into a file – resumed and whole, with the key from its own origin only."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from workbench.domain.errors import ProviderError, Unavailable
from workbench.providers.http.origin import CONNECT_S, STREAM_BYTES, Origin, as_given, tls
from workbench.providers.http.refusals import afterwards

if TYPE_CHECKING:
    import aiohttp

MOST_REDIRECTS = 5
LARGEST_CLIP_BYTES = 4_000_000_000
_BATCH_BYTES = 1 << 20  # written at once: each write is a way to a thread and back
_SMALL_BYTES = 200_000
_HEAD_BYTES = 16
_TEXTS = ("application/json", "text/", "application/problem+json")
_FILES = re.compile(rb"....ftyp|\x89PNG|\xff\xd8\xff|\x1a\x45\xdf\xa3|RIFF", re.S)
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class NotAFile:
    """The server gave a text (mostly JSON that names the real address) instead of a file."""

    content: Any


class LinkRefused(Unavailable):
    """A link to somewhere else was refused (400, 401, 403, 404, 410): it has lapsed. Ask for a fresh one."""


async def download(origin: Origin, url: str, target: Path) -> NotAFile | None:
    """Write ``url`` to ``target``; what is there already of it is kept and only the rest is asked for.

    The key goes to the origin only, redirects included; any other host has to be public, or as near as the
    configured origin itself (an endpoint on this machine may name this machine). Raises ``Unavailable``,
    ``AuthLapsed``, ``OperationGone`` or, for a foreign link, ``LinkRefused``.
    """
    import aiohttp

    try:
        if not urlsplit(url).hostname or urlsplit(url).port == 0:
            raise ValueError(url)
    except ValueError as error:
        raise Unavailable(f"{origin.who} names no usable address for the clip") from error
    try:
        return await _download(origin, url, target)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        # The disk, not the wire; an error of the wire has neither.
        if isinstance(error, OSError) and (error.filename or error.errno in _DISK):
            raise
        where = urlsplit(url).hostname
        raise Unavailable(f"The clip could not be fetched from {where} ({type(error).__name__})") from error


async def _download(origin: Origin, url: str, target: Path) -> NotAFile | None:
    part = _Part(target)
    async with _follow(origin, url, part.headers()) as response:
        if response.status == 416:
            part.discard()
            raise Unavailable(
                f"{response.url.host} can't go on with the clip; it is fetched from its beginning"
            )
        if response.status not in (200, 206):
            raise _refused(origin, response, await response.content.read(_SMALL_BYTES))
        head = await _at_least(response, _HEAD_BYTES)
        if response.status == 200 and _is_text(response.content_type, head):
            return NotAFile(_parsed(head + await _at_least(response, _SMALL_BYTES)))
        await part.receive(response, head)
    return None


def _is_text(content_type: str, head: bytes) -> bool:
    """The first bytes decide: servers send clips as text/plain, and JSON as application/octet-stream."""
    if _FILES.match(head):
        return False
    return content_type.startswith(_TEXTS) or head.lstrip()[:1] in (b"{", b"[", b"<")


async def _at_least(response: aiohttp.ClientResponse, count: int) -> bytes:
    """The next bytes, ``count`` of them unless the body ends before."""
    found = bytearray()
    while len(found) < count and (block := await response.content.read(count - len(found))):
        found += block
    return bytes(found)


@asynccontextmanager
async def _follow(
    origin: Origin, url: str, headers: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    for _ in range(MOST_REDIRECTS + 1):
        step = origin.get(url, headers) if origin.is_mine(url) else _get_elsewhere(origin, url, headers)
        async with step as response:
            if response.status not in (301, 302, 303, 307, 308):
                yield response
                return
            url = urljoin(str(response.url), response.headers.get("location", ""))
    raise Unavailable(f"{origin.who} redirects a download more than {MOST_REDIRECTS} times")


@asynccontextmanager
async def _get_elsewhere(
    origin: Origin, url: str, headers: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    """From a host that the answer named: without the key, to an address that was checked before."""
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Unavailable(f"{origin.who} names an address for the clip that is no plain web address")

    class Checked(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            return await _checked(origin, host, port)

        async def close(self) -> None:
            return

    if _literal(parts.hostname):  # aiohttp resolves names only
        await _checked(origin, parts.hostname, parts.port or 0)
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=60)
    connector = aiohttp.TCPConnector(resolver=Checked(), use_dns_cache=False, ssl=tls())
    jar = aiohttp.DummyCookieJar()
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False) as session,
        session.get(
            as_given(url),
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
            read_bufsize=STREAM_BYTES,
        ) as response,
    ):
        yield response


async def _checked(origin: Origin, host: str, port: int) -> list[Any]:
    from workbench.media.fetch import is_public  # brings an HTTP client of its own: only for links elsewhere

    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"There is no host {host}, where {origin.who} says that the clip is") from error
    for *_, place in found:
        address = ipaddress.ip_address(place[0])
        is_near = (origin.nearness == 2 and address.is_loopback) or (
            origin.nearness >= 1
            and address.is_private
            and not address.is_link_local
            and not address.is_loopback
        )
        if not (is_public(address) or is_near):
            raise Unavailable(
                f"{origin.who} says that the clip is at {host}, which is inside a private network; "
                f"only public addresses are fetched"
            )
    return [
        {"hostname": host, "host": place[0], "port": port, "family": family, "proto": proto, "flags": 0}
        for family, _, proto, _, place in found
    ]


def _literal(host: str) -> bool:
    """As aiohttp sees it, of which some versions take ``2130706433`` for one: no resolver is asked for it."""
    return ":" in host or host.replace(".", "").isdigit()


def _refused(origin: Origin, response: aiohttp.ClientResponse, body: bytes) -> ProviderError:
    headers = dict(response.headers)
    if origin.is_mine(str(response.url)):
        return afterwards(origin.who, response.status, _parsed(body), headers, origin.secrets)
    if response.status in (400, 401, 403, 404, 410):  # 400: how Google's storage says that it has expired
        return LinkRefused(f"{response.url.host} answered {response.status}: the link has lapsed")
    return Unavailable(f"{response.url.host} answered {response.status}")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


class _Part:
    """The beginning of a file, and what the server called that version of it (ETag)."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.etag")
        self._whole: int | None = None

    def headers(self) -> dict[str, str]:
        """Ask for the rest, but only of the same version; not packed, so that lengths are the file's."""
        plain = {"accept-encoding": "identity"}
        if not (self._path.exists() and self._note.exists()):
            return plain
        return {**plain, "range": f"bytes={self._path.stat().st_size}-", "if-range": self._note.read_text()}

    async def receive(self, response: aiohttp.ClientResponse, head: bytes) -> None:
        """``head`` is what was read of the body already."""
        start = 0
        if response.status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
            start = int(span[1]) if span else -1
            if start != (self._path.stat().st_size if self._path.exists() else 0):
                self.discard()
                raise Unavailable(f"{response.url.host} sent another part of the clip than was asked for")
            self._whole = int(span[2]) if span and span[2] != "*" else None
        elif response.content_length is not None and "content-encoding" not in response.headers:
            self._whole = response.content_length
        with self._path.open("ab" if start else "wb") as handle:
            size, held, held_bytes = start + len(head), [head], len(head)
            try:
                async for block in response.content.iter_any():
                    held.append(block)
                    held_bytes += len(block)
                    size += len(block)
                    if size > LARGEST_CLIP_BYTES:
                        raise Unavailable(f"The clip is larger than {LARGEST_CLIP_BYTES / 1e9:g} GB")
                    if held_bytes >= _BATCH_BYTES:
                        full, held, held_bytes = held, [], 0
                        await asyncio.to_thread(handle.writelines, full)
                await asyncio.to_thread(self._finish, handle, held, size)
            except Exception:  # the next try goes on from what has come
                if not handle.closed:
                    handle.writelines(held)
                self._remember(response)
                raise

    def _remember(self, response: aiohttp.ClientResponse) -> None:
        """By what to ask for the rest: the ETag, else the date. Of what came packed there is no rest."""
        tag = response.headers.get("etag", "")
        tag = "" if tag.startswith("W/") else tag or response.headers.get("last-modified", "")
        if tag and "content-encoding" not in response.headers:
            self._note.write_text(tag)
        elif response.status == 200:
            self._note.unlink(missing_ok=True)  # of an earlier try

    def _finish(self, handle: BinaryIO, rest: list[bytes], size: int) -> None:
        handle.writelines(rest)
        handle.close()  # a disk that is full says so here at the latest
        if self._whole is not None and size != self._whole:
            if size > self._whole:
                self.discard()
            raise Unavailable(f"The clip broke off after {size:,} of {self._whole:,} bytes")
        if size == 0:
            self.discard()
            raise Unavailable("The clip is empty")
        self._path.replace(self._target)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
