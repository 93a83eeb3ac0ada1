"""The one shape of an error over HTTP: ``{"error": {"code", "message", "param", "hint"}}``."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


def error(
    status: int,
    code: str,
    message: str,
    *,
    param: str | None = None,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """``code`` is for programs, ``message`` and ``hint`` (what to do) for a person."""
    # The message is whole: a stock client shows nothing else of it.
    whole = f"{message} {hint}" if hint else message
    body = {"error": {"code": code, "message": whole, "param": param, "hint": hint}}
    never_kept = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(body, status, headers=never_kept)
