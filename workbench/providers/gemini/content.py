"""``generated``: one request of ``generate_content``, and its answer read raw."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from workbench.domain.errors import FailureReason, OutcomeUnknown, Rejected
from workbench.providers.gemini import refusals
from workbench.providers.gemini.connection import Connection


async def generated(connection: Connection, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
    """The answer as JSON: the SDK's own classes refuse what they do not know.

    ``request`` are the arguments; its ``config`` asks for the HTTP answer. One POST: with that, the SDK does
    not follow a token of continuation either. ``timeout_s`` is for the whole. Raises ``NotAccepted``,
    ``Rejected`` or ``OutcomeUnknown``.
    """
    from google.genai import errors

    who = connection.who
    client = await connection.client()
    try:
        async with asyncio.timeout(timeout_s):
            response = await client.aio.models.generate_content(**request)
    except errors.APIError as error:
        raise refusals.of_sdk(who, error, connection.secrets) from None
    except ValueError as error:  # of the SDK, before anything was sent
        raise Rejected(
            f"{who} can't be asked: the SDK refuses the request ({type(error).__name__})",
            FailureReason.INVALID_REQUEST,
        ) from error
    except Exception as error:  # noqa: BLE001 - whatever the client below raises: no answer came
        raise refusals.no_answer(who, error) from None  # its chain may quote headers
    raw = response.sdk_http_response
    try:
        body = json.loads(raw.body if raw and raw.body else "")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise OutcomeUnknown(f"{who} answered 200 with something that is no answer")
    return body


def mapping(value: Any) -> dict[str, Any]:
    """``value`` where it is an object, else nothing."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects of ``value`` where it is a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
