"""``fetch_public``: the bytes behind a URL that a person gave, from public addresses only.

A URL must not become a key to the machine's own network: the name is looked up once, every address it
has is checked, and the connection goes to a checked address (so that a second look-up can't answer
otherwise). Redirects pass through the same door, and nothing of them is read but where they lead.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import httpx2

from workbench.domain.errors import BadMedia

MOST_REDIRECTS = 5
TIME_LIMIT_S = 120.0
_MOST_ADDRESSES = 8
_LONGEST_NAME = 100
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "video-prompt-workbench"}
_STEP_TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
_WEB_PORTS = frozenset({None, 80, 443, *range(1024, 65536)})  # what else is low speaks something else
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291: all that is routed on the Internet so far
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214: above the IPv4 address

# Of the IANA's registries of special addresses, what some versions of Python take for public. A cloud keeps
# its metadata in the first.
_NOWHERE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[Address]]


def fetch_public(
    url: str,
    limit_bytes: int,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    allowed: Callable[[Address], bool] | None = None,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """The body of an http or https URL. Raises ``BadMedia`` in one sentence that names the host only.

    No credentials, cookies of others or proxies are used, whatever the environment says.
    """
    start = _parsed(url)
    with _Deadline(time_limit_s) as deadline:
        secure = tls or httpx2.create_ssl_context(trust_env=False)
        try:
            with _Door(allowed or _is_allowed, resolve or _resolve, secure, deadline) as door:
                return _fetched(door, start, limit_bytes, deadline)
        except httpx2.HTTPError as error:
            if deadline.is_over:
                raise deadline.missed(_name(start)) from error
            if isinstance(error, httpx2.TimeoutException):
                raise BadMedia(
                    f"{_name(start)} does not answer in time. Try again, or download the file first."
                ) from error
            why = _reason(error)
            raise BadMedia(
                f"Nothing could be fetched from {_name(start)} ({why}). Check the address."
            ) from error


def _fetched(door: _Door, start: httpx2.URL, limit_bytes: int, deadline: _Deadline) -> bytes:
    """Follows redirects by itself: a client would read their bodies first, however long they are."""
    target = start
    for _ in range(MOST_REDIRECTS + 1):
        extensions = {"timeout": _STEP_TIMEOUT.as_dict()}
        request = httpx2.Request("GET", target, headers=_HEADERS, extensions=extensions)
        with closing(door.handle_request(request)) as response:
            if not response.has_redirect_location:
                return _body(response, _name(target), limit_bytes, deadline)
            target = _next(target, response.headers["location"])
    raise BadMedia(
        f"{_name(start)} redirects more than {MOST_REDIRECTS} times. Give the address of the file itself."
    )


def _next(here: httpx2.URL, location: str) -> httpx2.URL:
    try:
        target = here.join(location)
    except httpx2.InvalidURL:
        target = httpx2.URL("")
    if target.scheme not in ("http", "https") or not target.host:
        raise BadMedia(f"{_name(here)} redirects to something that is no web address. Give a direct one.")
    if here.scheme == "https" and target.scheme == "http":
        raise BadMedia(
            f"{_name(here)} redirects from https to http, where anybody on the way could change the file. "
            f"Download it and give the file itself."
        )
    return target


def is_public(address: Address) -> bool:
    """Reachable from anywhere: not private, loopback, link-local, multicast, reserved or one in disguise."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _NOWHERE):
        return False
    routed = isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST
    return routed and address.is_global and not (address.is_multicast or address.is_reserved)


def _is_allowed(address: Address) -> bool:
    """Public, and another machine's: from inside, one's own public address passes by every firewall."""
    return is_public(address) and str(address) not in _own_addresses()


def _own_addresses() -> frozenset[str]:
    import psutil

    found = psutil.net_if_addrs().values()
    return frozenset(place.address.partition("%")[0] for places in found for place in places)


class _Deadline:
    """Cuts a fetch's connections when its time is over: what trickles in keeps every step's timeout."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._ends_at = time.monotonic() + limit_s
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(limit_s, self._cut)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def missed(self, host: str) -> BadMedia:
        return BadMedia(
            f"The file from {host} takes longer than {self._limit_s:g} s. Download it and give that."
        )

    def watch(self, event: str, told: Mapping[str, Any]) -> None:
        """For the connection's ``trace``. The socket is kept twice: TLS takes over the first."""
        if event == "connection.connect_tcp.complete":
            self._sockets.append(told["return_value"].get_extra_info("socket").dup())
            if self.is_over:
                self._cut()

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for connection in self._sockets:
            connection.close()

    def _cut(self) -> None:
        for connection in list(self._sockets):
            with suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _Door(httpx2.BaseTransport):
    """Sends each request, redirected ones too, to an address that was checked."""

    def __init__(
        self, allowed: Callable[[Address], bool], resolve: Resolve, tls: ssl.SSLContext, deadline: _Deadline
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._deadline = deadline
        # No connection is kept: one made for a host must not serve another on the same address.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._wire = httpx2.HTTPTransport(verify=tls, trust_env=False, limits=limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if url.userinfo:
            raise BadMedia(f"The address of {_name(url)} carries a password, which is never sent. Remove it.")
        if url.port not in _WEB_PORTS:
            raise BadMedia(
                f"The address of {_name(url)} has port {url.port}, where no web server is; allowed are 80, "
                f"443 and those from 1024 on. Check the address."
            )
        addresses = self._checked(url)
        for address in addresses[:-1]:
            try:
                return self._send(request, address)
            except httpx2.ConnectError:
                continue
        return self._send(request, addresses[-1])

    def close(self) -> None:
        self._wire.close()

    def _checked(self, url: httpx2.URL) -> Sequence[Address]:
        name = url.raw_host.decode("ascii")
        addresses = self._resolve(name, url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise BadMedia(f"There is no host {_name(url)}. Check the address.")
        if not all(map(self._allowed, addresses)):
            raise BadMedia(
                f"{_name(url)} is inside a private network; only public web addresses are fetched. "
                f"Download the file and give that."
            )
        return addresses[:_MOST_ADDRESSES]

    def _send(self, request: httpx2.Request, address: Address) -> httpx2.Response:
        if self._deadline.is_over:
            raise self._deadline.missed(_name(request.url))
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,  # ``Host`` is set already, to the name
            extensions={
                **request.extensions,
                "sni_hostname": request.url.raw_host.decode("ascii"),
                "trace": self._deadline.watch,
            },
        )
        return self._wire.handle_request(pinned)


def _parsed(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise BadMedia("That is no web address. Allowed: http://… or https://… of a file.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadMedia("That is no web address. Allowed: http://… or https://… of a file.")
    return parsed


def _name(url: httpx2.URL) -> str:
    """The host as a sentence may quote it."""
    host = url.host
    return host if len(host) <= _LONGEST_NAME else f"{host[:_LONGEST_NAME]}…"


def _body(response: httpx2.Response, host: str, limit_bytes: int, deadline: _Deadline) -> bytes:
    if response.status_code != 200:
        raise BadMedia(f"{host} answers {response.status_code} instead of the file. Check the address.")
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", ""):  # unasked; a few packed bytes may hold any number of others
        raise BadMedia(f"{host} sends the file packed, and nothing is unpacked here. Download it first.")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise _too_large(host, limit_bytes)
    body = io.BytesIO()
    for block in response.iter_raw():
        if body.tell() + len(block) > limit_bytes:
            raise _too_large(host, limit_bytes)
        body.write(block)
        if deadline.is_over:
            break
    if deadline.is_over:  # what was cut ends like what is whole, where it did not say its size
        raise deadline.missed(host)
    return body.getvalue()  # the buffer itself, not a copy


def _too_large(host: str, limit_bytes: int) -> BadMedia:
    return BadMedia(f"The file from {host} is larger than {limit_bytes / 1e6:g} MB. Give a smaller one.")


def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found))


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64, ISATAP)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    is_isatap = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return last if is_isatap or address in _NAT64 else None


def _reason(error: Exception) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not valid for that name"
    return "the connection failed" if isinstance(error, httpx2.ConnectError) else "it broke off"
