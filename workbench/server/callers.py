"""What a request says of who calls: the peer, the name it was asked under, and the page that asks."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

OWN_NAMES = ("localhost", "127.0.0.1", "::1")

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_HOST = re.compile(r"(?P<name>\[::1\]|[a-z0-9.-]+)(?P<port>:[0-9]{1,5})?", re.IGNORECASE)


def is_own_host(host: str) -> bool:
    """Whether a ``Host`` header (with or without a port) names this machine's loopback."""
    match = _HOST.fullmatch(host)
    return match is not None and match["name"].strip("[]").lower() in OWN_NAMES


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this machine's own."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def forwarding(headers: Headers) -> str:
    """The header by which a request shows that a proxy sent it on; empty when none does."""
    return next((name for name in _FORWARDED if name in headers), "")


def is_foreign_page(headers: Headers, scope: Scope) -> bool:
    """By what browsers say of the page that asks; other programs say nothing and pass."""
    origin = headers.get("origin")
    if origin is not None and not _is_same_origin(origin, headers.get("host", "")):
        return True
    site = headers.get("sec-fetch-site", "none")
    return site not in ("same-origin", "none") and not _opens_a_tab(headers, scope)


def is_own_page(headers: Headers) -> bool:
    """Whether a browser says that one of our own pages asks; silence is no answer."""
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    return _is_same_origin(headers.get("origin", ""), headers.get("host", ""))


def _is_same_origin(origin: str, host: str) -> bool:
    """The scheme is left out: it can't differ on one port, and a proxy may undo https."""
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
