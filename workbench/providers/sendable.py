"""Keys and addresses that no request could be sent with: told before one is logged, let alone paid for."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from workbench.providers.base import Missing


def wrong_key(variable: str, key: str) -> Sequence[Missing]:
    """A key with a line break or a letter that no HTTP header carries; an empty one is fine here."""
    if key.isascii() and key.isprintable():
        return ()
    return (Missing(variable, "a key of plain letters, digits and signs; the one that is set can't be sent"),)


def wrong_address(variable: str, url: str) -> Sequence[Missing]:
    """An address without a scheme or a host, or with a user and password in it; never repeats it."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that don't close
        is_web = False
    if not is_web or any(c.isspace() or not c.isprintable() for c in url):
        return (Missing(variable, "a web address, such as https://host or http://127.0.0.1:8080"),)
    if "@" in parts.netloc:
        what = "the bare address without user and password; the key belongs in a variable of its own"
        return (Missing(variable, what),)
    return ()
