"""``fetch_public``: the bytes behind a URL that a person gave, from public addresses only.

A URL must not become a key to the machine's own network: the name is looked up once, every address it
has is checked, and the connection goes to a checked address (so that a second look-up can't answer
otherwise). Redirects pass through the same door.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence

import httpx2

from workbench.domain.errors import BadMedia

MOST_REDIRECTS = 5
TIME_LIMIT_S = 120.0
_STEP_TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291: all that is routed on the Internet so far
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052

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
    host = _host(url)
    ends_at = time.monotonic() + time_limit_s
    door = _Door(allowed or is_public, resolve or _resolve, tls or httpx2.create_ssl_context(trust_env=False))
    client = httpx2.Client(
        transport=door,
        trust_env=False,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        timeout=_STEP_TIMEOUT,
        headers={"accept-encoding": "identity", "user-agent": "video-prompt-workbench"},
    )
    try:
        with client, client.stream("GET", url) as response:
            return _body(response, limit_bytes, ends_at, time_limit_s)
    except httpx2.TooManyRedirects as error:
        raise BadMedia(
            f"{host} redirects more than {MOST_REDIRECTS} times. Give the address of the file itself."
        ) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise BadMedia(f"{host} redirects to something that is no web address. Give a direct one.") from error
    except httpx2.TimeoutException as error:
        raise BadMedia(f"{host} does not answer in time. Try again, or download the file first.") from error
    except httpx2.HTTPError as error:
        why = _reason(error)
        raise BadMedia(f"Nothing could be fetched from {host} ({why}). Check the address.") from error


def is_public(address: Address) -> bool:
    """Reachable from anywhere: not private, loopback, link-local, multicast, reserved or one in disguise."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    routed = isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST
    return routed and address.is_global and not (address.is_multicast or address.is_reserved)


class _Door(httpx2.BaseTransport):
    """Sends each request, redirected ones too, to an address that was checked."""

    def __init__(self, allowed: Callable[[Address], bool], resolve: Resolve, tls: ssl.SSLContext) -> None:
        self._allowed = allowed
        self._resolve = resolve
        # No connection is kept: one made for a host must not serve another on the same address.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._wire = httpx2.HTTPTransport(verify=tls, trust_env=False, limits=limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if url.userinfo:
            raise BadMedia(f"The address of {url.host} carries a password, which is never sent. Remove it.")
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
        addresses = self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise BadMedia(f"There is no host {url.host}. Check the address.")
        if not all(map(self._allowed, addresses)):
            raise BadMedia(
                f"{url.host} is inside a private network; only public web addresses are fetched. "
                f"Download the file and give its path."
            )
        return addresses

    def _send(self, request: httpx2.Request, address: Address) -> httpx2.Response:
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,  # ``Host`` is set already, to the name
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return self._wire.handle_request(pinned)


def _host(url: str) -> str:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise BadMedia("That is no web address. Allowed: http://… or https://… of a file.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadMedia("That is no web address. Allowed: http://… or https://… of a file.")
    return parsed.host


def _body(response: httpx2.Response, limit_bytes: int, ends_at: float, time_limit_s: float) -> bytes:
    host = response.url.host
    if response.status_code != 200:
        raise BadMedia(f"{host} answers {response.status_code} instead of the file. Check the address.")
    declared = response.headers.get("content-length", "")
    body = bytearray()
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise _too_large(host, limit_bytes)
    for block in response.iter_bytes():
        body += block
        if len(body) > limit_bytes:
            raise _too_large(host, limit_bytes)
        if time.monotonic() > ends_at:
            raise BadMedia(
                f"The file from {host} takes longer than {time_limit_s:g} s. Download it and give its path."
            )
    return bytes(body)


def _too_large(host: str, limit_bytes: int) -> BadMedia:
    return BadMedia(f"The file from {host} is larger than {limit_bytes / 1e6:g} MB. Give a smaller one.")


def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found))


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _reason(error: Exception) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not valid for that name"
    return "the connection failed" if isinstance(error, httpx2.ConnectError) else "it broke off"
