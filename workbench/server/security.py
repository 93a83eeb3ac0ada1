"""The headers that tell a browser what a page may do; they go on every answer, Streamlit's included."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    # Not ``no-referrer``: browsers then call the origin of our own forms “null”, which is refused.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), "
    "payment=(), serial=(), usb=()",
}
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

# Streamlit's pages put scripts and styles into the page, run workers and component modules from blobs, and
# compile charts; what they never need is anybody else's machine.
_PAGES = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; frame-src 'self' data: blob:; "
    "connect-src 'self' ws://{host} wss://{host} data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
# A picture opened in a tab of its own may be an SVG, with scripts in it.
_FILES = "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox"

_OURS = re.compile(r"/(api|v1|veo31)(/|$)")
_STREAMLITS_FILES = re.compile(r"(/[^/]+)?/media/.+")
_UNFIT = re.compile(r"[^0-9A-Za-z.:\[\]-]")


def secured(scope: Scope, send: Send) -> Send:
    """``send`` with the headers added that an answer does not set itself."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _EVERYWHERE.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", _policy(scope))
        await send(message)

    return with_headers


def _policy(scope: Scope) -> str:
    path = scope["path"]
    if _OURS.match(path):
        return NOTHING_RUNS
    if _STREAMLITS_FILES.fullmatch(path):
        return _FILES
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return _PAGES.format(host=_UNFIT.sub("", host))
